package main

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"parda/media/relay"
	"parda/signaling"
)

// turnLife is how long a credential opens allocations. Pages get a new one at half of it.
const turnLife = 10 * time.Minute

// openTURN starts the embedded TURN server, or makes ready to hand out credentials for the court's coturn.
func (a *App) openTURN() (err error) {
	c := a.config.TURN
	if len(c.External) > 0 {
		secret, err := readTURNSecret(c.SecretFile)
		if err != nil {
			return err
		}
		a.turnAt = slices.Clone(c.External)
		a.passes, err = relay.NewPasses(secret, turnLife)
		return err
	}
	if c.UDP == "" && c.TCP == "" {
		return nil
	}
	var secret [32]byte
	rand.Read(secret[:]) // never fails since Go 1.24
	if a.passes, err = relay.NewPasses(hex.EncodeToString(secret[:]), turnLife); err != nil {
		return err
	}
	addresses := a.config.Media.Addresses
	a.turn, err = relay.NewTURN(relay.TURNConfig{UDPAddr: c.UDP, TCPAddr: c.TCP, Realm: c.Realm,
		PublicIP: addresses[0], Passes: a.passes, Peers: mediaPeers(a.relay, addresses)})
	if err != nil {
		return portTaken("TURN (turn.udp, turn.tcp)", c.UDP, err)
	}
	a.turnAt = turnURLs(a.turn, addresses[0])
	return nil
}

// readTURNSecret reads what coturn has as static-auth-secret. Who can read it can make himself credentials, so others must not be able to.
func readTURNSecret(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("turn.secret_file: %w", err)
	}
	if info.Mode().Perm()&0o007 != 0 {
		return "", errors.New("turn.secret_file: everybody on this machine can read it; chmod 640 it")
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("turn.secret_file: %w", err)
	}
	if b = bytes.TrimSpace(b); len(b) < 32 {
		return "", errors.New("turn.secret_file: at least 32 characters, for example of `openssl rand -hex 32`")
	}
	return string(b), nil
}

// checkTURN refuses an external server that pages could not use.
func checkTURN(c TURNConfig) error {
	if len(c.External) == 0 {
		if c.SecretFile != "" {
			return errors.New("turn.secret_file goes with turn.external")
		}
		return nil
	}
	if c.SecretFile == "" {
		return errors.New("turn.external needs turn.secret_file: the secret that coturn has as static-auth-secret")
	}
	for _, s := range c.External {
		if err := checkTURNURL(s); err != nil {
			return fmt.Errorf("turn.external: %q %w", s, err)
		}
	}
	return nil
}

// checkTURNURL takes the URIs of RFC 7065 with a port: turn:host:port, turns:host:port, and ?transport=udp or tcp.
func checkTURNURL(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "turn" && u.Scheme != "turns" || u.Opaque == "" || u.Fragment != "" {
		return errors.New("is not turn:host:port or turns:host:port")
	}
	host, port, err := net.SplitHostPort(u.Opaque)
	if err != nil || host == "" || port == "" || strings.ContainsAny(u.Opaque, `"<>, `) {
		return errors.New("names no host and port")
	}
	if q := u.RawQuery; q != "" && q != "transport=udp" && q != "transport=tcp" {
		return errors.New("has a transport other than udp or tcp")
	}
	return nil
}

// mediaPeers are the only places that a TURN allocation may lead to: this gateway's own media ports.
func mediaPeers(r *relay.Relay, addresses []string) []string {
	var peers []string
	udp, tcp := r.Addresses()
	for _, listening := range []string{udp, tcp} {
		_, port, err := net.SplitHostPort(listening)
		if err != nil {
			continue // no such port is open
		}
		for _, a := range addresses {
			peers = append(peers, net.JoinHostPort(a, port))
		}
	}
	return peers
}

// turnURLs name the embedded server by the address that the media port has too (RFC 7065).
func turnURLs(t *relay.TURN, address string) []string {
	var urls []string
	udp, tcp := t.Addresses()
	for transport, listening := range map[string]string{"udp": udp, "tcp": tcp} {
		if _, port, err := net.SplitHostPort(listening); err == nil {
			urls = append(urls, fmt.Sprintf("turn:%s?transport=%s", net.JoinHostPort(address, port), transport))
		}
	}
	slices.Sort(urls)
	return urls
}

// passDesk gives the pages of one hearing their TURN credentials; it implements proceeding.TURN.
type passDesk struct {
	app     *App
	hearing string
}

func (d passDesk) seat(seat string) string { return d.hearing + "/" + seat }

// Servers implements proceeding.TURN.
func (d passDesk) Servers(seat, page string) ([]signaling.ICEServer, time.Time) {
	if d.app.passes == nil {
		return nil, time.Time{}
	}
	c := d.app.passes.Issue(relay.Holder{Seat: d.seat(seat), Page: page})
	return []signaling.ICEServer{{URLs: d.app.turnAt, Username: c.Username, Credential: c.Password}}, c.Until
}

// End implements proceeding.TURN.
func (d passDesk) End(seat, page string) {
	if d.app.passes != nil {
		d.app.passes.End(relay.Holder{Seat: d.seat(seat), Page: page})
	}
}

// EndSeat implements proceeding.TURN.
func (d passDesk) EndSeat(seat string) {
	if d.app.passes != nil {
		d.app.passes.EndSeat(d.seat(seat))
	}
}

// publisherICE and viewerICE are what WHIP and WHEP offer in Link headers: a credential for the publication's label, and for the browser that
// holds the seat. Both doors have let the request in before.
func (a *App) publisherICE(r *http.Request, hearing string) []signaling.ICEServer {
	token, _ := bearer(r)
	label, _, err := a.publicationOf(r.Context(), hearing, token)
	if err != nil {
		return nil
	}
	servers, _ := passDesk{a, hearing}.Servers("token "+label, "")
	return servers
}

func (a *App) viewerICE(r *http.Request, hearing string) []signaling.ICEServer {
	ch, err := a.chairOf(r, hearing, r.URL.Query().Get("seat"))
	if err != nil {
		return nil
	}
	return ch.p.Servers(r.Context(), ch.seat, ch.hold.Page)
}

// browserName names for TURN the browser whose cookie this is. The cookie itself is kept nowhere.
func browserName(cookie string) string {
	sum := sha256.Sum256([]byte(cookie))
	return hex.EncodeToString(sum[:8])
}
