package face

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestTripwireIsSilentOnEveryDrawnPicture(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	sizes := [][2]int{{160, 120}, {320, 240}, {640, 480}, {1280, 720}, {360, 480}}
	for _, s := range sizes {
		b := newBust(s[0], s[1], newScene([32]byte{byte(s[0] / 10)}))
		dst := newPlate(s[0], s[1])
		look := func(p pose) {
			b.draw(dst, p, p.mouth%2 == 1)
			if n := FindFaces(dst.y, dst.w, dst.h, dst.w); n != 0 {
				t.Errorf("%d by %d: %d faces in %+v", s[0], s[1], n, p)
			}
		}
		for _, p := range poses {
			look(p)
		}
		for range 8 {
			look(randomPose(r))
		}
		for _, name := range []string{"", "Şahid Günəş-7", longName} {
			c, err := NewCard(s[0], s[1], name)
			if err != nil {
				t.Fatal(err)
			}
			if y, _, _, sy, _ := c.Planes(); FindFaces(y, s[0], s[1], sy) != 0 {
				t.Errorf("%d by %d: a face in the card of %q", s[0], s[1], name)
			}
		}
	}
}

func TestTripwireFindsRealFaces(t *testing.T) {
	for _, high := range []int{150, 240, 340} {
		t.Run(fmt.Sprintf("%d pixels", high), func(t *testing.T) {
			found := 0
			for person := 1; person <= 40; person += 2 {
				raw := photograph(t, 640, 480, placedPhoto{person, 1 + person%10, 320, 240, high})
				if FindFaces(raw.Y, raw.Width, raw.Height, raw.StrideY) > 0 {
					found++
				}
			}
			if found < 18 {
				t.Fatalf("%d of 20 faces found", found)
			}
		})
	}
}

func TestTripwireLetsNothingThroughThatItCannotLookAt(t *testing.T) {
	for _, c := range []struct{ n, w, h, stride int }{{0, 640, 480, 640}, {640*480 - 1, 640, 480, 640}, {640 * 480, 640, 480, 639}, {100, -1, 5, 5}, {1 << 20, 8192, 16, 8192}} {
		if FindFaces(make([]byte, c.n), c.w, c.h, c.stride) == 0 {
			t.Errorf("%+v was let through", c)
		}
	}
	if FindFaces(make([]byte, 640*480), 640, 480, 640) != 0 {
		t.Error("a face in a black picture")
	}
}
