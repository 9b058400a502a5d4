package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parda/media/mask"
	"parda/media/mask/voice"
)

func TestWhatTheCourtIsToldOfThePersonIsOneOfFourWords(t *testing.T) {
	for _, c := range []struct {
		voice, face mask.Likeness
		want        string
	}{
		{mask.NotKnown, mask.NotKnown, `{"picture":"ok","voice":"ok"}`},
		{mask.Same, mask.Same, `{"picture":"ok","voice":"ok","person":{"voice":"same","face":"same"}}`},
		{mask.Same, mask.NotKnown, `{"picture":"ok","voice":"ok","person":{"voice":"same"}}`},
		{mask.Unsure, mask.Same, `{"picture":"ok","voice":"ok","person":{"voice":"unsure","face":"same"}}`},
		{mask.Unsure, mask.NotKnown, `{"picture":"ok","voice":"ok","notices":["person_unsure"],"person":{"voice":"unsure"}}`},
		{mask.Different, mask.Same, `{"picture":"ok","voice":"ok","notices":["person_unsure"],"person":{"voice":"different","face":"same"}}`},
		{mask.Different, mask.Unsure, `{"picture":"ok","voice":"ok","notices":["person_changed"],"person":{"voice":"different","face":"unsure"}}`},
		{mask.NotKnown, mask.Different, `{"picture":"ok","voice":"ok","notices":["person_changed"],"person":{"face":"different"}}`},
	} {
		b, err := json.Marshal(allWell.with(likeness{c.voice, c.face}))
		if err != nil || string(b) != c.want {
			t.Errorf("%s %v, want %s", b, err, c.want)
		}
	}
	told := maskStatus{Picture: "ok", Voice: "ok", Notices: "far_voice"}.with(likeness{voice: mask.Different})
	if told.Notices != "far_voice person_changed" {
		t.Errorf("notices %q", told.Notices)
	}
}

// TestTheComparisonBeginsAtTheFirstRehearsalAndNotAgainAfterSheWasLive: the break is when persons change, and a rehearsal after it must not make another one the beginning.
func TestTheComparisonBeginsAtTheFirstRehearsalAndNotAgainAfterSheWasLive(t *testing.T) {
	for name, c := range map[string]struct {
		phases []string
		starts int
		begun  bool
	}{
		"waiting and ready begin nothing":           {[]string{phaseWaiting, phaseReady}, 0, false},
		"the rehearsal begins it":                   {[]string{phaseWaiting, phaseRehearsal, phaseReady, phaseLive, phasePaused, phaseLive}, 1, true},
		"a second rehearsal before she was live":    {[]string{phaseRehearsal, phaseWaiting, phaseRehearsal, phaseReady}, 2, true},
		"a rehearsal after she was live":            {[]string{phaseRehearsal, phaseReady, phaseLive, phaseWaiting, phaseRehearsal, phaseReady, phaseLive}, 1, true},
		"a station that was started anew":           {[]string{phaseReady, phaseLive, phasePaused}, 1, true},
		"released":                                  {[]string{phaseRehearsal, phaseReady, phaseLive, phaseReleased}, 1, false},
		"another testimony after one was released":  {[]string{phaseRehearsal, phaseLive, phaseReleased, phaseWaiting, phaseRehearsal}, 2, true},
		"a paused testimony that the station joins": {[]string{phasePaused}, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			inRoom(t, func(t *testing.T, g *roomRig) {
				order, starts := g.sign(t), 0
				for _, phase := range c.phases {
					g.room.mu.Lock()
					was := g.room.begun
					g.room.mu.Unlock()
					g.state(phase, order)
					g.room.mu.Lock()
					if g.room.begun && (!was || phase == phaseRehearsal && !g.room.wasLive) {
						starts++
					}
					g.room.mu.Unlock()
				}
				if starts != c.starts || g.room.begun != c.begun {
					t.Errorf("began %d times, runs: %v", starts, g.room.begun)
				}
			})
		})
	}
}

// speaking is a microphone with a voice of its own: a buzz through two resonances. Each voice has others.
type speaking struct {
	pitch, low, high float64
	at               int
	y                [4]float64
	r                uint64
}

func (m *speaking) Read(raw *mask.RawSound) error {
	time.Sleep(soundTick)
	*raw = m.block()
	raw.Captured = time.Now()
	return nil
}

func (m *speaking) block() (raw mask.RawSound) {
	for i := range raw.Samples {
		m.at++
		x := 0.0
		if math.Mod(float64(m.at)*m.pitch/48000, 1) < m.pitch/48000 {
			x = 1
		}
		wander := 1 + .15*math.Sin(float64(m.at)/5000) + .1*math.Sin(float64(m.at)/17000)
		for k, hz := range []float64{m.low * wander, m.high / wander} {
			r := math.Exp(-math.Pi * 90 / 48000)
			y := 2*r*math.Cos(2*math.Pi*hz/48000)*m.y[2*k] - r*r*m.y[2*k+1] + x
			m.y[2*k+1], m.y[2*k] = m.y[2*k], y
			x = y * .1
		}
		if m.at/9600%5 == 4 {
			x = 0
		}
		m.r = m.r*6364136223846793005 + 1
		raw.Samples[i] = float32(.05*x) + float32(int32(m.r>>40))*1e-11
	}
	return raw
}

// TestNothingOfVoiceOrFaceIsInLogsOnTheWireOrOnDisk: two rooms with two voices write and say the same, but for the four words. What could name a person would differ.
func TestNothingOfVoiceOrFaceIsInLogsOnTheWireOrOnDisk(t *testing.T) {
	var said [2]string
	for i, m := range []*speaking{{pitch: 210, low: 650, high: 1900}, {pitch: 110, low: 420, high: 1200}} {
		inRoom(t, func(t *testing.T, g *roomRig) {
			var log lockedBuffer
			dir := t.TempDir()
			g.room.log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			g.room.microphone, g.room.vault = m, newVault(dir, "demo", &mapKeyring{keys: map[string][]byte{}})
			order := g.sign(t)
			for _, phase := range []string{phaseRehearsal, phaseReady, phaseLive} {
				g.state(phase, order)
				time.Sleep(2500 * time.Millisecond)
			}
			seat := g.chairs[devMicrophone].seat
			if !seat.Ready() {
				t.Fatal("nothing was heard of the voice: this proves nothing")
			}
			fmt.Fprintf(&log, "%v %+v %#v %s\n", seat, seat, seat, slog.AnyValue(seat)) // a careless line of some later day
			fmt.Fprintf(&log, "%v %+v %#v\n", &g.sitter, &g.sitter, &g.sitter)
			out := log.String()
			g.link.mu.Lock()
			for _, c := range g.link.pending {
				b, _ := json.Marshal(c.Args)
				out += c.Name + " " + string(b) + "\n"
			}
			g.link.mu.Unlock()
			station, _, _ := g.view()
			b, _ := json.Marshal(station)
			for _, word := range []string{"same", "unsure", "different"} {
				b = bytes.ReplaceAll(b, []byte(`"`+word+`"`), []byte(`"WORD"`))
				out = strings.ReplaceAll(out, `"`+word+`"`, `"WORD"`)
			}
			out += string(b) + "\n" + files(t, dir)
			said[i] = plainly(out, g.judge)
		})
	}
	if said[0] != said[1] {
		t.Errorf("the two rooms differ:\n%s\n---\n%s", said[0], said[1])
	}
}

// plainly takes out of what a room said that which is drawn at random for each: keys, ids and times.
func plainly(s string, j *judge) string {
	s = strings.ReplaceAll(s, keyCode(j.spki), "KEY")
	var lines []string
	for _, line := range strings.Split(s, "\n") {
		if _, rest, ok := strings.Cut(line, " level="); ok {
			line = rest
		}
		lines = append(lines, sealedName.ReplaceAllString(line, "SEALED"))
	}
	slices.Sort(lines) // renderings are published in any order
	return strings.Join(lines, "\n")
}

var sealedName = regexp.MustCompile(`testimony-[0-9a-f]+`) // of the folder, which each room has its own

// files lists the names and sizes below a folder.
func files(t *testing.T, dir string) string {
	t.Helper()
	out := ""
	if err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			info, _ := d.Info()
			out += fmt.Sprintln(d.Name(), info.Size())
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// TestAKilledRoomLeavesNothingOfThePerson learns a voice in a process of its own, kills it with SIGKILL and looks at what it left.
func TestAKilledRoomLeavesNothingOfThePerson(t *testing.T) {
	if dir := os.Getenv("PARDA_PERSON_CHILD"); dir != "" {
		learnAndWait()
		return
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestAKilledRoomLeavesNothingOfThePerson$", "-test.v")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PARDA_PERSON_CHILD="+dir, "TMPDIR="+dir, "HOME="+dir, "XDG_STATE_HOME="+dir, "XDG_CACHE_HOME="+dir)
	out := &lockedBuffer{}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(60 * time.Second); !strings.Contains(out.String(), "learnt"); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			_ = cmd.Process.Kill()
			t.Fatalf("the child learnt nothing: %s", out)
		}
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if left := files(t, dir); left != "" {
		t.Errorf("it left:\n%s", left)
	}
}

func learnAndWait() {
	if err := keepMemoryPrivate(quiet, false); err != nil { // as the station begins: no core of it either
		fmt.Println("not private:", err)
		return
	}
	seat := voice.NewSeat(voice.NewGate())
	seat.Begin()
	seat.Rehearse(true)
	m := &speaking{pitch: 210, low: 650, high: 1900}
	for range 350 {
		raw := m.block()
		raw.Captured = time.Now()
		seat.Apply(&raw)
	}
	if seat.Ready() {
		fmt.Println("learnt")
	}
	time.Sleep(time.Minute)
}
