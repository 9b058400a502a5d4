// Package render looks into attachments, which are what an attacker would send: it says by its content what a file is, and makes of pictures and texts a copy that holds
// nothing but what is seen: decoded, and written anew as PNG or plain text, without metadata, names or whatever else travelled along.
//
// It runs in a process of its own that can do nothing else (Program, Child): no file, no socket, no other program, little memory and little time, as the audio tripwire
// does. What a broken decoder could still do there is to give a wrong picture of that one file. The gateway itself never calls Render.
//
// What does not live here: the original, which stays sealed as it came, and who may have which.
package render

import (
	"bytes"
	"image"
	_ "image/gif" // the three formats of the standard library
	_ "image/jpeg"
	"image/png"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // and WebP, still pictures
)

// The bounds of what is looked into and of what comes out.
const (
	MostBytes  = 20 << 20 // of an attachment
	mostPixels = 50_000_000
	mostSide   = 16_384    // pixels
	copySide   = 2560      // pixels, of the copy's longer side
	copyText   = 256 << 10 // bytes of UTF-8
)

// Why there is no copy.
const (
	NoCopyOfType = "no_copy_of_type" // it is neither a picture nor a plain text
	Unreadable   = "unreadable"      // it says that it is one, and cannot be decoded
	TooLarge     = "too_large"       // more pixels than are decoded
	TooSlow      = "too_slow"        // it took more time or memory than it may
)

// What a copy lacks.
const (
	Scaled     = "scaled"      // it has fewer pixels
	FirstFrame = "first_frame" // of a moving picture
	Cut        = "cut"         // its beginning alone
)

// Result is what was found.
type Result struct {
	Type     string `json:"type"`                // media type, by content; application/octet-stream for what is not known
	CopyType string `json:"copy_type,omitempty"` // image/png or text/plain
	Note     string `json:"note,omitempty"`
	Why      string `json:"why,omitempty"` // there is no copy
	Copy     []byte `json:"-"`
}

// Unknown is the type of what is not recognised. It is never rendered: pages of HTML, drawings of SVG and programs are among it.
const Unknown = "application/octet-stream"

const plainText = "text/plain"

// Recognise says what a file is by its first bytes; a text, by all of it.
func Recognise(b []byte) string {
	for _, m := range magics {
		if len(b) >= m.at+len(m.says) && string(b[m.at:m.at+len(m.says)]) == m.says && (m.and == nil || m.and(b)) {
			return m.kind
		}
	}
	text, ok := asText(b)
	head := strings.TrimLeftFunc(text[:min(len(text), 1024)], unicode.IsSpace)
	switch {
	case !ok || head == "" || head[0] == '<':
		return Unknown
	case mailHead(head):
		return "message/rfc822"
	}
	return plainText
}

var magics = []struct {
	at         int
	says, kind string
	and        func([]byte) bool
}{
	{0, "\xff\xd8\xff", "image/jpeg", nil},
	{0, "\x89PNG\r\n\x1a\n", "image/png", nil},
	{0, "GIF87a", "image/gif", nil}, {0, "GIF89a", "image/gif", nil},
	{0, "RIFF", "image/webp", func(b []byte) bool { return len(b) >= 12 && string(b[8:12]) == "WEBP" }},
	{0, "%PDF-", "application/pdf", nil},
	{4, "ftyp", "video/mp4", nil},
	{0, "\x1a\x45\xdf\xa3", "video/webm", func(b []byte) bool { return bytes.Contains(b[:min(len(b), 64)], []byte("webm")) }},
	{0, "OggS", "audio/ogg", nil},
	{0, "ID3", "audio/mpeg", nil},
	{0, "\xff", "audio/mpeg", func(b []byte) bool { return len(b) >= 2 && b[1]&0xe6 == 0xe2 }}, // frame sync, layer III
}

// mailHead says whether a text begins like a message of e-mail (RFC 5322).
func mailHead(text string) bool {
	line, _, _ := strings.Cut(text, "\n")
	name, _, ok := strings.Cut(line, ":")
	switch strings.ToLower(name) {
	case "return-path", "received", "delivered-to", "from", "date", "message-id", "mime-version", "x-mozilla-status":
		return ok && strings.Contains(strings.ToLower(text), "\nfrom:") || strings.HasPrefix(strings.ToLower(text), "from:") && strings.Contains(text, "@")
	}
	return false
}

// asText reads UTF-8, or UTF-16 with its mark. ok is false for what is no text.
func asText(b []byte) (text string, ok bool) {
	if len(b) >= 2 && (b[0] == 0xff && b[1] == 0xfe || b[0] == 0xfe && b[1] == 0xff) {
		units := make([]uint16, (len(b)-2)/2)
		for i := range units {
			lo, hi := b[2+2*i], b[3+2*i]
			if b[0] == 0xfe {
				lo, hi = hi, lo
			}
			units[i] = uint16(hi)<<8 | uint16(lo)
		}
		b = []byte(string(utf16.Decode(units)))
	}
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	return string(b), len(b) > 0 && utf8.Valid(b) && !bytes.Contains(b, []byte{0})
}

// Render looks into a file. It never fails and never panics: what cannot be rendered has a reason in place of a copy.
func Render(b []byte) (r Result) {
	r.Type = Unknown
	defer func() {
		if recover() != nil { // a decoder's fault is a file that cannot be read
			r.Copy, r.CopyType, r.Why = nil, "", Unreadable
		}
	}()
	if len(b) > MostBytes {
		r.Why = TooLarge
		return r
	}
	r.Type = Recognise(b)
	switch r.Type {
	case "image/jpeg", "image/png", "image/gif", "image/webp":
		r.picture(b)
	case plainText:
		r.text(b)
	default:
		r.Why = NoCopyOfType
	}
	return r
}

func (r *Result) picture(b []byte) {
	c, _, err := image.DecodeConfig(bytes.NewReader(b))
	switch {
	case err != nil || c.Width < 1 || c.Height < 1:
		r.Why = Unreadable
		return
	case c.Width > mostSide || c.Height > mostSide || c.Width*c.Height > mostPixels:
		r.Why = TooLarge
		return
	}
	in, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		r.Why = Unreadable
		return
	}
	var out bytes.Buffer
	if err := png.Encode(&out, r.plain(in, orientation(b, r.Type))); err != nil {
		r.Why = Unreadable
		return
	}
	if r.Type == "image/gif" && r.Note == "" {
		r.Note = FirstFrame
	}
	r.Copy, r.CopyType = out.Bytes(), "image/png"
}

// plain is the picture as it is seen, at most copySide long, upright, and nothing else.
func (r *Result) plain(in image.Image, turn int) image.Image {
	size := in.Bounds().Size()
	w, h := size.X, size.Y
	if long := max(w, h); long > copySide {
		w, h = max(1, w*copySide/long), max(1, h*copySide/long)
		r.Note = Scaled
	}
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	if r.Note == Scaled {
		draw.BiLinear.Scale(out, out.Bounds(), in, in.Bounds(), draw.Src, nil)
	} else {
		draw.Copy(out, image.Point{}, in, in.Bounds(), draw.Src, nil)
	}
	return upright(out, turn)
}

// text is what the file says, in UTF-8 with plain line ends. Characters that are not seen, or that turn the order of those that are, become U+FFFD.
func (r *Result) text(b []byte) {
	all, _ := asText(b)
	all = strings.ReplaceAll(all, "\r\n", "\n")
	if len(all) > copyText {
		cut := copyText
		for !utf8.RuneStart(all[cut]) {
			cut--
		}
		all, r.Note = all[:cut], Cut
	}
	seen := strings.Map(func(c rune) rune {
		if c == '\n' || c == '\t' || c != unicode.ReplacementChar && !unicode.In(c, unicode.C) && c != '\u2028' && c != '\u2029' {
			return c
		}
		return unicode.ReplacementChar
	}, all)
	r.Copy, r.CopyType = []byte(seen), plainText
}
