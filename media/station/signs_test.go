package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// waiting is the commands that wait for the gateway, with the time of their press.
func (g *roomRig) waiting() (list []commandMessage) {
	g.link.mu.Lock()
	defer g.link.mu.Unlock()
	for _, c := range g.link.pending {
		list = append(list, *c)
	}
	return list
}

func TestHerSilentSignalIsADiscreetFlagAtThePressAndNothingElseChanges(t *testing.T) {
	for name, press := range map[string]func(*roomRig){
		"the mark": func(g *roomRig) { g.fromKiosk([]byte(`{"type":"signal","id":"k1-aaaaaaaa"}`)) },
		"the key":  func(g *roomRig) { g.keyPressed(signSignal, time.Now()) },
	} {
		inRoom(t, func(t *testing.T, g *roomRig) {
			g.state(phaseLive, g.sign(t))
			time.Sleep(2 * time.Second)
			before, _, _ := g.view()
			at := time.Now().UTC().Format(wireTime)
			press(g)
			after, _, _ := g.view()
			a, _ := json.Marshal(before)
			b, _ := json.Marshal(after)
			if !bytes.Equal(a, b) {
				t.Errorf("%s: the kiosk's message was %s and is %s", name, a, b)
			}
			list := g.waiting()
			if len(list) != 1 || list[0].Name != "flag.raise" || string(list[0].Args.(json.RawMessage)) != `{"discreet":true}` || list[0].At != at || list[0].quiet {
				t.Errorf("%s: %+v", name, list)
			}
			time.Sleep(time.Second)
			if figures, voices := g.flowing(time.Second / 2); figures < 10 || voices < 20 {
				t.Errorf("%s: testimony does not go on: %d figures, %d voiced blocks", name, figures, voices)
			}
		})
	}
}

func TestASignalWithABreakLooksLikeAnyBreak(t *testing.T) {
	seen := map[string]string{}
	for name, press := range map[string]func(*roomRig){
		"a break": func(g *roomRig) { g.fromKiosk([]byte(`{"type":"break"}`)) },
		"the mark, held": func(g *roomRig) {
			g.fromKiosk([]byte(`{"type":"signal","id":"k1-aaaaaaaa"}`))
			g.fromKiosk([]byte(`{"type":"signal","id":"k1-aaaaaaaa","pause":true}`))
		},
		"the mark, at once": func(g *roomRig) { g.fromKiosk([]byte(`{"type":"signal","id":"k1-aaaaaaaa","pause":true}`)) },
		"the key, held":     func(g *roomRig) { g.keyPressed(signSignal, time.Now()); g.keyHeld(signSignal) },
	} {
		inRoom(t, func(t *testing.T, g *roomRig) {
			g.state(phaseLive, g.sign(t))
			time.Sleep(time.Second)
			press(g)
			station, _, _ := g.view()
			station.KeyCode = "" // each room here has a judge of its own
			b, _ := json.Marshal(station)
			seen[name] = string(b)
			flags := strings.Count(g.commands(), "flag.raise")
			if !strings.HasSuffix(g.commands(), "testimony.pause") || (flags == 1) != (name != "a break") || flags > 1 {
				t.Errorf("%s: %q", name, g.commands())
			}
			g.link.mu.Lock()
			if why := fmt.Sprint(g.link.pending[len(g.link.pending)-1].Args); why != "map[why:break]" {
				t.Errorf("%s: %s", name, why)
			}
			g.link.mu.Unlock()
			time.Sleep(pictureTick + sendWithin)
			began := time.Now()
			time.Sleep(time.Second)
			if figures, voices := g.flowing(time.Since(began)); figures+voices > 0 {
				t.Errorf("%s: %d figures, %d voiced blocks", name, figures, voices)
			}
		})
	}
	for name, now := range seen {
		if now != seen["a break"] {
			t.Errorf("%s: the kiosk is told %s, of a break %s", name, now, seen["a break"])
		}
	}
}

// lines is a log that a test reads while others write it.
type lines struct {
	mu   sync.Mutex
	said bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.said.Write(b)
}

// taken is what was said since it was asked last.
func (l *lines) taken() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.said.Reset()
	return l.said.String()
}

// loudKiosk counts what the page is told.
type loudKiosk struct {
	fakeKiosk
	changes int
}

func (k *loudKiosk) changed() { k.mu.Lock(); k.changes++; k.mu.Unlock() }

// TestDuressChangesNothingThatCanBeSeenOrHeardInTheRoom: not the permit, not what flows, not one message to the kiosk, not one line of the log; also while the link is down,
// when it is acknowledged and when it is refused.
func TestDuressChangesNothingThatCanBeSeenOrHeardInTheRoom(t *testing.T) {
	for _, answer := range []string{"none", "link down", "ack", "wrong_phase", "internal", "too_many"} {
		synctest.Test(t, func(t *testing.T) {
			g := newRoomRig(t)
			defer g.end()
			log, k := &lines{}, &loudKiosk{}
			g.room.mu.Lock()
			g.room.kiosk, g.room.log = k, slog.New(slog.NewTextHandler(log, nil))
			g.link.log = g.room.log
			g.room.mu.Unlock()
			g.linkUp()
			g.state(phaseLive, g.sign(t))
			time.Sleep(2*time.Second + watchEvery/2)
			if answer == "link down" {
				g.linkDown("lost")
			}
			if said := log.taken(); !strings.Contains(said, "testimony") {
				t.Fatalf("the log is not read here: %q", said)
			}
			before, raw, ice := g.view()
			a, _ := json.Marshal(before)
			permitBefore := g.running.permit.Load()
			messages, changes := len(k.got), k.changes
			g.keyPressed(signDuress, time.Now())
			synctest.Wait()
			list := g.waiting()
			if n := len(list); n != 1 || list[0].Name != "duress.raise" || string(list[0].Args.(json.RawMessage)) != `{"means":"key"}` || !list[0].quiet || list[0].At != time.Now().UTC().Format(wireTime) {
				t.Fatalf("%+v", list)
			}
			switch answer {
			case "none", "link down":
			case "ack":
				g.acknowledges(t, "duress.raise", "")
			default:
				g.acknowledges(t, "duress.raise", answer)
			}
			synctest.Wait()
			after, raw2, ice2 := g.view()
			b, _ := json.Marshal(after)
			if !bytes.Equal(a, b) || !bytes.Equal(raw, raw2) || !bytes.Equal(ice, ice2) {
				t.Errorf("%s: the kiosk's view was %s and is %s", answer, a, b)
			}
			if len(k.got) != messages || k.changes != changes {
				t.Errorf("%s: the kiosk was told %d messages and poked %d times", answer, len(k.got)-messages, k.changes-changes)
			}
			if permitBefore != g.running.permit.Load() {
				t.Errorf("%s: the permit changed", answer)
			}
			if said := log.taken(); said != "" {
				t.Errorf("%s: the log says %s", answer, said)
			}
			kept := answer == "none" || answer == "link down" || answer == "internal" || answer == "too_many"
			if (len(g.waiting()) == 1) != kept || (len(g.room.kept.state().Signs) == 1) != kept {
				t.Errorf("%s: %d wait, %d are kept", answer, len(g.waiting()), len(g.room.kept.state().Signs))
			}
		})
	}
}

func TestAPageIsToldThatItsSignWasTakenAndASecondTimeItIsTheSameSign(t *testing.T) {
	inRoom(t, func(t *testing.T, g *roomRig) {
		pressed := time.Now().Add(-3 * time.Minute)
		message := fmt.Sprintf(`{"type":"signal","id":"k1-aaaaaaaa","at":%q}`, pressed.UTC().Format(wireTime))
		for range 3 {
			if code := g.fromKiosk([]byte(message)); code != "" {
				t.Fatal(code)
			}
		}
		list := g.waiting()
		if len(list) != 1 || list[0].ID != "kk1-aaaaaaaa" || list[0].At != pressed.UTC().Format(wireTime) {
			t.Errorf("%+v", list)
		}
		if got := strings.Join(g.kiosk.got, ""); got != strings.Repeat(`{"type":"took","id":"k1-aaaaaaaa"}`, 3) {
			t.Errorf("the page is told %s", got)
		}
	})
	for _, at := range []string{"", "soon", "2999-01-01T00:00:00Z", "1999-01-01T00:00:00Z"} {
		now := time.Date(2026, 11, 22, 14, 30, 15, 0, time.UTC)
		if got := pressedAt(at, now); !got.Equal(now) {
			t.Errorf("%q is taken for %v", at, got)
		}
	}
}

// restarted is a room over the same folder and keyring, as after the end of the program.
func restarted(t *testing.T, folder string, keys keyring) (*room, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	r := &room{hearing: "demo", log: slog.New(slog.NewTextHandler(&log, nil)), health: newHealth(), kiosk: &fakeKiosk{}, pending: map[string]bool{}, rec: &rehearsal{}, ctx: t.Context()}
	r.kept = newKept(folder, "demo", keys, r.log)
	r.link = newLink(mustURL("http://127.0.0.1:1"), "demo", "T", nil, r, quiet)
	r.remember()
	return r, &log
}

func TestSignsOutliveARestartSealedUnderTheirIDsAndTimes(t *testing.T) {
	folder, keys := t.TempDir(), &mapKeyring{keys: map[string][]byte{}}
	r, _ := restarted(t, folder, keys)
	at := time.Now().Add(-time.Minute)
	r.keyPressed(signDuress, at)
	r.keyPressed(signSignal, at.Add(time.Second))
	r.fromKiosk([]byte(`{"type":"afraid"}`))
	r.fromKiosk([]byte(`{"type":"emergency","by":"officer"}`))
	r.courtSays(stateMessage{EmergencyCard: &emergencyCard{"AB-12", "102", "body"}})
	if err := r.kept.flush(); err != nil {
		t.Fatal(err)
	}
	sealedFilesHide(t, folder, "duress", "flag.raise", "AB-12", r.link.pending[0].ID)
	want := fmt.Sprint(describe(r.link.pending))

	again, _ := restarted(t, folder, keys)
	if got := fmt.Sprint(describe(again.link.pending)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if e := again.shows(); e == nil || e.Card.Telephone != "102" || !again.cut.Load() {
		t.Errorf("the emergency after a restart: %+v, cut %v", e, again.cut.Load())
	}
	for _, c := range slices.Clone(again.link.pending) {
		again.link.dispatch(fmt.Appendf(nil, `{"type":"ack","id":%q}`, c.ID))
	}
	again.courtSays(stateMessage{Emergency: &courtEmergency{Since: "2026-11-22T14:30:15.123Z"}})
	again.courtSays(stateMessage{Emergency: &courtEmergency{Since: "2026-11-22T14:30:15.123Z", Ended: "2026-11-22T14:40:15.123Z"}})
	again.kept.settle()
	if files, _ := filepath.Glob(filepath.Join(folder, "kept-*")); len(files) > 0 || len(keys.keys) > 0 {
		t.Errorf("after a clean end with nothing left: %v, %d keys", files, len(keys.keys))
	}
}

func describe(list []*commandMessage) (out []string) {
	for _, c := range list {
		out = append(out, fmt.Sprintf("%s %s %s %s %v", c.ID, c.Name, c.Args, c.At, c.quiet))
	}
	return out
}

func sealedFilesHide(t *testing.T, folder string, words ...string) {
	t.Helper()
	files, sizes := 0, map[int64]bool{}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		info, err := d.Info()
		if err != nil {
			return err
		}
		sizes[info.Size()] = true
		edit(t, path, func(b []byte) []byte {
			for _, w := range words {
				if bytes.Contains(b, []byte(w)) {
					t.Errorf("%s can be read", w)
				}
			}
			return b
		})
		return nil
	})
	if err != nil || files != 1 || !sizes[keptBlock+12+16] {
		t.Errorf("%d files of sizes %v, %v", files, sizes, err)
	}
}

func TestTheFileIsAsLargeWithAndWithoutASign(t *testing.T) {
	folder, keys := t.TempDir(), &mapKeyring{keys: map[string][]byte{}}
	r, _ := restarted(t, folder, keys)
	r.courtSays(stateMessage{EmergencyCard: &emergencyCard{"AB-12", "102", "body"}})
	if err := r.kept.flush(); err != nil {
		t.Fatal(err)
	}
	sealedFilesHide(t, folder, "102")
	for range 20 {
		r.keyPressed(signDuress, time.Now())
	}
	if err := r.kept.flush(); err != nil {
		t.Fatal(err)
	}
	sealedFilesHide(t, folder, "duress")
}

func TestWhatCannotBeReadAfterAPowerCutIsToldToTheBench(t *testing.T) {
	folder, keys := t.TempDir(), &mapKeyring{keys: map[string][]byte{}}
	r, _ := restarted(t, folder, keys)
	r.keyPressed(signSignal, time.Now())
	if err := r.kept.flush(); err != nil {
		t.Fatal(err)
	}
	clear(keys.keys) // the kernel's memory is gone
	again, log := restarted(t, folder, keys)
	if len(again.link.pending) != 0 || !strings.Contains(log.String(), "cannot be read") {
		t.Errorf("%v, %s", again.link.pending, log)
	}
	again.mu.Lock()
	again.thin.begin(allWell, time.Now())
	again.thin.next, again.thin.since = maskStatus{Picture: "ok", Voice: "ok", Notices: noticeKeptUnread}, time.Now().Add(-time.Minute)
	again.reportMask() // with no testimony running
	again.mu.Unlock()
	if len(again.link.pending) != 1 || again.link.pending[0].Args.(maskStatus).Notices != noticeKeptUnread {
		t.Errorf("the bench is told %+v", again.link.pending)
	}
}

func TestAFloodIsKeptToItsBoundAndARefusalThatPassesLosesNone(t *testing.T) {
	inRoom(t, func(t *testing.T, g *roomRig) {
		g.linkDown("lost")
		for i := range keptMost + 3 {
			code := g.fromKiosk(fmt.Appendf(nil, `{"type":"signal","id":"k%d-aaaaaaaa"}`, i))
			if (code == "too_many") != (i >= keptMost) {
				t.Fatalf("the %dth: %q", i, code)
			}
		}
		id := g.waiting()[7].ID
		g.link.dispatch(fmt.Appendf(nil, `{"type":"error","id":%q,"code":"too_many"}`, id))
		if len(g.waiting()) != keptMost || !g.room.kept.has(id) {
			t.Error("a gateway with too much to do made a flag be lost")
		}
	})
}

func TestAFloodOfFlagsCostsNoSignOfDuress(t *testing.T) {
	inRoom(t, func(t *testing.T, g *roomRig) {
		g.linkDown("lost")
		for i := range keptMost + 1 {
			g.fromKiosk(fmt.Appendf(nil, `{"type":"signal","id":"k%d-aaaaaaaa"}`, i))
		}
		g.keyPressed(signDuress, time.Now())
		g.keyPressed(signEmergency, time.Now())
		signs := g.room.kept.state().Signs
		if len(signs) != keptMost+2 || signs[keptMost].Name != "duress.raise" || signs[keptMost+1].Name != "emergency.raise" || len(g.waiting()) != keptMost+2 {
			t.Errorf("%d are kept, %d wait", len(signs), len(g.waiting()))
		}
	})
}

func TestAFlagThatIsRefusedForGoodStaysKeptAndTheBenchIsTold(t *testing.T) {
	folder, keys := t.TempDir(), &mapKeyring{keys: map[string][]byte{}}
	r, _ := restarted(t, folder, keys)
	r.keyPressed(signSignal, time.Now())
	id := r.link.pending[0].ID
	r.link.dispatch(fmt.Appendf(nil, `{"type":"error","id":%q,"code":"forbidden"}`, id))
	told := func(r *room) bool {
		s, _ := r.health.status()
		return strings.Contains(string(s.Notices), noticeKeptUnread)
	}
	if len(r.link.pending) != 0 || !r.kept.has(id) || !told(r) {
		t.Errorf("%d wait, kept %v, told %v", len(r.link.pending), r.kept.has(id), told(r))
	}
	r.kept.settle()
	again, _ := restarted(t, folder, keys)
	if s := again.kept.state().Signs; len(s) != 1 || s[0].ID != id || s[0].Refused != "forbidden" || len(again.link.pending) != 0 || !told(again) {
		t.Errorf("after a restart: %+v, %d wait, told %v", s, len(again.link.pending), told(again))
	}
}

func TestTheKioskIsNotForwardedWhatTheRoomToldTheCourtOfItsKeys(t *testing.T) {
	for mask, want := range map[string]string{
		`{"picture":"ok","voice":"ok","notices":["key_lost"]}`:                           `{"picture":"ok","voice":"ok"}`,
		`{"notices":["far_voice","kept_unread","key_lost"],"picture":"ok","voice":"ok"}`: `{"notices":["far_voice"],"picture":"ok","voice":"ok"}`,
		`{"picture":"ok", "voice":"ok", "notices":["far_voice"]}`:                        `{"picture":"ok", "voice":"ok", "notices":["far_voice"]}`,
		`null`: `null`,
	} {
		raw := []byte(`{"other":1,"testimony":{"mask":` + mask + `,"phase":"live"},"type":"state"}`)
		var st stateMessage
		if err := json.Unmarshal(raw, &st); err != nil {
			t.Fatal(err)
		}
		inRoom(t, func(t *testing.T, g *roomRig) {
			g.linkState(raw, st)
			if _, got, _ := g.view(); string(got) != `{"other":1,"testimony":{"mask":`+want+`,"phase":"live"},"type":"state"}` {
				t.Errorf("%s goes as %s", mask, got)
			}
		})
	}
}

func TestALostKeyIsToldToTheBenchAndNeverToTheKiosk(t *testing.T) {
	inRoom(t, func(t *testing.T, g *roomRig) {
		g.keyLost("/dev/input/event7", fs.ErrNotExist)
		g.keyLost("/dev/input/event8", fs.ErrNotExist)
		time.Sleep(3 * time.Second)
		told := func() maskStatus {
			list := g.waiting()
			if len(list) != 1 {
				t.Fatalf("%+v", list)
			}
			return list[0].Args.(maskStatus)
		}
		if s := told(); s.Notices != noticeKeyLost { // no testimony runs yet
			t.Errorf("told %+v", s)
		}
		station, _, _ := g.view()
		if b, _ := json.Marshal(station); bytes.Contains(b, []byte("key_lost")) {
			t.Errorf("the kiosk is told %s", b)
		}
		g.keyLost("/dev/input/event7", nil)
		time.Sleep(20 * time.Second)
		if s := told(); s.Notices != noticeKeyLost {
			t.Errorf("one of two is still away: %+v", s)
		}
		g.keyLost("/dev/input/event8", nil)
		time.Sleep(20 * time.Second)
		if s := told(); s != allWell {
			t.Errorf("told %+v", s)
		}
	})
}
