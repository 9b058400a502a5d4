package certificate

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"
)

// files are a certificate and its key that somebody else renews: the court's own authority, or a program of the operator's.
type files struct {
	cert, key string
	now       func() time.Time

	mu      sync.Mutex
	pair    *tls.Certificate
	seen    [2]stamp  // of the files as pair was read from them, or as they were last refused
	looked  time.Time // at the files
	faults  complaint
	runsOut complaint
}

// stamp tells whether a file was written anew.
type stamp struct {
	changed time.Time
	size    int64
}

// How often the files are looked at, and when the operator is told that nobody renewed them.
const (
	lookEvery = time.Second
	warnAt    = 14 * 24 * time.Hour
)

// OpenFiles serves a PEM certificate (with its chain) and key, and reads them again when they change.
func OpenFiles(cert, key string, log *slog.Logger) (*Keeper, error) {
	f := &files{cert: cert, key: key, now: time.Now, faults: complaint{log: log}, runsOut: complaint{log: log}}
	if err := f.open(); err != nil {
		return nil, err
	}
	return &Keeper{get: f.get}, nil
}

func (f *files) open() (err error) {
	if f.seen, err = f.stamps(); err == nil {
		f.pair, err = f.read()
	}
	return err
}

func (f *files) stamps() (s [2]stamp, err error) {
	for i, path := range []string{f.cert, f.key} {
		info, err := os.Stat(path)
		if err != nil {
			return s, fmt.Errorf("certificate: %w", err)
		}
		s[i] = stamp{info.ModTime(), info.Size()}
	}
	return s, nil
}

// read takes the pair whole or not at all: a key that does not fit, one that anybody on the machine can read, and a certificate that is over are refused.
func (f *files) read() (*tls.Certificate, error) {
	info, err := os.Stat(f.key)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	if info.Mode()&0o007 != 0 {
		return nil, errors.New("certificate: the key's file is open to everybody on this machine (chmod o= it)")
	}
	pair, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	if f.now().After(pair.Leaf.NotAfter) {
		return nil, errors.New("certificate: it has run out")
	}
	return &pair, nil
}

// get looks whether the files are new. While they are half written or wrong the pair of before stays: a renewal that went wrong must not end a hearing.
func (f *files) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	if now.Sub(f.looked) >= lookEvery {
		f.looked = now
		f.look(now)
	}
	return f.pair, nil
}

func (f *files) look(now time.Time) {
	seen, err := f.stamps()
	if err == nil && seen != f.seen {
		var pair *tls.Certificate
		if pair, err = f.read(); err == nil {
			f.pair, f.faults.last = pair, time.Time{}
			f.faults.log.Info("the certificate was read anew", "good_until", pair.Leaf.NotAfter.UTC().Format(time.RFC3339))
			f.seen = seen
		}
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // one that is being replaced may be away for a moment
		f.faults.say(now, "the new certificate cannot be used; the one of before is served", err)
	}
	if left := f.pair.Leaf.NotAfter.Sub(now); left < warnAt {
		f.runsOut.say(now, "the certificate runs out and nobody has renewed it", fmt.Errorf("%d hours are left", int(left.Hours())))
	}
}
