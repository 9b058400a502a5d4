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

// listens lets a voice be heard in front of the seat's ear: what the seat decides has tests of its own.
func (l *likeness) listens(x []float64) {
	down, ear := newDecimator(), newSeatEar()
	var raw [mask.BlockSamples]float32
	var in [narrow]float64
	var frame heardFrame
	for len(x) >= len(raw) {
		for i := range raw {
			raw[i] = float32(x[i]) + 1e-4*float32(math.Sin(float64(i*i)))
		}
		x = x[len(raw):]
		down.block(&raw, &in)
		for at := 0; at < narrow; at += hop {
			ear.next(in[at:at+hop], &frame)
			l.hear(&frame, &ear.log, true)
		}
	}
}

func (l *likeness) says() mask.Likeness { return mask.Likeness(l.told.Load()) }

func TestAnotherVoiceIsToldFromTheBeginningAndTheSameIsNot(t *testing.T) {
	l := newLikeness()
	l.listens(her(0.4, 1).say(30))
	if l.on || l.parts > 0 || l.says() != mask.NotKnown {
		t.Fatal("somebody is learnt before the beginning")
	}
	l.begin.Store(true)
	l.listens(her(0.4, 2).say(30))
	if l.says() != mask.NotKnown {
		t.Errorf("after the beginning alone: %q", l.says())
	}
	l.listens(her(0.4, 3).say(30))
	if got := l.says(); got != mask.Same {
		t.Errorf("the same voice is %q", got)
	}
	l.listens(her(0.2, 4).say(30)) // further away
	if got := l.says(); got == mask.Different {
		t.Errorf("the same voice, softer, is %q", got)
	}
	l.listens(speaker{120, 0.95, 0.4, 5}.say(40))
	if got := l.says(); got != mask.Different {
		t.Errorf("another voice is %q", got)
	}
}

func TestWhatTheSeatShutsIsNotCompared(t *testing.T) {
	l := newLikeness()
	l.begin.Store(true)
	l.listens(her(0.4, 2).say(30))
	at := l.since
	down, ear := newDecimator(), newSeatEar()
	var raw [mask.BlockSamples]float32
	var in [narrow]float64
	var frame heardFrame
	for _, v := range [][]float64{speaker{120, 0.95, 0.4, 5}.say(10)} {
		for len(v) >= len(raw) {
			for i := range raw {
				raw[i] = float32(v[i])
			}
			v = v[len(raw):]
			down.block(&raw, &in)
			ear.next(in[:hop], &frame)
			l.hear(&frame, &ear.log, false)
		}
	}
	if l.since != at {
		t.Error("a voice that was made silence is compared")
	}
}

// TestTheSeatLearnsTheVoiceAndForgetsItWhole: nothing of a person is left in memory after Forget, whatever its name in the program.
func TestTheSeatLearnsTheVoiceAndForgetsItWhole(t *testing.T) {
	r := newSeatRun()
	r.seat.Begin()
	r.seat.Rehearse(true)
	r.hear(her(0.4, 31).say(12))
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
