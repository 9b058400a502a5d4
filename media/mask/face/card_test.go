package face

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
)

const longName = "Çoxsözlü müstəar ad ki, heç bir karta sığmır və buna görə də bir neçə sətrə bölünür, sonra isə kəsilir, çünki məhkəmə onu belə yazıb və heç kim qısaltmayıb"

func TestTheCardsTypeHasEveryLetterThatIsNeeded(t *testing.T) {
	f, err := opentype.Parse(notoSansBold)
	if err != nil {
		t.Fatal(err)
	}
	var b sfnt.Buffer
	for _, r := range "AaBbCcÇçDdEeƏəFfGgĞğHhXxIıİiJjKkQqLlMmNnOoÖöPpRrSsŞşTtUuÜüVvYyZz0123456789-–№…АаБбВвГгДдЕеЁёЖжЗзИиЙйКкЛлМмНнОоПпРрСсТтУуФфХхЦцЧчШшЩщЪъЫыЬьЭэЮюЯя" {
		if i, err := f.GlyphIndex(&b, r); err != nil || i == 0 {
			t.Errorf("no %q", r)
		}
	}
}

// ink counts the samples of a card that its card without a name does not have, and how many of them lie on the picture's edge.
func ink(t *testing.T, w, h int, name string) (all, edge int) {
	t.Helper()
	with, err := NewCard(w, h, name)
	if err != nil {
		t.Fatal(err)
	}
	y, _, _, s, _ := with.Planes()
	bright := byte(inkLight.luma() * .75)
	for j := range h {
		for i := range w {
			if y[j*s+i] >= bright {
				all++
				if i < 2 || j < 2 || i >= w-2 || j >= h-2 {
					edge++
				}
			}
		}
	}
	return all, edge
}

func TestAnyPseudonymFitsAnyCard(t *testing.T) {
	for _, s := range [][2]int{{64, 64}, {320, 240}, {640, 480}, {360, 640}, {1920, 64}} {
		for _, name := range []string{"A", "Ə", "Şahid Günəş-7", "Свидетель № 3", longName, strings.Repeat("Ğ", 300), strings.Repeat("a b ", 200), "two\nlines\tand\x00controls"} {
			all, edge := ink(t, s[0], s[1], name)
			if edge != 0 {
				t.Errorf("%v: %.20q runs over the edge", s, name)
			}
			if all < 8 && s[0] > 64 && s[1] > 64 {
				t.Errorf("%v: %.20q is not to be seen (%d)", s, name, all)
			}
		}
	}
}

func TestAnEmptyPseudonymGivesTheMarkAlone(t *testing.T) {
	for _, name := range []string{"", "  ", "\x00\n"} {
		if all, _ := ink(t, 640, 480, name); all != 0 {
			t.Errorf("%q writes something", name)
		}
	}
}

func TestALongerPseudonymIsSetSmallerNotCutAtOnce(t *testing.T) {
	c, err := NewCard(640, 480, "Şahid 1")
	if err != nil {
		t.Fatal(err)
	}
	d, err := NewCard(640, 480, "Zərərçəkmiş şəxs Şahid 1 və onun nümayəndəsi")
	if err != nil {
		t.Fatal(err)
	}
	a, _, _, _, _ := c.Planes()
	b, _, _, _, _ := d.Planes()
	if string(a) == string(b) {
		t.Fatal("two names give one card")
	}
}

func FuzzCard(f *testing.F) {
	f.Add("Şahid 1", 320, 240)
	f.Add(longName, 64, 1000)
	f.Add("\xff\xfe", 65, 65)
	f.Fuzz(func(t *testing.T, name string, w, h int) {
		if w > 400 || h > 400 || utf8.RuneCountInString(name) > 2000 {
			return
		}
		if m, err := NewCard(w, h, name); (err == nil) != (m.Width() == w && m.Width() > 0) {
			t.Fatal(err, m.Width())
		}
	})
}
