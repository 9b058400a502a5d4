package face

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"parda/media/mask"
)

// orl is where the photos of known people lie, outside this repository: for tests only, and absent in most checkouts.
func orl(tb testing.TB) string {
	tb.Helper()
	dir := filepath.Join("..", "..", "..", "..", "shared", "attack", "face", "faces", "orl")
	if _, err := os.Stat(dir); err != nil {
		tb.Skip("SKIPPED: the photos of real people (../shared/attack/face) are not here, so nothing is proved about real faces")
	}
	return dir
}

// placedPhoto is photo number photo of person number person, with its middle at (x, y), high pixels high.
type placedPhoto struct{ person, photo, x, y, high int }

// photograph makes a grey room with photos in it.
func photograph(tb testing.TB, w, h int, photos ...placedPhoto) *mask.RawPicture {
	tb.Helper()
	raw := greyRoom(w, h)
	dir := orl(tb)
	for _, p := range photos {
		pix, pw, ph := readPGM(tb, filepath.Join(dir, fmt.Sprintf("s%d", p.person), fmt.Sprintf("%d.pgm", p.photo)))
		wide := p.high * pw / ph
		for y := 0; y < p.high; y++ {
			for x := 0; x < wide; x++ {
				ox, oy := p.x-wide/2+x, p.y-p.high/2+y
				if ox < 0 || oy < 0 || ox >= w || oy >= h {
					continue
				}
				fx, fy := float64(x)*float64(pw-1)/float64(wide), float64(y)*float64(ph-1)/float64(p.high)
				ix, iy := int(fx), int(fy)
				a, b := fx-float64(ix), fy-float64(iy)
				at := func(i, j int) float64 { return float64(pix[min(j, ph-1)*pw+min(i, pw-1)]) }
				v := (at(ix, iy)*(1-a)+at(ix+1, iy)*a)*(1-b) + (at(ix, iy+1)*(1-a)+at(ix+1, iy+1)*a)*b
				raw.Y[oy*raw.StrideY+ox] = byte(v)
			}
		}
	}
	return raw
}

func greyRoom(w, h int) *mask.RawPicture {
	cw, ch := (w+1)/2, (h+1)/2
	raw := &mask.RawPicture{Width: w, Height: h, StrideY: w, StrideC: cw, Y: make([]byte, w*h), Cb: make([]byte, cw*ch), Cr: make([]byte, cw*ch)}
	for i := range raw.Y {
		raw.Y[i] = 110
	}
	for i := range raw.Cb {
		raw.Cb[i], raw.Cr[i] = 128, 128
	}
	return raw
}

func readPGM(tb testing.TB, name string) (pix []byte, w, h int) {
	tb.Helper()
	f, err := os.Open(name)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	r := bufio.NewReader(f)
	var magic string
	var top int
	if _, err := fmt.Fscan(r, &magic, &w, &h, &top); err != nil || magic != "P5" || w < 1 || h < 1 {
		tb.Fatal(name, magic, err)
	}
	if _, err := r.ReadByte(); err != nil { // the one space before the samples
		tb.Fatal(err)
	}
	pix, err = io.ReadAll(r)
	if err != nil || len(pix) < w*h {
		tb.Fatal("short photo", err)
	}
	return pix, w, h
}
