package face

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"testing"

	"parda/media/mask"
)

// sits lets a sitter see photos of a person, found by the figure's own reader, for so many looks, each a little beside the one before as a detector's are.
func sits(t *testing.T, s *Sitter, person, looks int) {
	t.Helper()
	const photos = 5
	for n := range photos {
		r, err := newReader()
		if err != nil {
			t.Fatal(err)
		}
		r.sitter = &Sitter{} // the reader's own looks are not counted: the test's are
		if got := r.look(photograph(t, 320, 240, placedPhoto{person, 1 + 2*n, 150 + 4*n, 120 + 3*n, 150})); got.faces != 1 {
			continue
		}
		for i := range looks / (photos - 1) {
			s.since = personEvery // a second has passed
			at := r.at
			at.x, at.y = at.x+float64(i%3)-1, at.y+float64(i%2)-.5
			s.look(&r.cur[0], at, 0)
		}
	}
}

// The figure hands its reader's face to the sitter that it knows, and a card's reads nobody.
func TestAFigureLetsTheSitterSee(t *testing.T) {
	f, err := New(Config{Mode: Puppet, Width: 160, Height: 120})
	if err != nil {
		t.Fatal(err)
	}
	s := &Sitter{}
	s.Begin()
	f.Knows(s)
	s.since = personEvery
	if n := f.Observe(photograph(t, 320, 240, placedPhoto{31, 1, 160, 120, 150})); n != OK || s.first.n != 1 {
		t.Errorf("%s, %v looks", n, s.first.n)
	}
	card, err := New(Config{Mode: Card, Width: 160, Height: 120})
	if err != nil {
		t.Fatal(err)
	}
	card.Knows(s)
}

func TestAnotherFaceIsToldFromTheBeginningAndTheSameIsNot(t *testing.T) {
	s := &Sitter{}
	sits(t, s, 31, 12)
	if s.first.n > 0 || s.Likeness() != mask.NotKnown {
		t.Fatal("somebody is learnt before the beginning")
	}
	s.Begin()
	sits(t, s, 31, personFirst)
	sits(t, s, 31, personFirst) // a photo in which no face was found gave none
	if s.first.n < personFirst {
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
