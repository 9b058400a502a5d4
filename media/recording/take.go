package recording

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"parda/media/relay"
)

// The rhythm of a take. A block waits for holeWait at most in its lane and for clusterEvery plus a tick in its cluster: under a second in all.
const (
	tickEvery    = 50 * time.Millisecond
	clusterEvery = 400 * time.Millisecond
	watchEvery   = 250 * time.Millisecond
	starveAfter  = 2 * time.Second
	writeWithin  = 2 * time.Second
	endWithin    = 10 * time.Second
	queueLength  = 4096
)

// take is one label being recorded into one file. run's goroutine owns all but what is atomic or under mu.
type take struct {
	rec     *Recorder
	label   string
	base    string
	path    string
	video   inlet
	audio   inlet
	cancels []func()

	queue chan item
	quit  chan struct{}
	done  chan struct{}

	lanes   map[relay.Media]*lane
	file    file
	written int64     // what is whole and synced
	start   time.Time // the time of zero: the first block's
	blocks  []block
	began   time.Time // when blocks stopped being empty

	writing atomic.Int64 // when the write now running began, in Unix ns; 0: none runs

	mu      sync.Mutex
	broken  error // for good
	told    bool  // of broken
	starved bool
}

type item struct {
	media relay.Media
	p     relay.Packet
}

// inlet is one medium's tap. The packet loop of the relay calls it: it copies and goes.
type inlet struct {
	take  *take
	media relay.Media
	on    atomic.Bool
	last  atomic.Int64 // of the latest packet, or of flow's beginning; Unix ns
}

// Packet implements relay.Tap.
func (i *inlet) Packet(p relay.Packet) {
	i.last.Store(p.Arrived.UnixNano())
	p.Payload = append([]byte(nil), p.Payload...)
	select {
	case i.take.queue <- item{i.media, p}:
	default:
		i.take.breakOff(fmt.Errorf("%w: it is too slow", ErrDisk))
	}
}

// Flow implements relay.Tap.
func (i *inlet) Flow(on bool) {
	i.last.Store(i.take.rec.now().UnixNano())
	i.on.Store(on)
}

func newTake(r *Recorder, label, base string, keyFrame func()) (*take, error) {
	t := &take{
		rec: r, label: label, base: base, path: filepath.Join(r.cfg.Dir, base+partSuffix),
		queue: make(chan item, queueLength), quit: make(chan struct{}), done: make(chan struct{}),
	}
	t.video = inlet{take: t, media: relay.Video}
	t.audio = inlet{take: t, media: relay.Audio}
	t.lanes = map[relay.Media]*lane{
		relay.Video: newLane(relay.Video, func(key bool, at time.Time, data []byte) { t.add(videoTrack, key, at, data) }, keyFrame),
		relay.Audio: newLane(relay.Audio, func(key bool, at time.Time, data []byte) { t.add(audioTrack, key, at, data) }, func() {}),
	}
	var err error
	if t.file, err = r.open(t.path); err != nil {
		return nil, err
	}
	if err := syncDir(r.cfg.Dir); err != nil {
		return nil, errors.Join(err, t.file.Close())
	}
	return t, nil
}

// run takes packets until end.
func (t *take) run() {
	defer close(t.done)
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	for {
		select {
		case it := <-t.queue:
			t.lanes[it.media].push(it.p)
		case <-tick.C:
			t.beat(t.rec.now())
		case <-t.quit:
			t.drain()
			return
		}
	}
}

func (t *take) beat(now time.Time) {
	for _, l := range t.lanes {
		l.expire(now)
	}
	if len(t.blocks) > 0 && now.Sub(t.began) >= clusterEvery {
		t.flush()
	}
}

// drain writes all that came before the taps were taken off.
func (t *take) drain() {
	for {
		select {
		case it := <-t.queue:
			t.lanes[it.media].push(it.p)
			continue
		default:
		}
		break
	}
	t.beat(t.rec.now().Add(time.Minute))
	t.flush()
	if err := t.file.Close(); err != nil {
		t.breakOff(fmt.Errorf("%w: %w", ErrDisk, err))
	}
}

// add puts a block into the cluster. A key frame begins a cluster of its own, so that a cue leads straight to it.
func (t *take) add(track int, key bool, at time.Time, data []byte) {
	if t.isBroken() {
		return
	}
	if t.start.IsZero() {
		t.start = at.Truncate(time.Millisecond)
	}
	b := block{track: track, key: key, at: max(at.Sub(t.start), 0), data: data}
	if n := len(t.blocks); n > 0 && (track == videoTrack && key || b.at-t.blocks[0].at > 5*time.Second) {
		t.flush()
	}
	if len(t.blocks) == 0 {
		t.began = t.rec.now()
	}
	t.blocks = append(t.blocks, b)
}

// flush writes the cluster and syncs it.
func (t *take) flush() {
	if len(t.blocks) == 0 || t.isBroken() {
		return
	}
	slices.SortStableFunc(t.blocks, func(a, b block) int { return int(a.at - b.at) })
	var data []byte
	if t.written == 0 {
		data = partHead(t.label, t.start)
	}
	data = append(data, clusterElement(t.blocks)...)
	t.blocks = t.blocks[:0]
	t.writing.Store(t.rec.now().UnixNano())
	defer t.writing.Store(0)
	_, err := t.file.Write(data)
	if err == nil {
		err = t.file.Sync()
	}
	if err != nil {
		// What is whole stays whole; Recover would leave the tail out all the same.
		err = errors.Join(err, t.file.Truncate(t.written))
		t.breakOff(fmt.Errorf("%w: %w", ErrDisk, err))
		return
	}
	t.written += int64(len(data))
}

func (t *take) breakOff(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.broken == nil {
		t.broken = err
	}
}

func (t *take) isBroken() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.broken != nil
}

func (t *take) failing() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.broken != nil || t.starved
}

// check returns what OnStopped must be told now: once for a break, once for each time that nothing comes.
func (t *take) check(now time.Time) error {
	if began := t.writing.Load(); began != 0 && now.Sub(time.Unix(0, began)) > writeWithin {
		t.breakOff(fmt.Errorf("%w: a write hangs", ErrDisk))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.broken != nil {
		if t.told {
			return nil
		}
		t.told = true
		return t.broken
	}
	was := t.starved
	t.starved = t.video.starves(now) || t.audio.starves(now)
	if t.starved && !was {
		return ErrNothingComes
	}
	return nil
}

func (i *inlet) starves(now time.Time) bool {
	return i.on.Load() && now.Sub(time.Unix(0, i.last.Load())) > starveAfter
}

// end takes the taps off and waits until all is written.
func (t *take) end() error {
	for _, cancel := range t.cancels {
		cancel()
	}
	close(t.quit)
	wait := time.NewTimer(endWithin)
	defer wait.Stop()
	select {
	case <-t.done:
		return nil
	case <-wait.C:
		return fmt.Errorf("%w: a write hangs", ErrDisk)
	}
}
