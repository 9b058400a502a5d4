package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	netmail "net/mail"
	"os"

	"parda/courtroom-ui"
	"parda/gateway/incident/referral"
	"parda/gateway/minutes"
)

// ReferralConfig says whom a court refers incidents to, and which mail server takes its letters.
type ReferralConfig struct {
	Bodies []BodyConfig `toml:"body"`
	SMTP   SMTPConfig   `toml:"smtp"`
}

// BodyConfig is a body that protects.
type BodyConfig struct {
	ID        string `toml:"id"`
	NameAz    string `toml:"name_az"`
	NameEn    string `toml:"name_en"`
	NameRu    string `toml:"name_ru"`
	Mail      string `toml:"mail"`      // "": no mail
	Key       string `toml:"key"`       // age recipient; "": what goes by mail goes in clear, by a way of its own
	Telephone string `toml:"telephone"` // shown beside the form
}

// SMTPConfig is the mail server.
type SMTPConfig struct {
	Host         string `toml:"host"` // "": no mail
	Port         int    `toml:"port"` // 0: 587, or 465 with starttls = "tls"
	User         string `toml:"user"`
	PasswordFile string `toml:"password_file"` // readable by the gateway and nobody else
	StartTLS     string `toml:"starttls"`      // "required" (also ""), "tls"
	From         string `toml:"from"`
	Roots        string `toml:"roots"` // PEM file of who vouches for its name; "": the system's
}

func (c ReferralConfig) check() error {
	if _, err := c.bodies(); err != nil {
		return fmt.Errorf("referral.body: %w", err)
	}
	if err := c.SMTP.check(); err != nil {
		return fmt.Errorf("referral.smtp: %w", err)
	}
	return nil
}

func (c ReferralConfig) bodies() (all referral.Bodies, err error) {
	for _, b := range c.Bodies {
		body, err := referral.NewBody(b.ID, map[string]string{"az": b.NameAz, "en": b.NameEn, "ru": b.NameRu}, b.Mail, b.Key, b.Telephone)
		if err != nil {
			return nil, err
		}
		all = append(all, body)
	}
	return all, all.Check()
}

func (s SMTPConfig) check() error {
	if s.Host == "" {
		if s != (SMTPConfig{StartTLS: s.StartTLS}) {
			return errors.New("name its host")
		}
		return nil
	}
	from, err := netmail.ParseAddress(s.From)
	switch {
	case s.StartTLS != "" && s.StartTLS != referral.StartTLS && s.StartTLS != referral.TLS:
		return fmt.Errorf("starttls: %q is neither %q nor %q: a letter goes under TLS or not at all", s.StartTLS, referral.StartTLS, referral.TLS)
	case s.Port < 0 || s.Port > 65535:
		return errors.New("port: 1 to 65535")
	case err != nil || from.Address != s.From:
		return errors.New("from: a plain address")
	case (s.User == "") != (s.PasswordFile == ""):
		return errors.New("user and password_file go together")
	}
	return nil
}

// server reads what the mail server needs.
func (s SMTPConfig) server() (referral.Server, error) {
	out := referral.Server{Host: s.Host, Port: s.Port, TLS: s.StartTLS, User: s.User, From: s.From}
	if out.TLS == "" {
		out.TLS = referral.StartTLS
	}
	if out.Port == 0 {
		out.Port = 587
		if out.TLS == referral.TLS {
			out.Port = 465
		}
	}
	if s.PasswordFile != "" {
		word, err := readSecret(s.PasswordFile)
		if err != nil {
			return out, fmt.Errorf("referral.smtp.password_file: %w", err)
		}
		out.Password = word
	}
	if s.Roots != "" {
		pem, err := os.ReadFile(s.Roots)
		if err != nil {
			return out, fmt.Errorf("referral.smtp.roots: %w", err)
		}
		if out.Roots = x509.NewCertPool(); !out.Roots.AppendCertsFromPEM(pem) {
			return out, errors.New("referral.smtp.roots: the file holds no certificate in PEM")
		}
	}
	return out, nil
}

// allWords are the labels of the interface in every language, for papers that leave the court.
func allWords() (map[string]minutes.Words, error) {
	all := map[string]minutes.Words{}
	for _, lang := range referral.Languages {
		file, err := fs.ReadFile(courtroomui.Locales, lang+".json")
		if err == nil {
			all[lang], err = minutes.LocaleWords(file)
		}
		if err != nil {
			return nil, fmt.Errorf("labels: %w", err)
		}
	}
	return all, nil
}
