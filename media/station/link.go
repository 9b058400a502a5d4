package main

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"parda/media/enrol"
)

const (
	keepaliveEvery  = 2 * time.Second
	keepaliveWithin = 6 * time.Second
	linkReadLimit   = 4 << 20
	backoffFirst    = 250 * time.Millisecond
	backoffMost     = 5 * time.Second
	wireTime        = "2006-01-02T15:04:05.000Z"
	pingBytes       = 192 // a ping, and whatever takes its place
)

// Refusals that no waiting heals.
var (
	errTokenWrong      = errors.New("the gateway does not accept this station's token: ask the clerk for a new one")
	errHearingUnknown  = errors.New("the gateway knows no hearing of this name: check -hearing")
	errGatewayIdentity = errors.New("the gateway's certificate is not trusted here: give its certificate with -gateway-cert FILE")
)

// linkEvents is what the link tells its owner. All are called from the link's own goroutines, one at a time per connection.
type linkEvents interface {
	linkUp()
	linkDown(why string)
	linkState(raw []byte, st stateMessage)
	linkReply(id string, raw []byte, refused string) // refused: the error code, "" for an ack
	linkPass(raw []byte)                             // for the kiosk, verbatim: rtc.answer, rtc.closed, rtc.thin, ice
}

// link is the station's conversation with the gateway: one WebSocket, opened again for as long as the station runs. A command
// that was not acknowledged is sent again after a lost link under the same id, so that it is done once and never lost.
type link struct {
	address string
	admit   func(context.Context) (token string, client *http.Client, err error)
	lost    func() // the gateway did not take what admit gave

	enrolled bool // admit enters as an enrolled device, so that a refused pass is no end
	events   linkEvents
	log      *slog.Logger

	mu      sync.Mutex
	pending []*commandMessage
	up      bool
	poke    chan struct{}
	direct  chan []byte // for this connection only: never kept over a lost link
}

func newLink(gateway *url.URL, hearing, token string, client *http.Client, events linkEvents, log *slog.Logger) *link {
	u := gateway.JoinPath("ws", hearing)
	u.Scheme = strings.Replace(u.Scheme, "http", "ws", 1)
	admit := func(context.Context) (string, *http.Client, error) { return token, client, nil }
	return &link{address: u.String(), admit: admit, lost: func() {}, events: events, log: log, poke: make(chan struct{}, 1), direct: make(chan []byte, 16)}
}

// command queues a command of the witness or the station and returns its id. It is kept until the gateway has answered. With supersede set,
// an unanswered command of the same name is dropped first: only the newest mask.status is of interest.
func (l *link) command(name string, args any, at time.Time, supersede bool) string {
	return l.commandAs(newID(), name, args, at, supersede)
}

// commandAs queues a command under an id that its sender keeps, so that it is done once even if this station forgets it.
func (l *link) commandAs(id, name string, args any, at time.Time, supersede bool) string {
	c := &commandMessage{Type: "command", ID: id, Name: name, Args: args, At: at.UTC().Format(wireTime)}
	l.mu.Lock()
	if supersede {
		kept := l.pending[:0]
		for _, p := range l.pending {
			if p.Name != name {
				kept = append(kept, p)
			}
		}
		l.pending = kept
	}
	l.pending = append(l.pending, c)
	l.mu.Unlock()
	l.wake()
	return c.ID
}

// sign queues a kept command (kept.go). A quiet one goes in the place of a ping.
func (l *link) sign(s keptSign) {
	l.mu.Lock()
	l.pending = append(l.pending, &commandMessage{Type: "command", ID: s.ID, Name: s.Name, Args: s.Args, At: s.At, kept: true, quiet: s.Quiet})
	l.mu.Unlock()
	if !s.Quiet {
		l.wake()
	}
}

// pass sends a message of the kiosk on as it is. It says false, and keeps nothing, while the link is down.
func (l *link) pass(message any) bool {
	b, err := json.Marshal(message)
	if err != nil || !l.isUp() {
		return false
	}
	select {
	case l.direct <- b:
		return true
	default:
		return false
	}
}

func (l *link) isUp() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.up
}

// unanswered counts the commands that the gateway has not yet acknowledged, less those that nothing on the kiosk may tell of.
func (l *link) unanswered() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.pending {
		if !p.quiet && p.Name != "flag.raise" {
			n++
		}
	}
	return n
}

func (l *link) wake() {
	select {
	case l.poke <- struct{}{}:
	default:
	}
}

// run keeps the link until ctx ends. It returns an error only for what no waiting heals, and only before the link was ever up: later
// the kiosk keeps saying that nobody hears the witness, which is better than a window that is gone.
func (l *link) run(ctx context.Context) error {
	wait, ever := backoffFirst, false
	for ctx.Err() == nil {
		began := time.Now()
		err := l.once(ctx, func() { ever = true })
		if ctx.Err() != nil {
			return nil
		}
		if !ever && l.final(err) {
			return err
		}
		if time.Since(began) > backoffMost {
			wait = backoffFirst
		}
		l.log.Warn("no link to the gateway; trying again", "in_ms", wait.Milliseconds(), "why", plainCause(err))
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		wait = min(2*wait, backoffMost)
	}
	return nil
}

// final says whether no waiting heals a failure. An enrolled device's pass is renewed, and a clerk may assign the room any moment.
func (l *link) final(err error) bool {
	if l.enrolled {
		return errors.Is(err, enrol.ErrRevoked) || errors.Is(err, enrol.ErrExpired) || errors.Is(err, errHearingUnknown)
	}
	return errors.Is(err, errTokenWrong) || errors.Is(err, errHearingUnknown) || errors.Is(err, errGatewayIdentity)
}

func (l *link) once(ctx context.Context, onUp func()) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	dial, done := context.WithTimeout(ctx, 10*time.Second)
	defer done()
	token, client, err := l.admit(dial)
	if err != nil {
		return err
	}
	conn, resp, err := websocket.Dial(dial, l.address, &websocket.DialOptions{
		HTTPClient: client,
		HTTPHeader: http.Header{"Authorization": {"Bearer " + token}},
	})
	if err != nil {
		return l.refused(refusalOfDial(resp, err))
	}
	defer conn.CloseNow()
	conn.SetReadLimit(linkReadLimit)
	l.begin()
	onUp()
	l.events.linkUp()
	defer l.events.linkDown("lost")
	defer l.end()

	written := make(chan error, 1)
	go func() {
		defer cancel()
		written <- l.write(ctx, conn)
	}()
	err = l.read(ctx, conn)
	cancel()
	<-written
	return err
}

// refused notes that the gateway did not take what this station came with, and gives the refusal.
func (l *link) refused(err error) error {
	if errors.Is(err, errTokenWrong) || errors.Is(err, errGatewayIdentity) {
		l.lost()
	}
	return err
}

func (l *link) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.up = true
	for _, p := range l.pending {
		p.sent = false
	}
	for len(l.direct) > 0 {
		<-l.direct
	}
}

func (l *link) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.up = false
}

func (l *link) write(ctx context.Context, conn *websocket.Conn) error {
	write := func(b []byte) error {
		ctx, cancel := context.WithTimeout(ctx, keepaliveWithin)
		defer cancel()
		return conn.Write(ctx, websocket.MessageText, b)
	}
	send := func(v any) error {
		b, err := json.Marshal(v)
		if err != nil {
			return err
		}
		return write(b)
	}
	if err := send(helloMessage{Type: "hello", Lang: "az"}); err != nil {
		return err
	}
	keepalive := time.NewTicker(keepaliveEvery)
	defer keepalive.Stop()
	for {
		for _, c := range l.unsent(time.Now()) {
			if err := send(c); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-l.poke:
		case b := <-l.direct:
			if err := write(b); err != nil {
				return err
			}
		case t := <-keepalive.C:
			if err := write(l.beat(t)); err != nil {
				return err
			}
		}
	}
}

// beat is what goes out at one beat of the keep-alive: a ping, or in its place the oldest quiet command. Both are as large, by the blanks that JSON allows behind
// it, so that who counts bytes on the wire, or sits beside a router's lamp, sees no difference (RFC 8446, appendix E.3, leaves length to the application).
func (l *link) beat(now time.Time) []byte {
	var m any = pingMessage{Type: "ping", T: now.UnixMilli()}
	l.mu.Lock()
	for _, p := range l.pending {
		if p.quiet && !p.sent && !now.Before(p.notBefore) {
			p.sent, m = true, *p
			break
		}
	}
	l.mu.Unlock()
	b, _ := json.Marshal(m) // of fields that always have a JSON
	for len(b) < pingBytes {
		b = append(b, ' ')
	}
	return b
}

// unsent takes the commands to be written on this connection, in the order in which they were given; quiet ones wait for a beat.
func (l *link) unsent(now time.Time) []commandMessage {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []commandMessage
	for _, p := range l.pending {
		if !p.sent && !p.quiet && !now.Before(p.notBefore) {
			p.sent = true
			out = append(out, *p)
		}
	}
	return out
}

func (l *link) read(ctx context.Context, conn *websocket.Conn) error {
	for {
		within, cancel := context.WithTimeout(ctx, keepaliveWithin)
		kind, b, err := conn.Read(within)
		cancel()
		if err != nil {
			if websocket.CloseStatus(err) == 4001 {
				return l.refused(errTokenWrong)
			}
			return err
		}
		if kind == websocket.MessageText {
			l.dispatch(b)
		}
	}
}

func (l *link) dispatch(b []byte) {
	var head headMessage
	if json.Unmarshal(b, &head) != nil {
		return
	}
	switch head.Type {
	case "state":
		var st stateMessage
		if err := json.Unmarshal(b, &st); err != nil {
			l.log.Error("the gateway's state cannot be read; nothing flows")
			st = stateMessage{}
		}
		l.events.linkState(b, st)
	case "ack":
		l.answered(head.ID, "")
		l.events.linkReply(head.ID, b, "")
	case "error":
		l.answered(head.ID, head.Code)
		l.events.linkReply(head.ID, b, head.Code)
	case "rtc.answer", "rtc.closed", "rtc.thin", "ice":
		l.events.linkPass(b)
	}
}

// answered drops a command that was answered. A refusal that is the gateway's own trouble keeps it: it is sent again a little later.
func (l *link) answered(id, refused string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, p := range l.pending {
		if p.ID != id {
			continue
		}
		if mends(refused) || p.kept && refused == "too_many" {
			p.sent, p.notBefore = false, time.Now().Add(keepaliveEvery)
		} else {
			l.pending = append(l.pending[:i], l.pending[i+1:]...)
		}
		return
	}
}

// mends says whether a refusal is the gateway's own trouble, which passes.
func mends(refused string) bool {
	return refused == "not_durable" || refused == "ledger_failed" || refused == "internal"
}

// refusalOfDial turns a failed handshake into a sentence. The answer's body may name the wire's error code (PROTOCOL.md, Errors).
func refusalOfDial(resp *http.Response, err error) error {
	if resp == nil {
		if isCertificateError(err) {
			return errGatewayIdentity
		}
		return err
	}
	var body headMessage
	if resp.Body != nil {
		_ = json.NewDecoder(http.MaxBytesReader(nil, resp.Body, 4096)).Decode(&body)
		resp.Body.Close()
	}
	switch {
	case body.Code == "hearing_unknown" || body.Code == "" && resp.StatusCode == http.StatusNotFound:
		return errHearingUnknown
	case resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden:
		return errTokenWrong
	}
	return err
}

// newID is a random command id: 100 bits, unique for the seat for ever.
func newID() string {
	var b [13]byte
	rand.Read(b[:]) // never fails: crypto/rand ends the process instead
	return "s" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:]))[:20]
}
