package face

import (
	_ "embed"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"sync"

	"parda/media/mask"
)

// What is compared of a face: histograms of oriented gradients (Dalal, Triggs 2005) of the square that the detector holds, without its brightness and contrast, over some
// looks; projected to where persons differ and scored by the logarithm of the odds under a two-covariance model, as the voice is. training/person.py makes person.bin and
// says how and of what: the ORL faces (AT&T Laboratories Cambridge).
const (
	personSide  = 64 // samples of the crop, across and down
	personCell  = 8
	personCells = personSide / personCell
	personBins  = 8
	personDims  = personCells * personCells * personBins
	personKept  = 24
	personCrop  = 0.92 // of the detector's square
	personEvery = 25   // pictures between two looks: one second
	personFirst = 20   // looks of the beginning
	personNow   = 10   // looks that are compared
	personLeast = 48   // work pixels: a smaller face is not looked at
)

//go:embed person.bin
var personFile []byte

var personWorld = readPerson(personFile)

// personTables are the parts of person.bin.
type personTables struct {
	mean    [personDims]float32
	project [personKept][personDims]float32
	between [personKept]float64
	within  float64 // variance left of one person, of personNow looks
	start   float64 // and of the beginning
	same    float64 // logarithm of the odds above which it is the same face
	other   float64 // below which it is another
}

func readPerson(file []byte) *personTables {
	t := &personTables{}
	if len(file) != 4*(personDims+personKept*personDims+personKept+4) {
		panic("face: person.bin has another length")
	}
	next := func() float32 {
		v := math.Float32frombits(binary.LittleEndian.Uint32(file))
		file = file[4:]
		return v
	}
	for i := range t.mean {
		t.mean[i] = next()
	}
	for k := range t.project {
		for i := range t.project[k] {
			t.project[k][i] = next()
		}
	}
	for k := range t.between {
		t.between[k] = float64(next())
	}
	t.within, t.start, t.same, t.other = float64(next()), float64(next()), float64(next()), float64(next())
	return t
}

// looks are what is remembered of a face: where it lies among faces at large. No picture can be made of it, but a person can be known by it, so it is in memory only, has no
// exported field and no method that shows it, and is wiped with the figure's session.
type looks struct {
	at [personKept]float64
	n  float64
}

// Sitter compares the face that is read with the face of the beginning. It outlives a figure, as a varied order makes another one: see Figure.Knows. Its methods may be
// called from any goroutine. The zero Sitter waits for Begin.
type Sitter struct {
	mu      sync.Mutex
	told    mask.Likeness
	on      bool // there was a beginning
	verdict mask.Verdict
	since   int
	crop    [personSide * personSide]float32
	hog     [personDims]float32
	first   looks
	late    [personNow]looks
	at      int
	seen    int // looks since the beginning
}

// Begin makes what is seen from now on the beginning.
func (p *Sitter) Begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wipe()
	p.on = true
}

// Forget wipes all that was seen of anybody; nothing is compared before another Begin.
func (p *Sitter) Forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wipe()
}

// Likeness says whether the face that is read now is that of the beginning, at most once in ten seconds.
func (p *Sitter) Likeness() mask.Likeness {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.told
}

func (p *Sitter) wipe() {
	p.told, p.on, p.verdict = mask.NotKnown, false, mask.Verdict{}
	p.since, p.at, p.seen = 0, 0, 0
	clear(p.crop[:])
	clear(p.hog[:])
	p.first, p.late = looks{}, [personNow]looks{}
}

// look takes in a picture in which the detector has just found one face, now and then.
func (p *Sitter) look(l *tier, at place, roll float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.since++; !p.on || p.since < personEvery || at.size < personLeast {
		return
	}
	p.since = 0
	p.describe(l, at, roll)
	var now looks
	personWorld.place(&p.hog, &now)
	clear(p.crop[:]) // the only picture that it holds, for as long as it is measured
	if p.first.n < personFirst {
		p.first.add(&now)
		return
	}
	p.late[p.at] = now
	p.at = (p.at + 1) % personNow
	if p.seen++; p.seen%personNow == 0 {
		p.compare()
	}
}

func (l *looks) add(o *looks) {
	for k := range l.at {
		l.at[k] += o.at[k]
	}
	l.n += o.n
}

func (p *Sitter) compare() {
	var now looks
	for i := range p.late {
		now.add(&p.late[i])
	}
	odds := personWorld.odds(&p.first, &now)
	is := mask.Unsure
	switch {
	case odds > personWorld.same:
		is = mask.Same
	case odds < personWorld.other:
		is = mask.Different
	}
	p.told = p.verdict.Next(is)
}

// describe makes the histograms of the face at a place of the work picture.
func (p *Sitter) describe(l *tier, at place, roll float64) {
	sn, cs := math.Sincos(roll)
	step := personCrop * at.size / personSide
	for y := range personSide {
		v := (float64(y) + .5 - personSide/2) * step
		for x := range personSide {
			u := (float64(x) + .5 - personSide/2) * step
			p.crop[y*personSide+x] = float32(l.at(at.x+u*cs-v*sn, at.y+u*sn+v*cs))
		}
	}
	clear(p.hog[:])
	for y := 1; y < personSide-1; y++ {
		for x := 1; x < personSide-1; x++ {
			i := y*personSide + x
			gx, gy := float64(p.crop[i+1]-p.crop[i-1]), float64(p.crop[i+personSide]-p.crop[i-personSide])
			size := math.Hypot(gx, gy)
			turn := math.Atan2(gy, gx) / math.Pi * personBins // an edge has no sign
			if turn < 0 {
				turn += personBins
			}
			lo := int(turn)
			share := turn - float64(lo)
			cell := (y/personCell*personCells + x/personCell) * personBins
			p.hog[cell+lo%personBins] += float32(size * (1 - share))
			p.hog[cell+(lo+1)%personBins] += float32(size * share)
		}
	}
	p.level()
}

// level takes contrast off: each cell is measured against itself and its neighbours, and no edge counts for more than a fifth.
func (p *Sitter) level() {
	var energy [personCells * personCells]float64
	for c := range energy {
		for _, v := range p.hog[c*personBins : (c+1)*personBins] {
			energy[c] += float64(v) * float64(v)
		}
	}
	for y := range personCells {
		for x := range personCells {
			sum, n := 0.0, 0.0
			for j := max(0, y-1); j <= min(personCells-1, y+1); j++ {
				for i := max(0, x-1); i <= min(personCells-1, x+1); i++ {
					sum += energy[j*personCells+i]
					n++
				}
			}
			c := (y*personCells + x) * personBins
			by := 1 / math.Sqrt(sum/n*4+1)
			for i := range personBins {
				p.hog[c+i] = float32(math.Min(.2, float64(p.hog[c+i])*by/2))
			}
		}
	}
}

// place is where a face lies among faces at large.
func (t *personTables) place(hog *[personDims]float32, out *looks) {
	for k := range t.project {
		sum := float32(0)
		for i, w := range t.project[k] {
			sum += w * (hog[i] - t.mean[i])
		}
		out.at[k] = float64(sum)
	}
	out.n = 1
}

// odds is the logarithm of the odds that both are one person's against two persons'.
func (t *personTables) odds(first, now *looks) float64 {
	sum := 0.0
	for k, between := range t.between {
		a, b := first.at[k]/first.n, now.at[k]/now.n
		gain := between / (between + t.start)
		mean, v, w := gain*a, between*t.start/(between+t.start)+t.within, between+t.within
		sum += 0.5 * (b*b/w - (b-mean)*(b-mean)/v + math.Log(w/v))
	}
	return sum
}

// Format shows nothing of what a sitter knows, whoever prints it and how.
func (p *Sitter) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "face.Sitter") }
