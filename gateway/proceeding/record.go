package proceeding

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"parda/gateway/hearing"
	"parda/gateway/visibility"
	"parda/media/recording"
)

// recordState is what is recorded. Files are opened and closed by one worker, in order, so that the hearing never waits for a disk.
type recordState struct {
	recorder *recording.Recorder
	work     *jobs
	worker   chan struct{} // closed when the worker has ended
	flowing  map[string]bool
	pending  int             // jobs that the worker has not finished
	stopped  map[string]bool // labels whose last file could not be begun or finished: an alarm until the label is recorded again or the file was repaired
	torn     bool            // a file is left to be repaired before the protocol is rendered
	segments []hearing.RecordingSegmentPayload
}

func (p *Proceeding) openRecorder() (err error) {
	p.record = recordState{work: newJobs(), worker: make(chan struct{}), flowing: map[string]bool{}, stopped: map[string]bool{}, segments: p.record.segments}
	p.record.recorder, err = recording.New(recording.Config{
		Dir: p.recordingFolder(), Log: p.cfg.Log,
		OnSegment: func(s recording.Segment) { p.post(func() { p.enterSegment(s) }) },
		OnStopped: func(err error) { p.post(func() { p.recordingStopped(err) }) },
	})
	if err != nil {
		return fmt.Errorf("recording: %w", err)
	}
	go func() {
		defer close(p.record.worker)
		p.record.work.run()
	}()
	return nil
}

// recordWhatFlows starts and stops files so that what is recorded is what flows to the recorder: a pause ends a file and is no gap.
func (p *Proceeding) recordWhatFlows(routes map[visibility.Sink]visibility.Publication) {
	if p.record.recorder == nil {
		return
	}
	now := map[string]bool{}
	for sink, pub := range routes {
		if label := pub.Label(); sink.Viewer == visibility.Recorder && p.tracks[label] {
			now[label] = true
		}
	}
	for _, label := range slices.Sorted(maps.Keys(p.record.flowing)) { // in order, so that the record of a hearing does not depend on chance
		if !now[label] {
			delete(p.record.flowing, label)
			p.job(func() { p.stopLabel(label) })
		}
	}
	for _, label := range slices.Sorted(maps.Keys(now)) {
		if !p.record.flowing[label] {
			p.record.flowing[label] = true
			p.job(func() { p.startLabel(label) })
		}
	}
}

// startLabel runs in the worker.
func (p *Proceeding) startLabel(label string) {
	err := p.record.recorder.Start(p.cfg.Source, label)
	p.post(func() {
		if err != nil {
			p.record.stopped[label] = true
			p.recordingStopped(&recording.StoppedError{Label: label, Err: err})
			return
		}
		delete(p.record.stopped, label)
		p.enter([]hearing.Draft{systemDraft(hearing.RecordingStarted, hearing.RecordingPayload{Label: label})})
	})
}

// stopLabel runs in the worker. A file that could not be finished is not passed over: it stands in the protocol and raises the alarm, and
// is repaired before the protocol is rendered.
func (p *Proceeding) stopLabel(label string) {
	if err := p.record.recorder.StopLabel(label); err != nil {
		p.post(func() {
			p.record.stopped[label], p.record.torn = true, true
			p.recordingStopped(&recording.StoppedError{Label: label, Err: err})
		})
	}
}

// repairTorn has the worker finish, once, what could not be finished before: the disk may have room again. What cannot be repaired now stands as failed in
// the protocol, is not in the bundle, and is left in its folder.
func (p *Proceeding) repairTorn() {
	p.record.torn = false
	known := slices.Clone(p.record.segments)
	p.job(func() {
		found, err := repaired(p.recordingFolder(), known)
		p.post(func() {
			if err != nil {
				p.cfg.Log.Error("a recording cannot be repaired", "err", err)
			}
			var drafts []hearing.Draft
			for _, s := range found {
				delete(p.record.stopped, s.Label)
				drafts = append(drafts, segmentDrafts(s)...)
			}
			p.enter(drafts)
		})
	})
}

// repaired finishes what is unfinished in the folder of a recorder that stands still, and describes every file that is not known yet.
func repaired(folder string, known []hearing.RecordingSegmentPayload) ([]recording.Segment, error) {
	_, broken := recording.Recover(folder)
	found, err := recording.Missed(folder, func(file string) bool {
		return slices.ContainsFunc(known, func(k hearing.RecordingSegmentPayload) bool { return k.File == file })
	})
	return found, errors.Join(broken, err)
}

func (p *Proceeding) enterSegment(s recording.Segment) {
	drafts := segmentDrafts(s)
	p.enter(append(drafts, systemDraft(hearing.RecordingStopped, hearing.RecordingPayload{Label: s.Label})))
}

func segmentDrafts(s recording.Segment) []hearing.Draft {
	drafts := []hearing.Draft{systemDraft(hearing.RecordingSegment, hearing.RecordingSegmentPayload{
		Label: s.Label, File: s.File, SHA256: s.SHA256, Start: s.Start, DurationMS: s.Duration.Milliseconds(), Bytes: s.Size})}
	for _, g := range s.Gaps {
		drafts = append(drafts, gapDraft(s.Label, g))
	}
	return drafts
}

func gapDraft(label string, g recording.Gap) hearing.Draft {
	return systemDraft(hearing.RecordingGap, hearing.RecordingGapPayload{Label: label, Start: g.Start, DurationMS: g.Duration.Milliseconds()})
}

func (p *Proceeding) recordingStopped(err error) {
	label := ""
	if stopped, ok := err.(*recording.StoppedError); ok {
		label = stopped.Label
	}
	p.cfg.Log.Error("a recording stopped", "err", err)
	p.enter([]hearing.Draft{systemDraft(hearing.RecordingFailed, hearing.RecordingPayload{Label: label})})
}

// noteRecording keeps the list of finished files, from new events and from old ones alike.
func (p *Proceeding) noteRecording(e hearing.Event) error {
	if e.Code != hearing.RecordingSegment {
		return nil
	}
	s, err := hearing.Payload[hearing.RecordingSegmentPayload](e)
	if err == nil {
		p.record.segments = append(p.record.segments, s)
	}
	return err
}

// enterRecovered repairs what a crash left of the recordings and enters it, together with the gap until now.
func (p *Proceeding) enterRecovered(ctx context.Context) error {
	// A crash may also have come after a file was finished and before it was entered, so the folder is asked and not only the repair.
	found, err := repaired(p.recordingFolder(), p.record.segments)
	if err != nil {
		return fmt.Errorf("recordings of the last run: %w", err)
	}
	var drafts []hearing.Draft
	for _, s := range found {
		drafts = append(drafts, segmentDrafts(s)...)
		end := s.Start.Add(s.Duration)
		drafts = append(drafts, gapDraft(s.Label, recording.Gap{Start: end, Duration: p.cfg.Now().Sub(end)}))
	}
	if len(drafts) == 0 {
		return nil
	}
	return p.append(ctx, nil, drafts)
}

// stopRecording ends every file and enters what was finished. It runs in the hearing's goroutine, which therefore takes what the recorder
// posts meanwhile. What does not come in time is found and entered at the next start.
func (p *Proceeding) stopRecording() {
	if p.record.recorder == nil {
		return
	}
	p.endMeanwhile("the recorder does not end", func() {
		p.record.work.close()
		<-p.record.worker
		p.record.recorder.Stop()
	})
}

// endMeanwhile waits for end and goes on with what comes of it in the hearing's goroutine, as long as stopWithin at the most.
func (p *Proceeding) endMeanwhile(otherwise string, end func()) {
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		end()
	}()
	late := time.After(stopWithin)
	for {
		select {
		case f := <-p.inbox:
			p.safely(f)
		case <-late:
			p.cfg.Log.Error(otherwise)
			return
		case <-finished:
			for len(p.inbox) > 0 {
				p.safely(<-p.inbox)
			}
			return
		}
	}
}

// stopWithin is how long the end of a hearing waits for its recordings.
const stopWithin = 10 * time.Second

// job gives the worker something to do, and counts it until it is done.
func (p *Proceeding) job(f func()) {
	p.record.pending++
	p.record.work.add(func() {
		f()
		p.post(func() { p.record.pending-- })
	})
}

// idle says whether nothing is recorded and every file is finished and entered.
func (r *recordState) idle() bool { return len(r.flowing) == 0 && r.pending == 0 }

// health is off, on or failed, as the consoles show it.
func (r *recordState) health() string {
	switch {
	case r.recorder == nil:
		return string(recording.Off)
	case r.failed():
		return string(recording.Failed)
	case len(r.flowing) > 0:
		return string(recording.On)
	}
	return string(recording.Off)
}

func (r *recordState) failed() bool {
	if r.recorder == nil {
		return false
	}
	return r.recorder.State() == recording.Failed || len(r.stopped) > 0
}

func systemDraft(code hearing.Code, payload any) hearing.Draft {
	return hearing.Draft{Code: code, Actor: string(hearing.System), Payload: payload}
}

// jobs is what the worker has to do, in order. It has no bound, because the hearing's goroutine must never wait for a disk; what is in it is bounded
// by the number of labels.
type jobs struct {
	mu     sync.Mutex
	list   []func()
	wake   chan struct{}
	closed bool
}

func newJobs() *jobs { return &jobs{wake: make(chan struct{}, 1)} }

func (j *jobs) add(f func()) {
	j.mu.Lock()
	j.list = append(j.list, f)
	j.mu.Unlock()
	j.signal()
}

func (j *jobs) close() {
	j.mu.Lock()
	j.closed = true
	j.mu.Unlock()
	j.signal()
}

func (j *jobs) signal() {
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

// run does the jobs until close was called and nothing is left.
func (j *jobs) run() {
	for {
		j.mu.Lock()
		list, closed := j.list, j.closed
		j.list = nil
		j.mu.Unlock()
		for _, f := range list {
			f()
		}
		if len(list) > 0 {
			continue
		}
		if closed {
			return
		}
		<-j.wake
	}
}
