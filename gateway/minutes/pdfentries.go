package minutes

import (
	"fmt"
	"path"
	"strconv"
	"time"

	"parda/gateway/hearing"
)

func (p *paper) entries() {
	p.section("pdf.entries")
	if len(p.doc.Entries) == 0 {
		p.plain(p.say("pdf.nothing"))
		return
	}
	date := ""
	for _, line := range p.doc.Entries {
		if d := day(line.At); d != date {
			date = d
			p.room(14)
			p.SetFont("noto", "B", 9)
			p.quiet()
			p.CellFormat(bodyWidth, 6, date, "", 1, "L", false, 0, "")
			p.ink()
		}
		p.line(line)
	}
}

// line is an entry: number and time in the gutter, who and what kind, the
// text, and its amendments below it behind a bar.
func (p *paper) line(l Line) {
	p.room(13)
	top := p.GetY()
	p.SetFont("noto", "", 9)
	p.quiet()
	p.CellFormat(gutterWidth, lineHeight, clock(l.At), "", 2, "L", false, 0, "")
	p.SetFont("noto", "", 7)
	p.CellFormat(gutterWidth, 3.5, fmt.Sprintf("%s %d", p.say("pdf.number"), l.Index), "", 0, "L", false, 0, "")
	p.ink()
	page := p.PageNo()
	p.SetXY(marginSide+gutterWidth, top)
	p.SetLeftMargin(marginSide + gutterWidth)
	p.body(l, bodyWidth-gutterWidth)
	for _, a := range l.Amendments {
		p.amendment(a)
	}
	p.SetLeftMargin(marginSide)
	if p.PageNo() == page && p.GetY() < top+8.5 {
		p.SetY(top + 8.5) // the number in the gutter needs its two lines
	}
	p.SetX(marginSide)
	p.Ln(1.5)
}

func (p *paper) body(l Line, width float64) {
	text := l.Text
	if l.System != nil && l.Text == "" {
		text = p.system(l.System)
	}
	if l.Sealed == "bench" {
		text = p.say("pdf.sealed.bench")
	}
	if head := p.head(l); head != "" {
		p.SetFont("noto", "B", 9.5)
		p.MultiCell(width, lineHeight, head, "", "L", false)
	}
	size := 10.0
	if l.Kind == "system" {
		size = 9
		p.quiet()
	}
	p.spoken(l, text, size, width)
	p.history(l, width)
	if note := p.note(l); note != "" {
		p.SetFont("noto", "", 7.5)
		p.quiet()
		p.MultiCell(width, 4, note, "", "L", false)
		p.ink()
	}
}

// spoken prints the words of a line, struck through where it is struck out, and the interpreter's rendering below them.
func (p *paper) spoken(l Line, text string, size, width float64) {
	style := ""
	if l.Struck {
		style = "S"
		p.quiet()
	}
	p.SetFont("noto", style, size)
	if text != "" {
		p.MultiCell(width, lineHeight, clean(text), "", "L", false)
	}
	if l.Interpreted != nil {
		p.SetFont("noto", "", 7.5)
		p.quiet()
		p.MultiCell(width, 4, p.words("protocol.interpreted", map[string]string{"language": p.code("language", l.Interpreted.Lang)}), "", "L", false)
		if !l.Struck {
			p.ink()
		}
		p.SetFont("noto", style, size)
		p.MultiCell(width, lineHeight, clean(l.Interpreted.Text), "", "L", false)
	}
	p.ink()
}

// history says who struck a line out or restored it, when and why.
func (p *paper) history(l Line, width float64) {
	for _, h := range l.History {
		what := "protocol.restored"
		if h.Struck {
			what = "protocol.struck"
		}
		p.SetFont("noto", "B", 8)
		p.MultiCell(width, 4.2, p.words(what, map[string]string{"by": p.who(h.By, h.BySeat), "time": clock(h.At), "index": strconv.FormatUint(h.Index, 10), "reason": clean(h.Reason)}), "", "L", false)
	}
}

// head names the speaker and the kind. Of what the system entered, it names the judge whose act it was.
func (p *paper) head(l Line) string {
	by := ""
	if l.System != nil && l.Text == "" {
		by = p.judge(l.Entry)
	}
	if l.Kind == "system" {
		return by
	}
	kind := p.code("kind", l.Kind)
	if l.Number != "" {
		kind += " " + p.say("pdf.number") + " " + clean(l.Number)
	}
	if l.Interpreted != nil && l.Lang != "" {
		kind += " · " + p.code("language", l.Lang)
	}
	if by != "" && l.Speaker == "" {
		return by + " · " + kind
	}
	if l.Speaker == "" {
		return kind
	}
	return p.role(l.Speaker) + " · " + kind
}

// note holds what stands small below an entry: where it is in the recording,
// when it was written if that was later, and for whom it is.
func (p *paper) note(l Line) string {
	var parts []string
	if l.Mark != nil && l.Kind != "system" {
		parts = append(parts, p.words("protocol.mark", map[string]string{"offset": offset(l.Mark.OffsetMS), "file": path.Base(l.Mark.File)}))
	}
	if later(l.At, l.WrittenAt) {
		parts = append(parts, p.say("pdf.time")+": "+clock(l.WrittenAt)+", "+p.role(string(l.By)))
	}
	if l.Sealed == "parties" && l.Kind != "system" && l.Kind != "incident" {
		parts = append(parts, p.say("pdf.sealed.parties"))
	}
	out := ""
	for i, part := range parts {
		if i > 0 {
			out += " · "
		}
		out += clean(part)
	}
	return out
}

// later says whether an entry was written down so long after it was said that a reader must know, as the pages do: over five seconds.
func later(at, written string) bool {
	a, errA := time.Parse(hearing.TimeLayout, at)
	w, errW := time.Parse(hearing.TimeLayout, written)
	return errA == nil && errW == nil && w.Sub(a).Abs() > 5*time.Second
}

func offset(ms int64) string {
	s := ms / 1000
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

func (p *paper) amendment(l Line) {
	p.room(12)
	p.Ln(0.5)
	top, page := p.GetY(), p.PageNo()
	const indent = 4.0
	p.SetLeftMargin(marginSide + gutterWidth + indent)
	p.SetX(marginSide + gutterWidth + indent)
	p.SetFont("noto", "B", 8.5)
	amends := uint64(0)
	if l.Amends != nil {
		amends = *l.Amends
	}
	head := fmt.Sprintf("%s · %s %d · %s · %s", p.words("pdf.amends", map[string]string{"index": strconv.FormatUint(amends, 10)}),
		p.say("pdf.number"), l.Index, clock(l.At), p.role(string(l.By)))
	p.MultiCell(bodyWidth-gutterWidth-indent, lineHeight, head, "", "L", false)
	l.Mark, l.WrittenAt = nil, ""
	p.amended(l, bodyWidth-gutterWidth-indent)
	p.SetLeftMargin(marginSide + gutterWidth)
	if p.PageNo() == page {
		p.SetDrawColor(60, 60, 60)
		p.SetLineWidth(0.5)
		p.Line(marginSide+gutterWidth+1, top+0.5, marginSide+gutterWidth+1, p.GetY())
	}
	p.SetX(marginSide + gutterWidth)
}

func (p *paper) amended(l Line, width float64) {
	text := l.Text
	if l.Sealed == "bench" {
		text = p.say("pdf.sealed.bench")
	}
	p.spoken(l, text, 10, width)
	p.history(l, width)
	if l.System != nil && l.System.Params["reason"] != nil {
		p.SetFont("noto", "", 8)
		p.quiet()
		p.MultiCell(width, 4.2, clean(p.system(l.System)), "", "L", false)
		p.ink()
	}
}

func (p *paper) recordings() {
	p.section("pdf.recordings")
	if len(p.doc.Recordings) == 0 {
		p.plain(p.say("pdf.nothing"))
		return
	}
	widths := []float64{30, 80, 35, 25}
	p.row(widths, true, p.say("pdf.file"), p.say("pdf.picture")+", "+p.say("pdf.voice"), p.say("pdf.start"), p.say("pdf.duration"))
	for _, r := range p.doc.Recordings {
		p.room(12)
		p.SetFont("noto", "", 9)
		p.CellFormat(widths[0], 5.5, path.Base(r.File), "", 0, "L", false, 0, "")
		p.CellFormat(widths[1], 5.5, p.fit(clean(p.recorded(r.Label)), widths[1]-2), "", 0, "L", false, 0, "")
		p.CellFormat(widths[2], 5.5, clock(r.Start), "", 0, "L", false, 0, "")
		p.CellFormat(widths[3], 5.5, fmt.Sprintf("%.1f", float64(r.DurationMS)/1000), "", 1, "L", false, 0, "")
		p.hash(p.say("pdf.sha256"), r.SHA256)
		for _, g := range r.Gaps {
			p.SetFont("noto", "", 8.5)
			p.CellFormat(bodyWidth, 4.5, fmt.Sprintf("%s: %s, %.1f s", p.say("pdf.gap"), clock(g.Start), float64(g.DurationMS)/1000), "", 1, "L", false, 0, "")
		}
		p.rule()
		p.Line(marginSide, p.GetY()+0.8, pageWidth-marginSide, p.GetY()+0.8)
		p.Ln(1.6)
	}
}

// hash prints a SHA-256 in groups of eight digits, small.
func (p *paper) hash(name, sum string) {
	p.SetFont("noto", "", 7.5)
	p.quiet()
	grouped := ""
	for i := 0; i < len(sum); i += 8 {
		grouped += sum[i:min(i+8, len(sum))] + " "
	}
	p.CellFormat(bodyWidth, 4.2, name+": "+clean(grouped), "", 1, "L", false, 0, "")
	p.ink()
}

func (p *paper) checkpoint() {
	p.room(55 + 18*float64(len(p.doc.Signers))) // signatures never stand alone on a sheet
	p.section("pdf.checkpoint")
	p.fact("pdf.number", strconv.FormatUint(p.doc.Checkpoint.Size, 10))
	p.hash(p.say("pdf.sha256"), p.doc.Checkpoint.Root)
}

// signatures is a line for each who signs. The signatures themselves are made
// over this very file and stand in the ledger.
func (p *paper) signatures() {
	p.section("pdf.signatures")
	for _, signer := range p.doc.Signers {
		p.room(18)
		p.Ln(9)
		p.SetFont("noto", "", 10)
		p.CellFormat(70, 6, p.role(string(signer.Role)), "", 0, "L", false, 0, "")
		p.rule()
		p.Line(marginSide+72, p.GetY()+5.5, pageWidth-marginSide, p.GetY()+5.5)
		p.Ln(6)
		p.SetFont("noto", "", 8)
		p.quiet()
		p.SetX(marginSide + 72)
		if signer.KeyCode != "" {
			p.CellFormat(bodyWidth-72, 4, p.say("pdf.key_code")+": "+signer.KeyCode, "", 1, "L", false, 0, "")
		}
		p.ink()
	}
}
