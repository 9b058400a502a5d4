package relay

import "time"

// Packet is one packet for a Tap. Payload is valid during the call only. Sequence and Timestamp follow on each other within one Epoch; another Epoch
// is another source (a publisher that came back), whose numbers have nothing to do with the ones before.
type Packet struct {
	Epoch     uint64
	Sequence  uint16
	Timestamp uint32 // in 1/90000 s for video, 1/48000 s for sound
	Marker    bool   // last packet of a picture
	Key       bool   // first packet of a VP8 key frame
	Payload   []byte // RTP payload: VP8 with a descriptor of one byte (RFC 7741), or one Opus packet (RFC 7587)
	Arrived   time.Time
}

// Tap receives what the snapshot allows to the sink {TapViewer, label, media}. It is called in the packet loop with a lock held: it
// must not block, must not call the relay, and must not keep Payload.
type Tap interface {
	Packet(p Packet)
	// Flow tells that packets should come (true: the snapshot allows them and a publication is there) or should not.
	Flow(on bool)
}

// tapSink is a Tap as an outlet.
type tapSink struct {
	name   Sink
	tap    Tap
	wants  *ingest // guarded by Relay.mu
	source *ingest // guarded by Relay.mu for reading in admit, and changed under the ingest's lock with Relay.mu held
	epoch  uint64
	begun  bool
}

func (t *tapSink) sink() Sink        { return t.name }
func (t *tapSink) target() **ingest  { return &t.wants }
func (t *tapSink) on() *ingest       { return t.source }
func (t *tapSink) attach(in *ingest) { t.source = in; t.epoch++; t.begun = false; t.tap.Flow(true) }
func (t *tapSink) detach()           { t.source = nil; t.tap.Flow(false) }
func (t *tapSink) hold()             { t.begun = false }
func (t *tapSink) waits() bool       { return t.name.Media == Video && !t.begun }

func (t *tapSink) write(p *packet) bool {
	t.begun = t.begun || p.key
	t.tap.Packet(Packet{
		Epoch: t.epoch, Sequence: p.seq, Timestamp: p.ts, Marker: p.marker, Key: p.key, Payload: p.payload, Arrived: p.arrived,
	})
	return true
}

// Tap lets t have what the snapshot allows to the sink {TapViewer, label, m}. cancel takes it off; when it returns, t is not called again.
func (r *Relay) Tap(label string, m Media, t Tap) (cancel func()) {
	s := &tapSink{name: Sink{Viewer: TapViewer, Slot: label, Media: m}, tap: t}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.taps[s] = struct{}{}
	r.reroute()
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if _, ok := r.taps[s]; !ok {
			return
		}
		s.wants = nil
		if in := s.source; in != nil {
			in.expel()
		}
		delete(r.taps, s)
	}
}

// RequestKeyFrame asks the publication of a label for a key frame, no more often than the relay lets anybody.
func (r *Relay) RequestKeyFrame(label string) {
	r.mu.Lock()
	var in *ingest
	if pub := r.live[label]; pub != nil {
		in = pub.tracks[Video]
	}
	r.mu.Unlock()
	if in != nil {
		in.askKeyFrame(time.Now())
	}
}
