package recording

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"time"

	"parda/media/relay"
)

// ErrNoPackets means that there is nothing to make a clip of: neither sound nor a picture that begins with a key frame.
var ErrNoPackets = errors.New("recording: there is nothing to make a clip of")

// WriteClip makes one finished WebM, with duration and cues, of packets that were kept elsewhere, and says what it wrote: File is empty, SHA256 and Size are of what w got.
// The packets are of one label, in any order; their payloads must stay valid, and the slices are put in order. The picture begins, and goes on
// after a loss or a gap, with a key frame. All of the clip is in memory once, beside the packets. Errors: ErrNoPackets, or w's.
func WriteClip(w io.Writer, label string, video, audio []relay.Packet) (Segment, error) {
	var blocks []block
	collect := func(track int) func(bool, time.Time, []byte) {
		return func(key bool, at time.Time, data []byte) {
			blocks = append(blocks, block{track: track, key: key, at: time.Duration(at.UnixNano()), data: data})
		}
	}
	feedInOrder(newLane(relay.Video, collect(videoTrack), func() {}), video)
	feedInOrder(newLane(relay.Audio, collect(audioTrack), func() {}), audio)
	if len(blocks) == 0 {
		return Segment{}, ErrNoPackets
	}
	slices.SortStableFunc(blocks, func(a, b block) int { return cmp.Compare(a.at, b.at) })
	start := time.Unix(0, int64(blocks[0].at)).UTC().Truncate(time.Millisecond)
	for i := range blocks {
		blocks[i].at -= time.Duration(start.UnixNano())
	}
	part := partHead(label, start)
	for cluster := range clustersOf(blocks) {
		part = append(part, clusterElement(cluster)...)
	}
	in := bytes.NewReader(part)
	c, err := scan(in)
	if err != nil {
		return Segment{}, err
	}
	sum := sha256.New()
	size, err := writeFinal(io.MultiWriter(w, sum), in, c)
	if err != nil {
		return Segment{}, err
	}
	return c.segment("", hex.EncodeToString(sum.Sum(nil)), size), nil
}

// feedInOrder gives a lane all packets of one medium by epoch and number. What is missing is missing for good: the lane need not wait for it. After a gap it begins
// anew, because the numbers may have come round meanwhile.
func feedInOrder(l *lane, packets []relay.Packet) {
	slices.SortStableFunc(packets, func(a, b relay.Packet) int { return a.Arrived.Compare(b.Arrived) })
	for len(packets) > 0 {
		n := 1
		for n < len(packets) && packets[n].Epoch == packets[0].Epoch && packets[n].Arrived.Sub(packets[n-1].Arrived) < MinGap {
			n++
		}
		byNumber(packets[:n])
		l.restart(packets[0])
		for _, p := range packets[:n] {
			if int16(p.Sequence-l.next) > 0 {
				l.skipTo(p.Sequence)
			}
			l.push(p)
		}
		packets = packets[n:]
	}
}

// byNumber puts packets of one epoch, which are nearly in order, in the order of their numbers, over the turns of the 16 bits.
func byNumber(run []relay.Packet) {
	far := make([]int64, len(run))
	for i := 1; i < len(run); i++ {
		far[i] = far[i-1] + int64(int16(run[i].Sequence-run[i-1].Sequence))
	}
	order := make([]int, len(run))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(far[a], far[b]) })
	was := slices.Clone(run)
	for i, from := range order {
		run[i] = was[from]
	}
}

// skipTo goes on at a number after a hole that nothing will fill.
func (l *lane) skipTo(seq uint16) {
	l.next = seq
	if l.media == relay.Video {
		l.frameOK, l.needKey = false, true
	}
}

// clustersOf cuts blocks, which are in order of time, as a take does: a key frame begins a cluster, and none is longer than five seconds.
func clustersOf(blocks []block) func(yield func([]block) bool) {
	return func(yield func([]block) bool) {
		from := 0
		for i := 1; i < len(blocks); i++ {
			if key := blocks[i].track == videoTrack && blocks[i].key; key || blocks[i].at-blocks[from].at > 5*time.Second {
				if !yield(blocks[from:i]) {
					return
				}
				from = i
			}
		}
		yield(blocks[from:])
	}
}
