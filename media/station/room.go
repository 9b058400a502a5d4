package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"parda/media/mask/face"
)

// room is the shielded room: it holds what the gateway says, what the witness does and what the order allows, and derives from them, at each
// change, the permit of the hot path and what is published. What tightens (a break, fear, card, silence, a lost link, a
// refused order) takes effect here at once and is told to the gateway afterwards.
type room struct {
	hearing    string
	log        *slog.Logger
	link       *link
	health     *health
	width      int
	height     int
	make       func(maskConfig, *session) (*masks, error)
	camera     camera
	microphone microphone
	speaker    microphone // the sworn speaker's; opened only while an order says respeak
	vault      *vault     // keeps the session over a crash; nil keeps nothing
	publish    func(ctx context.Context, key string) (publication, error)
	relayOnly  bool              // nothing of this room, the kiosk's page included, goes to the gateway's media port itself
	signer     *signer           // signs what is published; nil in tests without a gateway
	self       func(face.Masked) // the witness's own picture
	rec        *rehearsal
	kiosk      kioskOutlet

	ctx     context.Context
	workers sync.WaitGroup

	mu      sync.Mutex
	trust   orderTrust
	linked  bool
	state   stateMessage
	raw     []byte // the newest state, verbatim for the kiosk
	ice     []byte // the newest ice message
	order   *order
	shown   signedOrder // the order that was last judged
	refused string      // why the newest order is not obeyed
	held    bool        // break or fear: only she lifts it
	stopped bool        // she stopped it, and the gateway has not said yet that it stands still: going live again is the judge's
	tight   tightening
	session *session
	sealed  [32]byte // the order under which the session was last sealed
	running *runningTestimony
	chairs  map[string]*chair // by microphone
	sitter  face.Sitter       // what is learnt of her face, over varied orders as the chairs
	begun   bool              // voice and face are compared with a beginning
	wasLive bool              // and testimony has been live since: a later rehearsal is no new one
	hand    bool              // she holds her hand up
	thin    thinner
	pending map[string]bool // command ids whose refusal the kiosk wants to know
	heard   bool            // the testimony is released, as far as the gateway last said
	said    []saidPiece     // what she wrote since
	officer *officerForm    // the room officer's, as it was sent last

	kept           *kept
	ownCard        emergencyCard // the station's own settings
	siren          *siren        // nil: this room rings by its page alone
	cut            atomic.Bool   // an emergency: the clocks look at it themselves
	emergency      *emergency    // nil: none is open
	raised         string        // the id of the last one of this room
	certifiedAfter string        // since when the certificate of the room must be, in the gateway's time: testimony after an emergency needs a new one
	keysLost       map[string]struct{}
}

// kioskOutlet is the kiosk's page, which may be absent. Neither call blocks.
type kioskOutlet interface {
	toKiosk(raw []byte) // verbatim
	changed()           // room.view has something new
}

// tightening is what the witness asked for by herself: the picture "", blob or card.
type tightening struct {
	picture string
	silence bool
}

// stricter is the stricter of two pictures that were asked for.
func stricter(a, b string) string {
	for _, p := range []string{modeCard, modeBlob} {
		if a == p || b == p {
			return p
		}
	}
	return ""
}

// runningTestimony is a hot path with its publications.
type runningTestimony struct {
	*testimony
	is    maskConfig
	keys  map[string]context.CancelFunc // publications that are kept up
	lanes []*lane
	stop  context.CancelFunc
	done  chan struct{}
}

// linkUp, linkDown, linkState, linkReply and linkPass are the link's events.

func (r *room) linkUp() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log.Info("link to the gateway is up")
	r.linked = true
	r.state = stateMessage{} // nothing is assumed until the gateway has said it
	if r.signer != nil {
		r.link.pass(modeKeyMessage{Type: "mode.key", Key: r.signer.public()})
	}
	r.apply()
}

func (r *room) linkDown(why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log.Warn("link to the gateway is down: nobody hears the witness", "why", why)
	r.linked = false
	r.officerCutOff()
	r.apply()
}

func (r *room) linkState(raw []byte, st stateMessage) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if st.Testimony.Phase != r.state.Testimony.Phase {
		r.log.Info("testimony", "phase", st.Testimony.Phase)
	}
	entered := st.Testimony.Phase == phaseRehearsal && r.state.Testimony.Phase != phaseRehearsal
	r.begins(entered, st.Testimony.Phase == phaseLive)
	if r.state.Testimony.Phase == "" { // the first since the link came up: what the court was told last, perhaps by a station that was killed
		told := allWell
		if m := st.Testimony.Mask; m != nil {
			told = *m
		}
		r.thin.begin(told, time.Now())
	}
	r.raw, r.state = raw, st
	r.stopped = r.stopped && st.Testimony.Phase == phaseLive
	r.heard = st.Testimony.Phase == phaseReleased
	r.courtSays(st)
	r.judgeOrder(st.Order)
	r.apply()
	if entered && r.running != nil {
		r.rec.begin()
	}
}

func (r *room) linkReply(id string, raw []byte, refused string) {
	r.mu.Lock()
	wanted := r.pending[id]
	delete(r.pending, id)
	hers := r.saidAnswered(id, raw, refused)
	hers = r.officerAnswered(id, refused) || hers
	quiet := r.kept.quiet(id)
	if !mends(refused) && refused != "too_many" {
		r.signAnswered(id, refused)
		hers = r.emergencyAnswered(id, refused) || hers
	}
	r.mu.Unlock()
	if hers {
		r.kiosk.changed()
	}
	if refused != "" && !quiet {
		r.log.Warn("the gateway refused a command", "code", refused)
	}
	if wanted && refused != "" {
		r.kiosk.toKiosk(raw)
	}
}

func (r *room) linkPass(raw []byte) {
	var head headMessage
	if json.Unmarshal(raw, &head) == nil && head.Type == "ice" {
		r.mu.Lock()
		r.ice = raw
		r.mu.Unlock()
	}
	r.kiosk.toKiosk(raw)
}

// judgeOrder decides whether a newly shown order is obeyed. Called with mu held.
func (r *room) judgeOrder(s *signedOrder) {
	switch {
	case s == nil:
		r.order, r.shown, r.refused = nil, signedOrder{}, ""
		return
	case *s == r.shown:
		return
	}
	r.shown = *s
	o, err := r.trust.check(*s, time.Now())
	if err != nil {
		r.order, r.refused = nil, refusalCode(err)
		r.log.Error("the order is refused; nothing flows", "code", r.refused)
		return
	}
	r.order, r.refused = o, ""
	r.log.Info("order in force", "version", o.Version, "renderings", len(o.keys()), "key_code", r.trust.code())
}

func refusalCode(err error) string {
	if r, ok := err.(*refusal); ok {
		return r.Code
	}
	return "order_invalid"
}

// apply derives everything from the state. Called with mu held, at each change.
func (r *room) apply() {
	phase := r.state.Testimony.Phase
	ok := r.order != nil && r.order.inForce(time.Now()) == nil
	if phase == phaseReleased {
		r.release()
	} else if ok && r.linked && phase != "" {
		r.start()
	}
	if run := r.running; run != nil {
		tight := r.effective()
		live := ok && r.linked && phase == phaseLive && r.state.Hearing.Phase == "open" && !r.held && !r.stopped && r.emergency == nil && r.certifiedAnew()
		p := &permit{live: live, self: live || ok && phase == phaseRehearsal && r.emergency == nil, picture: tight.picture, silence: tight.silence}
		if ok {
			p.notBefore, p.notAfter = r.order.ValidFrom.Add(-time.Minute), r.order.ValidUntil
		}
		run.permit.Store(p)
		r.keepPublished(ok && r.emergency == nil)
	}
	r.siren.set(r.alarms(time.Now()))
	if r.emergency != nil || phase == phaseLive || phase != phaseRehearsal && r.rec.status() == rehearsalRecording {
		r.rec.discard() // what she agreed to is over, or was broken off; nothing of it stays
	}
	r.rehearses()
	r.reportMask()
	r.kiosk.changed()
}

// effective is the stricter of what she asked for here and what the court holds.
func (r *room) effective() tightening {
	t := r.tight
	if c := r.state.Testimony.Tightened; c != nil {
		t.picture = stricter(t.picture, c.Picture)
		t.silence = t.silence || c.Voice == modeSilence
	}
	return t
}

// start makes the hot path when an order is in force. The session's parameters are drawn once and outlive a lost link, a new order and a crash.
func (r *room) start() {
	want := r.order.maskConfig(r.width, r.height)
	r.keepSession()
	if r.running != nil && r.running.is == want {
		return
	}
	r.stopRunning()
	m, err := r.make(want, r.session)
	if err != nil {
		r.order, r.refused = nil, "internal"
		r.log.Error("the masks cannot be made; nothing flows")
		return
	}
	ctx, stop := context.WithCancel(r.ctx)
	// One microphone goes into the masks. Where a sworn speaker speaks for her, hers is closed: nothing of it is read at all.
	source, hears, other := r.microphone, devMicrophone, r.speaker
	if r.order.respeaks() {
		source, hears, other = r.speaker, devSpeaker, r.microphone
	}
	if idle, ok := other.(interface{ rest() }); ok {
		idle.rest()
	}
	r.health.hears(hears)
	c := r.chairOf(hears)
	t := &testimony{cut: &r.cut, camera: r.camera, microphone: source, hears: hears, masks: m, far: c.gate, seat: c.seat, health: r.health,
		self: func(p face.Masked) { r.self(p); r.rec.picture(p) }, selfSound: r.rec.sound}
	t.before, t.left = c.take()
	m.raise(r.hand)
	m.watches(&r.sitter)
	run := &runningTestimony{testimony: t, is: want, keys: map[string]context.CancelFunc{}, stop: stop, done: make(chan struct{})}
	r.running = run
	r.workers.Go(func() {
		defer close(run.done)
		t.run(ctx)
	})
}

// keepSession draws or recovers the session's parameters, and seals them anew under a newer order. Called with mu held.
func (r *room) keepSession() {
	if r.session != nil && r.sealed == r.trust.digest {
		return
	}
	notice := ""
	if r.session == nil {
		r.session, notice = r.vault.sessionFor(r.order, &r.trust, time.Now())
	} else {
		notice = r.vault.reseal(r.session, r.order, &r.trust)
	}
	r.sealed = r.trust.digest
	if notice != "" {
		r.log.Warn("the masks' parameters", "notice", notice)
		r.health.notice(notice, true)
	}
}

// release ends the testimony: publications, hot path and session parameters, in memory and sealed.
func (r *room) release() {
	if r.running != nil {
		r.running.over.Store(true)
	}
	r.stopRunning()
	r.forgetPerson()
	r.chairs, r.hand = nil, false
	r.rec.discard()
	if err := r.vault.destroy(); err != nil {
		r.log.Error("the sealed parameters of the masks could not be destroyed")
	}
	r.health.unnotice(noticeSessionFresh)
	r.health.unnotice(noticeSessionUnsealed)
	if r.session != nil {
		r.session.wipe()
		r.session = nil
		r.log.Info("testimony over; the masks' parameters are wiped")
	}
}

// revoked ends what this station keeps of a testimony, because the court has revoked the device (A5): whoever holds it now is not the court.
func (r *room) revoked() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.order, r.refused = nil, "device_revoked"
	r.log.Error("the court has revoked this device; nothing flows, and what was kept of the testimony is destroyed")
	r.kept.change(func(s *keptState) { *s = keptState{} })
	r.kept.destroy()
	r.release()
}

func (r *room) stopRunning() {
	if r.running == nil {
		return
	}
	r.running.permit.Store(&permit{})
	for _, end := range r.running.keys {
		end()
	}
	r.running.stop()
	r.running = nil
}

// reportMask tells the gateway of the masks' health when it has changed. A refused order is told the same way: nothing flows, and that is an alarm.
func (r *room) reportMask() {
	status, _ := r.health.status()
	status = status.with(r.likeness())
	if r.running == nil {
		status = maskStatus{Picture: "ok", Voice: "ok", Notices: status.Notices.only(roomNotices)}
	}
	if r.refused != "" {
		status = maskStatus{Picture: modeCard, Voice: modeSilence, Notice: "order_refused"}
	}
	if !r.thin.due(status, r.refused != "", time.Now()) {
		return
	}
	r.link.command("mask.status", status, time.Now(), true)
}

const watchEvery = 500 * time.Millisecond

// watch looks at what changes by itself: the masks' health, and the order's validity.
func (r *room) watch(ctx context.Context) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.health.changed:
		case <-tick.C:
		}
		r.mu.Lock()
		if r.order != nil && r.order.inForce(time.Now()) != nil && r.refused == "" {
			r.refused = "order_invalid"
			r.log.Error("the order has expired; nothing flows")
			r.release()
		}
		r.apply()
		r.mu.Unlock()
	}
}

// close ends the hot path and waits for it.
func (r *room) close() {
	r.mu.Lock()
	r.stopRunning()
	if r.session != nil {
		r.session.wipe()
	}
	r.mu.Unlock()
	r.siren.close()
	r.workers.Wait()
}
