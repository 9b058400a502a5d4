package main

import (
	"context"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"parda/media/mask"
	"parda/media/mask/face"
	"parda/media/mask/voice"
)

// expressive is a figure that draws puppet and plain figure in two sizes, so that a test can tell them apart.
type expressive struct {
	fakeFigure
	plain face.Masked
}

func (f expressive) Again(m face.Mode) face.Masked {
	if m != modeBlob || f.at("again") != nil {
		return face.Masked{}
	}
	return f.plain
}

const plainWidth = 80

// widths is an outlet that remembers how wide the pictures were and how loud the sounds.
type widths struct {
	fakeOutlet
	last int
}

func (o *widths) Picture(m face.Masked) error {
	o.mu.Lock()
	o.last = m.Width()
	o.mu.Unlock()
	return o.fakeOutlet.Picture(m)
}

func (o *widths) width() int { o.mu.Lock(); defer o.mu.Unlock(); return o.last }

// lanesOf adds an outlet for each key to a rig whose figure has both forms and whose voices are the given ones.
func lanesOf(t *testing.T, ctx context.Context, r *rig, keys ...string) map[string]*widths {
	t.Helper()
	plain, err := face.NewCard(plainWidth, plainWidth, "")
	if err != nil {
		t.Fatal(err)
	}
	figure := r.masks.figure.(fakeFigure)
	r.masks.figure, r.masks.plain, r.masks.voices = expressive{figure, plain}, true, nil
	out, lanes := map[string]*widths{}, []*lane{}
	for _, key := range keys {
		out[key] = &widths{fakeOutlet: fakeOutlet{injection: &injection{}}}
		l := newLane(ctx, key, out[key])
		lanes = append(lanes, l)
		r.masks.voices = append(r.masks.voices, voiceLine{l.wantsVoice, fakeVoice{&injection{hang: r.inject.hang}, nil}})
	}
	r.outlets.Store(&lanes)
	return out
}

// withLanes runs the hot path with a lane for each key.
func withLanes(t *testing.T, keys []string, test func(r *rig, out map[string]*widths)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var out map[string]*widths
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		r := newRig(t, "card+silence", func(r *rig) { out = lanesOf(t, ctx, r, keys...) })
		defer r.end()
		// newRig puts a lane of its own in place; the ones of this test take over.
		var lanes []*lane
		for _, key := range keys {
			lanes = append(lanes, newLane(ctx, key, out[key]))
		}
		r.outlets.Store(&lanes)
		time.Sleep(time.Second)
		test(r, out)
	})
}

func heardIn(o *widths, from time.Time) (blocks, voices int) {
	_, _, blocks, voices = o.counts(from, time.Now())
	return
}

func TestAMaskThatFailsIsSilenceForItsOwnRenderingsAlone(t *testing.T) {
	keys := []string{"puppet+neutral", "puppet+neutral+strong", "card+synthetic"}
	for _, broken := range []int{0, 1, 2} {
		for _, how := range []string{"voice error", "voice panic", "voice hang"} {
			withLanes(t, keys, func(r *rig, out map[string]*widths) {
				from := time.Now()
				r.masks.voices[broken].mask.(fakeVoice).set(how)
				time.Sleep(lateAfter)
				quiet := time.Now()
				time.Sleep(time.Second)
				for i, key := range keys {
					since := from
					if i == broken {
						since = quiet
					}
					blocks, voices := heardIn(out[key], since)
					if i == broken && (voices > 0 || blocks < 45) {
						t.Errorf("%s in %s: %d of %d blocks were voiced", how, key, voices, blocks)
					}
					if i != broken && voices < blocks-3 {
						t.Errorf("%s in %s: %s got %d of %d blocks voiced", how, keys[broken], key, voices, blocks)
					}
				}
				if status, _ := r.health.status(); status.Voice != "silence" || status.Notice != faultMask {
					t.Errorf("%s in %s: the status is %+v", how, keys[broken], status)
				}
			})
		}
	}
}

func TestAVoiceThatCannotBeMadeIsSilentAndAlarmed(t *testing.T) {
	m, err := newMasks(maskConfig{Width: 64, Height: 64, Face: face.Card, Voices: "neutral pitch"}, newSession())
	if err != nil || len(m.voices) != 2 {
		t.Fatalf("%d voices, %v", len(m.voices), err)
	}
	var raw mask.RawSound
	buzzBlock(&raw, 0)
	out := voiced()
	if err := m.voices[1].mask.Next(&raw, &out); err == nil || out != (voice.Masked{}) {
		t.Errorf("a voice of no known mode: %v, level %v", err, out.Level())
	}
}

func TestEachRenderingGetsItsOwnPictureFromOneReading(t *testing.T) {
	keys := []string{"puppet+neutral", "blob+neutral", "card+neutral"}
	want := func(out map[string]*widths, what string, puppet, blob, card int) {
		t.Helper()
		for key, w := range map[string]int{"puppet+neutral": puppet, "blob+neutral": blob, "card+neutral": card} {
			if got := out[key].width(); got != w {
				t.Errorf("%s: %s shows the picture of width %d, want %d", what, key, got, w)
			}
		}
	}
	withLanes(t, keys, func(r *rig, out map[string]*widths) {
		permit := func(picture string) {
			p := *r.permit.Load()
			p.picture = picture
			r.permit.Store(&p)
			time.Sleep(3 * pictureTick)
		}
		want(out, "as ordered", figureWidth, plainWidth, cardWidth)
		permit(modeBlob)
		want(out, "the plain figure asked for", plainWidth, plainWidth, cardWidth)
		permit(modeCard)
		want(out, "the card asked for", cardWidth, cardWidth, cardWidth)
		permit("anything else")
		want(out, "a word that is not known", cardWidth, cardWidth, cardWidth)
		permit("")
		want(out, "as ordered again", figureWidth, plainWidth, cardWidth)
		r.masks.figure.(expressive).set("again")
		_ = out
	})
}

func TestAFigureThatCannotDrawItsPlainFormShowsTheCard(t *testing.T) {
	card, _ := face.NewCard(cardWidth, cardWidth, "")
	figure, _ := face.NewCard(figureWidth, figureWidth, "")
	m := &masks{figure: fakeFigure{&injection{}, figure}, shows: face.Puppet, card: card}
	if d, ok := m.draw(drawWish{plain: true}); !ok || d.of(modeBlob).Width() != cardWidth || d.tightened(modeBlob).of(modePuppet).Width() != cardWidth {
		t.Errorf("blob %d wide, ok %v", d.of(modeBlob).Width(), ok)
	}
}

// toneMicrophone gives a buzz of one pitch, which the seat takes for speech, and counts how often it was read and closed.
type toneMicrophone struct {
	hz            float64
	n             int
	reads, rested atomic.Int64
}

func (m *toneMicrophone) Read(raw *mask.RawSound) error {
	time.Sleep(soundTick)
	m.reads.Add(1)
	for i := range raw.Samples {
		t, v := float64(m.n)/mask.SampleRate, 0.0
		for k := 1.0; k < 20; k++ {
			v += math.Sin(2*math.Pi*m.hz*k*t) / k
		}
		raw.Samples[i] = float32(0.2 * v * (0.6 + 0.4*math.Sin(2*math.Pi*4*t)))
		m.n++
	}
	return nil
}

func (m *toneMicrophone) rest() { m.rested.Add(1) }

// energyAt is the share of a block's energy that lies at a frequency (Goertzel).
func energyAt(pcm []int16, hz float64) float64 {
	w := 2 * math.Pi * hz / mask.SampleRate
	var re, im, all float64
	for i, v := range pcm {
		re += float64(v) * math.Cos(w*float64(i))
		im += float64(v) * math.Sin(w*float64(i))
		all += float64(v) * float64(v)
	}
	if all == 0 {
		return 0
	}
	return 2 * (re*re + im*im) / float64(len(pcm)) / all
}

// planted stands for a mask and looks at what it is given, raw: a planted pitch is seen there whole, where the real masks throw it away.
type planted struct {
	mu   sync.Mutex
	seen map[float64]int
	hz   []float64
}

func (p *planted) Next(raw *mask.RawSound, out *voice.Masked) error {
	pcm := make([]int16, len(raw.Samples))
	for i, v := range raw.Samples {
		pcm[i] = int16(v * 32767)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, hz := range p.hz {
		if energyAt(pcm, hz) > 0.5 {
			p.seen[hz]++
		}
	}
	*out = voiced()
	return nil
}

// since gives what was seen and begins anew.
func (p *planted) since() map[float64]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	seen := p.seen
	p.seen = map[float64]int{}
	return seen
}

func respeaking(o map[string]any) {
	speaker := map[string]any{"picture": "puppet", "voice": "respeak", "delay_s": 0}
	for _, a := range []string{"bench", "prosecution", "defence", "hall"} {
		rendered(a, speaker)(o)
	}
	o["respeaker"] = map[string]any{"who": "interpreter"}
}

const hersHz, theirsHz = 150.0, 200.0 // whole periods in a block of 20 ms

// With a sworn speaker, nothing of the witness's microphone reaches a mask, hence no outlet, her own screen or the rehearsal: it is not even read.
func TestWithASwornSpeakerTheWitnessesMicrophoneGoesNowhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRoomRig(t)
		defer g.end()
		hers, theirs := &toneMicrophone{hz: hersHz}, &toneMicrophone{hz: theirsHz}
		g.microphone, g.speaker = hers, theirs
		plant := &planted{seen: map[float64]int{}, hz: []float64{hersHz, theirsHz}}
		make := g.make
		var asked []string
		g.make = func(c maskConfig, s *session) (*masks, error) {
			asked = append(asked, c.Voices)
			m, err := make(c, s)
			m.voices = []voiceLine{{strings.Fields(c.Voices)[0], plant}}
			return m, err
		}
		g.linkUp()
		g.state(phaseLive, g.sign(t)) // first her own voice: the test could otherwise see nothing at all
		time.Sleep(2 * time.Second)
		if seen := plant.since(); seen[hersHz] < 50 || seen[theirsHz] > 0 || theirs.reads.Load() > 0 {
			t.Fatalf("her own voice: pitches seen %v, the second microphone was read %d times", seen, theirs.reads.Load())
		}
		g.state(phaseLive, g.sign(t, set("version", 2), respeaking))
		time.Sleep(lateAfter)
		plant.since()
		before := hers.reads.Load()
		time.Sleep(2 * time.Second)
		seen := plant.since()
		if seen[hersHz] > 0 || hers.reads.Load() != before || hers.rested.Load() == 0 {
			t.Errorf("the witness's pitch reached a mask %d times; her microphone was read %d times and closed %d times", seen[hersHz], hers.reads.Load()-before, hers.rested.Load())
		}
		if _, voices := g.flowing(time.Second); seen[theirsHz] < 50 || voices < 40 {
			t.Errorf("the sworn speaker was heard in %d blocks, %d went out", seen[theirsHz], voices)
		}
		g.room.mu.Lock()
		last := asked[len(asked)-1]
		g.room.mu.Unlock()
		if last != "respeak" {
			t.Errorf("the masks asked for are %q", last)
		}
		g.state(phaseLive, g.sign(t, set("version", 3))) // and back
		time.Sleep(lateAfter)
		plant.since()
		time.Sleep(time.Second)
		if seen := plant.since(); seen[theirsHz] > 0 || seen[hersHz] < 25 {
			t.Errorf("her own voice again: %v", seen)
		}
	})
}

func TestWithoutTheSwornSpeakersMicrophoneThereIsSilenceAndTheBenchIsTold(t *testing.T) {
	inRoom(t, func(t *testing.T, g *roomRig) {
		hers := &toneMicrophone{hz: hersHz}
		g.microphone, g.speaker = hers, missingMicrophone{}
		g.state(phaseLive, g.sign(t, respeaking))
		time.Sleep(lateAfter + time.Second)
		from := time.Now()
		time.Sleep(2 * time.Second)
		if _, voices := g.flowing(time.Since(from)); voices > 0 || hers.reads.Load() > 0 {
			t.Errorf("%d voiced blocks, her microphone read %d times", voices, hers.reads.Load())
		}
		status, devices := g.health.status()
		if status.Voice != "silence" || status.Notice != "speaker_lost" || devices[devSpeaker] != deviceLost || devices[devMicrophone] != "" {
			t.Errorf("%+v, %v", status, devices)
		}
		if !strings.Contains(g.commands(), "mask.status") {
			t.Errorf("the bench is not told: %q", g.commands())
		}
	})
}

func TestEveryVoiceThatAnOrderMayNameIsBuilt(t *testing.T) {
	m, err := newMasks(maskConfig{Width: 64, Height: 64, Face: face.Card, Voices: "neutral+gentle neutral neutral+strong synthetic+gentle synthetic synthetic+strong respeak"}, newSession())
	if err != nil || len(m.voices) != 7 {
		t.Fatalf("%d voices, %v", len(m.voices), err)
	}
	var raw mask.RawSound
	for _, v := range m.voices {
		if b, broken := v.mask.(brokenVoice); broken {
			t.Errorf("%s: %v", v.key, b.why)
			continue
		}
		loudest := float32(0)
		for n := 0; n < 50*mask.BlockSamples; {
			n = buzzBlock(&raw, n)
			var out voice.Masked
			if err := v.mask.Next(&raw, &out); err != nil {
				t.Errorf("%s: %v", v.key, err)
				break
			}
			loudest = max(loudest, out.Level())
		}
		if loudest < 0.2 {
			t.Errorf("%s says nothing: level %v", v.key, loudest)
		}
	}
}

func TestTheRealFigureDrawsBothItsForms(t *testing.T) {
	m, err := newMasks(maskConfig{Width: 160, Height: 120, Face: face.Puppet, Plain: true, Pseudonym: "Lalə"}, newSession())
	if err != nil {
		t.Fatal(err)
	}
	d, ok := m.draw(drawWish{mouth: 1, plain: true})
	shown := map[string]string{}
	for _, mode := range []string{modePuppet, modeBlob, modeCard} {
		shown[string(d.of(mode).AppendI420(nil))] = mode
	}
	if !ok || len(shown) != 3 || m.does() == "" {
		t.Errorf("ok %v, %d different pictures, the figure is said to do %q", ok, len(shown), m.does())
	}
	if one, _ := m.draw(drawWish{mouth: 1}); string(one.of(modeBlob).AppendI420(nil)) != string(m.card.AppendI420(nil)) {
		t.Error("a plain figure that nobody wanted was drawn")
	}
}
