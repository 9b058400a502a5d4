package referral

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"slices"

	"parda/gateway/incident/register"
	"parda/signaling"
)

// Make makes a referral of an incident: its sheet is frozen from what the register holds now, and is durable with the referral. Where it goes by mail it is queued in the same
// step. by is who refers; that she may is the caller's to have asked. The rule of agreement is asked here, at last under the register's lock: an agreement that is taken back
// meanwhile is not passed over.
func Make(ctx context.Context, reg *register.Register, court, incident string, by register.Who, role string, asked Asked, to Body) (referral string, err error) {
	i, ok := reg.Get(court, incident)
	if !ok {
		return "", signaling.Refuse("incident_unknown", "There is no such incident here.", nil)
	}
	if err := asked.Permitted(i.Agreed()); err != nil {
		return "", err
	}
	if !i.Erased.IsZero() {
		return "", signaling.Refuse("content_erased", "The words of this incident were erased.", nil)
	}
	id := newID()
	sheet, err := sheetOf(reg, i, id, role, asked, to)
	if err != nil {
		return "", err
	}
	frozen, sum, err := sheet.Freeze()
	if err != nil {
		return "", err
	}
	said, err := reg.Keep(ctx, court, append(slices.Clone(asked.Measures), asked.Reason, string(frozen))...)
	if err != nil {
		return "", err
	}
	n := len(asked.Measures)
	events := []register.Payload{&register.ReferralMadePayload{About: register.About{Incident: incident, By: by}, Referral: id, Number: sheet.Number, To: to.ID, Lang: asked.Lang, Way: asked.Way,
		Measures: said[:n], Reason: said[n], DoNotWarn: asked.DoNotWarn, DangerToLife: asked.DangerToLife, Evidence: asked.Evidence, SHA256: sum, Sheet: said[n+1]}}
	if mailed(asked.Way) {
		events = append(events, &register.ReferralSentPayload{About: register.About{Incident: incident, By: by}, Referral: id, State: "queued", Way: asked.Way})
	}
	_, err = reg.EnterIf(ctx, court, incident, func(i *register.Incident) error { return asked.Permitted(i.Agreed()) }, events...)
	return id, err
}

func newID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // crypto/rand never fails: it ends the program instead
	return "f-" + hex.EncodeToString(b[:])
}

// sheetOf writes the sheet of an incident as the register has it. Who reported it in confidence is left out; a seat is on no sheet.
func sheetOf(reg *register.Register, i *register.Incident, id, role string, asked Asked, to Body) (Sheet, error) {
	s := Sheet{Format: Format, Referral: id, Number: NumberOf(id), Court: i.Court, CaseNo: reg.Text(i.Court, i.CaseNo), Incident: i.ID, Made: Moment(reg.Now()), To: Recipient{to.ID, to.Name},
		From: role, DangerToLife: asked.DangerToLife, DoNotWarn: asked.DoNotWarn, Reason: asked.Reason,
		What:       What{Kind: i.Kind, When: Moment(i.When), Reported: Moment(i.FiledAt), Where: "outside", Against: reg.Text(i.Court, i.Target), Note: reg.Text(i.Court, i.Note)},
		Endangered: Endangered{Who: endangered(i), Pseudonym: reg.Text(i.Court, i.Pseudonym)}, Source: reg.Text(i.Court, i.Source), Evidence: []Item{}, Measures: asked.Measures}
	if s.Measures == nil {
		s.Measures = []string{}
	}
	if s.What.Kind == "" {
		s.What.Kind = "unknown"
	}
	if i.Origin == register.FromHearing {
		s.What.Where = "hearing"
	}
	if !i.Discreet {
		s.RaisedBy = i.By.Role
	}
	if n := len(i.Agreements); n > 0 && i.Agreed() {
		s.Agreement = &Agreement{By: i.Agreements[n-1].Agreeing, At: Moment(i.Agreements[n-1].At)}
	}
	for _, id := range asked.Evidence {
		at := slices.IndexFunc(i.Evidence, func(e register.Evidence) bool { return e.ID == id && e.State == "kept" && e.SHA256 != "" })
		if at < 0 {
			return s, signaling.Refuse("evidence_unknown", "There is no such evidence here, or it is kept no more.", nil)
		}
		s.Evidence = append(s.Evidence, itemOf(i.Evidence[at]))
	}
	return s, nil
}

func itemOf(e register.Evidence) Item {
	item := Item{ID: e.ID, What: e.What, Type: e.Type, SHA256: e.SHA256, At: Moment(e.At)}
	if !e.From.IsZero() {
		item.From, item.To = Moment(e.From), Moment(e.To)
	}
	return item
}

// endangered is who is threatened: as it was filed, or as the kind of a flag says, or else the witness of its hearing.
func endangered(i *register.Incident) string {
	switch {
	case i.Endangered != "":
		return i.Endangered
	case i.Kind == "threat_relative":
		return "relative"
	case i.Kind == "threat_lawyer":
		return "lawyer"
	case i.Pseudonym != "":
		return "witness"
	}
	return "unknown"
}
