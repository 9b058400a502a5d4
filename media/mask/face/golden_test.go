package face

import (
	"flag"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the golden pictures anew")

// poses are the states whose pictures were looked at.
var poses = map[string]pose{
	"still":      {presence: 3}, // and neutral: who cannot be read looks like who sits still
	"answering":  {presence: 3, mouth: 14},
	"wide":       {presence: 3, mouth: 31},
	"left":       {presence: 3, yaw: -100, mouth: 6},
	"right":      {presence: 3, yaw: 100},
	"down":       {presence: 3, pitch: 100},
	"up":         {presence: 3, pitch: -100, mouth: 10},
	"tilt":       {presence: 3, roll: 100},
	"sway":       {presence: 3, sway: 28, lean: 24, mouth: 20},
	"back":       {presence: 3, sway: -28, lean: -28},
	"shut":       {presence: 3, lids: 3},
	"lids":       {presence: 3, lids: 1, yaw: 60, pitch: 50, mouth: 8},
	"hand":       {presence: 3, hand: 7},
	"left-seat":  {},
	"everything": {presence: 3, yaw: 127, pitch: 127, roll: -127, sway: -31, lean: 31, mouth: 31, lids: 3, hand: 7},
}

func toImage(m Masked) *image.YCbCr {
	y, cb, cr, sy, sc := m.Planes()
	return &image.YCbCr{Y: y, Cb: cb, Cr: cr, YStride: sy, CStride: sc, SubsampleRatio: image.YCbCrSubsampleRatio420, Rect: image.Rect(0, 0, m.Width(), m.Height())}
}

// widen turns limited-range BT.601 into what the PNG encoder takes for full-range JFIF.
func widen(m Masked) image.Image {
	src := toImage(m)
	out := image.NewRGBA(src.Rect)
	for y := 0; y < m.Height(); y++ {
		for x := 0; x < m.Width(); x++ {
			c := src.YCbCrAt(x, y)
			f := 255.0 / 219 * (float64(c.Y) - 16)
			u, v := 255.0/224*(float64(c.Cb)-128), 255.0/224*(float64(c.Cr)-128)
			o := out.PixOffset(x, y)
			for i, s := range [3]float64{f + 1.402*v, f - .344136*u - .714136*v, f + 1.772*u} {
				out.Pix[o+i] = byte(clamp(s+.5, 0, 255))
			}
			out.Pix[o+3] = 255
		}
	}
	return out
}

func writePNG(t testing.TB, name string, img image.Image) {
	t.Helper()
	f, err := os.Create(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
}

// compare holds a picture against its golden one: no sample further off than 12, and on average under 0.3.
func compare(t *testing.T, name string, m Masked) {
	t.Helper()
	got := widen(m).(*image.RGBA)
	if *update {
		writePNG(t, name, got)
		return
	}
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if img.Bounds() != got.Rect {
		t.Fatalf("%s is %v", name, img.Bounds())
	}
	worst, sum := 0, 0
	for y := range m.Height() {
		for x := range m.Width() {
			r, g, b, _ := img.At(x, y).RGBA()
			o := got.PixOffset(x, y)
			for i, v := range [3]uint32{r, g, b} {
				d := int(v>>8) - int(got.Pix[o+i])
				worst, sum = max(worst, d, -d), sum+max(d, -d)
			}
		}
	}
	if mean := float64(sum) / float64(3*len(got.Pix)/4); worst > 12 || mean > .3 {
		t.Errorf("%s: off by %d at worst, %.2f on average: look at the new one, then go test -run Looks -update", name, worst, mean)
	}
}

func TestFigureLooksAsItDidWhenItWasLookedAt(t *testing.T) {
	b := newBust(640, 480, middle)
	dst := newPlate(640, 480)
	for name, p := range poses {
		b.draw(dst, p, false)
		compare(t, "puppet-"+name+".png", Masked{dst})
	}
	for _, name := range []string{"still", "wide", "hand", "left-seat"} {
		b.draw(dst, poses[name], true)
		compare(t, "blob-"+name+".png", Masked{dst})
	}
	for n := range 3 { // scenes of three sessions
		s := newBust(640, 480, newScene([32]byte{byte(n + 1)}))
		s.draw(dst, poses["answering"], false)
		compare(t, "session-"+string(rune('1'+n))+".png", Masked{dst})
	}
}

func TestCardLooksAsItDidWhenItWasLookedAt(t *testing.T) {
	for file, c := range map[string]struct {
		w, h int
		name string
	}{"card.png": {640, 480, "Şahid Günəş-7"}, "card-cyrillic.png": {640, 360, "Свидетель № 3"}, "card-long.png": {320, 240, longName}, "card-empty.png": {320, 240, ""}} {
		m, err := NewCard(c.w, c.h, c.name)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, file, m)
	}
}
