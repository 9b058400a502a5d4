package face

import (
	_ "embed"
	"errors"
	"fmt"
	"image"
	"math"
	"strings"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// Noto Sans Bold has every letter of Azerbaijani, English and Russian. SIL Open Font License 1.1: font/OFL.txt.
//
//go:embed font/NotoSans-Bold.ttf
var notoSansBold []byte

// ErrSize is returned for a picture that is too small or too large to draw in.
var ErrSize = errors.New("face: picture size out of range")

// MinSide and MaxSide bound the width and height of what is drawn, in pixels.
const (
	MinSide = 64
	MaxSide = 1920
)

// cardScene is the light on every card: a card says nothing of a session.
var cardScene = scene{poolX: .47, poolY: .40, near: 1, far: 1}

const cardLines = 4 // more are cut with an ellipsis

// NewCard draws the placard: the pseudonym in large type under a drawn curtain, and nothing else. It needs nothing of a camera, so
// it is what is sent when anything is in doubt. Any pseudonym fits: the type shrinks, lines wrap, and what is still too long ends in an ellipsis;
// controls and line breaks count as spaces. An empty pseudonym gives the mark alone.
func NewCard(width, height int, pseudonym string) (Masked, error) {
	if width < MinSide || height < MinSide || width > MaxSide || height > MaxSide {
		return Masked{}, fmt.Errorf("%w: %d by %d", ErrSize, width, height)
	}
	f, err := opentype.Parse(notoSansBold)
	if err != nil {
		return Masked{}, fmt.Errorf("face: the card's type: %w", err)
	}
	text := strings.Join(strings.FieldsFunc(pseudonym, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || !unicode.IsGraphic(r)
	}), " ")
	p := newPlate(width, height)
	u := math.Min(float64(height), .75*float64(width))
	cy := .36 * float64(height)
	if text == "" {
		cy = .5 * float64(height)
	}
	p.paint(func(x, y float64) colour {
		return curtain(ground(width, height, cardScene, x, y), (x-float64(width)/2)/u, (y-cy)/u, u)
	})
	if text == "" {
		return Masked{p}, nil
	}
	room := image.Rect(int(.08*float64(width)), int(cy+.235*u), int(.92*float64(width)), int(.955*float64(height)))
	return Masked{p}, typeset(p, f, text, room, .135*u)
}

// typeset writes text in the middle of room: as large as size, smaller where it must.
func typeset(p *plate, f *opentype.Font, text string, room image.Rectangle, size float64) error {
	for ; ; size *= .92 {
		face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
		if err != nil {
			return fmt.Errorf("face: the card's type: %w", err)
		}
		high := size * 1.28
		fit := min(cardLines, max(1, int(float64(room.Dy())/high)))
		last := size < math.Max(9, float64(room.Dy())/9)
		lines, whole := wrap(face, text, fixed.I(room.Dx()), fit, last)
		if !whole && !last {
			_ = face.Close()
			continue
		}
		top := float64(room.Min.Y) + math.Max(0, (float64(room.Dy())-high*float64(len(lines)))*.38)
		for i, line := range lines {
			w := font.MeasureString(face, line)
			x := fixed.I(room.Min.X) + (fixed.I(room.Dx())-w)/2
			letter(p, face, line, x, fixed.Int26_6((top+high*float64(i)+size*1.02)*64))
		}
		return face.Close()
	}
}

// wrap breaks text into at most n lines of that width. whole is false when it does not fit; then, if cut is set, the last line ends in an ellipsis,
// and a word that is wider than a line is broken.
func wrap(face font.Face, text string, width fixed.Int26_6, n int, cut bool) (lines []string, whole bool) {
	fits := func(s string) bool { return font.MeasureString(face, s) <= width }
	rest := []rune(text)
	for len(rest) > 0 {
		k := 0
		for k < len(rest) && fits(string(rest[:k+1])) {
			k++
		}
		if k < len(rest) && len(lines)+1 == n {
			if !cut {
				return nil, false
			}
			for k > 1 && !fits(string(rest[:k])+"…") {
				k--
			}
			return append(lines, strings.TrimRight(string(rest[:k]), " ")+"…"), false
		}
		at := k
		if k < len(rest) {
			for at > 0 && rest[at] != ' ' {
				at--
			}
			if at == 0 {
				if !cut {
					return nil, false
				}
				at = max(1, k)
			}
		}
		lines = append(lines, strings.TrimSpace(string(rest[:at])))
		rest = []rune(strings.TrimLeft(string(rest[at:]), " "))
	}
	return lines, true
}

// letter writes one line with its baseline at (x, y).
func letter(p *plate, face font.Face, line string, x, y fixed.Int26_6) {
	inkY := inkLight.luma()
	dot := fixed.Point26_6{X: x, Y: y}
	for _, r := range line {
		dr, mask, mp, advance, ok := face.Glyph(dot, r)
		if ok {
			for j := dr.Min.Y; j < dr.Max.Y; j++ {
				for i := dr.Min.X; i < dr.Max.X; i++ {
					if i < 0 || j < 0 || i >= p.w || j >= p.h {
						continue
					}
					_, _, _, a := mask.At(mp.X+i-dr.Min.X, mp.Y+j-dr.Min.Y).RGBA()
					o := j*p.w + i
					p.y[o] = byte(float64(p.y[o]) + (inkY-float64(p.y[o]))*float64(a)/0xffff + .5)
				}
			}
		}
		dot.X += advance
	}
}

// curtain draws the mark at (x, y) in units of the card: a screen of soft folds under a rail.
func curtain(c colour, x, y, u float64) colour {
	const half, top, low, rail = .150, -.150, .150, .011
	ax := math.Abs(x)
	edge := func(d float64) float64 { return clamp(d*u+.5, 0, 1) }
	if cover := edge(softMin(half+.028-ax, rail-math.Abs(y-top), .004)); cover > 0 {
		c = mix(c, inkQuiet, cover)
	}
	fold := math.Cos(x / half * math.Pi * 4)
	hem := low + .010*fold
	cover := edge(math.Min(half-ax, math.Min(y-(top+.026), hem-y)))
	if cover <= 0 {
		return c
	}
	shade := .5 + .34*math.Sin(x/half*math.Pi*4+.9) - .22*smooth(top, low, y)
	return mix(c, mix(groundNear, inkQuiet, clamp(shade, 0, 1)), cover)
}
