package render

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

// TestMain is also the confined program, and the one that tries what it must not be able to do.
func TestMain(m *testing.M) {
	switch os.Getenv("PARDA_RENDER") {
	case "child":
		os.Exit(Child(os.Stdin, os.Stdout))
	case "reach":
		reach()
		return
	case "try":
		try(os.Getenv("PARDA_RENDER_DIR"))
		return
	case "landlock":
		tryLandlock(os.Getenv("PARDA_RENDER_DIR"))
		return
	case "greedy":
		if err := confine(); err != nil {
			os.Exit(3)
		}
		keep := [][]byte{}
		for {
			b := make([]byte, 64<<20)
			for i := range b {
				b[i] = 1
			}
			keep = append(keep, b)
		}
	case "endless":
		for {
			time.Sleep(time.Second)
		}
	}
	os.Exit(m.Run())
}

func program(mode string) *Program {
	p := NewProgram(os.Args[0])
	p.Env = []string{"PARDA_RENDER=" + mode}
	return p
}

// photo is a picture with a gradient, so that it is not one colour.
func photo(w, h int) *image.NRGBA {
	p := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			p.SetNRGBA(x, y, color.NRGBA{uint8(x * 255 / w), uint8(y * 255 / h), 90, 255})
		}
	}
	return p
}

func asJPEG(t testing.TB, p image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, p, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(t testing.TB, p image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withExif puts an Exif segment into a JPEG, with an orientation and a place (GPS) and a name in it.
func withExif(b []byte, turn uint16, secret string) []byte {
	tiff := []byte("MM\x00\x2a\x00\x00\x00\x08\x00\x03")
	tiff = append(tiff, 0x01, 0x12, 0, 3, 0, 0, 0, 1)
	tiff = binary.BigEndian.AppendUint16(tiff, turn)
	tiff = append(tiff, 0, 0, 0x88, 0x25, 0, 4, 0, 0, 0, 1, 0, 0, 0, 60) // GPS directory
	tiff = append(tiff, 0x01, 0x3b, 0, 2, 0, 0, 0, byte(len(secret)), 0, 0, 0, 60, 0, 0, 0, 0)
	tiff = append(append(tiff, make([]byte, 60-min(60, len(tiff)))...), secret...)
	body := append([]byte("Exif\x00\x00"), tiff...)
	segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(body)+2))
	out := append([]byte{0xff, 0xd8}, append(segment, body...)...)
	return append(out, b[2:]...)
}

// pngHead is a PNG that says that it is so large, and has next to nothing in it.
func pngHead(w, h uint32, bomb int) []byte {
	chunk := func(name string, body []byte) []byte {
		b := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
		b = append(append(b, name...), body...)
		return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
	}
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	var z bytes.Buffer
	zw := zlib.NewWriter(&z)
	_, _ = zw.Write(make([]byte, bomb))
	_ = zw.Close()
	out := append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(head, 8, 6, 0, 0, 0))...)
	out = append(out, chunk("tEXt", []byte("Author\x00Aygun Mammadova"))...)
	return append(append(out, chunk("IDAT", z.Bytes())...), chunk("IEND", nil)...)
}

func zipOf(t testing.TB, name string, size int) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write(make([]byte, size))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func movingGIF(t testing.TB) []byte {
	t.Helper()
	g := &gif.GIF{}
	for range 3 {
		p := image.NewPaletted(image.Rect(0, 0, 20, 10), color.Palette{color.Black, color.White})
		g.Image, g.Delay = append(g.Image, p), append(g.Delay, 1)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func utf16Text(s string) []byte {
	b := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return b
}

const secret = "Aygun Mammadova 40.4093N 49.8671E holiday.jpg"

func TestWhatAnAttachmentIsIsReadFromItsContentAndACopyHoldsNothingElse(t *testing.T) {
	small := photo(40, 20)
	jpg := asJPEG(t, small)
	for name, c := range map[string]struct {
		file           []byte
		kind, why      string
		copied, noted  string
		width, height  int
		says, saysNone string
	}{
		"a photo":                       {file: jpg, kind: "image/jpeg", copied: "image/png", width: 40, height: 20},
		"a photo with a place and name": {file: withExif(jpg, 1, secret), kind: "image/jpeg", copied: "image/png", width: 40, height: 20, saysNone: "Aygun"},
		"a photo held sideways":         {file: withExif(jpg, 6, secret), kind: "image/jpeg", copied: "image/png", width: 20, height: 40, saysNone: "40.4093"},
		"a large photo":                 {file: asJPEG(t, photo(4000, 1000)), kind: "image/jpeg", copied: "image/png", noted: Scaled, width: 2560, height: 640},
		"a screenshot":                  {file: asPNG(t, small), kind: "image/png", copied: "image/png", width: 40, height: 20},
		"a moving picture":              {file: movingGIF(t), kind: "image/gif", copied: "image/png", noted: FirstFrame, width: 20, height: 10},
		"a picture that is a ZIP too":   {file: append(bytes.Clone(jpg), zipOf(t, "holiday.jpg", 100)...), kind: "image/jpeg", copied: "image/png", width: 40, height: 20, saysNone: "holiday"},
		"a picture with a page behind":  {file: append(asPNG(t, small), "<script>alert('x')</script>"...), kind: "image/png", copied: "image/png", width: 40, height: 20, saysNone: "script"},
		"50,000 x 50,000 pixels":        {file: pngHead(50_000, 50_000, 1000), kind: "image/png", why: TooLarge},
		"a side of 60,000 pixels":       {file: pngHead(60_000, 1, 1000), kind: "image/png", why: TooLarge},
		"a PNG of nothing":              {file: pngHead(100, 100, 10), kind: "image/png", why: Unreadable},
		"a deflate bomb in a PNG":       {file: pngHead(10, 10, 50<<20), kind: "image/png", why: Unreadable},
		"a screenshot with a name":      {file: pngHead(10, 10, 410), kind: "image/png", copied: "image/png", width: 10, height: 10, saysNone: "Aygun"},
		"a torn JPEG":                   {file: jpg[:len(jpg)/2], kind: "image/jpeg", why: Unreadable},
		"a WebP that is none":           {file: []byte("RIFF\x10\x00\x00\x00WEBPVP8 \x04\x00\x00\x00aaaa"), kind: "image/webp", why: Unreadable},
		"a drawing (SVG)":               {file: []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), kind: Unknown, why: NoCopyOfType},
		"a drawing with a prologue":     {file: []byte("\ufeff\n <?xml version=\"1.0\"?><svg/>"), kind: Unknown, why: NoCopyOfType},
		"a page (HTML)":                 {file: []byte("<!DOCTYPE html><html><body onload=alert(1)>"), kind: Unknown, why: NoCopyOfType},
		"a ZIP bomb":                    {file: zipOf(t, "bomb", 100<<20), kind: Unknown, why: NoCopyOfType},
		"a program":                     {file: []byte("MZ\x90\x00\x03\x00\x00\x00"), kind: Unknown, why: NoCopyOfType},
		"nothing":                       {file: nil, kind: Unknown, why: NoCopyOfType},
		"a PDF":                         {file: []byte("%PDF-1.7\n1 0 obj << /OpenAction"), kind: "application/pdf", why: NoCopyOfType},
		"a film":                        {file: []byte("\x00\x00\x00\x20ftypisom\x00\x00\x02\x00"), kind: "video/mp4", why: NoCopyOfType},
		"a WebM":                        {file: []byte("\x1a\x45\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x1f\x42\x82\x84webm"), kind: "video/webm", why: NoCopyOfType},
		"a voice message":               {file: []byte("OggS\x00\x02opus"), kind: "audio/ogg", why: NoCopyOfType},
		"a sound":                       {file: []byte("ID3\x04\x00"), kind: "audio/mpeg", why: NoCopyOfType},
		"a message of e-mail":           {file: []byte("Received: from x by y\r\nFrom: a@b.az\r\nTo: c@d.az\r\n\r\nText"), kind: "message/rfc822", why: NoCopyOfType},
		"a chat":                        {file: []byte("Sabah gəlmə!\r\nYoxsa qardaşını tapacağıq."), kind: plainText, copied: plainText, says: "Sabah gəlmə!\nYoxsa qardaşını tapacağıq."},
		"a chat in UTF-16":              {file: utf16Text("Sabah gəlmə"), kind: plainText, copied: plainText, says: "Sabah gəlmə"},
		"a text that turns itself":      {file: []byte("a\u202egpj.exe \x1b[31m \u2066b\u200b"), kind: plainText, copied: plainText, saysNone: "\u202e", says: "a\ufffdgpj.exe \ufffd[31m \ufffdb\ufffd"},
		"a text without an end":         {file: bytes.Repeat([]byte("ə "), copyText), kind: plainText, copied: plainText, noted: Cut},
		"a text that is not UTF-8":      {file: []byte("salam \xe9\xff\xfe dünya"), kind: Unknown, why: NoCopyOfType},
		"too many bytes":                {file: append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, MostBytes)...), kind: Unknown, why: TooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			r := Render(c.file)
			if r.Type != c.kind || r.Why != c.why || r.CopyType != c.copied || r.Note != c.noted {
				t.Fatalf("type %q why %q copy %q note %q", r.Type, r.Why, r.CopyType, r.Note)
			}
			if (len(r.Copy) > 0) != (c.copied != "") {
				t.Fatalf("%d bytes", len(r.Copy))
			}
			if c.saysNone != "" && bytes.Contains(r.Copy, []byte(c.saysNone)) {
				t.Errorf("the copy says %q", c.saysNone)
			}
			if c.saysNone != "" && !bytes.Contains(c.file, []byte(c.saysNone)) {
				t.Errorf("the file never said %q: nothing is proved", c.saysNone)
			}
			if c.says != "" && string(r.Copy) != c.says {
				t.Errorf("%q", r.Copy)
			}
			if c.width > 0 {
				holdsPixelsAlone(t, r.Copy, c.width, c.height)
			}
		})
	}
}

// holdsPixelsAlone walks through a PNG: the head, data, the end, and nothing behind it.
func holdsPixelsAlone(t *testing.T, b []byte, w, h int) {
	t.Helper()
	c, err := png.DecodeConfig(bytes.NewReader(b))
	if err != nil || c.Width != w || c.Height != h {
		t.Errorf("%d x %d, %v", c.Width, c.Height, err)
	}
	for at := 8; at < len(b); {
		n := int(binary.BigEndian.Uint32(b[at:]))
		if name := string(b[at+4 : at+8]); !strings.Contains("IHDR IDAT IEND", name) {
			t.Errorf("a chunk %q of %d bytes", name, n)
		}
		at += 12 + n
	}
	if !bytes.HasSuffix(b, []byte("IEND\xaeB`\x82")) {
		t.Error("something stands behind the picture")
	}
}

func TestAPictureIsTurnedUprightInEveryOrientation(t *testing.T) {
	in := image.NewNRGBA(image.Rect(0, 0, 3, 2))
	red := color.NRGBA{255, 0, 0, 255}
	in.SetNRGBA(0, 0, red) // the camera's first pixel
	for turn, want := range map[int]image.Point{1: {0, 0}, 2: {2, 0}, 3: {2, 1}, 4: {0, 1}, 5: {0, 0}, 6: {1, 0}, 7: {1, 2}, 8: {0, 2}} {
		out := upright(in, turn)
		if out.NRGBAAt(want.X, want.Y) != red || (turn >= 5) != (out.Rect.Dx() == 2) {
			t.Errorf("orientation %d: %v", turn, out.Pix)
		}
	}
}

func TestTheProgramSaysTheSameAndLivesThroughWhatKillsIt(t *testing.T) {
	ctx := context.Background()
	p := program("child")
	for name, file := range map[string][]byte{"a photo": withExif(asJPEG(t, photo(300, 200)), 8, secret), "a chat": []byte("salam"), "a page": []byte("<html>"), "a bomb": pngHead(50_000, 50_000, 10)} {
		got, err := p.Render(ctx, bytes.NewReader(file))
		want := Render(file)
		if err != nil || got.Type != want.Type || got.Why != want.Why || got.CopyType != want.CopyType || !bytes.Equal(got.Copy, want.Copy) {
			t.Errorf("%s: %+v, %v", name, got.Type, err)
		}
	}
	if r, err := program("greedy").Render(ctx, strings.NewReader("x")); err != nil || r.Why != TooSlow || r.Type != Unknown {
		t.Errorf("one that takes all memory: %+v %v", r, err)
	}
	soon, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	if r, err := program("endless").Render(soon, strings.NewReader("x")); err != nil || r.Why != TooSlow {
		t.Errorf("one that does not end: %+v %v", r, err)
	}
	if _, err := NewProgram("/nowhere/at/all").Render(ctx, strings.NewReader("x")); err == nil {
		t.Error("a program that is not there was no error")
	}
}

func TestTheProgramIsNotBelievedMoreThanAFile(t *testing.T) {
	page := "<script>"
	for name, said := range map[string]string{
		"a page as a picture": `{"type":"image/png","copy_type":"image/png","bytes":8}` + "\n" + page,
		"a page as a page":    `{"type":"text/html","copy_type":"text/html","bytes":8}` + "\n" + page,
		"a picture of a text": `{"type":"text/plain","copy_type":"image/png","bytes":8}` + "\n\x89PNG\r\n\x1a\n",
		"more than it says":   `{"type":"text/plain","copy_type":"text/plain","bytes":3}` + "\n" + page,
		"a reason of its own": `{"type":"text/plain","why":"because","bytes":0}` + "\n",
		"no text as a text":   `{"type":"text/plain","copy_type":"text/plain","bytes":3}` + "\n\xff\xff\xff",
	} {
		if r, err := parse([]byte(said)); err != nil || r.Copy != nil || r.Type != Unknown || r.Why != Unreadable {
			t.Errorf("%s: %+v %v", name, r, err)
		}
	}
	if _, err := parse([]byte("hello")); err == nil {
		t.Error("what is no answer was taken")
	}
}

// reach tries what the program must not be able to do, after it has confined itself, and prints what it could.
func reach() {
	if err := confine(); err != nil {
		os.Stdout.WriteString("not confined: " + err.Error())
		return
	}
	could := []string{}
	if f, err := os.Open("/etc/passwd"); err == nil {
		f.Close()
		could = append(could, "read a file")
	}
	if _, err := os.Create("/tmp/parda-confined"); err == nil {
		could = append(could, "make a file")
	}
	if c, err := net.Dial("udp", "127.0.0.1:9"); err == nil {
		c.Close()
		could = append(could, "open a socket")
	}
	if exec.Command("/bin/true").Run() == nil {
		could = append(could, "start a program")
	}
	os.Stdout.WriteString("could: " + strings.Join(could, ", ") + ".")
}

func TestTheProgramReachesNothing(t *testing.T) {
	if confines != "" {
		t.Skip("SKIPPED: " + confines)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "PARDA_RENDER=reach")
	out, err := cmd.CombinedOutput()
	if !strings.Contains(string(out), "could: .") {
		t.Errorf("%s %v", out, err)
	}
}

func FuzzRender(f *testing.F) {
	jpg := asJPEG(f, photo(16, 16))
	for _, seed := range [][]byte{jpg, withExif(jpg, 6, secret), asPNG(f, photo(8, 8)), movingGIF(f), pngHead(4, 4, 70), []byte("salam"), utf16Text("x"), []byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00"), []byte("From: a@b\n")} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, _, err := image.DecodeConfig(bytes.NewReader(b)); err == nil && c.Width*c.Height > 1<<20 {
			return // large ones are the table's: here they would only be slow
		}
		r := Render(b)
		if !types[r.Type] || !reasons[r.Why] || (r.Why == "") == (r.CopyType == "") || (r.CopyType == "") != (len(r.Copy) == 0) {
			t.Fatalf("%+v", r)
		}
		if r.CopyType == "image/png" {
			holdsPixelsAlone(t, r.Copy, mustWidth(t, r.Copy), mustHeight(t, r.Copy))
		}
	})
}

func mustWidth(t *testing.T, b []byte) int  { return config(t, b).Width }
func mustHeight(t *testing.T, b []byte) int { return config(t, b).Height }

func config(t *testing.T, b []byte) image.Config {
	t.Helper()
	c, err := png.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return c
}
