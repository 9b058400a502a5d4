package register

import (
	"fmt"
	"slices"
	"time"

	"parda/gateway/incident"
	"parda/gateway/ledger"
)

// book is one court's register. mu guards all of it.
type book struct {
	court     string
	incidents map[string]*Incident
	order     []string // ids, as they came in
	sources   map[string]Said
	texts     map[Said]string
	mirrored  map[string]uint64 // by hearing: the index up to which its ledger was looked through
}

func newBook(court string) *book {
	return &book{court: court, incidents: map[string]*Incident{}, sources: map[string]Said{}, texts: map[Said]string{}, mirrored: map[string]uint64{}}
}

// apply folds one event of the book.
func (b *book) apply(e ledger.Event) error {
	p, err := read(Code(e.Code), e.Payload)
	if err != nil {
		return err
	}
	about := p.about()
	i := b.incidents[about.Incident]
	switch p := p.(type) {
	case *IncidentFlaggedPayload:
		i = &Incident{ID: p.Incident, Court: b.court, Origin: FromHearing, Hearing: p.From.Hearing, Flag: p.Flag, CaseNo: p.CaseNo, Pseudonym: p.Pseudonym,
			When: p.PressedAt, FiledAt: p.At, By: p.By, Discreet: p.Discreet, Detail: p.Detail}
		i = b.born(i)
	case *IncidentFiledPayload:
		i = &Incident{ID: p.Incident, Court: b.court, Origin: Filed, Hearing: p.Hearing, CaseNo: p.CaseNo, Pseudonym: p.Pseudonym, Endangered: p.Endangered,
			When: p.When, FiledAt: p.At, By: p.By, Discreet: p.Discreet, Detail: p.Detail}
		i = b.born(i)
	}
	if i == nil {
		return fmt.Errorf("register: event %d is about an incident that is not there", e.Index)
	}
	b.keep(i, p)
	i.applyEvidence(p)
	i.applyReferral(p)
	i.Timeline = append(i.Timeline, Step{e.Index, about.At, Code(e.Code), about.By, p})
	return nil
}

// born gives the incident of that id. One that is there already stays, with all that was entered about it: what is filed twice replaces nothing.
func (b *book) born(i *Incident) *Incident {
	if there := b.incidents[i.ID]; there != nil {
		return there
	}
	b.order = append(b.order, i.ID)
	b.incidents[i.ID] = i
	return i
}

// seen notes that a hearing's ledger was mirrored up to here.
func (b *book) seen(p Place) { b.mirrored[p.Hearing] = max(b.mirrored[p.Hearing], p.Index) }

func (b *book) keep(i *Incident, p Payload) {
	switch p := p.(type) {
	case *IncidentFlaggedPayload:
		b.seen(p.From)
	case *IncidentDetailedPayload:
		b.seen(p.From)
		i.Detail, i.Discreet = p.Detail, i.Discreet || p.Discreet
	case *IncidentStepPayload:
		b.seen(p.From)
		if p.Ruling != "" {
			i.Rulings = append(i.Rulings, Ruling{p.Ruling, p.Reason, p.Seat, p.Provisional, p.By, p.At})
		}
	case *IncidentRuledPayload:
		i.Rulings = append(i.Rulings, Ruling{Ruling: p.Ruling, Reason: p.Reason, By: p.By, At: p.At})
	case *IncidentSourcePayload:
		i.SourceID = p.Source
		if p.Label != "" {
			b.sources[p.Source] = p.Label
		}
	case *AgreementSaidPayload:
		i.Agreements = append(i.Agreements, Agreement{p.Agree, p.Agreeing, p.By, p.At})
	case *HoldSetPayload:
		i.Held = true
	case *HoldLiftedPayload:
		i.Held = false
	case *ContentErasedPayload:
		i.Erased = p.At
	case *RequestFiledPayload:
		if p.From != nil {
			b.seen(*p.From)
		}
		i.Requests = append(i.Requests, Request{ID: p.Request, Measures: p.Measures, Note: p.Note, OwnMotion: p.OwnMotion, From: p.From, By: p.By, Filed: p.At})
	case *RequestReceivedPayload:
		i.step(p.Request, func(r *Request) { r.Received = p.Received })
	case *RequestDecidedPayload:
		i.step(p.Request, func(r *Request) { r.Decided, r.Granted, r.Given, r.Reason = p.Decided, p.Granted, p.Measures, p.Reason })
	case *RequestServedPayload:
		i.step(p.Request, func(r *Request) { r.Served = p.Served })
	case *RequestComplainedPayload:
		i.step(p.Request, func(r *Request) { r.Complained = p.Complained })
	case *RequestMarkPayload:
		i.step(p.Request, func(r *Request) {
			r.Marks = append(slices.Clone(r.Marks), Marked{incident.Mark(p.Mark), p.Hours, p.Due, p.At})
		})
	}
}

func (i *Incident) step(request string, do func(*Request)) {
	if r := i.request(request); r != nil {
		do(r)
	}
}

func (i *Incident) applyEvidence(p Payload) {
	about := p.about()
	custody := func(id, what string, copied bool, more func(*Evidence)) {
		if e := i.evidence(id); e != nil {
			e.Custody = append(slices.Clone(e.Custody), Custody{what, copied, about.By, about.At})
			if more != nil {
				more(e)
			}
		}
	}
	began := func(e Evidence, what string) {
		e.By, e.At, e.Custody = about.By, about.At, []Custody{{what, false, about.By, about.At}}
		if i.evidence(e.ID) == nil {
			i.Evidence = append(i.Evidence, e)
		}
	}
	switch p := p.(type) {
	case *EvidenceFrozenPayload:
		began(Evidence{ID: p.Evidence, What: "clip", Track: p.Track, Type: p.Type, Size: p.Size, SHA256: p.SHA256, SealedSHA256: p.SealedSHA256,
			From: p.From, To: p.To, Why: p.Why, State: "kept"}, "frozen")
	case *EvidenceAttachedPayload:
		began(Evidence{ID: p.Evidence, What: "attachment", Size: p.Size, SHA256: p.SHA256, SealedSHA256: p.SealedSHA256, State: "kept"}, "attached")
	case *EvidenceFailedPayload:
		if i.evidence(p.Evidence) == nil {
			began(Evidence{ID: p.Evidence, What: "clip", Track: p.Track, Why: p.Why, State: "failed"}, "failed")
			return
		}
		custody(p.Evidence, "failed", false, func(e *Evidence) { e.State, e.Why = "failed", p.Why })
	case *EvidenceCopiedPayload:
		custody(p.Evidence, "copied", true, func(e *Evidence) { e.Copy, e.Type = p, p.Original })
	case *EvidenceTouchedPayload:
		custody(p.Evidence, "viewed", p.Copy, nil)
	case *EvidenceExportedPayload:
		custody(p.Evidence, "exported", p.Copy, nil)
	case *EvidenceChangedPayload:
		custody(p.Evidence, "changed", p.Copy, nil)
	case *EvidenceErasedPayload:
		custody(p.Evidence, "erased", false, func(e *Evidence) { e.State, e.Why = "erased", p.Why })
	}
}

func (i *Incident) applyReferral(p Payload) {
	about := p.about()
	change := func(id string, do func(*Referral)) {
		if r := i.referral(id); r != nil {
			do(r)
		}
	}
	switch p := p.(type) {
	case *ReferralMadePayload:
		i.Referrals = append(i.Referrals, Referral{ID: p.Referral, Number: p.Number, To: p.To, Lang: p.Lang, Way: p.Way, Measures: p.Measures, Reason: p.Reason,
			DoNotWarn: p.DoNotWarn, DangerToLife: p.DangerToLife, Evidence: p.Evidence, SHA256: p.SHA256, Sheet: p.Sheet, By: p.By, Made: p.At, State: "made"})
	case *ReferralSentPayload:
		change(p.Referral, func(r *Referral) {
			r.Tries = max(r.Tries, p.Tries)
			if r.passed(p.Letter) {
				return
			}
			if r.Acknowledged.IsZero() {
				r.State = p.State
			}
			switch p.State {
			case "queued":
				r.Mail, r.Queued, r.QueuedAt = p.State, r.Queued+1, about.At
			case "trying":
				r.Mail = p.State
			case "sent":
				r.Sent = about.At
				if r.Mail != "" {
					r.Mail = p.State
				}
			}
		})
	case *ReferralFailedPayload:
		change(p.Referral, func(r *Referral) {
			r.Tries = max(r.Tries, p.Tries)
			if r.passed(p.Letter) {
				return
			}
			r.Why = p.Why
			if r.Mail = "queued"; p.Final {
				r.Mail = "failed"
			}
			if r.Acknowledged.IsZero() {
				r.State = r.Mail
			}
		})
	case *ReferralAcknowledgedPayload:
		change(p.Referral, func(r *Referral) { r.State, r.Acknowledged, r.Reference = "acknowledged", p.Acknowledged, p.Reference })
	case *ReferralIdentityPayload:
		change(p.Referral, func(r *Referral) { r.Identity = p })
	}
}

// stamped is a moment as books hold it: UTC, whole milliseconds.
func stamped(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
