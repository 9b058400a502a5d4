package referral

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/textproto"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/wneessen/go-mail"

	"parda/gateway/minutes"
)

// How the line to the mail server is put under TLS. There is no third way.
const (
	StartTLS = "required" // RFC 3207, or nothing is said
	TLS      = "tls"      // from the first byte (RFC 8314)
)

// Server is the mail server that takes a court's letters (RFC 6409).
type Server struct {
	Host     string
	Port     int
	TLS      string // StartTLS, TLS
	User     string // "": no login
	Password string
	From     string         // address; its domain is what the gateway calls itself by
	Roots    *x509.CertPool // nil: the system's
	Timeout  time.Duration  // for each step; 0: 30 s
}

// Letter is a mail that is to go out.
type Letter struct {
	ID       string // of the message, without domain: the same for every try
	Number   string // of the referral
	Court    string // its name, in the letter's language
	Date     time.Time
	To       Body
	Clear    bool // the way says that it goes in clear
	JSON     []byte
	PDF      []byte
	Identity []byte // age ciphertext, or nil
}

// ErrClear is returned where a letter would leave readable though its way does not say so, or the other way round.
var ErrClear = errors.New("referral: the letter's way and the body's key do not agree")

// message composes a letter. Nothing of the sheet stands outside of the attachments: no header, no name of a file, no sentence.
func (l Letter) message(from string, words minutes.Words) (*mail.Msg, error) {
	if l.Clear != (l.To.Key == nil) || l.Clear && l.Identity != nil {
		return nil, ErrClear
	}
	m := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := m.From(from); err != nil {
		return nil, errors.New("referral: the sender is no address")
	}
	if err := m.To(l.To.Mail); err != nil {
		return nil, errors.New("referral: the body's address is none")
	}
	m.SetMessageIDWithValue(l.ID + "@" + domainOf(from))
	m.SetDateWithValue(l.Date.UTC())
	m.Subject(words("sheet.mail.subject", map[string]string{"court": l.Court, "number": l.Number}))
	says := "sheet.mail.sealed"
	if l.Clear {
		says = "sheet.mail.clear"
	}
	m.SetBodyString(mail.TypeTextPlain, words(says, nil)+"\n\n"+words("sheet.mail.answer", nil)+"\n")
	name := "referral-" + l.Number
	for _, file := range []struct {
		name, kind string
		content    []byte
	}{{name + ".pdf", "application/pdf", l.PDF}, {name + ".json", "application/json", l.JSON}} {
		content, kind := file.content, file.kind
		if !l.Clear {
			sealed, err := sealTo(l.To.Key, content)
			if err != nil {
				return nil, err
			}
			content, kind, file.name = sealed, "application/octet-stream", file.name+".age"
		}
		if err := attach(m, file.name, kind, content); err != nil {
			return nil, err
		}
	}
	if l.Identity != nil {
		return m, attach(m, name+"-identity.age", "application/octet-stream", l.Identity)
	}
	return m, nil
}

func attach(m *mail.Msg, name, kind string, content []byte) error {
	return m.AttachReader(name, bytes.NewReader(content), mail.WithFileContentType(mail.ContentType(kind)))
}

func sealTo(key age.Recipient, content []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := age.Encrypt(&out, key)
	if err == nil {
		_, err = w.Write(content)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("referral: encryption: %w", err)
	}
	return out.Bytes(), nil
}

func domainOf(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }

// Outcomes of a try, as codes for the register. No text of a server is kept: it may quote addresses.
const (
	WhyUnreachable = "unreachable"    // nobody answers there
	WhyNoTLS       = "no_tls"         // the server does not offer STARTTLS: it was told nothing
	WhyCertificate = "certificate"    // it is not the server that it should be
	WhyLogin       = "login"          // it does not take the gateway's login
	WhyBusy        = "server_busy"    // it asks to come again (4yz)
	WhyRefused     = "server_refused" // it will not take this letter (5yz)
	WhyDoubtful    = "doubtful"       // the line broke before the answer: it may have been taken
	WhyUnmade      = "unmade"         // the letter could not be made
)

// failure is a try that did not end in an acceptance. err is for nobody's eyes but a test's.
type failure struct {
	why   string
	final bool
	err   error
}

// Error implements error. It says the code alone: causes quote addresses.
func (f *failure) Error() string { return "referral: mail: " + f.why }

// deliver gives a letter to the server. before is called when the server has proved itself and has taken the login, and nothing of the letter was said yet: where it fails
// nothing is said. nil means that the server has taken the letter upon itself (RFC 5321, section 6.1).
func (s Server) deliver(ctx context.Context, l Letter, words minutes.Words, before func() error) error {
	m, err := l.message(s.From, words)
	if err != nil {
		return &failure{WhyUnmade, true, err}
	}
	c, err := s.client()
	if err != nil {
		return &failure{WhyUnmade, true, err}
	}
	if err := c.DialWithContext(ctx); err != nil {
		return &failure{whyNot(err), false, err}
	}
	defer c.Close()
	if err := before(); err != nil {
		return err
	}
	if err := c.Send(m); err != nil && !m.IsDelivered() {
		return refusal(err)
	}
	return nil
}

func (s Server) client() (*mail.Client, error) {
	timeout := s.Timeout
	if timeout == 0 {
		timeout = 30 * time.Second
	}
	options := []mail.Option{mail.WithPort(s.Port), mail.WithTimeout(timeout), mail.WithHELO(domainOf(s.From)), mail.WithoutNoop(),
		mail.WithTLSConfig(&tls.Config{ServerName: s.Host, RootCAs: s.Roots, MinVersion: tls.VersionTLS12})}
	if s.TLS == TLS {
		options = append(options, mail.WithSSL())
	} else {
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory)) // whatever is not the one way is the other: neither is none
	}
	if s.User != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(s.User), mail.WithPassword(s.Password))
	}
	return mail.NewClient(s.Host, options...)
}

// whyNot names what kept the gateway from coming before the server at all. Whatever it is, it is tried again.
func whyNot(err error) string {
	var verify *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var said *textproto.Error
	switch {
	case errors.As(err, &verify), errors.As(err, &record):
		return WhyCertificate
	case strings.Contains(err.Error(), "does not support STARTTLS"): // the library has no name for it; a test holds that it is so told
		return WhyNoTLS
	case strings.Contains(err.Error(), "AUTH"):
		return WhyLogin
	case errors.As(err, &said):
		return WhyBusy
	}
	return WhyUnreachable
}

// refusal names what the server said of the letter.
func refusal(err error) error {
	var e *mail.SendError
	if !errors.As(err, &e) {
		return &failure{WhyDoubtful, false, err}
	}
	switch code := e.ErrorCode(); {
	case code >= 500:
		return &failure{WhyRefused, true, err}
	case code >= 400:
		return &failure{WhyBusy, false, err}
	case e.Reason == mail.ErrSMTPDataClose:
		return &failure{WhyDoubtful, false, err}
	}
	return &failure{WhyUnreachable, false, err}
}
