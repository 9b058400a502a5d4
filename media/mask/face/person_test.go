package face

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"parda/media/mask"
)

// sits shows photos of a person to a figure that a sitter watches, for so many looks, each photo for some seconds at places that wander.
func sits(t *testing.T, s *Sitter, person, looks int) {
	t.Helper()
	f, err := New(Config{Mode: Puppet, Width: 320, Height: 240})
	if err != nil {
		t.Fatal(err)
	}
	f.Knows(s)
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for n := range looks {
		photo := placedPhoto{person, 1 + n%10, 300 + 8*(n%5), 240 + 6*(n%3), 260}
		raw := photograph(t, 640, 480, photo)
		s.mu.Lock()
		s.since = personEvery - 2 // the next looks come at once: a test need not wait a second for each
		s.mu.Unlock()
		for range 3 {
			now = now.Add(40 * time.Millisecond)
			raw.Captured = now
			f.Observe(raw)
		}
	}
}

func TestAnotherFaceIsToldFromTheBeginningAndTheSameIsNot(t *testing.T) {
	s := &Sitter{}
	sits(t, s, 31, 12)
	if s.first.n > 0 || s.Likeness() != mask.NotKnown {
		t.Fatal("somebody is learnt before the beginning")
	}
	s.Begin()
	sits(t, s, 31, personFirst)
	if s.first.n < personFirst-4 {
		t.Fatalf("only %v looks of %d", s.first.n, personFirst)
	}
	sits(t, s, 31, 2*personNow+6)
	if got := s.Likeness(); got != mask.Same {
		t.Errorf("the same face is %q", got)
	}
	sits(t, s, 35, 3*personNow+6)
	if got := s.Likeness(); got == mask.Same {
		t.Errorf("another face is %q", got)
	}
	s.Forget()
	if a, b := fmt.Sprintf("%+v", reflect.ValueOf(s).Elem()), fmt.Sprintf("%+v", reflect.ValueOf(&Sitter{}).Elem()); a != b {
		t.Error("something of her stays after Forget")
	}
}

// TestNoMeasureOfTheFaceCanLeaveTheRoom: whoever holds a Sitter can ask for one of four words.
func TestNoMeasureOfTheFaceCanLeaveTheRoom(t *testing.T) {
	for _, kind := range []reflect.Type{reflect.TypeFor[Sitter](), reflect.TypeFor[looks]()} {
		for i := range kind.NumField() {
			if f := kind.Field(i); f.IsExported() {
				t.Errorf("%s.%s is exported", kind, f.Name)
			}
		}
	}
	if b, err := json.Marshal(&Sitter{}); err != nil || string(b) != "{}" {
		t.Errorf("a sitter encodes as %s %v", b, err)
	}
	kind := reflect.TypeFor[*Sitter]()
	for i := range kind.NumMethod() {
		m := kind.Method(i)
		for o := range m.Type.NumOut() {
			if m.Type.Out(o) != reflect.TypeFor[mask.Likeness]() {
				t.Errorf("%s gives a %s", m.Name, m.Type.Out(o))
			}
		}
	}
}

// TestTheOddsOfAFaceAreThoseOfTheFit: training/person.py measured this very function.
func TestTheOddsOfAFaceAreThoseOfTheFit(t *testing.T) {
	var a, b [personDims]float32
	for i, m := range personWorld.mean {
		a[i], b[i] = m+float32(.05*math.Sin(float64(i+1))), m+float32(.05*math.Cos(float64(2*i)))
	}
	var x, y looks
	personWorld.place(&a, &x)
	personWorld.place(&b, &y)
	for what, c := range map[string][2]float64{"two": {personWorld.odds(&x, &y), 9.4842}, "one": {personWorld.odds(&x, &x), 15.1888}, "same above": {personWorld.same, 8.66484}, "different below": {personWorld.other, -5.32108}} {
		if math.Abs(c[0]-c[1]) > 1e-3 {
			t.Errorf("%s: %v, want %v", what, c[0], c[1])
		}
	}
}

func TestNoAllocationInALook(t *testing.T) {
	s := &Sitter{}
	s.Begin()
	l := &tier{p: make([]byte, 320*240), w: 320, h: 240}
	if n := testing.AllocsPerRun(100, func() { s.since = personEvery; s.look(l, place{160, 120, 90, 9}, .1) }); n > 0 {
		t.Errorf("%v allocations a look", n)
	}
}
