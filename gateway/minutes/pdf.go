package minutes

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/go-pdf/fpdf"

	"parda/gateway/hearing"
	"parda/gateway/minutes/fonts"
)

// The page: A4, in millimetres.
const (
	pageWidth   = 210.0
	marginSide  = 20.0
	marginTop   = 22.0
	marginFoot  = 20.0
	bodyWidth   = pageWidth - 2*marginSide
	lineHeight  = 5.0
	gutterWidth = 24.0 // number and time of an entry
)

// paper is a PDF that is being written.
type paper struct {
	*fpdf.Fpdf
	speech
	doc Document
}

// RenderPDF writes the protocol as a PDF in the language of words. The same
// document and words give the same bytes: no clock, no machine and no path is
// in it, and its date is the court's own. lang is the language's code (az, en,
// ru) and goes into the document's properties.
func RenderPDF(w io.Writer, d Document, lang string, words Words) (err error) {
	// The library panics on some text. No entry may bring the gateway down.
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("minutes: PDF: %v", r)
		}
	}()
	p := &paper{fpdf.New("P", "mm", "A4", ""), speech{words, d.Pseudonym, d.seats}, d}
	p.properties(lang)
	p.AddUTF8FontFromBytes("noto", "", fonts.Regular)
	p.AddUTF8FontFromBytes("noto", "B", fonts.Bold)
	p.SetMargins(marginSide, marginTop, marginSide)
	p.SetAutoPageBreak(true, marginFoot)
	p.AliasNbPages("{pages}")
	p.SetHeaderFunc(p.header)
	p.SetFooterFunc(p.footer)
	p.AddPage()
	p.heading()
	p.order()
	p.people()
	p.entries()
	p.recordings()
	p.checkpoint()
	p.signatures()
	if err := p.Output(w); err != nil {
		return fmt.Errorf("minutes: PDF: %w", err)
	}
	return nil
}

// properties fixes what a PDF library would fill in by itself.
func (p *paper) properties(lang string) {
	at := p.doc.Closed
	if at == "" {
		at = p.doc.Opened
	}
	moment, err := time.Parse(hearing.TimeLayout, at)
	if err != nil {
		moment = time.Unix(0, 0)
	}
	p.SetCreationDate(moment.UTC())
	p.SetModificationDate(moment.UTC())
	p.SetProducer("parda", true)
	p.SetCreator("parda", true)
	p.SetTitle(clean(p.say("pdf.title")+" "+p.doc.CaseNo), true)
	p.SetLang(lang)
	p.SetCatalogSort(true) // maps would otherwise come out in any order
}

// Colours, few and quiet: the paper is printed in black and white too.
func (p *paper) ink()   { p.SetTextColor(20, 20, 20) }
func (p *paper) quiet() { p.SetTextColor(95, 95, 95) }
func (p *paper) rule()  { p.SetDrawColor(150, 150, 150); p.SetLineWidth(0.2) }

func (p *paper) header() {
	if p.PageNo() == 1 {
		return
	}
	p.SetXY(marginSide, 11) // an entry that runs over the page has its own left margin
	p.SetFont("noto", "", 8)
	p.quiet()
	p.CellFormat(bodyWidth/2, 5, p.say("pdf.title"), "", 0, "L", false, 0, "")
	p.CellFormat(bodyWidth/2, 5, p.say("pdf.case")+" "+clean(p.doc.CaseNo), "", 1, "R", false, 0, "")
	p.rule()
	p.Line(marginSide, 17, pageWidth-marginSide, 17)
	p.SetY(marginTop)
	p.ink()
}

// footer binds each sheet to the record: the checkpoint's size and the start
// of its root stand on every page.
func (p *paper) footer() {
	p.SetY(-14)
	p.SetX(marginSide)
	p.rule()
	p.Line(marginSide, p.GetY()-1, pageWidth-marginSide, p.GetY()-1)
	p.SetFont("noto", "", 8)
	p.quiet()
	mark := fmt.Sprintf("%s: %d · %s", p.say("pdf.checkpoint"), p.doc.Checkpoint.Size, prefix(p.doc.Checkpoint.Root))
	p.CellFormat(bodyWidth*0.7, 5, mark, "", 0, "L", false, 0, "")
	page := p.words("pdf.page", map[string]string{"page": strconv.Itoa(p.PageNo()), "pages": "{pages}"})
	// {pages} is replaced when all pages are known: measure what it will be like.
	width := p.GetStringWidth(strings.ReplaceAll(page, "{pages}", "00")) + 2
	p.SetX(pageWidth - marginSide - width)
	p.CellFormat(width, 5, page, "", 0, "L", false, 0, "")
	p.ink()
}

// prefix is the part of a root that people compare: 16 digits in groups.
func prefix(root string) string {
	if len(root) < 16 {
		return root
	}
	return root[0:4] + " " + root[4:8] + " " + root[8:12] + " " + root[12:16]
}

func (p *paper) heading() {
	p.ink()
	p.SetFont("noto", "", 12)
	p.MultiCell(bodyWidth, 6, p.code("court", p.doc.Court), "", "C", false)
	p.Ln(5)
	p.SetFont("noto", "B", 17)
	p.MultiCell(bodyWidth, 9, p.say("pdf.title"), "", "C", false)
	p.Ln(5)
	p.fact("pdf.case", p.doc.CaseNo)
	p.fact("pdf.hearing", p.doc.Hearing)
	p.fact("pdf.opened", full(p.doc.Opened)+" (UTC+4)")
	p.fact("pdf.closed", full(p.doc.Closed)+" (UTC+4)")
	p.fact("pdf.session", p.code("session", string(p.doc.Kind)))
	if p.doc.Pseudonym != "" {
		p.fact("pdf.pseudonym", p.doc.Pseudonym)
	}
}

// fact is one line of name and value.
func (p *paper) fact(key, value string) {
	p.SetFont("noto", "", 10)
	p.quiet()
	p.CellFormat(50, 6, p.say(key), "", 0, "L", false, 0, "")
	p.ink()
	p.SetFont("noto", "B", 10)
	p.MultiCell(bodyWidth-50, 6, clean(value), "", "L", false)
}

// section is a heading that stays with at least a few lines of what follows.
func (p *paper) section(key string) {
	p.room(24)
	p.Ln(6)
	p.SetFont("noto", "B", 12)
	p.ink()
	p.CellFormat(bodyWidth, 7, p.say(key), "", 1, "L", false, 0, "")
	p.SetDrawColor(60, 60, 60)
	p.SetLineWidth(0.3)
	p.Line(marginSide, p.GetY(), pageWidth-marginSide, p.GetY())
	p.Ln(2)
}

// room begins a new page if less than height is left on this one.
func (p *paper) room(height float64) {
	_, pageHeight := p.GetPageSize()
	if p.GetY()+height > pageHeight-marginFoot {
		p.AddPage()
	}
}

func (p *paper) order() {
	p.section("pdf.order")
	if len(p.doc.Orders) == 0 {
		p.plain(p.say("pdf.nothing"))
		return
	}
	o := p.doc.Orders[len(p.doc.Orders)-1]
	for _, older := range p.doc.Orders {
		p.fact("pdf.order_version", fmt.Sprintf("%d · %s · %s · %s %s", older.Version, full(older.SignedAt), p.role(string(older.SignedBy)), p.say("pdf.key_code"), older.KeyCode))
	}
	p.fact("pdf.template", p.code("template", o.Template))
	p.fact("pdf.valid_until", full(o.ValidUntil))
	if o.Respeaker != nil {
		p.fact("pdf.respeaker", strings.TrimSuffix(p.code("respeaker", o.Respeaker.Who)+". "+clean(o.Respeaker.Reason), ". "))
	}
	p.Ln(2)
	widths := []float64{50, 45, 45, 30}
	p.row(widths, true, p.say("pdf.audience"), p.say("pdf.picture"), p.say("pdf.voice"), p.say("pdf.delay"))
	for _, a := range hearing.Audiences() {
		r := o.Renderings.To(a)
		if r == nil {
			r = &hearing.Rendering{Picture: "none", Voice: "none"}
		}
		p.row(widths, false, p.code("audience", string(a)), p.code("picture", r.Picture), p.voice(r.Voice, r.Strength), strconv.Itoa(r.DelayS))
	}
	p.SetFont("noto", "", 8.5)
	p.quiet()
	p.Ln(1.5)
	p.MultiCell(bodyWidth, 4.5, p.say("pdf.not_evidence"), "", "L", false)
	p.ink()
}

func (p *paper) people() {
	p.section("pdf.persons")
	if len(p.doc.People) == 0 {
		p.plain(p.say("pdf.nothing"))
		return
	}
	for _, person := range p.doc.People {
		p.SetFont("noto", "", 10)
		p.room(6)
		p.CellFormat(gutterWidth, 6, clock(person.Joined), "", 0, "L", false, 0, "")
		text := p.role(string(person.Role))
		if person.Undertaking != "" {
			text += " · " + p.words("event.undertaking."+person.Undertaking, map[string]string{"role": p.role(string(person.Role))})
		}
		if person.Removed != "" {
			text += " · " + clock(person.Removed) + " " + p.words("event.seat.removed", map[string]string{"role": p.role(string(person.Role))})
		}
		p.MultiCell(bodyWidth-gutterWidth, 6, text, "", "L", false)
	}
}

// row is one line of a table; the head of a table is bold and shaded.
func (p *paper) row(widths []float64, head bool, cells ...string) {
	style := ""
	if head {
		style = "B"
	}
	p.room(6.5)
	p.SetFont("noto", style, 9)
	p.SetFillColor(238, 238, 238)
	p.rule()
	for i, c := range cells {
		p.CellFormat(widths[i], 6.5, p.fit(clean(c), widths[i]-2), "B", 0, "L", head, 0, "")
	}
	p.Ln(6.5)
}

// fit shortens a text that is wider than its cell.
func (p *paper) fit(text string, width float64) string {
	if p.GetStringWidth(text) <= width {
		return text
	}
	runes := []rune(text)
	for len(runes) > 0 && p.GetStringWidth(string(runes)+"…") > width {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}

func (p *paper) plain(text string) {
	p.SetFont("noto", "", 10)
	p.MultiCell(bodyWidth, lineHeight, clean(text), "", "L", false)
}

// clean replaces what paper cannot show or what would turn its letters round:
// control characters, marks of writing direction, and characters beyond the
// font's plane. protocol.json keeps the text as it was written.
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
