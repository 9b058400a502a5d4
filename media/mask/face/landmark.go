package face

import (
	_ "embed"
	"encoding/binary"
	"errors"
	"math"
	"sync"
)

// The cascades of pupils (puploc), the tip of the nose (lp93) and a corner of the mouth (lp84) come with pigo (MIT licence, cascade/LICENSE).
// They are run here and not by pigo, because pigo draws its perturbations from a generator of its own, and the same clip must give the same figure.
var (
	//go:embed cascade/puploc
	pupilCascade []byte
	//go:embed cascade/lp93
	noseCascade []byte
	//go:embed cascade/lp84
	lipCascade []byte
)

// gray is a luma plane that is only read.
type gray struct {
	p            []byte
	w, h, stride int
}

// locator is a cascade of regression trees that walks from a guess to a point of the face.
type locator struct {
	stages, trees, depth int
	shrink               float32
	codes                []int8
	steps                []float32
}

// unpackLocator reads the cascade's file: stages, shrink, trees, depth, then for each tree its tests and its steps.
func unpackLocator(b []byte) (*locator, error) {
	bad := errors.New("face: malformed landmark cascade")
	if len(b) < 16 {
		return nil, bad
	}
	l := &locator{stages: int(binary.LittleEndian.Uint32(b)), shrink: math.Float32frombits(binary.LittleEndian.Uint32(b[4:])),
		trees: int(binary.LittleEndian.Uint32(b[8:])), depth: int(binary.LittleEndian.Uint32(b[12:]))}
	if l.stages < 1 || l.stages > 64 || l.trees < 1 || l.trees > 256 || l.depth < 1 || l.depth > 16 {
		return nil, bad
	}
	leaves := 1 << l.depth
	one := 4*(leaves-1) + 8*leaves
	if len(b) != 16+one*l.stages*l.trees {
		return nil, bad
	}
	for at := 16; at < len(b); at += one {
		for _, c := range b[at : at+4*(leaves-1)] {
			l.codes = append(l.codes, int8(c))
		}
		for o := at + 4*(leaves-1); o < at+one; o += 4 {
			l.steps = append(l.steps, math.Float32frombits(binary.LittleEndian.Uint32(b[o:])))
		}
	}
	return l, nil
}

// locators are unpacked once and only read afterwards.
var locators = sync.OnceValues(func() (l [3]*locator, err error) {
	for i, b := range [][]byte{pupilCascade, noseCascade, lipCascade} {
		if l[i], err = unpackLocator(b); err != nil {
			return l, err
		}
	}
	return l, nil
})

// walk goes from the guess (x, y) at a size in pixels, in a face rolled by the angle whose sine and cosine are given. flip mirrors the cascade.
func (l *locator) walk(g gray, x, y, size, sin, cos float32, flip bool) (float32, float32) {
	leaves := 1 << l.depth
	mirror := float32(1)
	if flip {
		mirror = -1
	}
	for s := 0; s < l.stages; s++ {
		ux, uy := int(math.Round(float64(cos*size))), int(math.Round(float64(sin*size)))
		ix, iy := int(x)<<8, int(y)<<8
		var dx, dy float32
		for t := 0; t < l.trees; t++ {
			tree := s*l.trees + t
			codes := l.codes[tree*4*(leaves-1) : (tree+1)*4*(leaves-1)]
			node := 0
			for d := 0; d < l.depth; d++ {
				c := codes[4*node : 4*node+4 : 4*node+4]
				a, b := g.at(ix, iy, int(c[0]), int(c[1]), ux, uy, flip), g.at(ix, iy, int(c[2]), int(c[3]), ux, uy, flip)
				node = 2*node + 1
				if a > b {
					node++
				}
			}
			o := 2 * (tree*leaves + node - (leaves - 1))
			dy += l.steps[o]
			dx += l.steps[o+1] * mirror
		}
		x += (dx*cos - dy*sin) * size
		y += (dx*sin + dy*cos) * size
		size *= l.shrink
	}
	return x, y
}

// at reads the sample at a cascade's offset (row r, column c, in 1/256 of the size) from a place in 1/256 pixel; the edge repeats.
func (g gray) at(ix, iy, r, c, ux, uy int, flip bool) byte {
	if flip {
		c = -c
	}
	px := max(0, min(g.w-1, (ix+c*ux-r*uy)>>8))
	py := max(0, min(g.h-1, (iy+c*uy+r*ux)>>8))
	return g.p[py*g.stride+px]
}

const tries = 9

// spread is a fixed set of perturbed starts: offsets in x and y and a factor of the size.
var spread = [tries][3]float32{
	{0, 0, 1}, {.06, 0, .95}, {-.06, 0, .95}, {0, .06, 1.05}, {0, -.06, 1.05},
	{.045, .045, 1}, {-.045, .045, 1}, {.045, -.045, 1}, {-.045, -.045, 1},
}

// locate walks from several starts around (x, y) and gives the middle of where they end, and how far apart they end in pixels.
func (l *locator) locate(g gray, x, y, size, sin, cos float32, flip bool) (mx, my, apart float64) {
	var xs, ys [tries]float32
	for i, p := range spread {
		xs[i], ys[i] = l.walk(g, x+p[0]*size, y+p[1]*size, size*p[2], sin, cos, flip)
	}
	mx, ax := middle(&xs)
	my, ay := middle(&ys)
	return mx, my, ax + ay
}

// middle sorts v in place and gives the mean of its middle third, and the width of its middle two thirds.
func middle(v *[tries]float32) (mean, width float64) {
	for i := 1; i < tries; i++ {
		for j := i; j > 0 && v[j] < v[j-1]; j-- {
			v[j], v[j-1] = v[j-1], v[j]
		}
	}
	return float64(v[3]+v[4]+v[5]) / 3, float64(v[7] - v[1])
}
