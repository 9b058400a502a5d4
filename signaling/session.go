package signaling

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/time/rate"
)

// Close codes of parda's own (RFC 6455, section 7.4.2: 4000 to 4999 are for private use).
const (
	CloseSeatLost    websocket.StatusCode = 4001
	CloseNotSignedIn websocket.StatusCode = 4002
)

// Room is what the sessions of one hearing talk to.
type Room interface {
	// Attach makes the session a receiver of states and entries. It is called once, after hello.
	Attach(ctx context.Context, s *Session, h Hello) error
	// Detach forgets the session. It is called once for each Attach that succeeded.
	Detach(s *Session)
	// Command returns when what the command caused is durable, or was refused.
	Command(ctx context.Context, s *Session, c Command) (Ack, error)
	// Figure takes what the station says that its drawn figure does. It does not wait, and is answered only where it is refused.
	Figure(s *Session, state string) error
	// ModeKey takes the key that the station signs with, and ModeSegment a segment that it signed. Neither waits, and both are answered only where they are
	// refused.
	ModeKey(s *Session, key []byte) error
	ModeSegment(s *Session, m ModeSegment) error
}

// Media negotiates a session's connections for picture and sound. The answers are complete: there is no trickle.
type Media interface {
	Receive(ctx context.Context, s *Session, offer string) (answer string, err error)
	Send(ctx context.Context, s *Session, offer string) (answer string, err error)
	StopSending(s *Session)
}

// queueLimit and queueBytes bound what waits for a slow page. A page that is further behind is closed and comes back with `since`.
const (
	queueLimit = 512
	queueBytes = 16 << 20
)

// answerBytes is the size of a pong and of an acknowledgement without a result of many words.
const answerBytes = 192

const (
	writeWithin  = 10 * time.Second
	helloWithin  = 10 * time.Second
	closeWithin  = 3 * time.Second // what is queued may take so long before a close that the gateway asked for
	commandLimit = 16              // commands of one session that are under way at once

	// A page says a few things a second. One that says more is read no faster; and an offer, which costs a connection with keys of its own, is refused.
	messagesPerSecond, messagesAtOnce = 50, 400
	offersPerSecond, offersAtOnce     = 1, 12
)

// pulse is how a page is found that is gone without a word (a lid that was closed, a cable that was pulled). It must be missed within seconds: an outage of the defence pauses testimony.
type pulse struct {
	every  time.Duration // between two pings
	within time.Duration // a page that is neither heard nor answers for so long is gone
	// late bounds how long messages alone stand for a pong that lies behind them. What is read may have lain in the socket since before the line broke, and it is read no faster than
	// messagesPerSecond: without a bound, a few MiB of small messages would show a seat as there for an hour after its page is gone.
	late time.Duration
}

var usualPulse = pulse{2 * time.Second, 5 * time.Second, 30 * time.Second}

// Session is one WebSocket of one seat. Its methods may be called from any goroutine.
type Session struct {
	Hearing string
	Seat    string

	conn  *websocket.Conn
	log   *slog.Logger
	room  Room
	media Media

	heard atomic.Int64 // Unix nanoseconds: when the page last gave a sign of life

	mu     sync.Mutex
	queue  [][]byte
	queued int          // bytes in queue
	state  []byte       // the newest state, if it has not been sent: an older one is of no use to anybody
	end    *closeReason // what to close with, once the queue is written
	wake   chan struct{}
	cancel context.CancelCauseFunc
}

type closeReason struct {
	code websocket.StatusCode
	text string
}

func (c closeReason) Error() string { return c.text }

// Send queues one message. It never blocks: a session whose queue is full is closed with 1013 (try again later).
func (s *Session) Send(v any) {
	if b, err := json.Marshal(v); err != nil {
		s.log.Error("message cannot be encoded", "err", err)
	} else {
		s.enqueue(b)
	}
}

// answer queues a short answer, in one size for all of them, by the blanks that JSON allows behind it: who counts bytes on a station's line must not tell the acknowledgement of a
// sign of duress from the answer to a ping (PROTOCOL.md, the station's own door).
func (s *Session) answer(v any) {
	b, err := json.Marshal(v)
	if err != nil {
		s.log.Error("message cannot be encoded", "err", err)
		return
	}
	for len(b) < answerBytes {
		b = append(b, ' ')
	}
	s.enqueue(b)
}

func (s *Session) enqueue(b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.end != nil {
		return
	}
	if len(s.queue) >= queueLimit || s.queued+len(b) > queueBytes {
		s.closeLocked(websocket.StatusTryAgainLater, "too far behind")
		return
	}
	s.queue = append(s.queue, b)
	s.queued += len(b)
	s.signal()
}

// SendState queues the seat's state in place of one that still waits.
func (s *Session) SendState(b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.end == nil {
		s.state = b
		s.signal()
	}
}

// SendICE tells the page which TURN servers it may use.
func (s *Session) SendICE(servers []ICEServer) {
	if servers == nil {
		servers = []ICEServer{} // a list on the wire, never null
	}
	s.Send(iceMessage{Type: "ice", Servers: servers})
}

// SendThin tells the page which of its pictures its network does not carry: their sound flows on, and they come back by themselves.
func (s *Session) SendThin(slots []string) {
	if slots == nil {
		slots = []string{} // a list on the wire, never null
	}
	s.Send(thinMessage{Type: "rtc.thin", Slots: slots})
}

// SendMediaClosed tells the page that its receiving ("subscription") or sending ("publication") connection ended.
func (s *Session) SendMediaClosed(why string) { s.Send(whyMessage{Type: "rtc.closed", Why: why}) }

// LastHeard is when the page last gave a sign of life: a message, or the answer to a ping.
func (s *Session) LastHeard() time.Time { return time.Unix(0, s.heard.Load()) }

// Close ends the session with a close code, after what is queued has been written; the page shows what the code means. From this call on nothing more
// is taken from the page, and one that does not read is cut off after closeWithin: a seat that was lost must not be held by reading slowly.
func (s *Session) Close(code websocket.StatusCode, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closeLocked(code, text)
}

func (s *Session) closeLocked(code websocket.StatusCode, text string) {
	if s.end == nil {
		s.end = &closeReason{code, text}
		s.signal()
		time.AfterFunc(closeWithin, func() { s.cancel(closeReason{code, text}) })
	}
}

func (s *Session) closing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.end != nil
}

func (s *Session) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Serve runs the session on an accepted connection until either side ends it.
func Serve(ctx context.Context, conn *websocket.Conn, log *slog.Logger, hearing, seat string, room Room, media Media) {
	serveAt(ctx, usualPulse, conn, log, hearing, seat, room, media)
}

func serveAt(ctx context.Context, life pulse, conn *websocket.Conn, log *slog.Logger, hearing, seat string, room Room, media Media) {
	ctx, cancel := context.WithCancelCause(ctx)
	s := &Session{Hearing: hearing, Seat: seat, conn: conn, log: log, room: room, media: media, wake: make(chan struct{}, 1), cancel: cancel}
	s.heard.Store(time.Now().UnixNano())
	conn.SetReadLimit(MaxMessage)
	var writers sync.WaitGroup
	writers.Go(func() { s.write(ctx) })
	writers.Go(func() { s.ping(ctx, life) })
	err := s.read(ctx)
	// A reading context that ends tears the connection down without a close frame, so a close that says why comes first.
	if why := (closeReason{}); errors.As(err, &why) {
		s.Close(why.code, why.text)
		<-ctx.Done()
	}
	cancel(err)
	writers.Wait()
	conn.CloseNow()
}

// read is the session's one reader: hello first, then whatever the seat says, each kind by its own short method.
func (s *Session) read(ctx context.Context) error {
	h, err := s.hello(ctx)
	if err != nil {
		return err
	}
	if err := s.room.Attach(ctx, s, h); err != nil {
		e := AsError(err)
		logRefusal(s.log, e)
		return closeReason{attachCode(e), e.Code}
	}
	pace, offers := rate.NewLimiter(messagesPerSecond, messagesAtOnce), rate.NewLimiter(offersPerSecond, offersAtOnce)
	slots := make(chan struct{}, commandLimit)
	var busy sync.WaitGroup
	defer func() {
		s.media.StopSending(s)
		s.room.Detach(s)
		busy.Wait()
	}()
	for {
		m, err := s.next(ctx)
		if err != nil {
			return err
		}
		if s.closing() {
			<-ctx.Done() // the writer says why, and ends the session
			return context.Cause(ctx)
		}
		if err := pace.Wait(ctx); err != nil {
			return context.Cause(ctx)
		}
		if (m.Type == "rtc.offer" || m.Type == "rtc.publish") && !offers.Allow() {
			s.refuse(m.ID, Refuse("too_many", "Too many at once. Try again in a moment.", nil))
			continue
		}
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		handle := s.handler(m.Type)
		if m.Type == "command" || m.Type == "figure" || m.Type == "mode.key" || m.Type == "mode.segment" { // in order of arrival: the room keeps the order in which a person acted
			handle(ctx, m)
			<-slots
			continue
		}
		busy.Go(func() {
			defer func() { <-slots }()
			handle(ctx, m)
		})
	}
}

// attachCode tells a seat that is lost, which a page gives up, from a trouble that passes, after which it comes back: a gateway that is going
// down, a hearing that is full, a disk.
func attachCode(e *Error) websocket.StatusCode {
	switch e.Code {
	case "internal", "too_many", "not_durable", "ledger_failed":
		return websocket.StatusTryAgainLater
	}
	return CloseSeatLost
}

func (s *Session) hello(ctx context.Context) (Hello, error) {
	ctx, cancel := context.WithTimeout(ctx, helloWithin)
	defer cancel()
	m, err := s.next(ctx)
	if err != nil {
		return Hello{}, err
	}
	if m.Type != "hello" {
		return Hello{}, closeReason{websocket.StatusPolicyViolation, "hello comes first"}
	}
	return m.Hello, nil
}

func (s *Session) next(ctx context.Context) (incoming, error) {
	kind, b, err := s.conn.Read(ctx)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return incoming{}, cause
		}
		return incoming{}, err
	}
	s.heard.Store(time.Now().UnixNano())
	if kind != websocket.MessageText {
		return incoming{}, closeReason{websocket.StatusUnsupportedData, "text messages only"}
	}
	m, err := parse(b)
	if err != nil {
		return incoming{}, closeReason{websocket.StatusPolicyViolation, "not a message"}
	}
	return m, nil
}

func (s *Session) handler(kind string) func(context.Context, incoming) {
	switch kind {
	case "command":
		return s.onCommand
	case "rtc.offer":
		return s.onOffer
	case "rtc.publish":
		return s.onPublish
	case "rtc.unpublish":
		return func(context.Context, incoming) { s.media.StopSending(s) }
	case "figure":
		return s.onFigure
	case "mode.key":
		return s.onModeKey
	case "mode.segment":
		return s.onModeSegment
	case "ping":
		return s.onPing
	}
	return s.onUnknown
}

func (s *Session) onCommand(ctx context.Context, m incoming) {
	ack, err := Ack{}, m.Command.check()
	if err == nil {
		ack, err = s.room.Command(ctx, s, m.Command)
	}
	if err != nil {
		s.refuse(m.ID, err)
		return
	}
	s.answer(ackMessage{Type: "ack", ID: m.ID, Ack: ack})
}

func (s *Session) onOffer(ctx context.Context, m incoming) {
	answer, err := s.media.Receive(ctx, s, m.SDP)
	if err != nil {
		s.refuse(m.ID, err)
		return
	}
	s.Send(sdpMessage{Type: "rtc.answer", SDP: answer})
}

func (s *Session) onPublish(ctx context.Context, m incoming) {
	answer, err := s.media.Send(ctx, s, m.SDP)
	if err != nil {
		s.refuse(m.ID, err)
		return
	}
	s.Send(sdpMessage{Type: "rtc.published", SDP: answer})
}

func (s *Session) onFigure(_ context.Context, m incoming) {
	if err := s.room.Figure(s, m.State); err != nil {
		s.refuse(m.ID, err)
	}
}

func (s *Session) onModeKey(_ context.Context, m incoming) {
	if err := s.room.ModeKey(s, m.Key); err != nil {
		s.refuse(m.ID, err)
	}
}

func (s *Session) onModeSegment(_ context.Context, m incoming) {
	if err := s.room.ModeSegment(s, m.ModeSegment); err != nil {
		s.refuse(m.ID, err)
	}
}

// onPing gives the page its own number back, and no more than a number: what a page does not read waits here in memory.
func (s *Session) onPing(_ context.Context, m incoming) {
	if len(m.T) > 32 {
		s.refuse(m.ID, Refuse("bad_message", "A ping carries a number.", nil))
		return
	}
	s.answer(pongMessage{Type: "pong", T: m.T})
}

func (s *Session) onUnknown(_ context.Context, m incoming) {
	s.refuse(m.ID, Refuse("bad_message", "This kind of message is not known.", nil))
}

func (s *Session) refuse(id string, err error) {
	e := AsError(err)
	logRefusal(s.log, e)
	s.Send(e.message(id))
}

// write is the session's one writer. A state goes out after the messages that were queued before it, so that an acknowledged
// entry is never older than the state that shows it.
func (s *Session) write(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		}
		s.mu.Lock()
		batch, state, end := s.queue, s.state, s.end
		s.queue, s.queued, s.state = nil, 0, nil
		s.mu.Unlock()
		if state != nil {
			batch = append(batch, state)
		}
		for _, b := range batch {
			if err := s.writeOne(ctx, b); err != nil {
				s.cancel(err)
				return
			}
		}
		if end != nil {
			s.conn.Close(end.code, end.text)
			s.cancel(*end)
			return
		}
	}
}

func (s *Session) writeOne(ctx context.Context, b []byte) error {
	ctx, cancel := context.WithTimeout(ctx, writeWithin)
	defer cancel()
	return s.conn.Write(ctx, websocket.MessageText, b)
}

// ping finds a page that is gone without a word.
func (s *Session) ping(ctx context.Context, life pulse) {
	t := time.NewTicker(life.every)
	defer t.Stop()
	answered := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			asked := time.Now()
			c, cancel := context.WithTimeout(ctx, life.within)
			err := s.conn.Ping(c)
			cancel()
			switch {
			case err == nil:
				answered = time.Now()
				s.heard.Store(answered.UnixNano())
			case s.LastHeard().After(asked) && time.Since(answered) < life.late: // its pong lies behind what it sent before, as after an outage: a page that is heard is not gone
			default:
				s.cancel(err)
				return
			}
		}
	}
}
