package main

import (
	"bytes"
	"sync"
	"time"

	"github.com/at-wat/ebml-go"
	"github.com/at-wat/ebml-go/webm"

	"parda/media/mask"
	"parda/media/mask/face"
	"parda/media/mask/voice"
)

// maskedEncoder encodes masked values only, as the publisher does (media/publish.Encoder).
type maskedEncoder interface {
	Picture(face.Masked) (frame []byte, key bool, err error)
	Sound(*voice.Masked) (packet []byte, err error)
	Close()
}

const (
	rehearsalLasts  = 12 * time.Second
	rehearsalStart  = 500 * time.Millisecond // the mask settles first
	clusterLasts    = 2000                   // ms; a new cluster at a key frame after this, or at the sound after twice this
	opusPreSkip     = 312                    // samples at 48 kHz, as libopus at 48 kHz VoIP needs (RFC 7845 section 4.2)
	opusSeekPreRoll = 80 * time.Millisecond
)

const (
	rehearsalNone      = "none"
	rehearsalRecording = "recording"
	rehearsalReady     = "ready"
)

// rehearsal records what the court would get, once and for a short time, so that the witness sees and hears it before she agrees. It is recorded
// first and played after: her own voice is never returned while she speaks. It is kept in memory and never written to a disk.
// The clocks of the hot path hand it the very values that they would send.
type rehearsal struct {
	newEncoder func() (maskedEncoder, error)
	changed    func() // must not block
	lasts      time.Duration

	mu      sync.Mutex
	enc     maskedEncoder
	began   time.Time
	packets []packet
	clip    []byte
	w, h    int
}

type packet struct {
	ms    int64
	video bool
	key   bool
	data  []byte
}

// begin starts a recording; an older one is gone.
func (r *rehearsal) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drop()
	enc, err := r.newEncoder()
	if err != nil {
		return
	}
	r.enc, r.began = enc, time.Now().Add(rehearsalStart)
}

// discard forgets the recording.
func (r *rehearsal) discard() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drop()
}

func (r *rehearsal) drop() {
	if r.enc != nil {
		r.enc.Close()
	}
	r.enc, r.packets, r.clip = nil, nil, nil
}

func (r *rehearsal) status() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.enc != nil:
		return rehearsalRecording
	case r.clip != nil:
		return rehearsalReady
	}
	return rehearsalNone
}

// webm is the recording, nil when there is none.
func (r *rehearsal) webm() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.clip
}

func (r *rehearsal) picture(p face.Masked) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ms, on := r.at()
	if !on {
		return
	}
	frame, key, err := r.enc.Picture(p)
	if err != nil {
		r.drop()
		return
	}
	r.w, r.h = p.Width(), p.Height()
	r.packets = append(r.packets, packet{ms, true, key, bytes.Clone(frame)})
}

func (r *rehearsal) sound(s *voice.Masked) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ms, on := r.at()
	if !on {
		return
	}
	data, err := r.enc.Sound(s)
	if err != nil {
		r.drop()
		return
	}
	r.packets = append(r.packets, packet{ms, false, true, bytes.Clone(data)})
	if ms < r.lasts.Milliseconds() {
		return
	}
	clip, err := muxWebM(r.packets, r.w, r.h)
	r.drop()
	if err == nil {
		r.clip = clip
	}
	r.changed()
}

// at says where in the recording this moment is, and whether one runs.
func (r *rehearsal) at() (int64, bool) {
	since := time.Since(r.began)
	return since.Milliseconds(), r.enc != nil && since >= 0
}

// muxWebM writes VP8 and Opus packets, in order of time, as one WebM file.
func muxWebM(packets []packet, w, h int) ([]byte, error) {
	var file struct {
		Header  webm.EBMLHeader `ebml:"EBML"`
		Segment webm.Segment    `ebml:"Segment"`
	}
	file.Header = *webm.DefaultEBMLHeader
	last := packets[len(packets)-1].ms + 20
	file.Segment.Info = webm.Info{TimecodeScale: 1_000_000, MuxingApp: "parda", WritingApp: "parda", Duration: float64(last)}
	file.Segment.Tracks.TrackEntry = []webm.TrackEntry{
		{TrackNumber: 1, TrackUID: 1, CodecID: "V_VP8", TrackType: 1, DefaultDuration: uint64(time.Second / mask.FrameRate),
			Video: &webm.Video{PixelWidth: uint64(w), PixelHeight: uint64(h)}},
		{TrackNumber: 2, TrackUID: 2, CodecID: "A_OPUS", TrackType: 2, CodecPrivate: opusHead(), CodecDelay: opusPreSkip * 1_000_000_000 / mask.SampleRate,
			SeekPreRoll: uint64(opusSeekPreRoll), Audio: &webm.Audio{SamplingFrequency: mask.SampleRate, Channels: 1}},
	}
	var clusters []webm.Cluster
	for _, p := range packets {
		n := len(clusters)
		if n == 0 || p.video && p.key && p.ms-int64(clusters[n-1].Timecode) >= clusterLasts || p.ms-int64(clusters[n-1].Timecode) >= 2*clusterLasts {
			clusters = append(clusters, webm.Cluster{Timecode: uint64(p.ms)})
			n++
		}
		c := &clusters[n-1]
		track := uint64(2)
		if p.video {
			track = 1
		}
		c.SimpleBlock = append(c.SimpleBlock, ebml.Block{TrackNumber: track, Timecode: int16(p.ms - int64(c.Timecode)), Keyframe: p.key, Data: [][]byte{p.data}})
	}
	file.Segment.Cluster = clusters
	var out bytes.Buffer
	if err := ebml.Marshal(&file, &out); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// opusHead is the identification header (RFC 7845 section 5.1): version 1, mono, 48 kHz, no gain, mapping family 0.
func opusHead() []byte {
	b := append([]byte("OpusHead"), 1, 1)
	b = append(b, byte(opusPreSkip&0xff), byte(opusPreSkip>>8))
	b = append(b, 0x80, 0xbb, 0, 0) // 48,000
	return append(b, 0, 0, 0)
}
