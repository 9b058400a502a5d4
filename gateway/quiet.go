package main

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"net/netip"
	"regexp"
	"strings"
)

// Causes of errors come from the network's own code, which writes both ends of a connection into them. So no line reaches the operator's log but through
// here, whoever writes it, and an IP address in it is taken out. It is the second lock: nobody is to log one in the first place.

// quiet is a log that holds no address.
func quiet(l *slog.Logger) *slog.Logger { return slog.New(addressless{l.Handler()}) }

type addressless struct{ slog.Handler }

// Handle implements slog.Handler.
func (a addressless) Handle(ctx context.Context, r slog.Record) error {
	clean := slog.NewRecord(r.Time, r.Level, withoutAddresses(r.Message), r.PC)
	r.Attrs(func(attr slog.Attr) bool {
		clean.AddAttrs(cleanAttr(attr))
		return true
	})
	return a.Handler.Handle(ctx, clean)
}

// WithAttrs implements slog.Handler.
func (a addressless) WithAttrs(attrs []slog.Attr) slog.Handler {
	clean := make([]slog.Attr, len(attrs))
	for i, attr := range attrs {
		clean[i] = cleanAttr(attr)
	}
	return addressless{a.Handler.WithAttrs(clean)}
}

// WithGroup implements slog.Handler.
func (a addressless) WithGroup(name string) slog.Handler {
	return addressless{a.Handler.WithGroup(name)}
}

func cleanAttr(a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	switch v.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(withoutAddresses(v.String()))
	case slog.KindAny:
		a.Value = slog.StringValue(withoutAddresses(fmt.Sprint(v.Any())))
	case slog.KindGroup:
		group := v.Group()
		clean := make([]slog.Attr, len(group))
		for i, one := range group {
			clean[i] = cleanAttr(one)
		}
		a.Value = slog.GroupValue(clean...)
	}
	return a
}

// mayBeAddress finds what is written like an IPv4 or IPv6 address, with or without brackets, zone and port.
var mayBeAddress = regexp.MustCompile(`\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?|\[[0-9a-fA-F:.]+(?:%[\w.-]+)?\](?::\d+)?|[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,}(?:\d{0,3}(?:\.\d{1,3}){3})?(?:%[\w.-]+)?`)

// withoutAddresses takes IP addresses and their ports out of a text. A time of day, a line of a stack and a hash stay.
func withoutAddresses(s string) string {
	return mayBeAddress.ReplaceAllStringFunc(s, func(found string) string {
		rest := found[len(strings.TrimRight(found, ":")):]
		for _, tail := range []string{"", rest, strings.TrimPrefix(rest, "::")} { // a colon may be the sentence's
			if isAddress(strings.TrimSuffix(found, tail)) {
				return "(address)" + tail
			}
		}
		return found
	})
}

func isAddress(s string) bool {
	if _, err := netip.ParseAddrPort(s); err == nil {
		return true
	}
	_, err := netip.ParseAddr(strings.Trim(s, "[]"))
	return err == nil || strings.Count(s, ".") == 3 // 300.1.2.3 is none, and nothing is lost with it
}

// quietLog takes what net/http says. Beside addresses it names hosts, which go too.
func quietLog(to *slog.Logger) *log.Logger { return log.New(webserver{quiet(to)}, "", 0) }

type webserver struct{ to *slog.Logger }

// aPlace finds host:port.
var aPlace = regexp.MustCompile(`\S+:\d+`)

func (w webserver) Write(b []byte) (int, error) {
	w.to.Info("http", "what", aPlace.ReplaceAllString(withoutAddresses(strings.TrimSpace(string(b))), "(address)"))
	return len(b), nil
}
