// Package recording writes what the relay forwards to its recorder into WebM files, one run of them for each rendering.
//
// What lives here: the recorder (a tap of the relay), a WebM writer that syncs each cluster, the remuxer that makes a finished file
// with index and duration out of what was written, and the repair of what a crash left. What does not: who may be recorded (the relay's snapshot
// says), where segments are entered (the caller's OnSegment), sealing.
//
// Files: while it runs, NNNN.webm.part, with a cluster synced at least every half second of sound or picture, so that kill -9 loses less than a
// second; when it ends, NNNN.webm, with duration and cues, times as they truly were, so a gap is a gap. Names say nothing; the file itself holds the label (title) and
// the start (DateUTC). Nothing else of the publisher is kept: the payload came through the relay, and containers hold no trace of RTP.
package recording

import (
	"log/slog"
	"time"

	"parda/media/relay"
)

// Segment is one finished recording.
type Segment struct {
	File     string        // base name in Dir, e.g. 0001.webm
	SHA256   string        // of the whole file, hexadecimal
	Size     int64         // bytes
	Label    string        // the rendering's label, as given to Start
	Start    time.Time     // of the first block, UTC, to the millisecond
	Duration time.Duration // to the end of the last block, to the millisecond
	Gaps     []Gap         // over MinGap, in order
}

// Gap is a stretch of a segment in which nothing came, neither picture nor sound.
type Gap struct {
	Start    time.Time
	Duration time.Duration
}

// MinGap is the shortest stretch without a block that is a Gap.
const MinGap = 2 * time.Second

// State is the recorder's health.
type State string

// The states. Failed means that something that should be recorded is not, at this moment.
const (
	Off    State = "off"
	On     State = "on"
	Failed State = "failed"
)

// Source is what a Recorder records from: the relay.
type Source interface {
	Tap(label string, m relay.Media, t relay.Tap) (cancel func())
	RequestKeyFrame(label string)
}

// Config of a Recorder. A hearing has one, with one Dir.
type Config struct {
	// Dir is where segments go; it is made (0700) if it is not there. One Recorder a folder.
	Dir string
	// OnSegment is called for each finished segment, before Stop returns. Nil means none.
	OnSegment func(Segment)
	// OnStopped is called, from a goroutine of the recorder's, within StopAlarm of recording having stopped that should go on: nothing can be written, or
	// nothing comes though the relay forwards. The error is a *StoppedError. It must not call Stop or StopLabel. Nil means none.
	OnStopped func(error)
	// Log gets what an operator needs, never a label. Nil means none.
	Log *slog.Logger
}

// StopAlarm is the longest that a stop stays unnoticed.
const StopAlarm = 3 * time.Second
