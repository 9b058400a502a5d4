package register

import (
	"slices"
	"time"

	"parda/gateway/incident"
)

// Where an incident came from.
const (
	FromHearing = "hearing" // a flag
	Filed       = "filed"   // out of court
)

// Incident is one act of intimidation as the register knows it: a fold of its events. Texts are named, not held (Register.Text).
type Incident struct {
	ID         string
	Court      string
	Origin     string // FromHearing, Filed
	Hearing    string // of the flag, or the one that it was filed for; "" for none
	Flag       string
	CaseNo     Said
	Endangered string // witness, relative, lawyer, other; "" where nobody said
	Pseudonym  Said
	When       time.Time // of the act: when the flag was pressed, or as it was filed
	FiledAt    time.Time // when it reached the gateway
	By         Who
	Discreet   bool // bench of its hearing (without one: the judges of the court) and raiser alone, for ever
	Detail
	SourceID   string // s-...: who it was, as a person confirmed
	Rulings    []Ruling
	Requests   []Request
	Agreements []Agreement
	Referrals  []Referral
	Evidence   []Evidence
	Timeline   []Step
	Held       bool      // a judge keeps it from being erased
	Erased     time.Time // when a retention policy erased its words; zero: not
}

// Ruling is what a judge ruled, in the hearing or out of it.
type Ruling struct {
	Ruling      string
	Reason      Said
	Seat        string // whom it concerns, in the hearing
	Provisional bool
	By          Who
	At          time.Time
}

// Entered says whether the parties of the hearing may read of it: a ruling put it into their protocol, and what stood there once is not taken away. A referral alone does not
// (whom it is about would be warned), and a discreet incident is never entered.
func (i *Incident) Entered() bool {
	return !i.Discreet && slices.ContainsFunc(i.Rulings, func(r Ruling) bool {
		return r.Ruling != "dismiss" && r.Ruling != "reopen" && r.Ruling != "refer"
	})
}

// The phases of an incident.
const (
	PhaseOpen      = "open"
	PhaseEntered   = "entered"
	PhaseReferred  = "referred"
	PhaseDismissed = "dismissed"
)

// Phase is how the incident stands.
func (i *Incident) Phase() string {
	if len(i.Referrals) > 0 {
		return PhaseReferred
	}
	phase := PhaseOpen
	for _, r := range i.Rulings {
		switch r.Ruling {
		case "dismiss":
			phase = PhaseDismissed
		case "reopen":
			phase = PhaseOpen
		case "refer":
			phase = PhaseReferred
		default:
			phase = PhaseEntered
		}
	}
	return phase
}

// Agreement is whether the protected person or her lawyer agrees to a referral.
type Agreement struct {
	Agree    bool
	Agreeing string // lawyer, person
	By       Who    // who entered it
	At       time.Time
}

// Agreed says whether a referral has the agreement that it needs: what was said last counts.
func (i *Incident) Agreed() bool {
	return len(i.Agreements) > 0 && i.Agreements[len(i.Agreements)-1].Agree
}

// Request is a request for protection.
type Request struct {
	ID         string
	Measures   []Said
	Note       Said
	OwnMotion  bool
	From       *Place
	By         Who
	Filed      time.Time
	Received   time.Time // zero: not yet, and so on
	Decided    time.Time
	Granted    bool
	Given      []Said // the measures as decided
	Reason     Said
	Served     time.Time
	Complained time.Time
	Marks      []Marked // as entered
}

// Marked is a moment of the clock that was entered.
type Marked struct {
	Mark  incident.Mark
	Hours int
	Due   time.Time
	At    time.Time
}

// clock is the request as the law's periods see it.
func (r Request) clock() incident.Request {
	return incident.Request{Received: r.Received, Decided: r.Decided, Refused: !r.Decided.IsZero() && !r.Granted, CopyServed: r.Served}
}

// has says whether a mark was entered. A court that changes its deadlines gets no mark twice.
func (r Request) has(m incident.Due) bool {
	return slices.ContainsFunc(r.Marks, func(k Marked) bool { return k.Mark == m.Mark && k.Hours == m.Hours })
}

// The phases of a request.
const (
	RequestIsFiled      = "filed"
	RequestIsReceived   = "received"
	RequestIsOverdue    = "overdue"
	RequestIsDecided    = "decided" // granted
	RequestIsRefused    = "refused"
	RequestIsServed     = "served"
	RequestIsComplained = "complained"
)

// Phase is how the request stands at now.
func (r Request) Phase(d incident.Deadlines, now time.Time) string {
	switch {
	case !r.Complained.IsZero():
		return RequestIsComplained
	case !r.Served.IsZero():
		return RequestIsServed
	case !r.Decided.IsZero() && r.Granted:
		return RequestIsDecided
	case !r.Decided.IsZero():
		return RequestIsRefused
	case r.Received.IsZero():
		return RequestIsFiled
	case !now.Before(r.Due(d)):
		return RequestIsOverdue
	}
	return RequestIsReceived
}

// Due is when the decision is due; the zero time before the request was received.
func (r Request) Due(d incident.Deadlines) time.Time {
	if r.Received.IsZero() {
		return time.Time{}
	}
	return r.Received.Add(time.Duration(d.DecideHours) * time.Hour)
}

// Open says whether the clock of the request still brings something.
func (r Request) Open() bool { return !r.Received.IsZero() && r.Complained.IsZero() }

// Referral is a referral to a body.
type Referral struct {
	ID           string
	Number       string
	To           string
	Lang         string
	Way          string
	Measures     []Said
	Reason       Said
	DoNotWarn    bool
	DangerToLife bool
	Evidence     []string
	SHA256       string
	Sheet        Said
	By           Who
	Made         time.Time
	State        string // made, queued, trying, sent, failed, acknowledged
	Mail         string // queued, trying, sent, failed: of the last letter; "" where none was queued
	Queued       int    // how many letters were queued
	QueuedAt     time.Time
	Why          string // of the last failure
	Tries        int
	Sent         time.Time
	Acknowledged time.Time
	Reference    Said
	Identity     *ReferralIdentityPayload
}

// Waits says whether the mail server has yet to take the sheet.
func (r Referral) Waits() bool { return r.Mail == "queued" || r.Mail == "trying" }

// passed says whether an event is of a letter after which another was queued: what became of that one says nothing of the one that waits now. 0 is an event that names no letter.
func (r Referral) passed(letter int) bool { return letter != 0 && letter != r.Queued }

// Evidence is a clip or an attachment.
type Evidence struct {
	ID           string
	What         string // clip, attachment
	Track        string
	Type         string
	Size         int64
	SHA256       string
	SealedSHA256 string
	From, To     time.Time
	Why          string // of a clip that is shorter than asked, or failed: a code
	Copy         *EvidenceCopiedPayload
	By           Who
	At           time.Time
	State        string // kept, failed, erased
	Custody      []Custody
}

// Custody is one thing that happened to evidence.
type Custody struct {
	What string // frozen, attached, copied, viewed, exported, erased, failed
	Copy bool   // of the re-rendered copy
	By   Who
	At   time.Time
}

// Step is one line of the timeline.
type Step struct {
	Index uint64 // in the book
	At    time.Time
	Code  Code
	By    Who
	Event Payload
}

// request finds a request of the incident.
func (i *Incident) request(id string) *Request {
	for n := range i.Requests {
		if i.Requests[n].ID == id {
			return &i.Requests[n]
		}
	}
	return nil
}

// evidence finds a piece of evidence of the incident.
func (i *Incident) evidence(id string) *Evidence {
	for n := range i.Evidence {
		if i.Evidence[n].ID == id {
			return &i.Evidence[n]
		}
	}
	return nil
}

func (i *Incident) referral(id string) *Referral {
	for n := range i.Referrals {
		if i.Referrals[n].ID == id {
			return &i.Referrals[n]
		}
	}
	return nil
}

// snapshot is a copy that the fold does not change any more.
func (i *Incident) snapshot() *Incident {
	c := *i
	c.Rulings, c.Requests, c.Agreements = slices.Clone(i.Rulings), slices.Clone(i.Requests), slices.Clone(i.Agreements)
	c.Referrals, c.Evidence, c.Timeline = slices.Clone(i.Referrals), slices.Clone(i.Evidence), slices.Clone(i.Timeline)
	return &c
}

// texts are all texts that the incident's events name, but for what sources are called.
func (i *Incident) texts() []Said {
	all := []Said{i.CaseNo, i.Pseudonym, i.Target, i.Source, i.Note}
	for _, s := range i.Timeline {
		if s.Code != IncidentSource {
			all = append(all, textsOf(s.Event)...)
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	return slices.DeleteFunc(all, func(s Said) bool { return s == "" })
}

func textsOf(p Payload) []Said {
	switch p := p.(type) {
	case *IncidentFlaggedPayload:
		return []Said{p.CaseNo, p.Pseudonym, p.Target, p.Source, p.Note}
	case *IncidentDetailedPayload:
		return []Said{p.Target, p.Source, p.Note}
	case *IncidentStepPayload:
		return []Said{p.Reason}
	case *IncidentFiledPayload:
		return []Said{p.CaseNo, p.Pseudonym, p.Target, p.Source, p.Note}
	case *IncidentNotedPayload:
		return []Said{p.Text}
	case *IncidentRuledPayload:
		return []Said{p.Reason}
	case *IncidentSourcePayload:
		return []Said{p.Label}
	case *RequestFiledPayload:
		return append(slices.Clone(p.Measures), p.Note)
	case *RequestDecidedPayload:
		return append(slices.Clone(p.Measures), p.Reason)
	case *HoldSetPayload:
		return []Said{p.Reason}
	case *HoldLiftedPayload:
		return []Said{p.Reason}
	case *ReferralMadePayload:
		return append(slices.Clone(p.Measures), p.Reason, p.Sheet)
	case *ReferralAcknowledgedPayload:
		return []Said{p.Reference}
	}
	return nil
}
