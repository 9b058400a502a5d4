package referral

import "strings"

func (p *paper) happened() {
	w := p.sheet.What
	p.section("sheet.what")
	p.fact("sheet.kind", p.code("flagkind", w.Kind))
	p.fact("sheet.when", full(w.When))
	p.fact("sheet.reported", full(w.Reported))
	p.fact("sheet.where", p.code("sheet.where", w.Where))
	if w.Against != "" {
		p.fact("sheet.against", w.Against)
	}
	by := p.say("sheet.in_confidence")
	if p.sheet.RaisedBy != "" {
		by = p.code("role", p.sheet.RaisedBy)
	}
	p.fact("sheet.raised_by", by)
	if w.Note != "" {
		p.Ln(1.5)
		p.plain(w.Note)
	}
}

func (p *paper) endangered() {
	p.section("sheet.endangered")
	p.fact("sheet.who", p.code("sheet.who", p.sheet.Endangered.Who))
	if p.sheet.Endangered.Pseudonym != "" {
		p.fact("sheet.pseudonym", p.sheet.Endangered.Pseudonym)
	}
	p.small("sheet.pseudonym.says")
}

func (p *paper) source() {
	p.section("sheet.source")
	if p.sheet.Source == "" {
		p.plain(p.say("sheet.source.unknown"))
		return
	}
	p.plain(p.sheet.Source)
}

// small is a note that stays on one page.
func (p *paper) small(key string) {
	p.SetFont("noto", "", 8.5)
	p.room(1 + 4.3*float64(len(p.SplitText(p.say(key), bodyWidth))))
	p.SetFont("noto", "", 8.5) // a new page has its own head
	p.quiet()
	p.Ln(1)
	p.MultiCell(bodyWidth, 4.3, p.say(key), "", "L", false)
	p.ink()
}

// evidence names each piece by its hash, whole: the body compares it with what the court hands over.
func (p *paper) evidence() {
	p.section("sheet.evidence")
	if len(p.sheet.Evidence) == 0 {
		p.plain(p.say("sheet.none"))
		return
	}
	for _, e := range p.sheet.Evidence {
		p.room(14)
		p.SetFont("noto", "B", 9.5)
		p.CellFormat(bodyWidth, lineHeight, p.code("sheet.evidence", e.What)+" "+clean(e.ID), "", 1, "L", false, 0, "")
		p.SetFont("noto", "", 8.5)
		about := []string{clean(e.Type), exact(e.At)}
		if e.From != "" {
			about[1] = exact(e.From) + " – " + exact(e.To)
		}
		p.CellFormat(bodyWidth, 4.5, strings.Join(about, " · "), "", 1, "L", false, 0, "")
		p.SetFont("noto", "", 7.5)
		p.quiet()
		p.CellFormat(bodyWidth, 4.2, "SHA-256: "+grouped(e.SHA256, 64, 8), "", 1, "L", false, 0, "")
		p.ink()
		p.Ln(1.5)
	}
	p.small("sheet.evidence.says")
}

func (p *paper) measures() {
	p.section("sheet.measures")
	if len(p.sheet.Measures) == 0 {
		p.plain(p.say("sheet.measures.none"))
		return
	}
	for _, m := range p.sheet.Measures {
		p.room(lineHeight)
		p.SetFont("noto", "", 10)
		p.CellFormat(5, lineHeight, "–", "", 0, "L", false, 0, "")
		p.MultiCell(bodyWidth-5, lineHeight, p.code("protectionmeasure", m), "", "L", false)
	}
}

// basis says on what the referral rests: an agreement, or danger to life with its reason.
func (p *paper) basis() {
	p.section("sheet.basis")
	if a := p.sheet.Agreement; a != nil {
		p.fact("sheet.agreement", p.code("sheet.agreement", a.By)+", "+full(a.At))
	} else {
		p.fact("sheet.agreement", p.say("sheet.agreement.none"))
	}
	if p.sheet.Reason != "" {
		p.Ln(1)
		p.plain(p.sheet.Reason)
	}
}

// signature is the line of who refers. It never stands alone on a page.
func (p *paper) signature() {
	p.room(72)
	p.Ln(13)
	p.SetFont("noto", "", 10)
	p.blank(p.code("role", p.sheet.From), p.say("sheet.signature"), 80)
}

// receipt is the slip that the body fills in and sends back.
func (p *paper) receipt() {
	p.Ln(7)
	y := p.GetY()
	p.SetDrawColor(120, 120, 120)
	p.SetLineWidth(0.2)
	p.SetDashPattern([]float64{1.5, 1.5}, 0)
	p.Line(side, y, pageWidth-side, y)
	p.SetDashPattern([]float64{}, 0)
	p.Ln(3)
	p.SetFont("noto", "B", 10)
	p.CellFormat(bodyWidth, 6, p.say("sheet.receipt")+" · "+p.say("sheet.number")+" "+p.sheet.Number, "", 1, "L", false, 0, "")
	p.Ln(6)
	p.blank(p.say("sheet.receipt.on"), "", 80)
	p.Ln(3)
	p.blank(p.say("sheet.receipt.reference"), "", 80)
	p.Ln(3)
	p.blank(p.say("sheet.receipt.by"), p.say("sheet.signature"), 80)
}

// blank is a name and a line to write on, with small words under the line.
func (p *paper) blank(name, under string, width float64) {
	p.SetFont("noto", "", 10)
	p.CellFormat(bodyWidth-width-4, 6, name, "", 0, "L", false, 0, "")
	p.rule()
	p.Line(pageWidth-side-width, p.GetY()+5.5, pageWidth-side, p.GetY()+5.5)
	p.Ln(6)
	if under == "" {
		return
	}
	p.SetFont("noto", "", 7.5)
	p.quiet()
	p.SetX(pageWidth - side - width)
	p.CellFormat(width, 4, under, "", 1, "L", false, 0, "")
	p.ink()
}
