// Package certificate keeps the certificate that the gateway shows to pages and stations: the court's own files, one that an ACME authority gives, or one of an
// authority that the gateway made for itself. Each is renewed while the gateway runs: a hearing is not interrupted for a certificate.
//
// It knows hosts and files and nobody behind them. The certificates of enrolled devices are another matter and another key (gateway/access/device): what
// this package issues is good for serving this gateway's own hosts and for nothing else.
package certificate

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// Keeper answers each handshake with the certificate that is good now. It is safe for concurrent use.
type Keeper struct {
	get    func(*tls.ClientHelloInfo) (*tls.Certificate, error)
	run    func(context.Context) // nil where nothing has to be done beside handshakes
	protos []string
	root   string // the file that stations and seats are given; "" where the system's authorities vouch

	mu     sync.Mutex
	served [][sha256.Size]byte // leaves, the newest last
}

// served certificates that are remembered: a station may have seen the one of before a renewal.
const remembered = 16

// Config is TLS 1.3 and nothing older (RFC 8446), with HTTP/1.1 inside, which WebSockets need.
func (k *Keeper) Config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS13, GetCertificate: k.Get, NextProtos: append([]string{"http/1.1"}, k.protos...)}
}

// Get implements tls.Config.GetCertificate. An error ends the handshake: no other certificate is shown in its place.
func (k *Keeper) Get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	c, err := k.get(hello)
	if err == nil && !isChallenge(hello) {
		k.remember(c)
	}
	return c, err
}

func (k *Keeper) remember(c *tls.Certificate) {
	sum := sha256.Sum256(c.Certificate[0])
	k.mu.Lock()
	defer k.mu.Unlock()
	if slices.Contains(k.served, sum) {
		return
	}
	if k.served = append(k.served, sum); len(k.served) > remembered {
		k.served = k.served[1:]
	}
}

// Served says whether the SHA-256 of a leaf's DER is one that this gateway shows, or showed since it started. A station signs what it saw with its device's key,
// so that whoever stands between with another certificate, be it from an authority that everybody trusts (A2), is found out.
func (k *Keeper) Served(sum [sha256.Size]byte) bool {
	if c, err := k.get(&tls.ClientHelloInfo{}); err == nil { // files that a proxy serves are shown by no handshake of ours
		k.remember(c)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Contains(k.served, sum)
}

// RootFile is the PEM file that stations and seats are given to trust; "" where the system's authorities vouch for the certificate.
func (k *Keeper) RootFile() string { return k.root }

// Run does until ctx ends what cannot wait for a handshake.
func (k *Keeper) Run(ctx context.Context) {
	if k.run != nil {
		k.run(ctx)
	}
}

// complaint says the same fault once an hour and not at each handshake.
type complaint struct {
	log  *slog.Logger
	last time.Time
}

func (c *complaint) say(now time.Time, what string, err error) {
	if now.Sub(c.last) < time.Hour {
		return
	}
	c.last = now
	c.log.Error(what, "cause", err.Error())
}
