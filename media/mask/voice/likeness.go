package voice

import (
	_ "embed"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"sync/atomic"

	"parda/media/mask"
)

// What is compared: means and spreads of cepstra over ten seconds of speech, how quickly they move, and the pitch; projected to where speakers differ and scored
// by the logarithm of the odds under a two-covariance model (Brümmer, de Villiers 2010; PLDA: Prince, Elder 2007). training/likeness.py makes likeness.bin and
// says how and of what: CMU AN4 ((c) Carnegie Mellon University, BSD-style licence) and speechocean762 (Zhang et al. 2021, CC BY 4.0).
const (
	likeCeps   = 20
	likePart   = 50 // frames of speech in a part: half a second of it
	likeNow    = 20 // parts that are compared
	likeFirst  = 40 // parts of the beginning: twenty seconds of speech
	likeStride = 20 // parts between two comparisons: ten seconds of speech at the least
	likeDims   = 3*likeCeps + 3
	likeKept   = 24
	likeNear   = 25.0 // dB under the loudest of late: what is weaker is not counted
)

//go:embed likeness.bin
var likenessFile []byte

var likeWorld = readLikeness(likenessFile)

// likeTables are the parts of likeness.bin.
type likeTables struct {
	mean    [likeDims]float64           // of speakers at large
	project [likeKept][likeDims]float64 // to where they differ; there one speaker varies by 1 in every direction
	between [likeKept]float64           // variances of the speakers' means there
	within  float64                     // variance left of one speaker, of ten seconds
	start   float64                     // and of the beginning
	same    float64                     // logarithm of the odds above which it is the same voice
	other   float64                     // below which it is another
}

func readLikeness(file []byte) *likeTables {
	t := &likeTables{}
	want := 4 * (likeDims + likeKept*likeDims + likeKept + 4)
	if len(file) != want {
		panic("voice: likeness.bin has another length")
	}
	next := func() float64 {
		v := math.Float32frombits(binary.LittleEndian.Uint32(file))
		file = file[4:]
		return float64(v)
	}
	for i := range t.mean {
		t.mean[i] = next()
	}
	for i := range t.project {
		for j := range t.project[i] {
			t.project[i][j] = next()
		}
	}
	for i := range t.between {
		t.between[i] = next()
	}
	t.within, t.start, t.same, t.other = next(), next(), next(), next()
	return t
}

// sums are what is remembered of some speech: no sound can be made of it, but a person can be known by it, so it is in memory only, has no exported
// field and no method that shows it, and is wiped with the seat.
type sums struct {
	frames, moves, pitched float64
	cep, cep2, move2       [likeCeps]float64
	pitch, pitch2          float64
}

func (s *sums) add(o *sums, by float64) {
	s.frames, s.moves, s.pitched = s.frames+by*o.frames, s.moves+by*o.moves, s.pitched+by*o.pitched
	s.pitch, s.pitch2 = s.pitch+by*o.pitch, s.pitch2+by*o.pitch2
	for i := range s.cep {
		s.cep[i] += by * o.cep[i]
		s.cep2[i] += by * o.cep2[i]
		s.move2[i] += by * o.move2[i]
	}
}

// vector is what is compared of some speech.
func (s *sums) vector(v *[likeDims]float64) {
	n, m := max(1, s.frames), max(1, s.moves)
	for i := range s.cep {
		mean := s.cep[i] / n
		v[i] = mean
		v[likeCeps+i] = math.Sqrt(max(1e-6, s.cep2[i]/n-mean*mean))
		v[2*likeCeps+i] = math.Sqrt(max(1e-6, s.move2[i]/m))
	}
	p := max(1, s.pitched)
	high := s.pitch / p
	v[3*likeCeps] = high
	v[3*likeCeps+1] = math.Sqrt(max(1e-6, s.pitch2/p-high*high))
	v[3*likeCeps+2] = s.pitched / n
}

// likeness compares the voice that passes the seat with the voice of the beginning. It belongs to the goroutine of the seat; told may be read from any.
type likeness struct {
	told  atomic.Uint32
	begin atomic.Bool // somebody asked for a beginning

	on      bool // there was one
	verdict mask.Verdict
	dct     [likeCeps][seatBands]float64
	last    [likeCeps]float64
	joined  bool // the frame before was speech too
	loud    float64
	part    sums
	late    [likeNow]sums
	at      int
	since   int
	first   sums
	parts   int // of the beginning
}

func newLikeness() *likeness {
	l := &likeness{}
	for k := range l.dct {
		for i := range l.dct[k] {
			l.dct[k][i] = math.Sqrt(2.0/seatBands) * math.Cos(math.Pi*float64(k+1)*(float64(i)+0.5)/seatBands)
		}
	}
	l.forget()
	return l
}

// forget wipes all that was learnt of anybody.
func (l *likeness) forget() {
	l.told.Store(uint32(mask.NotKnown))
	l.last, l.joined, l.loud, l.part, l.late = [likeCeps]float64{}, false, -90, sums{}, [likeNow]sums{}
	l.at, l.since, l.first, l.parts = 0, 0, sums{}, 0
	l.on, l.verdict = false, mask.Verdict{}
	l.begin.Store(false)
}

// hear takes in a frame of what passes; bands are its 24 logarithms. hers says that it is sound that the seat lets through.
func (l *likeness) hear(h *heardFrame, bands *[seatBands]float64, hers bool) {
	if l.begin.Swap(false) {
		l.forget()
		l.on = true
	}
	l.loud = max(l.loud-0.01, h.power) // 1 dB in a second
	if !l.on || !hers || !h.active || h.power < l.loud-likeNear {
		l.joined = false
		return
	}
	var cep [likeCeps]float64
	for k := range cep {
		for i, b := range bands {
			cep[k] += l.dct[k][i] * b
		}
	}
	p := &l.part
	p.frames++
	for k, c := range cep {
		p.cep[k] += c
		p.cep2[k] += c * c
		if d := c - l.last[k]; l.joined {
			p.move2[k] += d * d
		}
	}
	if l.joined {
		p.moves++
	}
	l.last, l.joined = cep, true
	if h.voiced > seatVoiced {
		p.pitched++
		p.pitch += h.pitch
		p.pitch2 += h.pitch * h.pitch
	}
	if p.frames >= likePart {
		l.took()
	}
}

// took moves a whole part to where it belongs, and compares when it is time.
func (l *likeness) took() {
	part := l.part
	l.part = sums{}
	if l.parts < likeFirst {
		l.first.add(&part, 1)
		l.parts++
		return
	}
	l.late[l.at] = part
	l.at = (l.at + 1) % likeNow
	if l.since++; l.since%likeStride == 0 && l.since >= likeNow {
		l.compare()
	}
}

func (l *likeness) compare() {
	var now sums
	for i := range l.late {
		now.add(&l.late[i], 1)
	}
	var a, b [likeDims]float64
	l.first.vector(&a)
	now.vector(&b)
	odds := likeWorld.odds(&a, &b)
	is := mask.Unsure
	switch {
	case odds > likeWorld.same:
		is = mask.Same
	case odds < likeWorld.other:
		is = mask.Different
	}
	l.told.Store(uint32(l.verdict.Next(is)))
}

// odds is the logarithm of the odds that both are one speaker's against two speakers'.
func (t *likeTables) odds(first, now *[likeDims]float64) float64 {
	sum := 0.0
	for k := range t.project {
		a, b := 0.0, 0.0
		for i, w := range t.project[k] {
			a += w * (first[i] - t.mean[i])
			b += w * (now[i] - t.mean[i])
		}
		// b given a, one speaker; b alone, any speaker.
		gain := t.between[k] / (t.between[k] + t.start)
		mean, v := gain*a, t.between[k]*t.start/(t.between[k]+t.start)+t.within
		w := t.between[k] + t.within
		sum += 0.5 * (b*b/w - (b-mean)*(b-mean)/v + math.Log(w/v))
	}
	return sum
}

// Format shows nothing of what a seat knows, whoever prints it and how.
func (s *Seat) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "voice.Seat") }
