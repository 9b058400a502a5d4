package hearing

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Level is who may read an entry of the protocol.
type Level string

// The levels, from the widest to the narrowest. What each means for a role is in gateway/visibility.
const (
	LevelOpen    Level = "open"    // everybody who reads the protocol while it is written
	LevelParties Level = "parties" // bench, clerk and the parties
	LevelBench   Level = "bench"   // bench and clerk
	LevelJudges  Level = "judges"  // bench alone, and who caused the entry
	LevelLawyer  Level = "lawyer"  // bench, clerk and the victim's lawyer: what is told to the protected person's lawyer by order
	LevelNone    Level = ""        // no entry of the protocol at all: the ledger holds it
)

// Description says what a code carries and how it stands in the protocol.
type Description struct {
	Code    Code
	Payload func() any // a pointer to a fresh payload
	Level   Level      // of the entry; LevelNone shows nothing
	Kind    string     // of the entry; system unless a person's words stand in it
	Params  []string   // fields of the payload that a system entry shows, so that nothing stands in it unasked
}

func carries[T any]() func() any { return func() any { return new(T) } }

// register is the one list of what can happen.
var register = []Description{
	{HearingCreated, carries[HearingCreatedPayload](), LevelOpen, "system", []string{"case_no", "court"}},
	{HearingOpened, carries[PlainPayload](), LevelOpen, "system", []string{"reason"}},
	{HearingSuspended, carries[PlainPayload](), LevelOpen, "system", []string{"reason"}},
	{HearingResumed, carries[PlainPayload](), LevelOpen, "system", []string{"reason"}},
	{HearingClosed, carries[PlainPayload](), LevelOpen, "system", []string{"reason"}},
	{HearingSealed, carries[HearingSealedPayload](), LevelOpen, "system", []string{"signed_by"}},

	{KeyEnrolled, carries[KeyEnrolledPayload](), LevelParties, "system", []string{"role", "key_code"}},
	{OrderDrafted, carries[OrderDraftedPayload](), LevelNone, "", nil},
	{OrderSigned, carries[OrderSignedPayload](), LevelParties, "system", []string{"version", "key_code", "reason", "loosens", "respeaker", "respeaker_why"}},
	{OrderExpired, carries[EmptyPayload](), LevelOpen, "system", nil},

	{IdentityVerified, carries[IdentityVerifiedPayload](), LevelParties, "system", []string{"how"}},
	{TestimonyRehearsal, carries[EmptyPayload](), LevelBench, "system", nil},
	{TestimonyReady, carries[EmptyPayload](), LevelBench, "system", nil},
	{TestimonyLive, carries[TestimonyLivePayload](), LevelOpen, "system", []string{"resumed", "reason", "uncertified"}},
	{TestimonyPaused, carries[TestimonyPausedPayload](), LevelOpen, "system", []string{"by", "why"}},
	{TestimonyReleased, carries[EmptyPayload](), LevelOpen, "system", nil},
	{TestimonyInterrupted, carries[TestimonyInterruptedPayload](), LevelOpen, "system", []string{"why"}},
	{ConsentGiven, carries[ConsentPayload](), LevelBench, "system", []string{"language", "interpreter"}},
	{ConsentRefused, carries[EmptyPayload](), LevelBench, "system", nil},
	{WitnessTightened, carries[WitnessTightenedPayload](), LevelBench, "system", []string{"picture", "voice", "as_ordered"}},
	{MaskStatus, carries[MaskStatusPayload](), LevelNone, "", nil},
	{FloorGiven, carries[SeatPayload](), LevelNone, "", nil},

	{OfficerIssued, carries[OfficerIssuedPayload](), LevelBench, "system", []string{"proof"}},
	{OfficerCodeRefused, carries[CodeRefusedPayload](), LevelBench, "system", []string{"tries"}},
	{RoomCertified, carries[RoomCertifiedPayload](), LevelParties, "system", []string{"alone", "with", "proof"}},
	{RoomNotCertified, carries[RoomCertifiedPayload](), LevelBench, "system", []string{"void", "alone", "with", "note", "proof"}},
	{RoomCertificateVoid, carries[RoomVoidPayload](), LevelBench, "system", []string{"void"}},

	{SessionKind, carries[SessionKindPayload](), LevelOpen, "system", []string{"kind", "from", "reason", "provisional"}},
	{RulingOwed, carries[RulingOwedPayload](), LevelParties, "system", []string{"id", "about", "role", "kind", "due"}},
	{RulingGiven, carries[RulingGivenPayload](), LevelOpen, "system", []string{"id", "about", "role", "kind", "reason", "positions"}},
	{RulingOverdue, carries[RulingOverduePayload](), LevelParties, "system", []string{"id", "about"}},

	{SeatEntered, carries[SeatPayload](), LevelParties, "system", []string{"role"}},
	{SeatAdmitted, carries[SeatPayload](), LevelOpen, "system", []string{"role", "reason"}},
	{SeatMuted, carries[SeatPayload](), LevelOpen, "system", []string{"role", "reason"}},
	{SeatUnmuted, carries[SeatPayload](), LevelOpen, "system", []string{"role", "reason"}},
	{SeatRemoved, carries[SeatPayload](), LevelOpen, "system", []string{"role", "reason"}},
	{SeatReissued, carries[SeatPayload](), LevelParties, "system", []string{"role"}},
	{SeatHidden, carries[SeatPayload](), LevelOpen, "system", []string{"role", "reason"}},
	{SeatShown, carries[SeatPayload](), LevelOpen, "system", []string{"role", "reason"}},
	{SeatStopTaken, carries[SeatPayload](), LevelBench, "system", []string{"role", "reason"}},
	{SeatStopGiven, carries[SeatPayload](), LevelBench, "system", []string{"role", "reason"}},
	{SeatLinkLost, carries[SeatPayload](), LevelParties, "system", []string{"role"}},
	{SeatLinkBack, carries[SeatPayload](), LevelParties, "system", []string{"role"}},
	{UndertakingSigned, carries[SeatPayload](), LevelOpen, "system", []string{"role"}},
	{UndertakingRefused, carries[SeatPayload](), LevelOpen, "system", []string{"role"}},

	{EntryAdded, carries[EntryAddedPayload](), LevelOpen, "", nil},
	{EntryAmended, carries[EntryAmendedPayload](), LevelOpen, "", nil},
	{EntryStruck, carries[EntryMarkedPayload](), LevelOpen, "system", []string{"entry", "by", "reason"}},
	{EntryRestored, carries[EntryMarkedPayload](), LevelOpen, "system", []string{"entry", "by", "reason"}},
	{ObjectionRaised, carries[RequestPayload](), LevelOpen, "objection", nil},
	{QuestionRequested, carries[RequestPayload](), LevelNone, "", nil},
	{PauseRequested, carries[RequestPayload](), LevelParties, "system", []string{"role", "text"}},
	{RequestDone, carries[RequestDonePayload](), LevelOpen, "system", []string{"role", "what", "ruling"}},

	{FlagRaised, carries[FlagRaisedPayload](), LevelBench, "incident", []string{"role", "pressed_at", "kind", "target", "source", "concerns_role", "note", "discreet"}},
	{FlagDetailed, carries[FlagDetailedPayload](), LevelBench, "incident", []string{"kind", "target", "source", "concerns_role", "note"}},
	{FlagRuled, carries[FlagRuledPayload](), LevelParties, "incident", []string{"role", "pressed_at", "kind", "target", "source", "note", "ruling", "to", "provisional", "reason", "answers"}},
	{FlagPut, carries[FlagPutPayload](), LevelBench, "incident", []string{"flag", "role", "flag_form", "gist"}},
	{FlagAnswered, carries[FlagAnsweredPayload](), LevelBench, "incident", []string{"flag", "role", "text"}},
	{FlagHeard, carries[FlagHeardPayload](), LevelBench, "incident", []string{"flag", "role", "heard", "positions"}},
	{ProtectionRequested, carries[ProtectionRequestedPayload](), LevelBench, "incident", []string{"flag", "role", "own_motion", "note"}},

	{DuressRaised, carries[DuressRaisedPayload](), LevelJudges, "incident", []string{"by", "means", "pressed_at"}},
	{DuressAnswered, carries[DuressAnsweredPayload](), LevelJudges, "incident", []string{"do", "reason", "at"}},
	{EmergencyRaised, carries[EmergencyRaisedPayload](), LevelJudges, "incident", []string{"pressed_by", "pressed_at"}},
	{EmergencyEnded, carries[EmergencyEndedPayload](), LevelJudges, "incident", []string{"reason"}},

	// The bench's alone: a clip of a discreet flag is one too.
	{EvidenceFrozen, carries[EvidenceFrozenPayload](), LevelJudges, "incident", []string{"label", "duration_ms", "sha256"}},
	{EvidenceFailed, carries[EvidenceFailedPayload](), LevelJudges, "incident", []string{"label", "failed"}},
	{EvidenceAttached, carries[EvidenceAttachedPayload](), LevelJudges, "incident", []string{"flag", "role", "sha256"}},

	{RecordingStarted, carries[RecordingPayload](), LevelParties, "system", []string{"label"}},
	{RecordingSegment, carries[RecordingSegmentPayload](), LevelParties, "system", []string{"label", "file", "sha256", "start", "duration_ms"}},
	{RecordingGap, carries[RecordingGapPayload](), LevelParties, "system", []string{"label", "start", "duration_ms"}},
	{RecordingFailed, carries[RecordingPayload](), LevelParties, "system", []string{"label"}},
	{RecordingStopped, carries[RecordingPayload](), LevelParties, "system", []string{"label"}},

	{FaceFound, carries[FaceFoundPayload](), LevelBench, "system", nil},
	{VoiceFound, carries[FaceFoundPayload](), LevelBench, "system", nil},
	{ModeWrong, carries[FaceFoundPayload](), LevelBench, "system", nil},
	{StationKey, carries[StationKeyPayload](), LevelBench, "system", []string{"fingerprint"}},
	{LedgerFailed, carries[LedgerFailedPayload](), LevelParties, "system", []string{"since"}},
	{LedgerBack, carries[EmptyPayload](), LevelParties, "system", nil},
	{GatewayStarted, carries[EmptyPayload](), LevelParties, "system", nil},
	{ProtocolRendered, carries[ProtocolRenderedPayload](), LevelNone, "", nil},
	{ProtocolSigned, carries[ProtocolSignedPayload](), LevelParties, "system", []string{"role", "key_code"}},

	// With tell_lawyer the victim's lawyer reads them too (gateway/minutes).
	{VaultOpeningOrdered, carries[VaultPayload](), LevelBench, "system", []string{"opening_kind", "ground", "reader", "until", "opening"}},
	{VaultShareReleased, carries[VaultPayload](), LevelBench, "system", []string{"half", "holder", "opening"}},
	{VaultOpened, carries[VaultPayload](), LevelBench, "system", []string{"opening"}},
	{VaultOpeningEnded, carries[VaultPayload](), LevelBench, "system", []string{"ended", "opening"}},
	{VaultPersonOrdered, carries[VaultOrderPayload](), LevelLawyer, "system", []string{"measure", "ground", "order"}},
	{StepUpProved, carries[StepUpProvedPayload](), LevelNone, "", nil},
}

var byCode = func() map[Code]Description {
	m := make(map[Code]Description, len(register))
	for _, d := range register {
		m[d.Code] = d
	}
	return m
}()

// Describe tells of a code; ok is false for a code that does not exist.
func Describe(c Code) (d Description, ok bool) {
	d, ok = byCode[c]
	return d, ok
}

// Codes returns every code, in the order of the register.
func Codes() []Code {
	codes := make([]Code, 0, len(register))
	for _, d := range register {
		codes = append(codes, d.Code)
	}
	return codes
}

// Shows says whether a system entry of this code names the field.
func (d Description) Shows(field string) bool { return slices.Contains(d.Params, field) }

// Payload reads the payload of an event into the type of its code.
func Payload[T any](e Event) (T, error) {
	var v T
	if err := json.Unmarshal(e.Payload, &v); err != nil {
		return v, fmt.Errorf("payload of %s at %d: %w", e.Code, e.Index, err)
	}
	return v, nil
}
