package voice

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"parda/media/mask"
)

// frames are what the seat's ear makes of a sound.
type frames []struct {
	frame heardFrame
	bands [seatBands]float64
}

func heardOf(x []float64) (out frames) {
	down, ear := newDecimator(), newSeatEar()
	var raw [mask.BlockSamples]float32
	var in [narrow]float64
	for ; len(x) >= len(raw); x = x[len(raw):] {
		for i := range raw {
			raw[i] = float32(x[i]) + 1e-4*float32(math.Sin(float64(i*i)))
		}
		down.block(&raw, &in)
		for at := 0; at < narrow; at += hop {
			out = append(out, frames{{}}...)
			ear.next(in[at:at+hop], &out[len(out)-1].frame)
			out[len(out)-1].bands = ear.log
		}
	}
	return out
}

// listens hears frames in front of the seat: what the seat decides has tests of its own.
func (l *likeness) listens(x frames, hers bool, times int) {
	for range times {
		for i := range x {
			l.hear(&x[i].frame, &x[i].bands, hers)
		}
	}
}

func (l *likeness) says() mask.Likeness { return mask.Likeness(l.told.Load()) }

func TestAnotherVoiceIsToldFromTheBeginningAndTheSameIsNot(t *testing.T) {
	l := newLikeness()
	hers, later, another := heardOf(her(0.4, 2).say(9)), heardOf(her(0.3, 3).say(7)), heardOf(speaker{120, 0.95, 0.4, 5}.say(7))
	l.listens(hers, true, 1)
	if l.on || l.parts > 0 || l.says() != mask.NotKnown {
		t.Fatal("somebody is learnt before the beginning")
	}
	l.begin.Store(true)
	l.listens(hers, true, 5)
	if l.says() != mask.NotKnown || l.parts < likeFirst {
		t.Errorf("after the beginning alone: %q, %d parts", l.says(), l.parts)
	}
	l.listens(later, true, 3) // a little further away
	if got := l.says(); got != mask.Same {
		t.Errorf("the same voice is %q", got)
	}
	at := l.since
	l.listens(another, false, 9)
	if l.since != at || l.says() != mask.Same {
		t.Error("a voice that the seat made silence of is compared")
	}
	l.listens(another, true, 9) // what is compared is another's alone after ten seconds of speech, and two comparisons must agree
	if got := l.says(); got != mask.Different {
		t.Errorf("another voice is %q", got)
	}
}

// TestTheSeatLearnsTheVoiceAndForgetsItWhole: nothing of a person is left in memory after Forget, whatever its name in the program.
func TestTheSeatLearnsTheVoiceAndForgetsItWhole(t *testing.T) {
	r := newSeatRun()
	r.seat.Begin()
	r.seat.Rehearse(true)
	r.hear(her(0.4, 31).say(5))
	l := r.seat.like
	if l.first.frames < 100 {
		t.Fatalf("the seat learnt %v frames", l.first.frames)
	}
	learnt := fmt.Sprint(l.first)
	r.seat.Forget()
	fresh := newLikeness()
	for i := range reflect.TypeFor[likeness]().NumField() {
		name := reflect.TypeFor[likeness]().Field(i).Name
		if name == "dct" {
			continue
		}
		a, b := fmt.Sprintf("%+v", reflect.ValueOf(l).Elem().Field(i)), fmt.Sprintf("%+v", reflect.ValueOf(fresh).Elem().Field(i))
		if a != b {
			t.Errorf("%s stays after Forget: %.80s", name, a)
		}
	}
	if learnt == fmt.Sprint(l.first) {
		t.Error("nothing was forgotten")
	}
}

// TestNoMeasureOfTheVoiceCanLeaveTheRoom: whoever holds a Seat can ask for one of four words; no field and no encoding shows more.
func TestNoMeasureOfTheVoiceCanLeaveTheRoom(t *testing.T) {
	for _, kind := range []reflect.Type{reflect.TypeFor[Seat](), reflect.TypeFor[likeness](), reflect.TypeFor[sums]()} {
		for i := range kind.NumField() {
			if f := kind.Field(i); f.IsExported() {
				t.Errorf("%s.%s is exported", kind, f.Name)
			}
		}
	}
	s := NewSeat(NewGate())
	if b, err := json.Marshal(s); err != nil || string(b) != "{}" {
		t.Errorf("a seat encodes as %s %v", b, err)
	}
	for i := range reflect.TypeFor[*Seat]().NumMethod() {
		m := reflect.TypeFor[*Seat]().Method(i)
		for o := range m.Type.NumOut() {
			if k := m.Type.Out(o); !strings.Contains("mask.Likeness voice.SeatNotice bool int", k.String()) {
				t.Errorf("%s gives a %s", m.Name, k)
			}
		}
	}
}

// TestTheOddsAreThoseOfTheFit: training/likeness.py measured this very function.
func TestTheOddsAreThoseOfTheFit(t *testing.T) {
	var a, b [likeDims]float64
	for i, m := range likeWorld.mean {
		by := 0.3 * max(.05, math.Abs(m)*.2)
		a[i], b[i] = m+by*math.Sin(float64(i+1)), m+by*math.Cos(float64(2*i))
	}
	for what, c := range map[string][2]float64{"two": {likeWorld.odds(&a, &b), 11.727675}, "one": {likeWorld.odds(&a, &a), 17.408586}, "same above": {likeWorld.same, 8.98265}, "different below": {likeWorld.other, -3.513821}} {
		if math.Abs(c[0]-c[1]) > 1e-4 {
			t.Errorf("%s: %v, want %v", what, c[0], c[1])
		}
	}
}

func TestNoAllocationInTheLikeness(t *testing.T) {
	l := newLikeness()
	l.begin.Store(true)
	x := her(0.4, 2).say(0.5)
	ear := newSeatEar()
	var frame heardFrame
	ear.next(x[:hop], &frame)
	frame.active, frame.power = true, -20
	if n := testing.AllocsPerRun(3000, func() { l.hear(&frame, &ear.log, true) }); n > 0 {
		t.Errorf("%v allocations a frame", n)
	}
}
