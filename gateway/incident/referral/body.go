package referral

import (
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"

	"filippo.io/age"
)

// Languages of a sheet.
var Languages = []string{"az", "en", "ru"}

// Ways of a sheet out of the court.
const (
	WayFile      = "file"       // somebody takes the file along
	WayPrint     = "print"      // somebody takes the paper along
	WayMail      = "mail"       // by the mail server, encrypted to the body's key
	WayMailClear = "mail_clear" // by the mail server to a body without a key: readable by whoever holds its letter box
)

// Body is one that a court refers incidents to. It is data (gateway.toml): names and responsibilities change.
type Body struct {
	ID        string
	Name      map[string]string // az, en, ru
	Mail      string            // "": none
	Key       *age.X25519Recipient
	Telephone string
}

var bodyID = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,31}$`)

// NewBody checks what the configuration says of a body. key is an age recipient (age1...), or "".
func NewBody(id string, name map[string]string, address, key, telephone string) (Body, error) {
	b := Body{ID: id, Name: name, Mail: address, Telephone: telephone}
	if !bodyID.MatchString(id) {
		return b, fmt.Errorf("%q is no id of a body: small letters, digits, - and _", id)
	}
	for _, lang := range Languages {
		if strings.TrimSpace(name[lang]) == "" || len(name[lang]) > 300 {
			return b, fmt.Errorf("%s: name_%s is missing or too long", id, lang)
		}
	}
	if address != "" {
		if a, err := mail.ParseAddress(address); err != nil || a.Address != address || a.Name != "" || strings.ContainsAny(address, "\r\n") {
			return b, fmt.Errorf("%s: mail is no plain address", id)
		}
	}
	if key != "" {
		if address == "" {
			return b, fmt.Errorf("%s: a key without a mail address encrypts nothing", id)
		}
		k, err := age.ParseX25519Recipient(key)
		if err != nil {
			return b, fmt.Errorf("%s: key is no age recipient (age1...)", id)
		}
		b.Key = k
	}
	return b, nil
}

// Ways are those that are possible to the body. mailed says whether a mail server is configured.
func (b Body) Ways(mailed bool) []string {
	ways := []string{WayFile, WayPrint}
	switch {
	case b.Mail == "" || !mailed:
	case b.Key != nil:
		ways = append(ways, WayMail)
	default:
		ways = append(ways, WayMailClear)
	}
	return ways
}

// Bodies are those of a court's configuration, in its order.
type Bodies []Body

// Check refuses a list that names one body twice.
func (all Bodies) Check() error {
	for i, b := range all {
		if slices.ContainsFunc(all[:i], func(o Body) bool { return o.ID == b.ID }) {
			return errors.New("two bodies of one id: " + b.ID)
		}
	}
	return nil
}

// Find finds a body by its id.
func (all Bodies) Find(id string) (Body, bool) {
	i := slices.IndexFunc(all, func(b Body) bool { return b.ID == id })
	if i < 0 {
		return Body{}, false
	}
	return all[i], true
}
