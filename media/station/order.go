package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"parda/media/mask/face"
)

// maxOrderBytes bounds what is parsed as an order: a real one has about a kilobyte.
const maxOrderBytes = 64 << 10

// refusal says why the station does not obey an order. Code is one of the wire's error codes, Sentence is safe to show.
type refusal struct {
	Code     string
	Sentence string
}

func (r *refusal) Error() string { return r.Code + ": " + r.Sentence }

func refuse(code, format string, args ...any) error {
	return &refusal{Code: code, Sentence: fmt.Sprintf(format, args...)}
}

// signedOrder is an order as the gateway hands it on: the bytes that the judge read, the signature over them (ECDSA P-256 with SHA-256,
// IEEE P1363 r||s, 64 bytes) and the key (SPKI). The gateway's own reading of the bytes is ignored: it is the party that is not trusted here.
type signedOrder struct {
	Bytes     string `json:"bytes"`
	Signature string `json:"signature"`
	Key       string `json:"key"`
}

// rendering is what one audience gets of the witness.
type rendering struct {
	Picture  string  `json:"picture"`
	Voice    string  `json:"voice"`
	DelayS   float64 `json:"delay_s"`
	Strength string  `json:"voice_strength"` // gentle, strong; standard is left out
}

// voiceKey names the voice as the masks and the lanes do: "neutral", "neutral+strong".
func (r *rendering) voiceKey() string {
	if r.Strength == "" {
		return r.Voice
	}
	return r.Voice + "+" + r.Strength
}

func (r *rendering) heard() bool {
	return r != nil && slices.Contains([]string{modeNeutral, modeSynthetic, modeRespeak}, r.Voice)
}

// respeaker is the sworn speaker who repeats the answers, never by name.
type respeaker struct {
	Who    string `json:"who"`
	Reason string `json:"reason"`
}

// renderings names the audiences one by one, so that an audience which the station does not know is refused, not skipped.
type renderings struct {
	Bench       *rendering `json:"bench"`
	Prosecution *rendering `json:"prosecution"`
	Defence     *rendering `json:"defence"`
	Hall        *rendering `json:"hall"`
	Public      *rendering `json:"public"`
}

func (r renderings) all() []*rendering {
	return []*rendering{r.Bench, r.Prosecution, r.Defence, r.Hall, r.Public}
}

// order is the protective-measures order, read strictly: an unknown, doubled or missing field refuses the whole of it, because two readers that
// disagree about one order is how a witness is unmasked. This reader shares no code with the gateway's.
type order struct {
	Format      int        `json:"parda_order"`
	Hearing     string     `json:"hearing"`
	Version     int        `json:"version"`
	Template    string     `json:"template"`
	Reason      string     `json:"reason"`
	Pseudonym   string     `json:"pseudonym"`
	Session     string     `json:"session"`
	Renderings  renderings `json:"renderings"`
	Questioners []string   `json:"questioners"`
	Respeaker   *respeaker `json:"respeaker"`
	ValidFrom   time.Time  `json:"valid_from"`
	ValidUntil  time.Time  `json:"valid_until"`
}

// keys lists the distinct renderings of the order as "picture+voice" or "picture+voice+strength", sorted; one publication is made for each. A part that is none
// is made as its strictest form, card or silence: a publication is always whole, and the gateway forwards the ordered part only.
func (o *order) keys() []string {
	var out []string
	for _, r := range o.Renderings.all() {
		if r == nil || (r.Picture == modeNone && r.Voice == modeNone) {
			continue
		}
		picture, voice := r.Picture, r.voiceKey()
		if picture == modeNone {
			picture = modeCard
		}
		if voice == modeNone {
			voice = modeSilence
		}
		if k := picture + "+" + voice; !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}

// maskConfig is what the masks of this order are made of. Where no audience gets a figure or a voice, none is made at all.
func (o *order) maskConfig(width, height int) maskConfig {
	c := maskConfig{Width: width, Height: height, Pseudonym: o.Pseudonym, Face: face.Card}
	var voices []string
	for _, r := range o.Renderings.all() {
		switch {
		case r == nil:
			continue
		case r.Picture == modePuppet, r.Picture == modeBlob && c.Face == face.Card:
			c.Face = face.Mode(r.Picture)
		}
		c.Plain = c.Plain || r.Picture == modeBlob
		if k := r.voiceKey(); r.heard() && !slices.Contains(voices, k) {
			voices = append(voices, k)
		}
	}
	slices.SortFunc(voices, func(a, b string) int { return cmp.Compare(exposure(a), exposure(b)) })
	c.Voices = strings.Join(voices, " ")
	return c
}

// exposure orders voices from the one that shows most of her, which is what she rehearses.
func exposure(key string) int {
	mode, strength, _ := strings.Cut(key, "+")
	return 3*slices.Index([]string{modeNeutral, modeSynthetic, modeRespeak}, mode) + slices.Index([]string{strengthGentle, "", strengthStrong}, strength)
}

// respeaks says whether a sworn speaker's microphone goes out in place of the witness's. wellFormed holds that it is so for all or for none.
func (o *order) respeaks() bool {
	return slices.ContainsFunc(o.Renderings.all(), func(r *rendering) bool { return r != nil && r.Voice == modeRespeak })
}

const (
	modeNone      = "none"
	modeNatural   = "natural"
	modePuppet    = "puppet"
	modeBlob      = "blob"
	modeCard      = "card"
	modeNeutral   = "neutral"
	modeSynthetic = "synthetic"
	modeRespeak   = "respeak"
	modeSilence   = "silence"

	strengthGentle = "gentle"
	strengthStrong = "strong"
)

// parseOrder reads the signed bytes strictly.
func parseOrder(raw []byte) (*order, error) {
	if len(raw) > maxOrderBytes || !utf8.Valid(raw) {
		return nil, refuse("order_invalid", "The order is too large or not UTF-8.")
	}
	if err := refuseDoubledNames(raw); err != nil {
		return nil, refuse("order_invalid", "The order cannot be read: %v.", err)
	}
	var o order
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&o); err != nil {
		return nil, refuse("order_invalid", "The order does not have the fixed form.")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, refuse("order_invalid", "Something follows the order.")
	}
	return &o, o.wellFormed()
}

func (o *order) wellFormed() error {
	if o.Format != 1 {
		return refuse("order_invalid", "The order is of format %d; this station knows format 1.", o.Format)
	}
	if o.Version < 1 || o.Hearing == "" || o.Pseudonym == "" || utf8.RuneCountInString(o.Pseudonym) > 80 {
		return refuse("order_invalid", "The order lacks its hearing, version or pseudonym.")
	}
	if !slices.Contains([]string{"public", "private", "closed"}, o.Session) {
		return refuse("order_invalid", "The order names an unknown kind of session.")
	}
	if o.ValidFrom.IsZero() || o.ValidUntil.IsZero() || !o.ValidFrom.Before(o.ValidUntil) {
		return refuse("order_invalid", "The order's validity cannot be read.")
	}
	for _, r := range o.Renderings.all() {
		if r == nil {
			continue
		}
		if r.Picture == modeNatural || r.Voice == modeNatural {
			return refuse("natural_unavailable", "The order names a natural rendering. This station cannot seal one yet, so it sends nothing.")
		}
		if !slices.Contains([]string{modePuppet, modeBlob, modeCard, modeNone}, r.Picture) || !r.heard() && r.Voice != modeSilence && r.Voice != modeNone {
			return refuse("order_invalid", "The order names a rendering that this station does not know.")
		}
		if !slices.Contains([]string{"", strengthGentle, strengthStrong}, r.Strength) || r.Strength != "" && !r.heard() {
			return refuse("order_invalid", "The order names a strength that this station does not know.")
		}
		if r.DelayS != 0 {
			return refuse("delay_unavailable", "The order names a delay, which no relay keeps yet, so nothing is sent.")
		}
	}
	return o.respeakerWellFormed()
}

// respeakerWellFormed holds that a sworn speaker speaks to all who hear or to none, so that one microphone goes out and never two.
func (o *order) respeakerWellFormed() error {
	if o.respeaks() != (o.Respeaker != nil) {
		return refuse("order_invalid", "The order does not say who repeats the answers, or names somebody for nothing.")
	}
	if p := o.Respeaker; p != nil && (!slices.Contains([]string{"interpreter", "named", "support_person"}, p.Who) || p.Who != "interpreter" && strings.TrimSpace(p.Reason) == "") {
		return refuse("order_invalid", "The order names a sworn speaker that this station does not know, or gives no reason for one.")
	}
	for _, r := range o.Renderings.all() {
		if o.respeaks() && r.heard() && r.Voice != modeRespeak {
			return refuse("order_invalid", "The order lets a sworn speaker repeat the answers, and yet sends the witness's own voice.")
		}
	}
	return nil
}

// inForce says whether the order is valid at a time. A station's clock may run a minute behind the gateway's, hence the allowance
// at the beginning; there is none at the end.
func (o *order) inForce(now time.Time) error {
	if now.Before(o.ValidFrom.Add(-time.Minute)) {
		return refuse("order_invalid", "The order is not yet valid.")
	}
	if !now.Before(o.ValidUntil) {
		return refuse("order_invalid", "The order has expired.")
	}
	return nil
}

// refuseDoubledNames finds an object with the same name twice. encoding/json takes the last, other readers the first: both would be signed.
func refuseDoubledNames(raw []byte) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	return walkNames(d, 0)
}

func walkNames(d *json.Decoder, depth int) error {
	if depth > 16 {
		return errors.New("it is nested too deeply")
	}
	tok, err := d.Token()
	if err != nil {
		return errors.New("it is not JSON")
	}
	open, ok := tok.(json.Delim)
	if !ok {
		return nil
	}
	seen := map[string]bool{}
	for d.More() {
		if open == '{' {
			name, err := d.Token()
			if err != nil {
				return errors.New("it is not JSON")
			}
			// encoding/json also matches names without regard to case.
			k := strings.ToLower(fmt.Sprint(name))
			if seen[k] {
				return errors.New("a name stands in it twice")
			}
			seen[k] = true
		}
		if err := walkNames(d, depth+1); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return errors.New("it is not JSON")
	}
	return nil
}
