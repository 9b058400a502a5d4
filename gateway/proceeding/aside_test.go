package proceeding

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parda/gateway/hearing"
	"parda/gateway/minutes"
	"parda/gateway/visibility"
	"parda/signaling"
)

// give gives a command as a page gives it, and is its acknowledgement as it stands on the wire.
func (c *court) give(seat, id, name string, args map[string]any) (string, error) {
	c.t.Helper()
	s, ok := c.current(seat)
	if !ok {
		c.t.Fatalf("%s has no page", seat)
	}
	raw, err := json.Marshal(args)
	if err != nil {
		c.t.Fatal(err)
	}
	ack, err := c.Command(c.t.Context(), s, signaling.Command{ID: id, Name: name, Args: raw})
	if err != nil {
		return "", err
	}
	b, err := json.Marshal(ack)
	return string(b), err
}

// settle waits until everything that was begun has been entered, and the signed log covers it.
func (c *court) settle() {
	c.t.Helper()
	last, still := uint64(0), 0
	for end := time.Now().Add(30 * time.Second); still < 20; time.Sleep(5 * time.Millisecond) {
		c.inside(func() {
			if still++; c.last != last || c.checkpoint == nil || c.checkpoint.Size != c.last {
				last, still = c.last, 0
			}
		})
		if time.Now().After(end) {
			c.t.Fatal("the hearing does not come to rest")
		}
	}
}

// everything is what each seat has by now: its state and its entries, byte for byte, and how many states its pages were sent.
func (c *court) everything() map[string]string {
	c.t.Helper()
	c.settle()
	all := map[string]string{}
	c.inside(func() {
		for _, seat := range c.state.Seats {
			v := visibility.BuildView(c.state, c.flags, seat.ID, c.extras())
			r := minutes.Reader{Seat: seat.ID, Role: seat.Role, Attends: c.state.Attends(seat.ID), Undertaking: seat.Undertaking == "signed"}
			entries, err := json.Marshal(c.protocol.SeenBy(r, 0))
			if err != nil {
				c.t.Error(err)
			}
			all[seat.ID] = c.encode(v) + string(entries)
		}
	})
	return all
}

// sent is how many states each page was sent.
func (c *court) sent() map[string]uint64 {
	c.t.Helper()
	c.settle()
	n := map[string]uint64{}
	c.inside(func() {
		for s, a := range c.sessions {
			n[s.Seat] = a.rev
		}
	})
	return n
}

// Two runs of one hearing, by one clock and one key, with the real ledger and its checkpoints: one with a sign of duress and the bench's answers, one in which the bench gives the same pause
// for no such reason. What every other seat gets, acknowledgements with their numbers included, is the same byte for byte, and at the sign no page but the bench's is sent anything.
func TestTwoRunsWithAndWithoutDuressAreTheSameForEverySeatButTheBench(t *testing.T) {
	for _, answer := range []struct {
		do    string
		plain map[string]any // what the bench sends for the same without any duress; nil: F8
	}{{"pause", nil}, {"clear_room", map[string]any{"why": "clear_room"}}} {
		t.Run(answer.do, func(t *testing.T) {
			key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			var clock atomic.Int64
			now := func() time.Time { return time.UnixMilli(1_795_000_000_000 + clock.Load()).UTC() }
			run := func(duress bool) (seen []map[string]string, acks []string) {
				clock.Store(0)
				c := sitAt(t, now)
				c.keys["judge"] = key
				step := func() { seen = append(seen, c.everything()); clock.Add(1000) }
				ack := func(seat, id, name string, args map[string]any) {
					t.Helper()
					a, err := c.give(seat, id, name, args)
					if err != nil {
						t.Fatalf("%s by %s: %v", name, seat, err)
					}
					acks = append(acks, seat+" "+a)
				}
				c.live()
				for _, seat := range []string{"clerk", "guardian", "support"} {
					c.page(seat)
				}
				step()
				if duress {
					before := c.sent()
					a, err := c.give("witness", "w1", "duress.raise", map[string]any{"means": "key"})
					if err != nil {
						t.Fatal(err)
					}
					var last uint64
					c.inside(func() { last = c.last })
					if want := fmt.Sprintf(`{"index":%d}`, last); a != want {
						t.Errorf("its acknowledgement is %s, want %s: what any command is answered that left nothing to write", a, want)
					}
					if again, err := c.give("witness", "w1", "duress.raise", map[string]any{"means": "key"}); err != nil || again != a {
						t.Errorf("sent again after a lost link: %s %v", again, err)
					}
					for seat, n := range c.sent() {
						if (n != before[seat]) != (seat == "judge") {
							t.Errorf("%s was sent %d states at the sign", seat, n-before[seat])
						}
					}
				} else if a, err := c.give("witness", "w1", "witness.tighten", nil); err != nil || a != fmt.Sprintf(`{"index":%d}`, c.lastOf()) {
					t.Errorf("a command that leaves nothing to write is answered %s %v", a, err)
				}
				step()
				if duress {
					_, err = c.give("judge", "j1", "duress.answer", map[string]any{"do": answer.do})
				} else {
					_, err = c.give("judge", "j1", "testimony.pause", answer.plain)
				}
				if err != nil {
					t.Fatal(err)
				}
				step()
				ack("clerk", "c1", "entry.add", map[string]any{"kind": "note", "text": "A break."})
				ack("guardian", "g1", "flag.raise", map[string]any{"kind": "words"})
				ack("witness", "w2", "flag.raise", map[string]any{"discreet": true})
				step()
				if duress {
					if _, err := c.give("judge", "j2", "duress.answer", map[string]any{"do": "stand_down", "reason": "r"}); err != nil {
						t.Fatal(err)
					}
				}
				c.must("witness", "room.certify", map[string]any{"same": true, "free": true, "with": []string{}})
				c.must("judge", "testimony.call", nil)
				c.settle() // the recordings begin by themselves
				ack("support", "s1", "testimony.pause", nil)
				step()
				return seen, acks
			}
			with, withAcks := run(true)
			plain, plainAcks := run(false)
			if !slices.Equal(withAcks, plainAcks) {
				t.Errorf("acknowledgements tell:\n%v\n%v", withAcks, plainAcks)
			}
			bench := false
			for i := range with {
				for _, seat := range hearing.DefaultSeats() {
					a, b := with[i][seat.ID], plain[i][seat.ID]
					if seat.Role.Bench() {
						bench = bench || a != b
					} else if a != b {
						n := 0
						for n < min(len(a), len(b)) && a[n] == b[n] {
							n++
						}
						t.Errorf("step %d, %s, from %d on: %.200s | %.200s", i, seat.ID, n, a[n:], b[n:])
					}
				}
			}
			if !bench {
				t.Error("the bench is told nothing either: the comparison proves nothing")
			}
		})
	}
}

func (c *court) lastOf() (last uint64) {
	c.inside(func() { last = c.last })
	return last
}

// What stands aside is durable, survives a start, and is in the record that is signed.
func TestASignOfDuressSurvivesAStartAndIsCopiedIntoTheRecordAtClosing(t *testing.T) {
	c := sit(t)
	c.live()
	if _, err := c.give("witness", "w1", "duress.raise", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := c.give("judge", "j1", "duress.answer", map[string]any{"do": "clear_room"}); err != nil {
		t.Fatal(err)
	}
	codes := func(book string) (list []string) {
		events, err := c.cfg.Ledger.Load(t.Context(), book)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			list = append(list, e.Code)
		}
		return list
	}
	if got := codes(SealedBook("h1")); !slices.Equal(got, []string{"duress.raised", "duress.answered"}) {
		t.Errorf("the sealed book holds %v", got)
	}
	if slices.ContainsFunc(codes("h1"), func(code string) bool { return strings.HasPrefix(code, "duress.") }) {
		t.Error("the hearing's ledger tells of it while the hearing runs")
	}
	again := &Proceeding{cfg: c.cfg, state: hearing.New()}
	events, err := c.cfg.Ledger.Load(t.Context(), "h1")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if err := again.state.Apply(asHearing(e)); err != nil {
			t.Fatal(err)
		}
	}
	if err := again.loadAside(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d, ok := again.state.Duress(); !ok || len(d.Do) != 1 {
		t.Errorf("after a start: %+v", d)
	}
	c.must("judge", "testimony.release", nil)
	c.must("judge", "hearing.close", nil)
	c.until("the protocol is rendered", func() bool { return c.state.Signing != nil })
	list := codes("h1")
	raised, rendered := slices.Index(list, "duress.raised"), slices.Index(list, "protocol.rendered")
	if raised < 0 || rendered < raised || !slices.Contains(list, "duress.answered") {
		t.Errorf("the record that is signed: %v", list)
	}
	page, err := os.ReadFile(c.protocolFolder() + "/" + jsonName)
	if err != nil || strings.Contains(string(page), "clear_room") {
		t.Errorf("what the parties sign tells of it: %v", err)
	}
	for seat, want := range map[string]bool{"judge": true, "judge2": true, "clerk": false, "defence": false, "guardian": false, "witness": false} {
		c.inside(func() {
			s, _ := c.state.Seat(seat)
			got := false
			for _, e := range c.protocol.SeenBy(minutes.Reader{Seat: seat, Role: s.Role, Attends: true, Undertaking: true}, 0) {
				got = got || e.System != nil && e.System.Code == hearing.DuressRaised
			}
			if got != want {
				t.Errorf("%s reads of it: %v", seat, got)
			}
		})
	}
}

// full refuses every write while it is on, and every read with it where the store was closed.
type full struct{ on atomic.Bool }

func (f *full) Before(string) error {
	if f.on.Load() {
		return errors.New("no space left on device")
	}
	return nil
}

// An emergency cuts before it is written, and where it cannot be written nobody sees the witness until it is; it is written then, though nobody asks again.
func TestAnEmergencyCutsBeforeItIsWrittenAndIsWrittenLater(t *testing.T) {
	c := sit(t)
	c.live()
	disk := &full{}
	disk.on.Store(true)
	c.store.SetFault(disk)
	if _, err := c.give("witness", "w1", "emergency.raise", map[string]any{"by": "officer"}); err == nil {
		t.Fatal("it was acknowledged, and nothing can be written")
	}
	if seen := c.lines.whoSees(); len(seen) > 0 {
		t.Errorf("the witness is seen by %v", seen)
	}
	c.inside(func() {
		if c.state.InEmergency() || !c.emergency {
			t.Errorf("written: %v, cut: %v", c.state.InEmergency(), c.emergency)
		}
	})
	disk.on.Store(false)
	c.until("the emergency is written", func() bool { return c.state.InEmergency() && c.failed.IsZero() })
	c.inside(func() {
		if c.emergency || len(c.unwritten) > 0 || c.state.Emergency.By != "officer" {
			t.Errorf("%v %v %+v", c.emergency, c.unwritten, c.state.Emergency)
		}
	})
	if seen := c.lines.whoSees(); len(seen) > 0 {
		t.Errorf("after it the witness is seen by %v", seen)
	}
	if _, err := c.give("witness", "w1", "emergency.raise", nil); err != nil {
		t.Errorf("the station asks again: %v", err)
	}
	c.must("judge", "emergency.end", map[string]any{"reason": "r"})
	if seen := c.lines.whoSees(); len(seen) > 0 {
		t.Errorf("its end shows the witness to %v", seen)
	}
	c.certify()
	c.must("judge", "testimony.call", nil)
	if len(c.lines.whoSees()) == 0 {
		t.Error("certified and called anew, and nobody sees the witness")
	}
}

// The relay is told before the ledger is: at the moment of the first write nobody is shown the witness any more.
func TestTheRelayIsToldOfAnEmergencyBeforeTheLedger(t *testing.T) {
	c := sit(t)
	c.live()
	c.settle()
	order := &atWrite{look: c.lines.whoSees}
	c.store.SetFault(order)
	if _, err := c.give("judge", "j1", "emergency.raise", nil); err != nil {
		t.Fatal(err)
	}
	c.store.SetFault(nil)
	if !order.wrote || len(order.seen) > 0 {
		t.Errorf("wrote %v; at the first write the witness was seen by %v", order.wrote, order.seen)
	}
}

// atWrite looks who sees the witness at the first write.
type atWrite struct {
	look  func() []string
	wrote bool
	seen  []string
}

func (w *atWrite) Before(string) error {
	if !w.wrote {
		w.wrote, w.seen = true, w.look()
	}
	return nil
}

func TestWhoMayNotRaiseAnEmergencyCutsNothing(t *testing.T) {
	c := sit(t)
	c.live()
	c.page("guardian")
	for _, seat := range []string{"guardian", "defence"} {
		if _, err := c.give(seat, seat, "emergency.raise", nil); err == nil {
			t.Errorf("%s may", seat)
		}
	}
	if len(c.lines.whoSees()) == 0 {
		t.Error("a seat that may not raise one took the witness from everybody")
	}
}

// A discreet flag is an event of the ledger, and no page but the bench's and the raiser's is sent anything when it is pressed: the witness's none either, for the threat may sit beside her.
func TestADiscreetFlagSendsNobodyElseAMessage(t *testing.T) {
	c := sit(t)
	c.live()
	for _, seat := range []string{"judge2", "clerk", "guardian", "support", "interpreter", "prosecutor", "lawyer"} {
		c.page(seat)
	}
	for _, raiser := range []string{"witness", "support"} {
		before := c.sent()
		if _, err := c.give(raiser, raiser, "flag.raise", map[string]any{"discreet": true, "note": "n"}); err != nil {
			t.Fatal(err)
		}
		for seat, n := range c.sent() {
			if told := seat == "judge" || seat == "judge2" || seat == raiser && raiser != "witness"; (n != before[seat]) != told {
				t.Errorf("raised by %s: %s was sent %d states", raiser, seat, n-before[seat])
			}
		}
	}
}

// A sign of duress that cannot be written is not acknowledged, and raises no alarm that others could read.
func TestASignOfDuressThatCannotBeWrittenIsRefusedInSilence(t *testing.T) {
	c := sit(t)
	c.live()
	before := c.sent() // at rest
	disk := &full{}
	disk.on.Store(true)
	c.store.SetFault(disk)
	_, err := c.give("witness", "w1", "duress.raise", nil)
	disk.on.Store(false)
	c.store.SetFault(nil)
	if err == nil {
		t.Fatal("it was acknowledged, and is nowhere")
	}
	if after := c.sent(); !maps.Equal(before, after) {
		t.Errorf("pages were sent something: %v, %v", before, after)
	}
	if _, err := c.give("witness", "w1", "duress.raise", nil); err != nil {
		t.Errorf("the station asks again: %v", err)
	}
	c.inside(func() {
		if _, ok := c.state.Duress(); !ok {
			t.Error("the bench is not told")
		}
	})
}

// The register tells the hearings of all courts one after another: one that stands still must keep none of the others from its clock and its alarms, and is told when it goes on.
func TestAHearingThatStandsStillHoldsUpNobodyWhoTellsItOfTheRegister(t *testing.T) {
	c := sit(t)
	judge, _ := c.page("judge")
	rev := func() (n uint64) {
		c.inside(func() { n = c.sessions[judge].rev })
		return n
	}
	c.settle()
	before := rev()
	standing, goOn := make(chan struct{}), make(chan struct{})
	go c.post(func() { close(standing); <-goOn })
	<-standing
	for len(c.inbox) < cap(c.inbox) {
		c.post(func() {})
	}
	c.cfg.Protection = func() []visibility.ProtectionView { // its goroutine stands still: nobody reads this now
		return []visibility.ProtectionView{{Incident: "i-0123456789abcdef", Phase: "received"}}
	}
	told := make(chan struct{})
	go func() {
		defer close(told)
		for range 3 {
			c.Refresh()
		}
	}()
	select {
	case <-told:
	case <-time.After(5 * time.Second):
		t.Error("who tells a hearing that stands still waits for it")
	}
	close(goOn)
	<-told
	for end := time.Now().Add(20 * time.Second); rev() == before; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the hearing that goes on was not told")
		}
	}
}
