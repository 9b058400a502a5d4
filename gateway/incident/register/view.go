package register

import (
	"slices"
	"strings"
	"time"

	"parda/gateway/access/rights"
	"parda/gateway/incident"
)

// What somebody is told of an incident, by the depth that the table gives her. A field that is not hers is absent.

// Moment writes a time as answers do: RFC 3339, UTC, milliseconds; "" for the zero time.
func Moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// ByView is who did something.
type ByView struct {
	Role   string `json:"role"`
	Person string `json:"person,omitempty"`
	Seat   string `json:"seat,omitempty"`
	Mine   bool   `json:"mine,omitempty"`
}

// Line is an incident in a list.
type Line struct {
	ID         string `json:"id"`
	Court      string `json:"court"`
	Origin     string `json:"origin"`
	Hearing    string `json:"hearing,omitempty"`
	Flag       string `json:"flag,omitempty"`
	CaseNo     string `json:"case_no,omitempty"`
	Kind       string `json:"kind,omitempty"`
	Endangered string `json:"endangered,omitempty"`
	Pseudonym  string `json:"pseudonym,omitempty"`
	When       string `json:"when"`
	FiledAt    string `json:"filed_at"`
	By         ByView `json:"by"`
	Discreet   bool   `json:"discreet,omitempty"`
	Target     string `json:"target,omitempty"`
	Source     string `json:"source,omitempty"`
	SourceID   string `json:"source_id,omitempty"`
	Seen       int    `json:"seen,omitempty"` // incidents of this source that the viewer may see, this one too
	Concerns   string `json:"concerns,omitempty"`
	Note       string `json:"note,omitempty"`
	Phase      string `json:"phase"`
	Entered    bool   `json:"entered,omitempty"`
	Hold       bool   `json:"hold,omitempty"` // a judge keeps it from being erased
	Erased     string `json:"erased,omitempty"`
	Protection string `json:"protection,omitempty"` // phase of the newest request
	Due        string `json:"due,omitempty"`
	Evidence   int    `json:"evidence"`
}

// RulingView is a ruling.
type RulingView struct {
	Ruling      string `json:"ruling"`
	Reason      string `json:"reason,omitempty"`
	Seat        string `json:"seat,omitempty"`
	Provisional bool   `json:"provisional,omitempty"`
	By          ByView `json:"by"`
	At          string `json:"at"`
}

// MarkView is a moment of the clock. Void says that a later step made it needless: it stands in the book all the same.
type MarkView struct {
	Mark    string `json:"mark"`
	Hours   int    `json:"hours,omitempty"`
	At      string `json:"at"`
	Entered string `json:"entered,omitempty"`
	Void    bool   `json:"void,omitempty"`
}

// RequestView is a request for protection with its clock.
type RequestView struct {
	Request    string     `json:"request"`
	Phase      string     `json:"phase"`
	Measures   []string   `json:"measures"`
	Note       string     `json:"note,omitempty"`
	OwnMotion  bool       `json:"own_motion,omitempty"`
	Filed      string     `json:"filed"`
	By         ByView     `json:"by"`
	Received   string     `json:"received,omitempty"`
	Due        string     `json:"due,omitempty"`
	Decided    string     `json:"decided,omitempty"`
	Granted    *bool      `json:"granted,omitempty"`
	Given      []string   `json:"given,omitempty"`
	Reason     string     `json:"reason,omitempty"`
	Served     string     `json:"served,omitempty"`
	Complained string     `json:"complained,omitempty"`
	Marks      []MarkView `json:"marks"`
	Next       *MarkView  `json:"next,omitempty"`
	Plan       []MarkView `json:"plan"`
}

// AgreementView is an agreement.
type AgreementView struct {
	Agree bool   `json:"agree"`
	By    string `json:"by"` // lawyer, person
	Role  string `json:"role"`
	At    string `json:"at"`
}

// ReferralView is a referral.
type ReferralView struct {
	Referral     string   `json:"referral"`
	Number       string   `json:"number,omitempty"`
	To           string   `json:"to"`
	Lang         string   `json:"lang"`
	Measures     []string `json:"measures"`
	DoNotWarn    bool     `json:"do_not_warn"`
	DangerToLife bool     `json:"danger_to_life"`
	Reason       string   `json:"reason,omitempty"`
	Way          string   `json:"way"`
	Evidence     []string `json:"evidence"`
	State        string   `json:"state"`
	Why          string   `json:"why,omitempty"`
	Made         string   `json:"made"`
	By           ByView   `json:"by"`
	Sent         string   `json:"sent,omitempty"`
	Tries        int      `json:"tries,omitempty"`
	Acknowledged string   `json:"acknowledged,omitempty"`
	Reference    string   `json:"reference,omitempty"`
	Identity     bool     `json:"identity,omitempty"`
	SHA256       string   `json:"sha256,omitempty"`
}

// CopyView is the re-rendered copy of an attachment.
type CopyView struct {
	Type   string `json:"type"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	Note   string `json:"note,omitempty"` // what it lacks: scaled, first_frame, cut
}

// CustodyView is one thing that happened to evidence.
type CustodyView struct {
	What string `json:"what"`
	Copy bool   `json:"copy,omitempty"`
	At   string `json:"at"`
	By   ByView `json:"by"`
}

// EvidenceView is a clip or an attachment.
type EvidenceView struct {
	Evidence     string        `json:"evidence"`
	What         string        `json:"what"`
	Type         string        `json:"type,omitempty"`
	Size         int64         `json:"size"`
	SHA256       string        `json:"sha256,omitempty"`
	SealedSHA256 string        `json:"sealed_sha256,omitempty"`
	Copy         *CopyView     `json:"copy,omitempty"`
	NoCopy       string        `json:"no_copy,omitempty"`
	From         string        `json:"from,omitempty"`
	To           string        `json:"to,omitempty"`
	Track        string        `json:"track,omitempty"`
	At           string        `json:"at"`
	State        string        `json:"state"`
	Why          string        `json:"why,omitempty"`
	May          []string      `json:"may"` // view, export, copy
	Custody      []CustodyView `json:"custody,omitempty"`
}

// StepView is a line of the timeline. Params hold codes and texts that the viewer may know.
type StepView struct {
	At     string         `json:"at"`
	Code   Code           `json:"code"`
	By     ByView         `json:"by"`
	Params map[string]any `json:"params,omitempty"`
}

// View is one incident, whole as far as the viewer may see it.
type View struct {
	Line
	Depth      string            `json:"depth"` // entered, raised, whole
	Rulings    []RulingView      `json:"rulings"`
	Requests   []RequestView     `json:"requests"`
	Agreements []AgreementView   `json:"agreements"`
	Referrals  []ReferralView    `json:"referrals"`
	Proof      []EvidenceView    `json:"evidence"`
	Timeline   []StepView        `json:"timeline"`
	Alike      []string          `json:"alike"`
	Articles   incident.Articles `json:"articles"`
	Confirmed  string            `json:"confirmed_by"` // which lawyer confirmed the periods; "" for none
	Zone       string            `json:"zone"`
	Now        string            `json:"now"`
	May        []Action          `json:"may"`
}

func (v Viewer) by(w Who, depth Depth) ByView {
	b := ByView{Role: w.Role, Seat: w.Seat, Mine: w.Person != "" && w.Person == v.Person}
	if depth == Whole || b.Mine {
		b.Person = w.Person
	}
	return b
}

// words reads texts; r.mu is held by the caller.
type words struct{ of map[Said]string }

func (w words) all(said []Said) []string {
	all := make([]string, len(said))
	for i, s := range said {
		all[i] = w.of[s]
	}
	return all
}

// put says whether the flag was put to somebody in the hearing. The judge chose there in what words: the register tells the parties no more than what kind of threat it is.
func (i *Incident) put() bool {
	return slices.ContainsFunc(i.Timeline, func(s Step) bool {
		p, ok := s.Event.(*IncidentStepPayload)
		return ok && p.Step == "flag.put"
	})
}

// line shows an incident in a list. b is locked by the caller.
func (r *Register) line(v Viewer, b *book, i *Incident, depth Depth, now time.Time) Line {
	l := Line{ID: i.ID, Court: i.Court, Origin: i.Origin, Hearing: i.Hearing, Flag: i.Flag, CaseNo: b.texts[i.CaseNo], Kind: i.Kind, Endangered: i.Endangered,
		Pseudonym: b.texts[i.Pseudonym], When: Moment(i.When), FiledAt: Moment(i.FiledAt), By: v.by(i.By, depth), Discreet: i.Discreet, Target: b.texts[i.Target],
		Source: b.texts[i.Source], Concerns: i.Concerns, Note: b.texts[i.Note], Phase: i.Phase(), Entered: i.Entered(), Erased: Moment(i.Erased)}
	l.By.Mine = l.By.Mine || slices.ContainsFunc(v.Roles, func(role rights.Role) bool { return v.Raised(i, role) })
	if depth == AsEntered { // that it was referred would warn whom it is about
		if i.put() {
			l.Target, l.Source, l.Note = "", "", ""
		}
		if l.Phase == PhaseReferred {
			l.Phase = PhaseOpen
			if l.Entered {
				l.Phase = PhaseEntered
			}
		}
		return l
	}
	if n := len(i.Requests); n > 0 {
		q := i.Requests[n-1]
		l.Protection = q.Phase(r.cfg.Deadlines, now)
		if q.Decided.IsZero() {
			l.Due = Moment(q.Due(r.cfg.Deadlines))
		}
	}
	if depth == Whole {
		l.SourceID, l.Hold = i.SourceID, i.Held
		if label := b.texts[b.sources[i.SourceID]]; label != "" {
			l.Source = label
		}
		l.Seen = r.seen(v, i)
		l.Evidence = len(i.Evidence)
	}
	return l
}

// seen counts the incidents of the same source that the viewer may see whole; r.mu is held.
func (r *Register) seen(v Viewer, i *Incident) int {
	if i.SourceID == "" {
		return 0
	}
	n := 0
	for _, b := range r.booksOf(v) {
		for _, other := range b.incidents {
			if other.SourceID == i.SourceID && DepthFor(v, other) == Whole {
				n++
			}
		}
	}
	return n
}

// booksOf are the books that somebody may look into at all, her own court's first; r.mu is held.
func (r *Register) booksOf(v Viewer) []*book {
	var all []*book
	if b := r.books[v.Court]; b != nil {
		all = append(all, b)
	}
	if v.Only == "" && slices.ContainsFunc(v.Roles, func(role rights.Role) bool { return slices.Contains(acrossCourts, role) }) {
		for _, court := range r.cfg.Courts {
			if court != v.Court {
				all = append(all, r.books[court])
			}
		}
	}
	return all
}

// alikeOf are the incidents whose source may be the same and is not confirmed to be; r.mu is held.
func (r *Register) alikeOf(v Viewer, b *book, i *Incident) []string {
	found := []string{}
	mine := folded(b.texts[i.Source])
	for _, other := range r.booksOf(v) {
		for _, id := range other.order {
			o := other.incidents[id]
			if o.ID == i.ID || o.SourceID != "" && o.SourceID == i.SourceID || DepthFor(v, o) != Whole {
				continue
			}
			if alike(mine, folded(other.texts[o.Source])) && len(found) < 50 {
				found = append(found, o.ID)
			}
		}
	}
	return found
}

// Show tells a viewer of one incident.
func (r *Register) Show(v Viewer, court, id string) (View, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.books[court]
	if b == nil || b.incidents[id] == nil {
		return View{}, errIncident()
	}
	i, now := b.incidents[id], r.Now()
	depth := DepthFor(v, i)
	if depth == Nothing {
		return View{}, errIncident()
	}
	w := words{b.texts}
	d := r.cfg.Deadlines
	out := View{Line: r.line(v, b, i, depth, now), Depth: depth.String(), Rulings: []RulingView{}, Requests: []RequestView{}, Agreements: []AgreementView{}, Referrals: []ReferralView{},
		Proof: []EvidenceView{}, Timeline: []StepView{}, Alike: []string{}, Articles: d.Articles, Confirmed: d.ConfirmedBy, Zone: d.Zone, Now: Moment(now), May: Mays(v, i)}
	for _, g := range i.Rulings {
		if g.Ruling == "refer" && depth == AsEntered {
			continue
		}
		out.Rulings = append(out.Rulings, RulingView{g.Ruling, b.texts[g.Reason], g.Seat, g.Provisional, v.by(g.By, depth), Moment(g.At)})
	}
	for _, e := range i.Evidence {
		if shown, ok := v.evidence(i, e, depth); ok {
			out.Proof = append(out.Proof, shown)
		}
	}
	for _, s := range i.Timeline {
		if shown, ok := v.step(w, i, s, depth); ok {
			out.Timeline = append(out.Timeline, shown)
		}
	}
	if depth == AsEntered {
		return out, nil
	}
	for _, q := range i.Requests {
		out.Requests = append(out.Requests, r.request(v, w, q, depth, now))
	}
	for _, a := range i.Agreements {
		out.Agreements = append(out.Agreements, AgreementView{a.Agree, a.Agreeing, a.By.Role, Moment(a.At)})
	}
	for _, f := range i.Referrals {
		out.Referrals = append(out.Referrals, ReferralView{f.ID, f.Number, f.To, f.Lang, w.all(f.Measures), f.DoNotWarn, f.DangerToLife, b.texts[f.Reason], f.Way, append([]string{}, f.Evidence...),
			f.State, f.Why, Moment(f.Made), v.by(f.By, depth), Moment(f.Sent), f.Tries, Moment(f.Acknowledged), b.texts[f.Reference], f.Identity != nil, f.SHA256})
	}
	if depth == Whole {
		out.Alike = r.alikeOf(v, b, i)
	}
	return out, nil
}

func (r *Register) request(v Viewer, w words, q Request, depth Depth, now time.Time) RequestView {
	d := r.cfg.Deadlines
	out := RequestView{Request: q.ID, Phase: q.Phase(d, now), Measures: w.all(q.Measures), Note: w.of[q.Note], OwnMotion: q.OwnMotion, Filed: Moment(q.Filed), By: v.by(q.By, depth),
		Received: Moment(q.Received), Due: Moment(q.Due(d)), Decided: Moment(q.Decided), Given: w.all(q.Given), Reason: w.of[q.Reason], Served: Moment(q.Served), Complained: Moment(q.Complained),
		Marks: []MarkView{}, Plan: []MarkView{}}
	if !q.Decided.IsZero() {
		out.Granted = &q.Granted
	}
	out.Marks, out.Next, out.Plan = clockOf(d, q, now)
	return out
}

// clockOf is the clock of a request: what passed, what comes next, and every moment that its own steps have not made needless.
func clockOf(d incident.Deadlines, q Request, now time.Time) (marks []MarkView, next *MarkView, plan []MarkView) {
	marks, plan = []MarkView{}, []MarkView{}
	if q.Received.IsZero() {
		return marks, nil, plan
	}
	due := d.Marks(q.clock())
	for _, m := range due {
		plan = append(plan, markOf(m))
	}
	for _, k := range q.Marks {
		stands := slices.ContainsFunc(due, func(m incident.Due) bool { return m.Mark == k.Mark && m.Hours == k.Hours })
		marks = append(marks, MarkView{Mark: string(k.Mark), Hours: k.Hours, At: Moment(k.Due), Entered: Moment(k.At), Void: !stands})
	}
	if _, n := d.Passed(q.clock(), now); n != nil && q.Open() {
		m := markOf(*n)
		next = &m
	}
	return marks, next, plan
}

// evidence shows a piece of evidence. Whoever does not see the incident whole sees what she attached, and of an attachment the copy.
func (v Viewer) evidence(i *Incident, e Evidence, depth Depth) (EvidenceView, bool) {
	mine := v.by(e.By, depth).Mine
	if depth != Whole && !mine && (e.What != "attachment" || e.Copy == nil || e.Copy.SHA256 == "") {
		return EvidenceView{}, false
	}
	out := EvidenceView{Evidence: e.ID, What: e.What, Type: e.Type, Size: e.Size, SHA256: e.SHA256, From: Moment(e.From), To: Moment(e.To), Track: e.Track, At: Moment(e.At),
		State: e.State, Why: e.Why, May: EvidenceMay(v, i, e)}
	if e.Copy != nil && e.Copy.SHA256 != "" {
		out.Copy = &CopyView{e.Copy.Type, e.Copy.Size, e.Copy.SHA256, e.Copy.Note}
	}
	if e.Copy != nil {
		out.NoCopy = e.Copy.NoCopy
	}
	if depth == Whole {
		out.SealedSHA256 = e.SealedSHA256
		for _, c := range e.Custody {
			out.Custody = append(out.Custody, CustodyView{c.What, c.Copy, Moment(c.At), v.by(c.By, depth)})
		}
	}
	return out, true
}

// textHit says whether one of an incident's texts holds what is looked for; only those that the viewer reads at this depth are looked through.
func textHit(l Line, q string) bool {
	q = strings.ToLower(strings.TrimSpace(q))
	if q == "" {
		return true
	}
	fold := func(s string) string { return strings.ToLower(folds.Replace(s)) }
	q = fold(q)
	for _, s := range []string{l.CaseNo, l.Pseudonym, l.Target, l.Source, l.Note, l.Kind, l.ID, l.Hearing} {
		if strings.Contains(fold(s), q) {
			return true
		}
	}
	return false
}
