package visibility

import (
	"slices"
	"time"

	"parda/gateway/hearing"
	"parda/gateway/incident"
)

// FlagView is one flag. Ruling is the newest of Rulings.
type FlagView struct {
	ID         string           `json:"id"`
	Incident   string           `json:"incident,omitempty"` // its id in the court's register
	Seat       string           `json:"seat"`
	Role       hearing.Role     `json:"role"`
	PressedAt  string           `json:"pressed_at"`
	ReceivedAt string           `json:"received_at"`
	Kind       string           `json:"kind,omitempty"`
	Target     string           `json:"target,omitempty"`
	Source     string           `json:"source,omitempty"`
	Concerns   string           `json:"concerns,omitempty"` // a seat, or a view of the court
	Note       string           `json:"note,omitempty"`
	Discreet   bool             `json:"discreet"`
	Urgency    incident.Urgency `json:"urgency"`
	Closed     bool             `json:"closed"`
	Ruling     *FlagRulingView  `json:"ruling,omitempty"`
	Rulings    []FlagRulingView `json:"rulings,omitempty"` // oldest first
	Put        []FlagPutView    `json:"put,omitempty"`
	Requested  bool             `json:"requested,omitempty"` // filed as a request for protection
}

// FlagRulingView is a ruling on a flag.
type FlagRulingView struct {
	Ruling      string       `json:"ruling"`
	Reason      string       `json:"reason,omitempty"`
	Seat        string       `json:"seat,omitempty"`        // whom an adverse one names: a seat, or a view of the court
	Provisional bool         `json:"provisional,omitempty"` // until that person was heard and the ruling that is owed was given
	By          hearing.Role `json:"by"`
	At          string       `json:"at"`
}

// FlagPutView is to whom a flag was put, and what that person said.
type FlagPutView struct {
	Seat   string      `json:"seat"`
	Form   string      `json:"form"` // whole, gist, orally
	Gist   string      `json:"gist,omitempty"`
	At     string      `json:"at"`
	Answer *AnswerView `json:"answer,omitempty"`
	Heard  *HeardView  `json:"heard,omitempty"`
	Stale  bool        `json:"stale,omitempty"` // the flag was changed since, or another person sits there: nobody was heard by it
}

// AnswerView is what the person wrote.
type AnswerView struct {
	Text string `json:"text"`
	At   string `json:"at"`
}

// HeardView says how the person was heard in the room.
type HeardView struct {
	How       string `json:"how"` // orally, declined, absent
	Positions string `json:"positions,omitempty"`
	At        string `json:"at"`
}

// PutView is what the person concerned reads of a flag: as much as the form says, and never who raised it.
type PutView struct {
	Flag     string `json:"flag"`
	Form     string `json:"form"`
	Text     string `json:"text,omitempty"` // the gist
	Kind     string `json:"kind,omitempty"` // of one that is put whole, as the two below
	Source   string `json:"source,omitempty"`
	Note     string `json:"note,omitempty"`
	At       string `json:"at"`
	Answered bool   `json:"answered"`
}

// CourtView is what the bench took from a view of the court.
type CourtView struct {
	View   string `json:"view"` // dock, hall, counsel
	Muted  bool   `json:"muted"`
	Hidden bool   `json:"hidden"`
}

// DuressView is a sign of duress that stands. The bench's alone.
type DuressView struct {
	Since string         `json:"since"`
	Means string         `json:"means"` // key, phrase
	Do    []DuressDoView `json:"do,omitempty"`
}

// DuressDoView is what the bench did about it.
type DuressDoView struct {
	Do string `json:"do"` // pause, clear_room
	At string `json:"at"`
}

// EmergencyView is an emergency: it stands until Ended, and is shown until testimony is called anew.
type EmergencyView struct {
	Since string `json:"since"`
	By    string `json:"by"` // witness, officer, bench
	Ended string `json:"ended,omitempty"`
}

// CardView is where help is called: a code for the shielded room that says nothing of the place, and who holds the address under seal.
type CardView struct {
	Room      string `json:"room,omitempty"`
	Telephone string `json:"telephone,omitempty"`
	Body      string `json:"body,omitempty"`
}

// ProtectionView is where a request for protection stands. The court's register fills it.
type ProtectionView struct {
	Incident string     `json:"incident"`
	Flag     string     `json:"flag,omitempty"`
	Request  string     `json:"request,omitempty"`
	Phase    string     `json:"phase"` // filed, received, decided, refused, served, complained, overdue
	Received string     `json:"received,omitempty"`
	Due      string     `json:"due,omitempty"`
	Marks    []MarkView `json:"marks,omitempty"` // that have passed
	Next     *MarkView  `json:"next,omitempty"`

	Discreet bool   `json:"-"` // of a discreet incident: for the bench alone
	Alarm    string `json:"-"` // protection_due, protection_overrun: by the court's own settings; "" for none
}

// MarkView is a moment at which something about a request becomes due: warn, overrun, court_route, complaint_end (gateway/incident).
type MarkView struct {
	Mark string `json:"mark"`
	At   string `json:"at"`
}

// PendingView is a ruling that is owed.
type PendingView struct {
	ID      string       `json:"id"`
	About   string       `json:"about"`
	Seat    string       `json:"seat,omitempty"`
	Kind    hearing.Kind `json:"kind,omitempty"`
	Flag    string       `json:"flag,omitempty"`   // it rests on this flag, and is given once the person was heard on it
	Ruling  string       `json:"ruling,omitempty"` // what was ruled on the flag
	Since   string       `json:"since"`
	Due     string       `json:"due"`
	Overdue bool         `json:"overdue"`
}

// flagsAtOnce bounds a state: a flood of flags must not make each message to the bench as long as all of them. Those left out come up when those before them are dealt with; all of
// them stand in the court's register.
const flagsAtOnce = 100

// flags fills in what the seat may know of flags, also from outside. The witness's has none, not her own either: the threat may sit beside her (A7), and the kiosk's state must be the same
// whether or not she gave her signal.
func (b builder) flags(v *View, register *incident.Register) {
	if b.own.Role == hearing.ProtectedWitness {
		return
	}
	seen := incident.ByUrgency(register.SeenBy(b.viewer()))
	if len(seen) > flagsAtOnce {
		v.FlagsMore = len(seen) - flagsAtOnce
		seen = seen[:flagsAtOnce]
	}
	for _, f := range seen {
		v.Flags = append(v.Flags, b.flag(f))
	}
	if !MayKnow(b.own.Role, FieldPut) {
		return
	}
	for _, q := range register.PutTo(b.own.ID) {
		v.Put = append(v.Put, PutView{Flag: q.Flag, Form: q.Form, Text: q.Text, Kind: q.Kind, Source: q.Source, Note: q.Note, At: Moment(q.At), Answered: q.Answered})
	}
}

func (b builder) viewer() incident.Viewer {
	return incident.Viewer{Seat: b.own.ID, Role: b.own.Role, Person: b.x.Person, Attends: b.attends}
}

func (b builder) flag(f incident.Flag) FlagView {
	v := FlagView{ID: f.ID, Seat: f.Seat, Role: f.Role, PressedAt: Moment(f.PressedAt), ReceivedAt: Moment(f.ReceivedAt),
		Kind: f.Detail.Kind, Target: f.Detail.Target, Source: f.Detail.Source, Concerns: f.Detail.Concerns, Note: f.Detail.Note, Discreet: f.Discreet,
		Urgency: f.Urgency(), Closed: f.Closed(), Requested: f.Requested}
	if b.x.IncidentOf != nil {
		v.Incident = b.x.IncidentOf(f.ID)
	}
	if !incident.MaySeeWhole(f, b.viewer()) {
		v.Target, v.Source, v.Note = "", "", ""
	}
	referral := incident.MaySeeReferral(f, b.viewer())
	v.Requested = v.Requested && referral
	for _, r := range f.Rulings {
		if r.Ruling == hearing.RulingRefer && !referral {
			continue
		}
		v.Rulings = append(v.Rulings, FlagRulingView{Ruling: r.Ruling, Reason: r.Reason, Seat: r.Against, Provisional: r.Provisional, By: r.By, At: Moment(r.At)})
	}
	if n := len(v.Rulings); n > 0 {
		last := v.Rulings[n-1]
		v.Ruling = &last
	}
	if !incident.MaySeeAnswers(f, b.own.Role, b.attends) {
		return v
	}
	for _, p := range f.Puts {
		put := FlagPutView{Seat: p.Seat, Form: p.Form, Gist: p.Gist, At: Moment(p.At), Stale: p.Stale}
		if p.Answer != nil {
			put.Answer = &AnswerView{p.Answer.Text, Moment(p.Answer.At)}
		}
		if p.Heard != nil {
			put.Heard = &HeardView{p.Heard.How, p.Heard.Positions, Moment(p.Heard.At)}
		}
		v.Put = append(v.Put, put)
	}
	return v
}

// dangers fills in duress, emergency and whom to call.
func (b builder) dangers(v *View) {
	s := b.s
	if d, ok := s.Duress(); ok && b.knows(FieldDuress) {
		v.Duress = &DuressView{Since: Moment(d.At), Means: d.Means}
		for _, do := range d.Do {
			v.Duress.Do = append(v.Duress.Do, DuressDoView{do.Do, Moment(do.At)})
		}
	}
	if e := s.Emergency; e != nil && b.knows(FieldEmergency) && (s.InEmergency() || s.Testimony.Room.Must != "" && s.Testimony.Phase != hearing.Released) {
		v.Emergency = &EmergencyView{Since: Moment(e.Since), By: e.By, Ended: Moment(e.Ended)}
	}
	if b.knows(FieldCard) {
		v.Card = b.x.Card
	}
	if b.knows(FieldProtection) {
		v.Protection = b.protection()
	}
}

// protection are the requests that the seat may know: those of a discreet incident are the bench's alone.
func (b builder) protection() []ProtectionView {
	if b.own.Role.Bench() {
		return b.x.Protection
	}
	return slices.DeleteFunc(slices.Clone(b.x.Protection), func(p ProtectionView) bool { return p.Discreet })
}

// views says what the bench took from the court's views.
func (b builder) views() []CourtView {
	var list []CourtView
	for _, name := range sorted(b.s.Views) {
		list = append(list, CourtView{name, b.s.Views[name].Muted, b.s.Views[name].Hidden})
	}
	return list
}

func (b builder) pending(d hearing.Pending) PendingView {
	v := PendingView{ID: d.ID, About: d.About, Seat: d.Seat, Kind: d.Kind, Since: Moment(d.Since), Due: Moment(d.Due), Overdue: d.Overdue || b.x.Now.After(d.Due)}
	v.Flag, v.Ruling = d.Flag, d.Ruling
	return v
}

// protectionAlarms says that a request for protection is due, or was not decided in time, for the oldest of each.
func (b builder) protectionAlarms(add func(code string, since time.Time, detail string)) {
	if !b.knows(FieldProtection) {
		return
	}
	for _, p := range b.protection() {
		code := p.Alarm
		if code == "" {
			continue
		}
		since := time.Time{}
		if n := len(p.Marks); n > 0 {
			if at, err := time.Parse(hearing.TimeLayout, p.Marks[n-1].At); err == nil {
				since = at
			}
		}
		add(code, since, p.Incident)
	}
}
