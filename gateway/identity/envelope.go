package identity

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"filippo.io/age"
)

// Bounds of what is sealed, in bytes. The payload is padded to steps of 64 KiB before it is sealed, so that its length says little; age seals in
// chunks of just that size, each with 16 bytes more, after a nonce of 16 (age-encryption.org/v1, Payload).
const (
	maxSteps    = 64 // 4 MiB
	chunk       = 64 << 10
	overhead    = 16
	nonce       = 16
	maxHeader   = 4 << 10
	maxShare    = 8 << 10
	maxEnvelope = 8 << 20 // in JSON
)

// Who holds a half.
const (
	HolderJudge      = "judge"
	HolderProsecutor = "prosecutor"
	HolderRecovery   = "recovery"
)

// Share is half of a record's key, sealed to one key: that of a holder, or of the court's recovery.
type Share struct {
	Half   int    `json:"half"`   // 1 or 2
	Holder string `json:"holder"` // judge, prosecutor, recovery
	Key    string `json:"key"`    // id of the key that it is sealed to
	Share  []byte `json:"share"`  // an age file
}

// Place names a share without its content: which half is sealed to which key.
type Place struct {
	Half   int    `json:"half"`
	Holder string `json:"holder"`
	Key    string `json:"key"`
}

// Envelope is a sealed identity (FORMAT.md, An envelope). The gateway can check its outside only.
type Envelope struct {
	Format  int     `json:"parda_vault"` // 1
	Person  string  `json:"person"`
	Court   string  `json:"court"`
	Version int     `json:"version"`
	Payload []byte  `json:"payload"` // an age file to a key that nobody keeps whole
	Shares  []Share `json:"shares"`
}

// ReadEnvelope reads an envelope and checks its shape: that it is for this person, court and version, that each file is an age file to exactly one
// recipient, that the payload's length is one of a padded payload, and that the shares are sealed to the keys of to and to no other. It stops a
// seat (A4) that would seal half of the key to one key more, or the payload to a second recipient, as far as that shows from outside.
func ReadEnvelope(file []byte, person, court string, version int, to []Place) (Envelope, error) {
	var e Envelope
	if err := strictly(file, maxEnvelope, &e); err != nil {
		return e, err
	}
	switch {
	case e.Format != 1:
		return e, invalid("the format is not 1")
	case e.Person != person || e.Court != court:
		return e, invalid("it is for somebody else")
	case e.Version != version:
		return e, refuse("version_conflict", "Another version was sealed meanwhile.")
	}
	if err := checkPayload(e.Payload); err != nil {
		return e, err
	}
	var places []Place
	for _, s := range e.Shares {
		if err := checkShare(s); err != nil {
			return e, err
		}
		places = append(places, s.place())
	}
	if !samePlaces(places, to) {
		return e, refuse("recipients_differ", "This is sealed to other keys than the court's policy says.")
	}
	return e, nil
}

func (s Share) place() Place { return Place{s.Half, s.Holder, s.Key} }

// PayloadSHA256 is what every share of the envelope names, in hex.
func (e Envelope) PayloadSHA256() string {
	sum := sha256.Sum256(e.Payload)
	return hex.EncodeToString(sum[:])
}

func strictly(file []byte, most int, into any) error {
	if len(file) > most {
		return invalid("it is too long")
	}
	d := json.NewDecoder(bytes.NewReader(file))
	d.DisallowUnknownFields()
	if d.Decode(into) != nil {
		return invalid("it is not the JSON of one") // the decoder's own words quote what was sent, which a faulty seat may not have sealed, and causes are logged
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return invalid("something follows it")
	}
	return nil
}

func invalid(why string) error {
	return refuseBecause("envelope_invalid", "This is not sealed as it must be.", errors.New(why))
}

func checkShare(s Share) error {
	if s.Half != 1 && s.Half != 2 {
		return invalid("a share of no half")
	}
	if !slices.Contains([]string{HolderJudge, HolderProsecutor, HolderRecovery}, s.Holder) || !isKeyID(s.Key) {
		return invalid("a share of nobody")
	}
	return checkSmall(s.Share)
}

// checkSmall is for shares and releases: one recipient, one chunk.
func checkSmall(file []byte) error {
	rest, err := afterHeader(file)
	if err != nil {
		return err
	}
	if len(file) > maxShare || rest < nonce+overhead+64 {
		return invalid("a share has not the length of one")
	}
	return nil
}

func checkPayload(file []byte) error {
	rest, err := afterHeader(file)
	if err != nil {
		return err
	}
	body := rest - nonce
	if body <= 0 || body%(chunk+overhead) != 0 || body/(chunk+overhead) > maxSteps {
		return invalid("the payload is not padded")
	}
	return nil
}

// afterHeader checks that file is an age file to exactly one recipient, by a public key, and says how many bytes follow its header.
func afterHeader(file []byte) (rest int, err error) {
	header, err := age.ExtractHeader(bytes.NewReader(file))
	if err != nil || len(header) > maxHeader {
		return 0, invalid("it has no header of age") // and age's words quote the first line
	}
	var kinds []string
	for line := range strings.Lines(string(header)) {
		if args, ok := strings.CutPrefix(line, "-> "); ok {
			kind, _, _ := strings.Cut(args, " ")
			kinds = append(kinds, kind)
		}
	}
	// A second stanza would open the file alone; a passphrase (scrypt) is nobody's key.
	if len(kinds) != 1 || kinds[0] != "mlkem768x25519" && kinds[0] != "X25519" {
		return 0, invalid("it is not sealed to one key")
	}
	return len(file) - len(header), nil
}

func isKeyID(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == sha256.Size && strings.ToLower(s) == s
}

func samePlaces(a, b []Place) bool {
	order := func(x, y Place) int {
		if x.Half != y.Half {
			return x.Half - y.Half
		}
		return strings.Compare(x.Holder+x.Key, y.Holder+y.Key)
	}
	a, b = slices.Clone(a), slices.Clone(b)
	slices.SortFunc(a, order)
	slices.SortFunc(b, order)
	return slices.Equal(a, b)
}

// resealed is a share in place of another: the same half, sealed to the holder's new key (FORMAT.md, A new key for a half).
type resealed struct {
	Person  string `json:"person"`
	Version int    `json:"version"`
	Share   Share  `json:"share"`
}

var base64Of = base64.StdEncoding.EncodeToString
