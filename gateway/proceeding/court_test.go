package proceeding

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"parda/courtroom-ui"
	"parda/gateway/access"
	"parda/gateway/hearing"
	"parda/gateway/ledger"
	"parda/gateway/minutes"
	"parda/gateway/store"
	"parda/gateway/visibility"
	"parda/media/attest"
	"parda/media/relay"
	"parda/signaling"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lines stands for the relay: it notes who would receive what. The relay itself is tested in its own folder, and both together in gateway.
type lines struct {
	mu        sync.Mutex
	routes    map[visibility.Sink]visibility.Publication
	routed    int
	trip      bool // the next Route panics, once
	made      int
	open      map[string]bool // publications and subscriptions
	taps      map[string]relay.Tap
	whileMade func() // called in the middle of making a connection
}

func (l *lines) Route(routes map[visibility.Sink]visibility.Publication) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.trip {
		l.trip = false
		panic("a fault of the program")
	}
	l.routes = routes
	l.routed++
}

func (l *lines) connect(kind string) string {
	l.mu.Lock()
	meanwhile := l.whileMade
	l.whileMade = nil
	l.mu.Unlock()
	if meanwhile != nil {
		meanwhile()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.made++
	id := fmt.Sprint(kind, l.made)
	l.open[id] = true
	return id
}

func (l *lines) hangUp(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, id)
}

func (l *lines) Publish(context.Context, string, bool, string) (answer, id string, err error) {
	return "answer", l.connect("publication"), nil
}

func (l *lines) Subscribe(context.Context, string, []visibility.Slot, string) (answer, id string, err error) {
	return "answer", l.connect("subscription"), nil
}
func (l *lines) Attest(string, string, uint64, []attest.Track) {}
func (l *lines) Unpublish(id string)                           { l.hangUp(id) }
func (l *lines) Unsubscribe(id string)                         { l.hangUp(id) }
func (l *lines) Tap(label string, m relay.Media, t relay.Tap) (cancel func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if m == relay.Audio {
		l.taps[label] = t
	}
	return func() {}
}

// tapped is where the recorder takes a label's sound.
func (l *lines) tapped(label string) relay.Tap {
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		l.mu.Lock()
		t := l.taps[label]
		l.mu.Unlock()
		if t != nil || time.Now().After(end) {
			return t
		}
	}
}

func (l *lines) RequestKeyFrame(string)                                    {}
func (l *lines) Servers(string, string) ([]signaling.ICEServer, time.Time) { return nil, time.Time{} }
func (l *lines) End(string, string)                                        {}
func (l *lines) EndSeat(string)                                            {}

// whoSees is who would receive the witness.
func (l *lines) whoSees() (viewers []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for sink, pub := range l.routes {
		if pub.Source == visibility.FromWitness && sink.Viewer != visibility.Recorder {
			viewers = append(viewers, sink.Viewer)
		}
	}
	slices.Sort(viewers)
	return slices.Compact(viewers)
}

func (l *lines) connections() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.open)
}

// court is a hearing with a real store, ledger and doors, and a fake relay.
type court struct {
	t *testing.T
	*Proceeding
	lines  *lines
	store  *store.Store
	folder string
	keys   map[string]*ecdsa.PrivateKey
	serve  *httptest.Server
	pages  chan *signaling.Session
}

func sit(t *testing.T) *court { return sitAt(t, nil) }

// sitAt is sit by a clock; nil: the machine's.
func sitAt(t *testing.T, now func() time.Time) *court {
	t.Helper()
	c := &court{t: t, lines: &lines{open: map[string]bool{}, taps: map[string]relay.Tap{}}, folder: t.TempDir(), keys: map[string]*ecdsa.PrivateKey{}, pages: make(chan *signaling.Session, 64)}
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	s, err := store.Open(filepath.Join(c.folder, "store"))
	if err != nil {
		t.Fatal(err)
	}
	c.store = s
	l, err := ledger.Open(ledger.Config{Dir: filepath.Join(c.folder, "ledger"), Store: s, Log: quiet, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = l.Close(context.Background()) // a test may have broken it
		_ = s.Close()
	})
	var first []ledger.Draft
	for _, d := range hearing.Create("h1", "1(101)-1/2026", "baku", hearing.DefaultSeats()) {
		first = append(first, ledger.Draft{Code: string(d.Code), Actor: d.Actor, Payload: d.Payload})
	}
	if _, err := l.Append(t.Context(), "h1", first...); err != nil {
		t.Fatal(err)
	}
	labels, err := fs.ReadFile(courtroomui.Locales, "az.json")
	if err != nil {
		t.Fatal(err)
	}
	words, err := minutes.LocaleWords(labels)
	if err != nil {
		t.Fatal(err)
	}
	c.Proceeding, err = Open(t.Context(), Config{
		ID: "h1", Folder: filepath.Join(c.folder, "h1"), Ledger: l, Access: access.New(access.Config{Store: s}), Media: c.lines, Source: c.lines, Words: words,
		Link: func(seat, code string) string { return seat + "#" + code }, TURN: c.lines, Log: quiet, Now: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go c.Run(ctx)
	t.Cleanup(func() { cancel(); <-c.done })
	c.serve = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err == nil {
			signaling.Serve(r.Context(), conn, quiet, "h1", r.URL.Query().Get("seat"), c, c)
		}
	}))
	t.Cleanup(c.serve.Close)
	return c
}

// Attach stands between signaling and the hearing, to learn of the sessions.
func (c *court) Attach(ctx context.Context, s *signaling.Session, h signaling.Hello) error {
	err := c.Proceeding.Attach(ctx, s, h)
	if err == nil {
		c.pages <- s
	}
	return err
}

// page opens a page of a seat. refused is the close code of one that was not let in.
func (c *court) page(seat string) (s *signaling.Session, refused websocket.StatusCode) {
	c.t.Helper()
	conn, _, err := websocket.Dial(c.t.Context(), strings.Replace(c.serve.URL, "http", "ws", 1)+"?seat="+seat, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	conn.SetReadLimit(-1)
	c.t.Cleanup(func() { conn.CloseNow() })
	if err := conn.Write(c.t.Context(), websocket.MessageText, []byte(`{"type":"hello","version":1,"since":0}`)); err != nil {
		c.t.Fatal(err)
	}
	closed := make(chan websocket.StatusCode, 1)
	go func() {
		for {
			if _, _, err := conn.Read(context.Background()); err != nil {
				closed <- websocket.CloseStatus(err)
				return
			}
		}
	}()
	select {
	case s := <-c.pages:
		return s, 0
	case code := <-closed:
		return nil, code
	}
}

// inside runs f in the hearing's goroutine.
func (c *court) inside(f func()) {
	c.t.Helper()
	if err := c.do(c.t.Context(), f); err != nil {
		c.t.Fatal(err)
	}
}

// must gives a command that the rules take.
func (c *court) must(seat, name string, args map[string]any) {
	c.t.Helper()
	raw, err := json.Marshal(args)
	if err != nil {
		c.t.Fatal(err)
	}
	c.inside(func() {
		who, _ := c.state.Seat(seat)
		drafts, _, refusal := hearing.Decide(c.state, hearing.Actor{Seat: seat, Role: who.Role}, hearing.Command{Name: name, Args: raw, ID: name, Officer: "code"}, c.cfg.Now())
		if err = refusal; err == nil {
			err = c.append(c.t.Context(), nil, drafts)
			c.changed()
		}
	})
	if err != nil {
		c.t.Fatalf("%s by %s: %v", name, seat, err)
	}
}

// certify lets the room officer certify; officer_test.go has the code.
func (c *court) certify() {
	c.t.Helper()
	c.must("witness", "room.certify", map[string]any{"same": true, "free": true, "with": []string{}})
}

func (c *court) sign(seat string, message []byte) []byte {
	sum := sha256.Sum256(message)
	der, err := c.keys[seat].Sign(nil, sum[:], crypto.SHA256) // RFC 6979: the same each time
	if err != nil {
		c.t.Fatal(err)
	}
	var sig struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &sig); err != nil {
		c.t.Fatal(err)
	}
	out := make([]byte, 64) // IEEE P1363, as WebCrypto signs
	sig.R.FillBytes(out[:32])
	sig.S.FillBytes(out[32:])
	return out
}

// live takes the hearing to where the court hears the witness.
func (c *court) live() {
	c.t.Helper()
	for _, seat := range hearing.DefaultSeats() {
		if err := c.Entered(c.t.Context(), seat.ID); err != nil {
			c.t.Fatal(err)
		}
	}
	for _, seat := range []string{"judge", "defence", "witness"} {
		c.page(seat)
	}
	key, err := c.keys["judge"], error(nil)
	if key == nil {
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		c.t.Fatal(err)
	}
	c.keys["judge"] = key
	c.must("judge", "key.enrol", map[string]any{"key": public})
	c.must("judge", "order.draft", map[string]any{"template": "identity_hidden", "reason": "The witness was threatened.", "pseudonym": "Lalə"})
	var draft []byte
	c.inside(func() { draft = slices.Clone(c.state.Draft) })
	c.must("judge", "order.sign", map[string]any{"bytes": draft, "signature": c.sign("judge", draft)})
	c.must("judge", "hearing.open", nil)
	c.must("judge", "identity.verified", map[string]any{"how": "passport shown to the room officer"})
	c.inside(func() {
		for _, key := range c.state.Order.Order.Keys() {
			c.Observe(Arrives, "witness/"+key)
		}
	})
	c.inside(func() {}) // what was observed has been taken
	c.must("witness", "testimony.rehearse", nil)
	c.must("witness", "witness.consent", map[string]any{"language": "az", "interpreter": false})
	c.certify()
	c.must("judge", "testimony.call", nil)
	if seen := c.lines.whoSees(); !slices.Contains(seen, "defence") || !slices.Contains(seen, "judge") {
		c.t.Fatalf("live, and the witness is seen by %v", seen)
	}
}

// until waits for something that the hearing's own clock brings about.
func (c *court) until(what string, ok func() bool) {
	c.t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		var holds bool
		c.inside(func() { holds = ok() })
		if holds {
			return
		}
		if time.Now().After(end) {
			c.t.Fatalf("did not happen: %s", what)
		}
	}
}

// current is the one session of a seat.
func (c *court) current(seat string) (found *signaling.Session, ok bool) {
	c.inside(func() {
		for s := range c.sessions {
			if s.Seat == seat {
				found, ok = s, true
			}
		}
	})
	return found, ok
}
