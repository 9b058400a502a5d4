package referral

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/go-pdf/fpdf"

	"parda/gateway/hearing"
	"parda/gateway/minutes"
	"parda/gateway/minutes/fonts"
)

// The page: A4, in millimetres, as the protocol's (gateway/minutes).
const (
	pageWidth  = 210.0
	side       = 20.0
	top        = 22.0
	foot       = 20.0
	bodyWidth  = pageWidth - 2*side
	nameWidth  = 62.0 // of a fact
	lineHeight = 5.0
)

// paper is a sheet that is being written.
type paper struct {
	*fpdf.Fpdf
	words minutes.Words
	lang  string
	sheet Sheet
	sum   string // SHA-256 of the frozen sheet
}

// RenderPDF writes a frozen sheet as a PDF. The same sheet, language and words give the same bytes: its date is the referral's, and no clock, machine or path is in it. Its
// properties name neither case nor person.
func RenderPDF(w io.Writer, s Sheet, sum, lang string, words minutes.Words) (err error) {
	// The library panics on some text. No note may keep a referral from leaving.
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("referral: PDF: %v", r)
		}
	}()
	p := &paper{fpdf.New("P", "mm", "A4", ""), words, lang, s, sum}
	p.properties()
	p.AddUTF8FontFromBytes("noto", "", fonts.Regular)
	p.AddUTF8FontFromBytes("noto", "B", fonts.Bold)
	p.SetMargins(side, top, side)
	p.SetAutoPageBreak(true, foot)
	p.AliasNbPages("{pages}")
	p.SetHeaderFunc(p.header)
	p.SetFooterFunc(p.footer)
	p.AddPage()
	p.heading()
	p.marks()
	p.happened()
	p.endangered()
	p.source()
	p.evidence()
	p.measures()
	p.basis()
	p.signature()
	p.receipt()
	if err := p.Output(w); err != nil {
		return fmt.Errorf("referral: PDF: %w", err)
	}
	return nil
}

func (p *paper) properties() {
	made, err := time.Parse(hearing.TimeLayout, p.sheet.Made)
	if err != nil {
		made = time.Unix(0, 0)
	}
	p.SetCreationDate(made.UTC())
	p.SetModificationDate(made.UTC())
	p.SetProducer("parda", true)
	p.SetCreator("parda", true)
	p.SetTitle(p.say("sheet.title")+" "+p.sheet.Number, true)
	p.SetLang(p.lang)
	p.SetCatalogSort(true) // maps would otherwise come out in any order
}

// Colours, few and quiet: the paper is printed in black and white too.
func (p *paper) ink()   { p.SetTextColor(20, 20, 20) }
func (p *paper) quiet() { p.SetTextColor(95, 95, 95) }
func (p *paper) rule()  { p.SetDrawColor(150, 150, 150); p.SetLineWidth(0.2) }

// say says a key of the locale; the key itself where no locale has it.
func (p *paper) say(key string) string { return p.with(key, nil) }

func (p *paper) with(key string, params map[string]string) string {
	if text := p.words(key, params); text != "" {
		return text
	}
	return key
}

// code says a value of a list; the value itself where the locale does not know it.
func (p *paper) code(list, value string) string {
	if text := p.words(list+"."+value, nil); text != "" {
		return text
	}
	return clean(value)
}

func (p *paper) header() {
	if p.PageNo() == 1 {
		return
	}
	p.SetXY(side, 11)
	p.SetFont("noto", "", 8)
	p.quiet()
	p.CellFormat(bodyWidth/2, 5, p.say("sheet.title"), "", 0, "L", false, 0, "")
	p.CellFormat(bodyWidth/2, 5, p.say("sheet.number")+" "+p.sheet.Number, "", 1, "R", false, 0, "")
	p.rule()
	p.Line(side, 17, pageWidth-side, 17)
	p.SetY(top)
	p.ink()
}

// footer binds each page to the frozen sheet by the start of its hash.
func (p *paper) footer() {
	p.SetY(-14)
	p.SetX(side)
	p.rule()
	p.Line(side, p.GetY()-1, pageWidth-side, p.GetY()-1)
	p.SetFont("noto", "", 8)
	p.quiet()
	p.CellFormat(bodyWidth*0.7, 5, "SHA-256: "+grouped(p.sum, 16, 4), "", 0, "L", false, 0, "")
	page := p.with("sheet.page", map[string]string{"page": fmt.Sprint(p.PageNo()), "pages": "{pages}"})
	width := p.GetStringWidth(strings.ReplaceAll(page, "{pages}", "0")) + 2 // {pages} is replaced when all pages are known
	p.SetX(pageWidth - side - width)
	p.CellFormat(width, 5, page, "", 0, "L", false, 0, "")
	p.ink()
}

// grouped writes the first digits of a hash in groups.
func grouped(sum string, digits, group int) string {
	var b strings.Builder
	for i := 0; i < min(len(sum), digits); i++ {
		if i > 0 && i%group == 0 {
			b.WriteByte(' ')
		}
		b.WriteByte(sum[i])
	}
	return b.String()
}

func (p *paper) heading() {
	p.ink()
	p.SetFont("noto", "", 12)
	p.MultiCell(bodyWidth, 6, p.code("court", p.sheet.Court), "", "C", false)
	p.Ln(4)
	p.SetFont("noto", "B", 16)
	p.MultiCell(bodyWidth, 8, p.say("sheet.title"), "", "C", false)
	p.Ln(4)
	p.fact("sheet.to", p.sheet.To.Name[p.lang])
	p.fact("sheet.number", p.sheet.Number)
	p.fact("sheet.date", full(p.sheet.Made))
	if p.sheet.CaseNo != "" {
		p.fact("sheet.case", p.sheet.CaseNo)
	}
	p.fact("sheet.incident", p.sheet.Incident)
}

// marks are what must be seen before all else: they stand in frames, in words.
func (p *paper) marks() {
	if p.sheet.DangerToLife {
		p.frame("sheet.danger", "")
	}
	if p.sheet.DoNotWarn {
		p.frame("sheet.do_not_warn", "sheet.do_not_warn.says")
	}
}

func (p *paper) frame(title, says string) {
	p.Ln(3)
	lines := 0
	p.SetFont("noto", "", 9.5)
	if says != "" {
		lines = len(p.SplitText(p.say(says), bodyWidth-8))
	}
	height := 9.5 + 4.8*float64(lines)
	if lines > 0 {
		height += 1.5
	}
	p.room(height)
	y := p.GetY()
	p.SetDrawColor(20, 20, 20)
	p.SetLineWidth(0.6)
	p.Rect(side, y, bodyWidth, height, "D")
	p.SetXY(side+4, y+1.7)
	p.SetFont("noto", "B", 12)
	p.CellFormat(bodyWidth-8, 6, p.say(title), "", 1, "L", false, 0, "")
	if lines > 0 {
		p.SetX(side + 4)
		p.SetFont("noto", "", 9.5)
		p.MultiCell(bodyWidth-8, 4.8, p.say(says), "", "L", false)
	}
	p.SetXY(side, y+height)
}

// fact is one line of name and value; a value that is long goes on below itself.
func (p *paper) fact(key, value string) {
	p.room(6)
	p.SetFont("noto", "", 10)
	p.quiet()
	p.CellFormat(nameWidth, 6, p.say(key), "", 0, "L", false, 0, "")
	p.ink()
	p.SetFont("noto", "B", 10)
	p.MultiCell(bodyWidth-nameWidth, 6, clean(value), "", "L", false)
}

// section is a heading that stays with at least a few lines of what follows.
func (p *paper) section(key string) {
	p.room(24)
	p.Ln(5)
	p.SetFont("noto", "B", 11.5)
	p.ink()
	p.CellFormat(bodyWidth, 7, p.say(key), "", 1, "L", false, 0, "")
	p.SetDrawColor(60, 60, 60)
	p.SetLineWidth(0.3)
	p.Line(side, p.GetY(), pageWidth-side, p.GetY())
	p.Ln(2)
}

// room begins a new page if less than height is left on this one.
func (p *paper) room(height float64) {
	_, pageHeight := p.GetPageSize()
	if p.GetY()+height > pageHeight-foot {
		p.AddPage()
	}
}

func (p *paper) plain(text string) {
	p.SetFont("noto", "", 10)
	p.MultiCell(bodyWidth, lineHeight, clean(text), "", "L", false)
}

// courtZone is the court's time: UTC+4 all year round in Azerbaijan.
var courtZone = time.FixedZone("UTC+4", 4*60*60)

func full(at string) string  { return inZone(at, "02.01.2006 15:04") + " (UTC+4)" }
func exact(at string) string { return inZone(at, "02.01.2006 15:04:05") }

func inZone(at, layout string) string {
	t, err := time.Parse(hearing.TimeLayout, at)
	if err != nil {
		return "–"
	}
	return t.In(courtZone).Format(layout)
}

// clean replaces what paper cannot show or what would turn its letters round: control characters, marks of writing direction, and characters beyond the font's
// plane. The sheet as JSON keeps the text as it was written.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case r > 0xffff, unicode.Is(unicode.Cf, r), unicode.IsControl(r), unicode.Is(unicode.Co, r), r == 0x2028, r == 0x2029:
			return '\ufffd'
		}
		return r
	}, text)
}
