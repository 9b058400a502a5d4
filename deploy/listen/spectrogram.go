package main

import (
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/bits"
	"math/cmplx"
	"os"
)

const (
	pictureWidth  = 440 // px
	pictureHeight = 128
	topHz         = 8000.0
	frameSize     = 1024
	darkest       = -8.0  // dB about the loudest point, and
	lightest      = -68.0 // dB, which is paper
)

var errNotWAV = errors.New("no WAV file of 16-bit PCM, mono")

// readWAV reads RIFF/WAVE with one channel of 16-bit PCM, as espeak-ng and the station write it. Samples of full scale -1 to 1, rate in Hz.
func readWAV(b []byte) (x []float64, rate int, err error) {
	if len(b) < 12 || string(b[:4]) != "RIFF" || string(b[8:12]) != "WAVE" {
		return nil, 0, errNotWAV
	}
	le := binary.LittleEndian
	for b = b[12:]; len(b) >= 8; {
		name, size := string(b[:4]), min(uint64(le.Uint32(b[4:])), uint64(len(b)-8))
		body := b[8 : 8+size]
		switch {
		case name == "fmt " && (size < 16 || le.Uint16(body) != 1 || le.Uint16(body[2:]) != 1 || le.Uint16(body[14:]) != 16):
			return nil, 0, errNotWAV
		case name == "fmt ":
			rate = int(le.Uint32(body[4:]))
		case name == "data":
			if rate < 4000 || rate > 192000 || size < 2 {
				return nil, 0, errNotWAV
			}
			for i := 0; i+1 < len(body); i += 2 {
				x = append(x, float64(int16(le.Uint16(body[i:])))/32768)
			}
			return x, rate, nil
		}
		b = b[min(uint64(len(b)), 8+size+size&1):]
	}
	return nil, 0, errNotWAV
}

// drawSpectrogram writes the spectrogram of x as a PNG.
func drawSpectrogram(path string, x []float64, rate int) error {
	level := levels(x, rate)
	top := -200.0
	for _, col := range level {
		for _, v := range col {
			top = max(top, v)
		}
	}
	img := image.NewRGBA(image.Rect(0, 0, pictureWidth, pictureHeight))
	for c, col := range level {
		for r, v := range col {
			dark := min(1, max(0, (v-top-lightest)/(darkest-lightest)))
			img.Set(c, pictureHeight-1-r, ink(dark))
		}
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(png.Encode(f, img), f.Close())
}

// levels are dB for each column and each row from low to high.
func levels(x []float64, rate int) [pictureWidth][pictureHeight]float64 {
	var out [pictureWidth][pictureHeight]float64
	spec := make([]complex128, frameSize)
	for c := range out {
		mid := c * len(x) / pictureWidth
		for i := range spec {
			at, w := mid+i-frameSize/2, 0.5-0.5*math.Cos(2*math.Pi*float64(i)/frameSize)
			spec[i] = 0
			if at >= 0 && at < len(x) {
				spec[i] = complex(x[at]*w, 0)
			}
		}
		transform(spec)
		for r := range out[c] {
			bin := func(r int) int { return int(float64(r) / pictureHeight * topHz * frameSize / float64(rate)) }
			p := 1e-12
			for k := bin(r); k <= min(frameSize/2, max(bin(r), bin(r+1)-1)); k++ { // the strongest line of the row
				p = max(p, real(spec[k])*real(spec[k])+imag(spec[k])*imag(spec[k]))
			}
			out[c][r] = 10 * math.Log10(p)
		}
	}
	return out
}

// transform is the fast Fourier transform, in place, for lengths that are powers of two.
func transform(x []complex128) {
	n := len(x)
	shift := 64 - bits.TrailingZeros(uint(n))
	for i := range x {
		if j := int(bits.Reverse64(uint64(i)) >> shift); i < j {
			x[i], x[j] = x[j], x[i]
		}
	}
	for size := 2; size <= n; size *= 2 {
		for start := 0; start < n; start += size {
			for k := range size / 2 {
				w := cmplx.Exp(complex(0, -2*math.Pi*float64(k)/float64(size)))
				a, b := x[start+k], x[start+k+size/2]*w
				x[start+k], x[start+k+size/2] = a+b, a-b
			}
		}
	}
}

// ink goes from paper (0) over a light blue to the navy of the interface (1).
func ink(dark float64) color.RGBA {
	from, mid, to := [3]float64{255, 255, 255}, [3]float64{150, 178, 204}, [3]float64{20, 50, 76}
	var c [3]uint8
	for i := range c {
		v := from[i] + (mid[i]-from[i])*min(1, 2*dark)
		if dark > 0.5 {
			v = mid[i] + (to[i]-mid[i])*(2*dark-1)
		}
		c[i] = uint8(v)
	}
	return color.RGBA{c[0], c[1], c[2], 255}
}
