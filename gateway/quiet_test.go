package main

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
)

func TestAnAddressIsTakenOutOfWhateverIsLogged(t *testing.T) {
	read := &net.OpError{Op: "read", Net: "tcp", Source: &net.TCPAddr{IP: net.ParseIP("192.0.2.1"), Port: 8443}, Addr: &net.TCPAddr{IP: net.ParseIP("203.0.113.77"), Port: 51234}, Err: os.ErrDeadlineExceeded}
	for _, tc := range []struct{ rule, said, stays string }{
		{"the cause of a refusal", read.Error(), "i/o timeout"},
		{"an IPv6 address with its port", "from [2001:db8::77]:51234 came", "came"},
		{"one without", "from 2001:db8::77, twice", "twice"},
		{"one with a zone", "fe80::77%eth0 is gone", "is gone"},
		{"a mapped one", "::ffff:203.0.113.77 is gone", "is gone"},
		{"a time of day stays", "at 14:30:15", "14:30:15"},
		{"a line of a stack stays", "proceeding.go:152 +0x1a", "proceeding.go:152"},
		{"a hash stays", "sha256:5ec2e7015ec2e701", "sha256:5ec2e7015ec2e701"},
		{"an id of a hearing stays", "1(101)-1/2026", "1(101)-1/2026"},
	} {
		var b bytes.Buffer
		l := quiet(slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug})))
		l.Debug(tc.said)
		l.With("with", tc.said).WithGroup("g").Error("x", "text", tc.said, "err", errors.New(tc.said), "any", struct{ Said string }{tc.said}, slog.Group("in", "text", tc.said))
		all := b.String()
		for _, word := range []string{"192.0.2.1", "203.0.113.77", "51234", "2001:db8", "fe80", "::77"} {
			if strings.Contains(all, word) {
				t.Errorf("%s: %q is in the log: %s", tc.rule, word, all)
			}
		}
		if strings.Count(all, tc.stays) != 6 {
			t.Errorf("%s: %q stands %d times of 6 in the log: %s", tc.rule, tc.stays, strings.Count(all, tc.stays), all)
		}
	}
}

func FuzzWithoutAddresses(f *testing.F) {
	f.Add("read tcp ", []byte{203, 0, 113, 77}, uint16(51234))
	f.Add("x[", []byte{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x77}, uint16(1))
	f.Fuzz(func(t *testing.T, around string, ip []byte, port uint16) {
		a, ok := netip.AddrFromSlice(ip)
		if !ok {
			return
		}
		withoutAddresses(around) // must not panic
		for _, said := range []string{a.String(), netip.AddrPortFrom(a, port).String()} {
			if got := withoutAddresses(fmt.Sprintf("from %s: EOF", said)); strings.Contains(got, a.String()) {
				t.Errorf("%q became %q", said, got)
			}
		}
	})
}
