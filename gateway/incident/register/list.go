package register

import (
	"cmp"
	"context"
	"slices"
	"time"

	"parda/gateway/access/secret"
	"parda/signaling"
)

// Query narrows a list. The zero value is everything that the viewer may see.
type Query struct {
	From, To time.Time // of When
	Kind     string
	Phase    string
	Source   string // s-...
	Text     string
	Hearing  string
	Court    string
	Before   string // id of the last line of the page before
	Limit    int    // 0: 100
}

// SourceView is a source that was named in incidents that the viewer may see.
type SourceView struct {
	Source string `json:"source"`
	Label  string `json:"label"`
	Seen   int    `json:"seen"`
	First  string `json:"first"`
	Last   string `json:"last"`
}

// MonthView counts the incidents of a month, by the court's calendar.
type MonthView struct {
	Month string `json:"month"` // YYYY-MM
	N     int    `json:"n"`
}

// Listed is a page of the register.
type Listed struct {
	Incidents []Line       `json:"incidents"` // newest first
	Sources   []SourceView `json:"sources"`
	Months    []MonthView  `json:"months"` // over the whole filter
	More      bool         `json:"more"`
	Now       string       `json:"now"`
}

const pageMost = 500

// List gives the incidents that the viewer may see and that fit the query.
func (r *Register) List(v Viewer, q Query) Listed {
	if q.Limit <= 0 || q.Limit > pageMost {
		q.Limit = 100
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.Now()
	type found struct {
		i    *Incident
		line Line
	}
	var all []found
	sources, months := map[string]*SourceView{}, map[string]int{}
	for _, b := range r.booksOf(v) {
		if q.Court != "" && q.Court != b.court {
			continue
		}
		for _, id := range b.order {
			i := b.incidents[id]
			depth := DepthFor(v, i)
			if depth == Nothing || !q.fits(i) {
				continue
			}
			l := r.line(v, b, i, depth, now)
			if !textHit(l, q.Text) || q.Phase != "" && l.Phase != q.Phase || q.Source != "" && l.SourceID != q.Source { // by what she is told, so that no filter tells more
				continue
			}
			all = append(all, found{i, l})
			months[r.cfg.Deadlines.Month(i.When)]++
			if l.SourceID != "" {
				addSource(sources, l, b.texts[b.sources[l.SourceID]])
			}
		}
	}
	slices.SortStableFunc(all, func(x, y found) int {
		return cmp.Or(y.i.FiledAt.Compare(x.i.FiledAt), cmp.Compare(y.i.ID, x.i.ID))
	})
	if q.Before != "" {
		all = all[slices.IndexFunc(all, func(f found) bool { return f.i.ID == q.Before })+1:]
	}
	out := Listed{Incidents: []Line{}, Sources: []SourceView{}, Months: []MonthView{}, More: len(all) > q.Limit, Now: Moment(now)}
	for _, f := range all[:min(len(all), q.Limit)] {
		out.Incidents = append(out.Incidents, f.line)
	}
	for _, s := range sources {
		out.Sources = append(out.Sources, *s)
	}
	slices.SortFunc(out.Sources, func(x, y SourceView) int {
		return cmp.Or(cmp.Compare(y.Seen, x.Seen), cmp.Compare(x.Source, y.Source))
	})
	for m, n := range months {
		out.Months = append(out.Months, MonthView{m, n})
	}
	slices.SortFunc(out.Months, func(x, y MonthView) int { return cmp.Compare(x.Month, y.Month) })
	return out
}

func (q Query) fits(i *Incident) bool {
	return (q.From.IsZero() || !i.When.Before(q.From)) && (q.To.IsZero() || i.When.Before(q.To)) && (q.Kind == "" || i.Kind == q.Kind) &&
		(q.Hearing == "" || i.Hearing == q.Hearing)
}

func addSource(sources map[string]*SourceView, l Line, label string) {
	s := sources[l.SourceID]
	if s == nil {
		sources[l.SourceID] = &SourceView{l.SourceID, label, 1, l.When, l.When}
		return
	}
	s.Seen++
	s.First, s.Last = min(s.First, l.When), max(s.Last, l.When)
	s.Label = cmp.Or(s.Label, label)
}

// Source says whose threat it was: an id of a source that the viewer has seen ("s-..."), or a label, which makes a new one. It is a person's word; nothing is ever merged by itself.
func (r *Register) Source(ctx context.Context, v Viewer, court, id, source string) (string, error) {
	if source == "" {
		return "", signaling.Refuse("bad_argument", "Say who it was.", nil)
	}
	if err := tooLong(shortMost, source); err != nil {
		return "", err
	}
	known, label := r.knows(v, source)
	if !known && len(source) > 2 && source[:2] == "s-" {
		return "", signaling.Refuse("source_unknown", "There is no such source here.", nil)
	}
	named := source
	if !known {
		named, label = secret.ID("s-"), source
	}
	err := r.do(ctx, v, court, id, NameSource, []string{label}, func(_ *Incident, said []Said, about About) ([]Payload, error) {
		return []Payload{&IncidentSourcePayload{about, named, said[0]}}, nil
	})
	return named, err
}

// knows says whether a source is named in an incident that the viewer sees whole, and how it is called.
func (r *Register) knows(v Viewer, source string) (known bool, label string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, b := range r.booksOf(v) {
		for _, i := range b.incidents {
			if i.SourceID == source && DepthFor(v, i) == Whole {
				known, label = true, cmp.Or(label, b.texts[b.sources[source]])
			}
		}
	}
	return known, label
}

// ProtectionView is what a console shows of a request that is not done.
type ProtectionView struct {
	Incident  string     `json:"incident"`
	Request   string     `json:"request"`
	Hearing   string     `json:"hearing,omitempty"`
	Flag      string     `json:"flag,omitempty"`
	CaseNo    string     `json:"case_no,omitempty"`
	Pseudonym string     `json:"pseudonym,omitempty"`
	Discreet  bool       `json:"discreet,omitempty"` // not for the clerk
	Phase     string     `json:"phase"`
	Filed     string     `json:"filed"`
	Received  string     `json:"received,omitempty"`
	Due       string     `json:"due,omitempty"`
	Marks     []MarkView `json:"marks"`
	Next      *MarkView  `json:"next,omitempty"`
	Alarm     string     `json:"alarm,omitempty"` // protection_due, protection_overrun
}

// Protection is what is due in a court, for who sees it whole: the earliest first.
func (r *Register) Protection(v Viewer) []ProtectionView {
	return r.protection(func(i *Incident) bool { return DepthFor(v, i) == Whole && (v.Only == "" || v.Only == i.Hearing) }, r.cfg.Courts...)
}

// ProtectionOf is what is due about the flags of a hearing, and about what was filed for it. Whoever shows it keeps a discreet one from the clerk.
func (r *Register) ProtectionOf(court, hearing string) []ProtectionView {
	return r.protection(func(i *Incident) bool { return i.Hearing == hearing }, court)
}

func (r *Register) protection(fits func(*Incident) bool, courts ...string) []ProtectionView {
	r.mu.Lock()
	defer r.mu.Unlock()
	now, d := r.Now(), r.cfg.Deadlines
	type due struct {
		at   time.Time
		view ProtectionView
	}
	var all []due
	for _, court := range courts {
		b := r.books[court]
		if b == nil {
			continue
		}
		for _, id := range b.order {
			i := b.incidents[id]
			if len(i.Requests) == 0 || !fits(i) {
				continue
			}
			for _, q := range i.Requests {
				marks, next, _ := clockOf(d, q, now)
				phase := q.Phase(d, now)
				if phase == RequestIsDecided || phase == RequestIsComplained || phase == RequestIsServed && next == nil {
					continue
				}
				view := ProtectionView{Incident: id, Request: q.ID, Hearing: i.Hearing, Flag: i.Flag, CaseNo: b.texts[i.CaseNo], Pseudonym: b.texts[i.Pseudonym], Discreet: i.Discreet,
					Phase: phase, Filed: Moment(q.Filed), Received: Moment(q.Received), Due: Moment(q.Due(d)), Marks: marks, Next: next, Alarm: r.urgency(q, now)}
				all = append(all, due{later(q.Due(d), q.Filed), view})
			}
		}
	}
	slices.SortStableFunc(all, func(x, y due) int { return x.at.Compare(y.at) })
	out := make([]ProtectionView, len(all))
	for n, one := range all {
		out[n] = one.view
	}
	return out
}

// urgency is the code of what a console shows of a request that waits for its decision.
func (r *Register) urgency(q Request, now time.Time) string {
	d := r.cfg.Deadlines
	if q.Received.IsZero() || !q.Decided.IsZero() {
		return ""
	}
	from := r.cfg.AlarmHour
	if from == 0 && len(d.WarnHours) > 0 {
		from = d.WarnHours[0]
	}
	switch {
	case !now.Before(q.Due(d)):
		return "protection_overrun"
	case from > 0 && !now.Before(q.Received.Add(time.Duration(from)*time.Hour)):
		return "protection_due"
	}
	return ""
}
