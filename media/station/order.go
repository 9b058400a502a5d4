package main

import (
	"bytes"
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
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

// orderTrust decides which orders of one hearing the station obeys. Not safe for concurrent use.
//
// The first signing key that is seen for the hearing is pinned (trust on first use): its short code stands on the kiosk, and the room officer
// compares it aloud with the console's. A gateway that later shows an order signed by a key of its own is refused. A code given beforehand
// pins without a first use. A version below the newest obeyed one is refused as well: it would be an old, looser order played again.
type orderTrust struct {
	hearing string
	want    string // judge's key code or fingerprint, given beforehand; "" trusts the first
	key     []byte // pinned SPKI, nil before the first use
	version int
	digest  [32]byte
}

// check verifies and reads one signed order at a time now. On success the key and version are remembered.
func (t *orderTrust) check(s signedOrder, now time.Time) (*order, error) {
	raw, sig, key, err := s.decode()
	if err != nil {
		return nil, err
	}
	if err := t.admitKey(key); err != nil {
		return nil, err
	}
	if err := verifyP1363(key, raw, sig); err != nil {
		return nil, err
	}
	o, err := parseOrder(raw)
	if err != nil {
		return nil, err
	}
	if o.Hearing != t.hearing {
		return nil, refuse("order_invalid", "The order was made for another hearing.")
	}
	if err := o.inForce(now); err != nil {
		return nil, err
	}
	digest := sha256.Sum256(raw)
	if t.key != nil && (o.Version < t.version || o.Version == t.version && digest != t.digest) {
		return nil, refuse("order_invalid", "The order is older than the one in force.")
	}
	t.key, t.version, t.digest = key, o.Version, digest
	return o, nil
}

// code is the short code of the pinned key, "" before one is pinned.
func (t *orderTrust) code() string {
	if t.key == nil {
		return ""
	}
	return keyCode(t.key)
}

func (t *orderTrust) admitKey(key []byte) error {
	if t.key != nil {
		if !bytes.Equal(t.key, key) {
			return refuse("signature_invalid", "The order is signed by another key than the judge's key of this hearing (code %s, expected %s).", keyCode(key), keyCode(t.key))
		}
		return nil
	}
	if t.want != "" && !matchesCode(t.want, key) {
		return refuse("signature_invalid", "The order is signed by a key with the code %s, not by the judge's key that this station was given.", keyCode(key))
	}
	return nil
}

func (s signedOrder) decode() (raw, sig, key []byte, err error) {
	if len(s.Bytes) > base64.StdEncoding.EncodedLen(maxOrderBytes) || len(s.Signature) > 256 || len(s.Key) > 1024 {
		return nil, nil, nil, refuse("order_invalid", "The order is too large.")
	}
	if s.Bytes == "" || s.Signature == "" || s.Key == "" {
		return nil, nil, nil, refuse("order_not_signed", "The order came without its bytes, signature or key.")
	}
	for _, f := range []struct {
		text string
		to   *[]byte
	}{{s.Bytes, &raw}, {s.Signature, &sig}, {s.Key, &key}} {
		if *f.to, err = base64.StdEncoding.Strict().DecodeString(f.text); err != nil {
			return nil, nil, nil, refuse("order_invalid", "The order is not in base64.")
		}
	}
	return raw, sig, key, nil
}

// verifyP1363 checks an ECDSA P-256 signature as WebCrypto makes it: r||s of 32 bytes each over SHA-256 of the message.
func verifyP1363(spki, message, signature []byte) error {
	parsed, err := x509.ParsePKIXPublicKey(spki)
	if err != nil {
		return refuse("signature_invalid", "The signing key cannot be read.")
	}
	pub, ok := parsed.(*ecdsa.PublicKey)
	if !ok || pub.Curve != elliptic.P256() {
		return refuse("signature_invalid", "The signing key is not an ECDSA key on P-256.")
	}
	if len(signature) != 64 {
		return refuse("signature_invalid", "The signature does not have 64 bytes.")
	}
	digest := sha256.Sum256(message)
	r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	if !ecdsa.Verify(pub, digest[:], r, s) {
		return refuse("signature_invalid", "The judge's signature does not fit the order.")
	}
	return nil
}

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

// keyCode is the short code of a signing key: two groups of four digits from SHA-256 of its SPKI form, for two people to compare aloud. It has about
// 26 bits and so stops a mistaken or swapped key, not one searched for over hours; the full fingerprint is for those who can type it.
func keyCode(spki []byte) string {
	sum := sha256.Sum256(spki)
	n := binary.BigEndian.Uint64(sum[:8]) % 100_000_000
	return fmt.Sprintf("%04d %04d", n/10_000, n%10_000)
}

// matchesCode compares a key with what an operator typed: the short code with or without its space, or the whole SHA-256 in hex.
func matchesCode(want string, spki []byte) bool {
	want = strings.ToLower(strings.NewReplacer(" ", "", ":", "", "-", "").Replace(want))
	sum := sha256.Sum256(spki)
	return want == strings.ReplaceAll(keyCode(spki), " ", "") || want == hex.EncodeToString(sum[:])
}

// validCode says whether an operator's -judge-key can be a code at all, so that a slip is told at the start and not in court.
func validCode(s string) bool {
	s = strings.ToLower(strings.NewReplacer(" ", "", ":", "", "-", "").Replace(s))
	if len(s) != 8 && len(s) != 64 {
		return false
	}
	digits := "0123456789"
	if len(s) == 64 {
		digits = "0123456789abcdef"
	}
	return strings.Trim(s, digits) == ""
}
