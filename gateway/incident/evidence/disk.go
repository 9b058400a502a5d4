package evidence

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"filippo.io/age"

	"parda/media/recording"
	"parda/media/relay"
)

// disk does what the keeper has to write, in order, and tells outcomes until they are entered. One goroutine runs it, so that neither packets nor the hearing wait for a disk.
type disk struct {
	k       *Keeper
	waiting atomic.Int64 // bytes of packets that are not written yet
	done    chan struct{}
	enter   func(Outcome) error

	mu     sync.Mutex
	list   []func(*disk)
	wake   chan struct{}
	closed bool

	owed []*owed // the goroutine's
	full time.Time
}

// owed is an outcome that is not entered everywhere yet.
type owed struct {
	Outcome
	inHearing bool
}

const tellEvery = 5 * time.Second

func newDisk(k *Keeper) *disk {
	return &disk{k: k, done: make(chan struct{}), wake: make(chan struct{}, 1)}
}

func (d *disk) add(f func(*disk)) {
	d.mu.Lock()
	d.list = append(d.list, f)
	d.mu.Unlock()
	d.signal()
}

func (d *disk) close() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.signal()
}

func (d *disk) signal() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// tell has an outcome entered, after what is to be written before it.
func (d *disk) tell(o Outcome) {
	d.add(func(d *disk) { d.owed = append(d.owed, &owed{Outcome: o}) })
}

// run does the jobs until close was called and nothing is left. What cannot be entered then is found at the next start.
func (d *disk) run() {
	defer close(d.done)
	again := time.NewTicker(tellEvery)
	defer again.Stop()
	for {
		d.mu.Lock()
		list, closed := d.list, d.closed
		d.list = nil
		d.mu.Unlock()
		for _, f := range list {
			f(d)
		}
		d.enterOwed()
		if len(list) > 0 {
			continue
		}
		if closed {
			return
		}
		select {
		case <-d.wake:
		case <-again.C:
		}
	}
}

// enterOwed enters what is owed, in order, and stops at the first that cannot be entered now.
func (d *disk) enterOwed() {
	for len(d.owed) > 0 {
		if err := d.deliver(d.owed[0]); err != nil {
			d.k.cfg.Log.Error("evidence: an outcome cannot be entered", "err", err)
			return
		}
		d.owed = d.owed[1:]
	}
}

func (d *disk) deliver(o *owed) error {
	if !o.inHearing && d.enter != nil {
		if err := d.enter(o.Outcome); err != nil {
			return err
		}
	}
	o.inHearing = true
	if d.k.cfg.Register != nil {
		if err := d.k.cfg.Register(o.Outcome); err != nil {
			return err
		}
	}
	if o.Frozen == nil {
		return nil
	}
	return removed(d.k.cfg.Locker.path(o.Frozen.ID, metaSuffix))
}

// paper is the part of a clip that lies on disk while it is being made.
type paper struct {
	id    string
	to    *age.X25519Recipient
	part  file
	count uint64
	err   error // for good
}

// meta is what is known of a clip that is not entered yet, beside its part: a crash loses neither. It holds no content.
type meta struct {
	Hearing string    `json:"hearing"`
	Label   string    `json:"label"`
	Flags   []string  `json:"flags"`
	Until   time.Time `json:"until"` // more was wanted until then
	Short   string    `json:"short,omitempty"`
	Frozen  *Frozen   `json:"frozen,omitempty"` // it is sealed, and waits to be entered
}

func (c *clip) meta() meta {
	return meta{Label: c.label, Flags: slices.Clone(c.flags), Until: c.wants, Short: c.why}
}

// begin makes the key, the description and the part of a clip durable.
func (d *disk) begin(c *clip, m meta) {
	l, p := d.k.cfg.Locker, &c.paper
	if p.err != nil || p.part != nil {
		return
	}
	if most := d.k.cfg.Most; most > 0 {
		if size, err := l.Size(); err == nil && size > most {
			p.err = errNoRoom
			return
		}
	}
	if p.id, p.to, p.err = l.newPiece(); p.err != nil {
		return
	}
	if p.err = d.writeMeta(p.id, m); p.err != nil {
		return
	}
	if p.part, p.err = l.open(l.path(p.id, partSuffix)); p.err == nil {
		p.err = syncDir(l.dir)
	}
}

var errNoRoom = errors.New("evidence: the locker is full")

func (d *disk) writeMeta(id string, m meta) error {
	m.Hearing = d.k.cfg.Hearing
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return writeSynced(d.k.cfg.Locker.open, d.k.cfg.Locker.path(id, metaSuffix), text)
}

// describe writes anew what is known of a clip.
func (d *disk) describe(c *clip, m meta) {
	if c.paper.part == nil || c.paper.err != nil {
		return // begin writes it
	}
	if err := d.writeMeta(c.paper.id, m); err != nil {
		d.k.cfg.Log.Error("evidence: a clip's description cannot be written", "err", err)
	}
}

// append writes a batch of packets as a record: a length of four bytes, and the record's number and the packets, sealed to the clip's key. The whole is synced.
func (d *disk) append(c *clip, m meta, batch []byte) {
	d.begin(c, m)
	p := &c.paper
	if p.err != nil {
		return
	}
	var record bytes.Buffer
	record.Write([]byte{0, 0, 0, 0})
	p.err = sealTo(&record, p.to, func(w io.Writer) error {
		if _, err := w.Write(binary.BigEndian.AppendUint64(nil, p.count)); err != nil {
			return err
		}
		_, err := w.Write(batch)
		return err
	})
	p.count++
	b := record.Bytes()
	binary.BigEndian.PutUint32(b, uint32(len(b)-4))
	if p.err == nil {
		if _, p.err = p.part.Write(b); p.err == nil {
			p.err = p.part.Sync()
		}
	}
	if p.err != nil {
		d.k.cfg.Log.Error("evidence: a clip cannot be written", "err", p.err)
	}
}

// finish seals a clip out of its part, and owes its outcome.
func (d *disk) finish(c *clip) {
	p := &c.paper
	if p.part != nil {
		if err := p.part.Close(); p.err == nil {
			p.err = err
		}
	}
	if p.id == "" || p.count == 0 {
		if p.err != nil {
			d.owe(Outcome{Failed: &Failed{Flags: c.flags, Label: c.label, Why: reason(p.err), From: c.first, To: c.last}})
			d.drop(p.id)
		}
		return
	}
	m := c.meta()
	if p.err != nil {
		m.Short = reason(p.err) // what is whole on disk is kept
	}
	for _, o := range d.sealPart(p.id, m) {
		d.owe(o)
	}
}

func (d *disk) owe(o Outcome) { d.owed = append(d.owed, &owed{Outcome: o}) }

func (d *disk) drop(id string) {
	if id == "" {
		return
	}
	if err := d.k.cfg.Locker.Erase(id); err != nil {
		d.k.cfg.Log.Error("evidence: what could not be finished cannot be removed", "err", err)
	}
}

func reason(err error) string {
	if errors.Is(err, errNoRoom) {
		return NoRoom
	}
	return DiskFailed
}

// sealPart makes the finished clip of a part, and says what became of it. The part goes when the clip is durable.
func (d *disk) sealPart(id string, m meta) []Outcome {
	failed := func(why string) []Outcome {
		d.drop(id)
		return []Outcome{{Failed: &Failed{Flags: m.Flags, Label: m.Label, Why: why}}}
	}
	l := d.k.cfg.Locker
	own, err := l.identity(id)
	if errors.Is(err, ErrErased) {
		return failed(DiskFailed)
	}
	if err != nil {
		d.k.cfg.Log.Error("evidence: a clip's key cannot be read", "err", err)
		return []Outcome{{Failed: &Failed{Flags: m.Flags, Label: m.Label, Why: DiskFailed}}}
	}
	video, audio, err := readPart(l.path(id, partSuffix), own)
	if err != nil {
		d.k.cfg.Log.Error("evidence: a part cannot be read", "err", err)
	}
	var s recording.Segment
	sealed, err := l.seal(id, sealedSuffix, own.Recipient(), func(w io.Writer) (err error) {
		s, err = recording.WriteClip(w, m.Label, video, audio)
		return err
	})
	switch {
	case errors.Is(err, recording.ErrNoPackets):
		return failed(NothingWhole)
	case err != nil:
		d.k.cfg.Log.Error("evidence: a clip cannot be sealed", "err", err)
		return []Outcome{{Failed: &Failed{Flags: m.Flags, Label: m.Label, Why: DiskFailed}}} // the part stays, for the next start
	}
	m.Frozen = &Frozen{ID: id, Flags: m.Flags, Label: m.Label, From: s.Start, To: s.Start.Add(s.Duration), Sealed: sealed, Duration: s.Duration, Gaps: len(s.Gaps), Short: m.Short}
	if err := d.writeMeta(id, m); err != nil {
		d.k.cfg.Log.Error("evidence: a clip's description cannot be written", "err", err)
	} else if err := removed(l.path(id, partSuffix)); err != nil {
		d.k.cfg.Log.Error("evidence: a part cannot be removed", "err", err)
	}
	return []Outcome{{Frozen: m.Frozen}}
}

// readPart reads what is whole of a part: a record that is torn or out of its place ends it, and is told beside what came before.
func readPart(path string, own age.Identity) (video, audio []relay.Packet, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	for n := uint64(0); len(b) > 0; n++ {
		if len(b) < 4 || uint64(len(b)-4) < uint64(binary.BigEndian.Uint32(b)) {
			return video, audio, io.ErrUnexpectedEOF
		}
		size := int(binary.BigEndian.Uint32(b))
		r, err := age.Decrypt(bytes.NewReader(b[4:4+size]), own)
		if err != nil {
			return video, audio, err
		}
		plain, err := io.ReadAll(r)
		if err != nil {
			return video, audio, err
		}
		if len(plain) < 8 || binary.BigEndian.Uint64(plain) != n {
			return video, audio, errPackets
		}
		err = eachPacket(plain[8:], func(m relay.Media, p relay.Packet) {
			if m == relay.Video {
				video = append(video, p)
			} else {
				audio = append(audio, p)
			}
		})
		if err != nil {
			return video, audio, err
		}
		b = b[4+size:]
	}
	return video, audio, nil
}
