package register

// What is shown of an incident's timeline: which line to whom, and what it says beside its code.

// step shows a line of the timeline, or not: the parties see that it was flagged or filed and how it was ruled, who raised it also what became of it, and only who sees the
// incident whole sees custody and sources.
func (v Viewer) step(w words, i *Incident, s Step, depth Depth) (StepView, bool) {
	widest := AsEntered
	switch s.Code {
	case IncidentFlagged, IncidentFiled, IncidentDetailed:
	case IncidentRuled:
		if s.Event.(*IncidentRuledPayload).Ruling == "refer" {
			widest = AsRaised
		}
	case IncidentStep:
		switch s.Event.(*IncidentStepPayload).Ruling {
		case "":
			widest = Whole
		case "refer":
			widest = AsRaised
		}
	case EvidenceViewed, EvidenceExported, EvidenceFrozen, EvidenceFailed, EvidenceAttached, EvidenceCopied, EvidenceChanged, EvidenceErased, IncidentSource, IncidentNoted, ReferralTaken, ContentErased, HoldSet, HoldLifted:
		widest = Whole
		if s.Code == IncidentNoted && v.by(s.By, depth).Mine {
			widest = AsRaised
		}
	default:
		widest = AsRaised
	}
	if depth < widest {
		return StepView{}, false
	}
	return StepView{Moment(s.At), s.Code, v.by(s.By, depth), params(w, s.Event)}, true
}

// params are what a line of the timeline says beside its code.
func params(w words, p Payload) map[string]any {
	out := map[string]any{}
	put := func(name string, value string) {
		if value != "" {
			out[name] = value
		}
	}
	switch p := p.(type) {
	case *IncidentStepPayload:
		put("step", p.Step)
		put("ruling", p.Ruling)
		put("reason", w.of[p.Reason])
		put("seat", p.Seat)
	case *IncidentRuledPayload:
		put("ruling", p.Ruling)
		put("reason", w.of[p.Reason])
	case *HoldSetPayload:
		put("reason", w.of[p.Reason])
	case *HoldLiftedPayload:
		put("reason", w.of[p.Reason])
	case *IncidentNotedPayload:
		put("text", w.of[p.Text])
	case *IncidentSourcePayload:
		put("source", p.Source)
		put("label", w.of[p.Label])
	case *IncidentDetailedPayload:
		put("kind", p.Kind)
	case *RequestFiledPayload:
		put("request", p.Request)
	case *RequestReceivedPayload:
		put("request", p.Request)
		put("received", Moment(p.Received))
	case *RequestDecidedPayload:
		put("request", p.Request)
		put("decided", Moment(p.Decided))
		out["granted"] = p.Granted
	case *RequestServedPayload:
		put("request", p.Request)
		put("served", Moment(p.Served))
	case *RequestComplainedPayload:
		put("request", p.Request)
		put("complained", Moment(p.Complained))
	case *RequestMarkPayload:
		put("request", p.Request)
		put("mark", p.Mark)
		put("due", Moment(p.Due))
		if p.Hours > 0 {
			out["hours"] = p.Hours
		}
	case *AgreementSaidPayload:
		put("agreeing", p.Agreeing)
		out["agree"] = p.Agree
	case *EvidenceFrozenPayload:
		put("evidence", p.Evidence)
	case *EvidenceFailedPayload:
		put("evidence", p.Evidence)
		put("why", p.Why)
	case *EvidenceAttachedPayload:
		put("evidence", p.Evidence)
	case *EvidenceChangedPayload:
		put("evidence", p.Evidence)
	case *EvidenceCopiedPayload:
		put("evidence", p.Evidence)
		put("no_copy", p.NoCopy)
	case *EvidenceTouchedPayload:
		put("evidence", p.Evidence)
	case *EvidenceExportedPayload:
		put("evidence", p.Evidence)
	case *EvidenceErasedPayload:
		put("evidence", p.Evidence)
		put("why", p.Why)
	case *ReferralMadePayload:
		put("referral", p.Referral)
		put("to", p.To)
	case *ReferralSentPayload:
		put("referral", p.Referral)
		put("state", p.State)
	case *ReferralFailedPayload:
		put("referral", p.Referral)
		put("why", p.Why)
	case *ReferralAcknowledgedPayload:
		put("referral", p.Referral)
	case *ReferralIdentityPayload:
		put("referral", p.Referral)
	case *ReferralTakenPayload:
		put("referral", p.Referral)
		put("form", p.Form)
	case *ContentErasedPayload:
		put("policy", p.Policy)
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
