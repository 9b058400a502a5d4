// Package proceeding runs one hearing. One goroutine owns its state: a command, a fact from the relay, a lost link and the tick of the
// clock all go through it one at a time. What follows from them is decided in gateway/hearing and gateway/visibility; here it is made
// durable first (gateway/ledger), then it takes effect: the relay's table is swapped, and the seats are told.
//
// No rule of law or of visibility lives here, and no HTTP.
package proceeding

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"sync/atomic"
	"time"

	"parda/gateway/access"
	"parda/gateway/hearing"
	"parda/gateway/incident"
	"parda/gateway/incident/evidence"
	"parda/gateway/leakreport"
	"parda/gateway/ledger"
	"parda/gateway/minutes"
	"parda/gateway/visibility"
	"parda/media/attest"
	"parda/media/recording"
	"parda/signaling"
)

// Config is what a proceeding needs. All fields but TURN and Now are required.
type Config struct {
	ID     string
	Folder string // recordings, rendered protocols and the bundle of this hearing
	Ledger *ledger.Ledger
	Access *access.Access
	Media  Media
	Source recording.Source               // the relay as the recorder sees it, with this hearing's labels
	Words  minutes.Words                  // the labels that the protocol is written with
	Link   func(seat, code string) string // the address of a seat's page
	TURN   TURN                           // nil: there is none
	StepUp StepUp                         // nil: seats are held by links, and nobody has a passkey to touch
	// Pseudonyms gives names from the vault to drafts of orders; nil: none is asked for, and a draft that names a person is refused.
	Pseudonyms Pseudonyms
	// Card is where help is called in an emergency; nil: not set.
	Card *visibility.CardView
	// Protection is where the requests for protection of this hearing stand, IncidentOf the id of a flag in the court's register, and Observed is called when events of this
	// hearing were folded. All three are called in the hearing's goroutine and must not wait; nil: there is no register.
	Protection func() []visibility.ProtectionView
	IncidentOf func(flag string) string
	Observed   func()
	Evidence   *evidence.Keeper        // keeps what a flag asks for; nil: nobody does
	Leaks      func() leakreport.Facts // what the relay did with the shielded room's tracks; nil: nobody counts
	Log        *slog.Logger
	Now        func() time.Time // nil: time.Now
}

// Media is the relay as a hearing sees it. Route returns only when no packet of a denied track is written to anyone any more.
type Media interface {
	Route(routes map[visibility.Sink]visibility.Publication)
	Publish(ctx context.Context, label string, masked bool, offer string) (answer, id string, err error)
	Unpublish(id string)
	// Attest takes what the station signed of the publication with that id, and of what label it says that it is. The signature was checked.
	Attest(id, label string, number uint64, tracks []attest.Track)
	Subscribe(ctx context.Context, viewer string, slots []visibility.Slot, offer string) (answer, id string, err error)
	Unsubscribe(id string)
}

// TURN gives a page of a seat the credentials of the TURN servers, and takes them back. page is the caller's word for one page.
type TURN interface {
	// Servers returns the servers, none where there is no TURN, and until when their credentials open anything; it may be called again to renew them.
	Servers(seat, page string) (servers []signaling.ICEServer, until time.Time)
	// End takes back what a page has.
	End(seat, page string)
	// EndSeat takes back what every page and player of a seat has.
	EndSeat(seat string)
}

// noTURN is a gateway without TURN.
type noTURN struct{}

func (noTURN) Servers(string, string) ([]signaling.ICEServer, time.Time) { return nil, time.Time{} }
func (noTURN) End(string, string)                                        {}
func (noTURN) EndSeat(string)                                            {}

// tickEvery is how often overdue rulings, lost links and a failed ledger are looked at.
const tickEvery = 250 * time.Millisecond

// Proceeding is one hearing that runs.
type Proceeding struct {
	cfg    Config
	inbox  chan func()
	stale  chan struct{} // holds one: something outside of the hearing changed that its seats are to be told
	done   chan struct{}
	stands atomic.Pointer[stands]

	sitters sitters

	// All below belongs to the goroutine of Run.
	state    *hearing.State
	protocol *minutes.Protocol
	flags    *incident.Register
	sessions map[*signaling.Session]*attendee
	watching map[string]watcher // WHEP: by subscription
	given    map[string]given   // WHIP: by label
	barred   map[string]bool    // seats that were removed and whose TURN credentials were taken back
	present  map[string]*presence
	sights   *sights
	tracks   map[string]bool                      // labels that arrive
	offered  map[string]map[visibility.Media]bool // seats' own publications: what their offer brought
	stalled  map[string]bool
	unheard  map[string]bool // labels whose sound is held because nobody listens
	unsigned map[string]bool // and those that their station has not signed lately
	modeKey  atomic.Pointer[ed25519.PublicKey]
	alarms   map[string]visibility.AlarmView
	revoked  bool // the device in the witness's place is

	failed   time.Time // since when nothing can be written; zero: the store takes entries
	retry    time.Time // when to try again
	unproven bool      // the signed log does not follow the store
	panicked bool      // a fault of the program: the witness is shown to nobody until the gateway was started again

	officers   tries     // of the room officer's code
	roomTold   string    // why the room's certificate did not stand when the seats were last told
	figure     string    // what the station says that its drawn figure does; no event
	figureTold time.Time // when the seats were last told of it
	figureDue  bool      // they are still to be told of the newest
	record     recordState
	clips      clips
	checkpoint *visibility.CheckpointView
	bundle     *visibility.BundleView
	last       uint64          // index of the last event of the hearing's own record
	emergency  bool            // an emergency was raised and is not durable yet: nobody is shown the witness meanwhile
	unwritten  []hearing.Draft // of an emergency that could not be written: with the next try, whether or not whoever pressed asks again
	closeAfter time.Time       // when the closing may be tried again
	ended      bool
}

// attendee is one session of a seat.
type attendee struct {
	since        uint64 // index of the last entry that was sent
	rev          uint64 // states that were sent
	told         string // the last of them, without its time
	subscription string
	publication  string
	hold         Hold
	page         string    // its name for TURN
	renewICE     time.Time // when its TURN credentials are renewed; zero: it has none
}

// presence says whether a seat's person is there.
type presence struct {
	sessions int
	lostAt   time.Time // zero while present
}

// Open folds what the ledger holds and enters that the gateway started. Testimony that was live when the last run ended is ready now, never
// live: the judge resumes.
func Open(ctx context.Context, cfg Config) (*Proceeding, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.TURN == nil {
		cfg.TURN = noTURN{}
	}
	p := &Proceeding{
		cfg: cfg, inbox: make(chan func(), 256), stale: make(chan struct{}, 1), done: make(chan struct{}),
		state: hearing.New(), protocol: &minutes.Protocol{}, flags: &incident.Register{},
		sessions: map[*signaling.Session]*attendee{}, watching: map[string]watcher{}, given: map[string]given{}, barred: map[string]bool{}, present: map[string]*presence{},
		tracks: map[string]bool{}, offered: map[string]map[visibility.Media]bool{}, stalled: map[string]bool{}, unheard: map[string]bool{}, unsigned: map[string]bool{}, alarms: map[string]visibility.AlarmView{},
	}
	p.sights = newSights()
	events, err := cfg.Ledger.Load(ctx, cfg.ID)
	if err != nil {
		return nil, fmt.Errorf("the ledger of %s cannot be read: %w", cfg.ID, err)
	}
	for _, e := range events {
		if err := p.fold(e); err != nil {
			return nil, err
		}
	}
	if len(events) == 0 {
		return nil, fmt.Errorf("hearing %s has no ledger", cfg.ID)
	}
	if err := p.loadAside(ctx); err != nil {
		return nil, err
	}
	return p, p.start(ctx)
}

// start enters what the restart itself means.
func (p *Proceeding) start(ctx context.Context) error {
	if p.state.Phase == hearing.Sealed {
		return p.openEvidence(ctx)
	}
	drafts := append([]hearing.Draft{{Code: hearing.GatewayStarted, Actor: string(hearing.System), Payload: hearing.EmptyPayload{}}},
		hearing.Restarted(p.state, p.cfg.Now())...)
	if err := p.append(ctx, nil, drafts); err != nil {
		return err
	}
	if err := p.enterRecovered(ctx); err != nil {
		return err
	}
	if err := p.openEvidence(ctx); err != nil {
		return fmt.Errorf("clips of the last run: %w", err)
	}
	return p.openRecorder()
}

// Run owns the hearing until ctx ends. The sessions are closed with 1001 (going away) then.
func (p *Proceeding) Run(ctx context.Context) {
	defer close(p.done)
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	newer, cancel, err := p.cfg.Ledger.Watch(p.cfg.ID)
	if err != nil {
		p.cfg.Log.Error("checkpoints cannot be watched", "err", err)
	} else {
		defer cancel()
	}
	p.startEvidence()
	p.changed()
	for {
		select {
		case <-ctx.Done():
			p.end()
			return
		case f := <-p.inbox:
			p.safely(f)
		case <-p.stale:
			p.safely(p.tell)
		case c, ok := <-newer:
			if !ok {
				newer = nil
				continue
			}
			p.checkpoint = &visibility.CheckpointView{Size: c.Size, At: visibility.Moment(p.cfg.Now())}
			p.safely(p.tell)
		case <-tick.C:
			p.safely(func() { p.tick(ctx) })
		}
	}
}

// safely keeps a fault of the program from ending the other hearings of this gateway. Nobody is shown the witness from then on; what was
// acknowledged is durable. Only the kind of the panic is logged: its text may hold words of the hearing.
func (p *Proceeding) safely(f func()) (whole bool) {
	defer func() {
		if v := recover(); v != nil {
			whole = false
			p.panicked = true
			p.cfg.Media.Route(nil)
			p.cfg.Log.Error("a step of the hearing panicked; the witness is shown to nobody", "kind", fmt.Sprintf("%T", v), "stack", string(debug.Stack()))
		}
	}()
	f()
	return true
}

// halted says whether the witness is to be shown to nobody because the record cannot be trusted to follow.
func (p *Proceeding) halted() bool { return !p.failed.IsZero() || p.unproven || p.panicked }

// do runs f in the hearing's goroutine and waits for it. When f panicked, nobody is shown the witness any more by the time do returns, and
// the caller hears of it as an error: what f was to answer was never written.
func (p *Proceeding) do(ctx context.Context, f func()) error {
	finished := make(chan bool, 1)
	select {
	case p.inbox <- func() { finished <- p.safely(f) }:
	case <-p.done:
		return errGone
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case whole := <-finished:
		if !whole {
			return errFault
		}
		return nil
	case <-p.done:
		return errGone
	}
}

// post runs f in the hearing's goroutine and does not wait. It is for what comes from goroutines that must not stand still.
func (p *Proceeding) post(f func()) {
	select {
	case p.inbox <- f:
	case <-p.done:
	}
}

var (
	errGone   = errors.New("the hearing does not run any more")
	errFault  = errors.New("a step of the hearing panicked")
	errSealed = signaling.Refuse("wrong_phase", "The hearing is sealed; nothing can be entered any more.", nil)
)

// append makes drafts durable, then lets them take effect. nil means durable. When nothing can be written the witness is not shown to
// anyone until it can, and the seats are told.
func (p *Proceeding) append(ctx context.Context, answer *ledger.Answer, drafts []hearing.Draft) error {
	if p.state.Phase == hearing.Sealed {
		return errSealed // the closing entry is the last one: the bundle is bound to it
	}
	drafts, answer, err := p.appendAside(ctx, answer, drafts)
	if err != nil || len(drafts) == 0 && answer == nil {
		return err
	}
	events, err := p.appendTo(ctx, p.cfg.ID, answer, drafts)
	if err != nil {
		if errors.Is(err, ledger.ErrNotDurable) || errors.Is(err, ledger.ErrUnhealthy) {
			p.ledgerFailed(err)
		}
		return err
	}
	for _, e := range events {
		if err := p.fold(e); err != nil {
			return err
		}
	}
	if p.cfg.Observed != nil && len(events) > 0 {
		p.cfg.Observed()
	}
	return nil
}

// appendTo makes drafts durable in a book.
func (p *Proceeding) appendTo(ctx context.Context, book string, answer *ledger.Answer, drafts []hearing.Draft) ([]ledger.Event, error) {
	out := make([]ledger.Draft, len(drafts))
	for i, d := range drafts {
		out[i] = ledger.Draft{Code: string(d.Code), Actor: d.Actor, Payload: d.Payload}
	}
	if answer != nil {
		return p.cfg.Ledger.AppendAnswered(ctx, book, *answer, out...)
	}
	return p.cfg.Ledger.Append(ctx, book, out...)
}

func (p *Proceeding) fold(e ledger.Event) error {
	h := asHearing(e)
	if err := p.state.Apply(h); err != nil {
		return fmt.Errorf("event %d: %w", e.Index, err)
	}
	if err := p.flags.Apply(h); err != nil {
		return fmt.Errorf("event %d: %w", e.Index, err)
	}
	if _, err := p.protocol.Apply(h); err != nil {
		return fmt.Errorf("event %d: %w", e.Index, err)
	}
	p.last = e.Index
	p.publishStand()
	p.sights.noteBroken(h)
	if err := p.noteEvidence(h); err != nil {
		return fmt.Errorf("event %d: %w", e.Index, err)
	}
	return p.noteRecording(h)
}

func asHearing(e ledger.Event) hearing.Event {
	return hearing.Event{Index: e.Index, Time: e.Time, Code: hearing.Code(e.Code), Actor: e.Actor, Payload: e.Payload}
}

// enter appends what no person did. A failure is not lost: it raises the alarm and is tried again by the next tick where it matters.
func (p *Proceeding) enter(drafts []hearing.Draft) {
	if len(drafts) == 0 || p.state.Phase == hearing.Sealed {
		return
	}
	if err := p.append(context.Background(), nil, drafts); err != nil {
		p.cfg.Log.Error("an event could not be entered", "code", drafts[0].Code, "err", err)
	}
	p.changed()
}

func (p *Proceeding) ledgerFailed(err error) {
	if p.failed.IsZero() {
		p.failed = p.cfg.Now()
		p.cfg.Log.Error("the ledger cannot be written; testimony stands still", "err", err)
	}
	p.retry = p.cfg.Now().Add(time.Second)
	p.changed()
}

// retryLedger tries to enter the failure itself. When that is durable, the ledger is back; testimony is paused until the judge resumes.
func (p *Proceeding) retryLedger(ctx context.Context, now time.Time) {
	if p.failed.IsZero() || now.Before(p.retry) {
		return
	}
	since := p.failed
	if err := p.append(ctx, nil, append(hearing.LedgerBackAgain(p.state, since, now), p.unwritten...)); err != nil {
		return // ledgerFailed has set the next try
	}
	p.failed, p.emergency, p.unwritten = time.Time{}, false, nil
	p.changed()
}

// scene is what decides who may see and hear now.
func (p *Proceeding) scene(now time.Time) visibility.Scene {
	sc := visibility.SceneOf(p.state, now)
	sc.Published = maps.Clone(p.tracks)
	sc.Halted = sc.Halted || p.halted()
	sc.Emergency = sc.Emergency || p.emergency
	return sc
}

// changed lets the state take effect: first the relay, so that nobody receives what is denied, then the seats.
func (p *Proceeding) changed() {
	if p.ended {
		return
	}
	p.state.Facts.StationUp = p.stationUp()
	routes := visibility.Route(p.scene(p.cfg.Now()), p.state.Seats)
	before := time.Now()
	p.cfg.Media.Route(routes)
	p.carries(before, routes)
	p.recordWhatFlows(routes)
	p.tendICE(p.cfg.Now())
	p.tell()
}

func (p *Proceeding) end() {
	p.ended = true
	p.cfg.Media.Route(nil)
	for s := range p.sessions {
		s.Close(1001, "the gateway ends")
	}
	p.stopRecording()
	p.stopEvidence()
}
