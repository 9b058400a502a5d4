package voice

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math"
)

// The network of the synthetic mode: a causal encoder, a code of a few levels for each frame, a causal decoder (training/net.py). One frame in,
// one frame out, netLook hops later; nothing is allocated after it was made.
const (
	netCep  = fineDim
	netIn   = netCep + 2 // normalised cepstra, power, voicing
	netOut  = netCep + 2 // the same, as the synthetic voice has them
	netLook = 3          // hops that are heard beyond the frame that is described
)

// dense is a causal convolution over time: each output is a weighted sum of the inputs of `taps` frames, `apart` frames from each other.
type dense struct {
	in, out, taps, apart int
	weight               []float32 // [out][taps][in], oldest frame first
	bias                 []float32
	past                 []float32 // ring of frames
	frames, at           int
}

func (d *dense) reset() { clear(d.past); d.at = 0 }

// next takes one frame of inputs and writes one of outputs.
func (d *dense) next(in, out []float32) {
	copy(d.past[d.at*d.in:(d.at+1)*d.in], in)
	copy(out, d.bias)
	for k := range d.taps {
		f := d.at - (d.taps-1-k)*d.apart
		if f < 0 {
			f += d.frames
		}
		d.add(d.past[f*d.in:(f+1)*d.in], k*d.in, out)
	}
	if d.at++; d.at == d.frames {
		d.at = 0
	}
}

// add adds to out what one frame gives, by the weights that begin at offset of each row. Four rows at a time: the frame is then read once for four.
func (d *dense) add(x []float32, offset int, out []float32) {
	row := d.taps * d.in
	n := len(x)
	o := 0
	for ; o+4 <= d.out; o += 4 {
		w := d.weight[o*row+offset:]
		a, b, c, e := w[:n], w[row:row+n], w[2*row:2*row+n], w[3*row:3*row+n]
		var s, t, u, v float32
		for i, q := range x {
			s += q * a[i]
			t += q * b[i]
			u += q * c[i]
			v += q * e[i]
		}
		out[o] += s
		out[o+1] += t
		out[o+2] += u
		out[o+3] += v
	}
	for ; o < d.out; o++ {
		w, s := d.weight[o*row+offset:][:n], float32(0)
		for i, q := range x {
			s += q * w[i]
		}
		out[o] += s
	}
}

func cut(x []float32) {
	for i, v := range x {
		x[i] = max(0, v)
	}
}

// weights is what the file holds, shared by all masks: they never change.
type weights struct {
	width, inner int
	levels       []int // of each digit of the code
	apart        []int // of the encoder's blocks
	value        []float32
}

var errWeights = errors.New("voice: the synthetic mode's weights are damaged")

const weightsMagic = "PARDASY1"

// readWeights reads the file that training/synthetic.py wrote: magic, five little-endian uint32 (width, inner, digits, blocks, values), the digits'
// levels, the blocks' dilations, the values as IEEE 754 half precision, and the SHA-256 of all that.
func readWeights(file []byte) (*weights, error) {
	const sum = sha256.Size
	if len(file) < len(weightsMagic)+20+sum || string(file[:8]) != weightsMagic || sha256.Sum256(file[:len(file)-sum]) != [sum]byte(file[len(file)-sum:]) {
		return nil, errWeights
	}
	file = file[8 : len(file)-sum]
	word := func() int {
		v := binary.LittleEndian.Uint32(file)
		file = file[4:]
		return int(v)
	}
	w := &weights{width: word(), inner: word()}
	digits, blocks, values := word(), word(), word()
	if len(file) != 4*(digits+blocks)+2*values {
		return nil, errWeights
	}
	for range digits {
		w.levels = append(w.levels, word())
	}
	for range blocks {
		w.apart = append(w.apart, word())
	}
	w.value = make([]float32, values)
	for i := range w.value {
		w.value[i] = half(binary.LittleEndian.Uint16(file[2*i:]))
	}
	return w, nil
}

// half widens an IEEE 754 binary16 value. The file holds no infinities.
func half(h uint16) float32 {
	sign, exp, frac := float32(1), int(h>>10)&31, float32(h&1023)
	if h>>15 != 0 {
		sign = -1
	}
	if exp == 0 {
		return sign * frac / (1 << 24)
	}
	return sign * float32(math.Ldexp(float64(1+frac/1024), exp-15))
}

// network is one witness's running network.
type network struct {
	w        *weights
	in, code *dense
	enc, dec [][2]*dense // each block: a convolution, cut, and a mixture, added to what came in
	near     *dense      // from the sound straight to the code
	open     *dense
	out      *dense
	plain    *dense // from the code straight to the voice
	h, a, b  []float32
	g        []float32
	digits   []float32
	spare    []float32
	coarse   bool // three levels for each digit, whatever it could have
}

func newNetwork(w *weights) (*network, error) {
	rest := w.value
	short := false
	take := func(n int) []float32 {
		if n > len(rest) {
			short = true
			return make([]float32, n)
		}
		v := rest[:n:n]
		rest = rest[n:]
		return v
	}
	layer := func(in, out, taps, apart int) *dense {
		frames := (taps-1)*apart + 1
		return &dense{in: in, out: out, taps: taps, apart: apart, weight: take(in * out * taps), bias: take(out), past: make([]float32, frames*in), frames: frames}
	}
	n, dims := &network{w: w}, len(w.levels)
	n.in = layer(netIn, w.width, 5, 1)
	for _, d := range w.apart {
		n.enc = append(n.enc, [2]*dense{layer(w.width, w.width, 3, d), layer(w.width, w.width, 1, 1)})
	}
	n.code = layer(w.width, dims, 1, 1)
	n.near = layer(netIn, dims, 5, 1)
	n.open = layer(dims, w.inner, 3, 1)
	for _, d := range []int{1, 2} {
		n.dec = append(n.dec, [2]*dense{layer(w.inner, w.inner, 3, d), layer(w.inner, w.inner, 1, 1)})
	}
	n.out = layer(w.inner, netOut, 1, 1)
	n.plain = layer(dims, netOut, 3, 1)
	if short || len(rest) != 0 {
		return nil, errWeights
	}
	wide := max(w.width, w.inner)
	n.h, n.a, n.b, n.g = make([]float32, wide), make([]float32, wide), make([]float32, wide), make([]float32, w.inner)
	n.digits, n.spare = make([]float32, dims), make([]float32, max(dims, netOut))
	return n, nil
}

func (n *network) reset() {
	for _, d := range []*dense{n.in, n.code, n.near, n.open, n.out, n.plain} {
		d.reset()
	}
	for _, blocks := range [][][2]*dense{n.enc, n.dec} {
		for _, b := range blocks {
			b[0].reset()
			b[1].reset()
		}
	}
}

func (n *network) run(blocks [][2]*dense, h []float32) {
	a, b := n.a[:len(h)], n.b[:len(h)]
	for _, l := range blocks {
		l[0].next(h, a)
		cut(a)
		l[1].next(a, b)
		for i, v := range b {
			h[i] += v
		}
	}
}

// next describes the frame netLook hops ago. All that passes from what is heard to what is said are n.digits: each one of a few levels between -1 and 1.
func (n *network) next(in *[netIn]float32, out *[netOut]float32) {
	h, straight := n.h[:n.w.width], n.spare[:len(n.digits)]
	n.in.next(in[:], h)
	cut(h)
	n.run(n.enc, h)
	n.code.next(h, n.digits)
	n.near.next(in[:], straight)
	for i, v := range straight {
		steps := float64(n.w.levels[i]-1) / 2
		if n.coarse {
			steps = 1
		}
		n.digits[i] = float32(math.RoundToEven(math.Tanh(float64(v+n.digits[i]))*steps) / steps)
	}
	n.open.next(n.digits, n.g)
	cut(n.g)
	n.run(n.dec, n.g)
	n.out.next(n.g, out[:])
	straight = n.spare[:netOut]
	n.plain.next(n.digits, straight)
	for i, v := range straight {
		out[i] += v
	}
}
