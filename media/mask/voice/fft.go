package voice

import (
	"math"
	"math/bits"
	"math/cmplx"
)

// fft is an in-place radix-2 transform of a fixed size, tables made once.
type fft struct {
	n       int
	twiddle []complex128
	swap    []int
}

func newFFT(n int) *fft {
	f := &fft{n: n, twiddle: make([]complex128, n/2), swap: make([]int, n)}
	for i := range f.twiddle {
		f.twiddle[i] = cmplx.Exp(complex(0, -2*math.Pi*float64(i)/float64(n)))
	}
	shift := 64 - bits.TrailingZeros(uint(n))
	for i := range f.swap {
		f.swap[i] = int(bits.Reverse64(uint64(i)) >> shift)
	}
	return f
}

// forward transforms x in place, x of length n. The inverse is the forward transform of the conjugate: see inverse.
func (f *fft) forward(x []complex128) {
	for i, j := range f.swap {
		if i < j {
			x[i], x[j] = x[j], x[i]
		}
	}
	for size := 2; size <= f.n; size *= 2 {
		half, step := size/2, f.n/size
		for start := 0; start < f.n; start += size {
			a, b := x[start:start+half], x[start+half:start+size]
			for k := range a {
				t := b[k] * f.twiddle[k*step]
				b[k] = a[k] - t
				a[k] += t
			}
		}
	}
}

// inverseReal turns a spectrum with Hermitian symmetry into a real signal, left in the real parts, scaled by 1/n.
func (f *fft) inverseReal(x []complex128) {
	f.forward(x) // of a Hermitian spectrum: the time-reversed real signal
	scale := complex(1/float64(f.n), 0)
	x[0] *= scale
	x[f.n/2] *= scale
	for i, j := 1, f.n-1; i < j; i, j = i+1, j-1 {
		x[i], x[j] = x[j]*scale, x[i]*scale
	}
}
