package evidence

import (
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"parda/media/recording"
	"parda/media/relay"
)

// What bounds a clip, and what a keeper keeps in mind.
const (
	MostSpan  = 5 * time.Minute
	MostBytes = 64 << 20 // of packets

	mostFlags   = 8000            // that are kept in mind at once; what is more is entered as failed
	rememberFor = 2 * MostSpan    // flags and who carried what
	settle      = 2 * time.Second // after its end, before a clip is finished: the network may still bring something
)

// Why something was not frozen, or not all of it. The words stand in ledgers and locale files.
const (
	OlderThanRing = "older_than_ring" // pressed while the link was down, too long ago
	Stopped       = "stopped"         // the gateway ended meanwhile
	DiskFailed    = "disk"
	NoRoom        = "no_room"    // [evidence] most_bytes
	TooMany       = "too_many"   // flags at once
	TooSlow       = "too_slow"   // the disk does not follow
	Overflowed    = "overflow"   // more came than a quarter of a second may bring
	NothingWhole  = "no_picture" // packets, and none that can be shown or heard
)

// Frozen is a clip that is sealed.
type Frozen struct {
	ID       string        `json:"id"`
	Flags    []string      `json:"flags"`
	Label    string        `json:"label"`
	From     time.Time     `json:"from"`
	To       time.Time     `json:"to"`
	Sealed   Sealed        `json:"sealed"`
	Duration time.Duration `json:"duration"`
	Gaps     int           `json:"gaps"`
	Short    string        `json:"short"`
}

// Failed is what should have been frozen and is not. Label "" means every track; zero times mean all that was asked for.
type Failed struct {
	Flags    []string
	Label    string
	Why      string
	From, To time.Time
}

// Outcome is one or the other.
type Outcome struct {
	Frozen *Frozen
	Failed *Failed
}

// Config of a Keeper. A hearing has one.
type Config struct {
	Hearing string
	Locker  *Locker
	Source  recording.Source // the relay, with this hearing's labels
	// Register makes an outcome durable in the register of incidents. It is called again, a little later, until it returns nil; a clip that is there already is no error.
	Register func(Outcome) error
	Most     int64 // bytes that the locker may hold; 0: no bound
	Log      *slog.Logger
	Now      func() time.Time // nil: time.Now. It is the clock of packets
}

// Keeper keeps the rings of one hearing and freezes clips of them. Its methods may be called from any goroutine and do not wait for a disk, but for Recover and Close.
type Keeper struct {
	cfg     Config
	history history

	mu      sync.Mutex
	labels  []string
	changed bool
	asks    []*flagged
	started bool

	wake chan struct{}
	quit chan struct{}
	done chan struct{}
	disk *disk

	// All below belongs to the goroutine of run.
	pool   pool
	lines  map[string]*line
	flags  []*flagged
	flowed bool // something was ever kept
}

// flagged is a flag that asks for a clip.
type flagged struct {
	id, seat string
	apart    bool // discreet: its clips are shared with no other that is not
	asked    time.Time
	from, to time.Time
}

// New makes a keeper. It keeps nothing before Start.
func New(cfg Config) *Keeper {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	k := &Keeper{cfg: cfg, wake: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}), lines: map[string]*line{}}
	k.disk = newDisk(k)
	return k
}

// Start lets it run. enter makes an outcome durable in the hearing's ledger, as Config.Register does in the register, or says nil where nothing can be entered there any more.
func (k *Keeper) Start(enter func(Outcome) error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.started {
		return
	}
	k.started = true
	k.disk.enter = enter
	go k.disk.run()
	go k.run()
}

// Carries takes what is allowed into the ring and what each seat carries, as the relay's table has it from now on. before is a moment at which the old table still held,
// after one at which the new one did.
func (k *Keeper) Carries(before, after time.Time, labels []string, by Carried) {
	k.history.change(before, after, by)
	k.mu.Lock()
	k.changed = k.changed || !slices.Equal(labels, k.labels)
	k.labels = labels
	k.mu.Unlock()
}

// Freeze asks for a clip of what a seat carried around a press. It does not wait; what becomes of it is told as outcomes. Of a seat that carried nothing there is none.
func (k *Keeper) Freeze(flag, seat string, discreet bool, pressed time.Time) {
	now := k.cfg.Now()
	if pressed.After(now) {
		pressed = now
	}
	k.mu.Lock()
	k.asks = append(k.asks, &flagged{id: flag, seat: seat, apart: discreet, asked: now, from: pressed.Add(-Before), to: pressed.Add(After)})
	k.mu.Unlock()
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// Close finishes what is open, as far as it goes, and forgets all else. It waits for the disk.
func (k *Keeper) Close() {
	k.mu.Lock()
	started := k.started
	k.mu.Unlock()
	if !started {
		return
	}
	close(k.quit)
	<-k.done
	<-k.disk.done
}

func (k *Keeper) run() {
	defer close(k.done)
	tick := time.NewTicker(turnEvery)
	defer tick.Stop()
	for {
		select {
		case <-k.quit:
			k.beat(k.cfg.Now())
			k.end()
			return
		case <-tick.C:
		case <-k.wake:
		}
		k.beat(k.cfg.Now())
	}
}

// beat is a turn of every ring, and what follows from it.
func (k *Keeper) beat(now time.Time) {
	k.mu.Lock()
	labels, changed, asks := k.labels, k.changed, k.asks
	k.changed, k.asks = false, nil
	k.mu.Unlock()
	if changed {
		k.follow(labels, now)
	}
	for _, l := range k.lines {
		k.turn(l, now)
	}
	if len(asks) > 0 {
		k.ask(asks, now)
	}
	for label, l := range k.lines {
		for _, s := range l.strands() {
			k.tend(s, now)
		}
		if !l.left.IsZero() && now.Sub(l.left) > Forget+After && l.open.clip == nil && l.apart.clip == nil {
			l.ring.end(&k.pool)
			delete(k.lines, label)
		}
	}
	k.flags = slices.DeleteFunc(k.flags, func(f *flagged) bool { return now.Sub(f.asked) > rememberFor })
	k.history.forget(now.Add(-rememberFor))
}

// follow has a ring for each label that may be kept. One that may not be any more brings nothing, and ends when what is in it was forgotten.
func (k *Keeper) follow(labels []string, now time.Time) {
	for label, l := range k.lines {
		if gone := !slices.Contains(labels, label); gone != !l.left.IsZero() {
			l.left = time.Time{}
			if gone {
				l.left = now
			}
		}
	}
	for _, label := range labels {
		if k.lines[label] != nil {
			continue
		}
		l := newLine(label)
		epoch := uint64(now.UnixNano()) << 16 // a tap's own epochs count from one
		for _, m := range []relay.Media{relay.Video, relay.Audio} {
			l.ring.cancels = append(l.ring.cancels, k.cfg.Source.Tap(label, m, &inlet{ring: l.ring, media: m, epoch: epoch}))
		}
		for _, f := range k.flags {
			l.of(f).want(f.seat, f.from, f.to)
		}
		k.lines[label] = l
	}
}

func (k *Keeper) turn(l *line, now time.Time) {
	lost, wantKey := l.ring.turn(now, &k.pool, func(m relay.Media, p relay.Packet) {
		k.flowed = true
		for _, s := range l.strands() {
			if k.admits(s, s.spans, m, p.Arrived) {
				k.take(s, m, p)
			}
		}
	})
	if lost > 0 {
		k.cfg.Log.Error("evidence: packets did not fit into the ring", "packets", lost)
		for _, s := range l.strands() {
			if s.clip != nil {
				s.clip.short(Overflowed)
			}
		}
	}
	if wantKey {
		k.cfg.Source.RequestKeyFrame(l.ring.label)
	}
}

// admits says whether a packet of a strand belongs into its clip: some seat whose flag asks for that moment carried it then.
func (k *Keeper) admits(s *strand, spans []span, m relay.Media, at time.Time) bool {
	for _, w := range spans {
		if !at.Before(w.from) && !at.After(w.to) && k.history.carried(w.seat, s.ring.label, m, at) {
			return true
		}
	}
	return false
}

// ask takes flags that were raised, and takes what they want of the past.
func (k *Keeper) ask(asks []*flagged, now time.Time) {
	var failed []*Failed
	for _, f := range asks {
		switch {
		case f.to.Before(now.Add(-Forget)) && k.flowed:
			failed = append(failed, &Failed{Flags: []string{f.id}, Why: OlderThanRing, From: f.from, To: f.to})
			continue
		case len(k.flags) >= mostFlags:
			failed = append(failed, &Failed{Flags: []string{f.id}, Why: TooMany, From: f.from, To: f.to})
			continue
		}
		k.flags = append(k.flags, f)
		for _, l := range k.lines {
			k.reach(l.of(f), f, now)
		}
	}
	for _, f := range failed {
		k.disk.tell(Outcome{Failed: f})
	}
	for _, l := range k.lines {
		for _, s := range l.strands() {
			k.name(s)
		}
	}
}

// reach takes what a flag wants of the past of a strand and has not been taken yet, from the key frame on that its picture needs.
func (k *Keeper) reach(s *strand, f *flagged, now time.Time) {
	lead := s.ring.keyBefore(f.from)
	if lead.Before(f.from.Add(-margin)) {
		lead = f.from
	}
	if s.covers(f.seat, lead, now) || !k.history.during(f.seat, s.ring.label, lead, now) {
		s.want(f.seat, lead, f.to)
		return
	}
	fresh := []span{{f.seat, lead, f.to}}
	err := s.ring.read(lead, func(m relay.Media, p relay.Packet) {
		if k.admits(s, fresh, m, p.Arrived) && !k.admits(s, s.spans, m, p.Arrived) {
			k.take(s, m, p)
		}
	})
	if err != nil {
		k.cfg.Log.Error("evidence: the ring cannot be read", "err", err)
	}
	s.want(f.seat, lead, f.to)
}

// tend hands the disk what came, and ends a clip that is whole or full.
func (k *Keeper) tend(s *strand, now time.Time) {
	s.spans = slices.DeleteFunc(s.spans, func(w span) bool { return w.to.Before(now.Add(-Forget)) })
	c := s.clip
	if c == nil {
		return
	}
	if len(c.flags) == 0 {
		k.name(s)
	}
	c.hand(now, k.disk)
	switch {
	case s.ends().Before(now.Add(-settle)):
		k.finish(s)
		s.spans = nil
	case now.Sub(c.first) > MostSpan || c.bytes > MostBytes:
		k.roll(s, now)
	}
}

// roll ends a clip that is full and goes on in a new one, from the last key frame on.
func (k *Keeper) roll(s *strand, now time.Time) {
	k.finish(s)
	seam := s.ring.keyBefore(now)
	if seam.Before(now.Add(-margin)) {
		seam = now
	}
	for i := range s.spans {
		if s.spans[i].from.Before(seam) {
			s.spans[i].from = seam
		}
	}
	s.spans = slices.DeleteFunc(s.spans, func(w span) bool { return w.to.Before(seam) })
	err := s.ring.read(seam, func(m relay.Media, p relay.Packet) {
		if k.admits(s, s.spans, m, p.Arrived) {
			k.take(s, m, p)
		}
	})
	if err != nil {
		k.cfg.Log.Error("evidence: the ring cannot be read", "err", err)
	}
	k.name(s)
}

// finish ends a strand's clip; the disk seals it.
func (k *Keeper) finish(s *strand) {
	k.name(s)
	c := s.clip
	s.clip = nil
	c.hand(time.Time{}, k.disk)
	k.disk.add(func(d *disk) { d.finish(c) })
}

// end finishes all clips before their time.
func (k *Keeper) end() {
	now := k.cfg.Now()
	for _, l := range k.lines {
		for _, s := range l.strands() {
			k.cutShort(s, now)
		}
		l.ring.end(&k.pool)
	}
	k.disk.close()
}

func (k *Keeper) cutShort(s *strand, now time.Time) {
	c, ends := s.clip, s.ends()
	if c == nil {
		return
	}
	if ends.After(now) {
		c.short(Stopped)
	}
	k.finish(s)
	if ends.After(now.Add(settle)) {
		k.disk.tell(Outcome{Failed: &Failed{Flags: c.flags, Label: c.label, Why: Stopped, From: now, To: ends}})
	}
}
