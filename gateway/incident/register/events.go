package register

import (
	"encoding/json"
	"fmt"
	"time"
)

// Code names what happened to an incident. Codes are stable for ever: they stand in books, exports and locale files (register.event.{code}).
type Code string

// Every code of a register's book. payloads holds what each carries; a test holds that both lists agree.
const (
	IncidentFlagged  Code = "incident.flagged"  // a flag of a hearing, mirrored
	IncidentDetailed Code = "incident.detailed" // what its raiser said of it later, mirrored
	IncidentStep     Code = "incident.step"     // what was done about it in the hearing, mirrored
	IncidentFiled    Code = "incident.filed"    // out of court
	IncidentNoted    Code = "incident.noted"
	IncidentRuled    Code = "incident.ruled" // by a judge, out of the hearing
	IncidentSource   Code = "incident.source"

	RequestFiled      Code = "request.filed"
	RequestReceived   Code = "request.received"
	RequestDecided    Code = "request.decided"
	RequestServed     Code = "request.served"
	RequestComplained Code = "request.complained"
	RequestMark       Code = "request.mark"

	AgreementSaid Code = "agreement.said"

	EvidenceFrozen   Code = "evidence.frozen"
	EvidenceFailed   Code = "evidence.failed"
	EvidenceAttached Code = "evidence.attached"
	EvidenceCopied   Code = "evidence.copied"
	EvidenceViewed   Code = "evidence.viewed"
	EvidenceExported Code = "evidence.exported"
	EvidenceChanged  Code = "evidence.changed" // what lies on the disk is not what was sealed
	EvidenceErased   Code = "evidence.erased"

	ReferralMade         Code = "referral.made"
	ReferralSent         Code = "referral.sent"
	ReferralFailed       Code = "referral.failed"
	ReferralAcknowledged Code = "referral.acknowledged"
	ReferralIdentity     Code = "referral.identity"
	ReferralTaken        Code = "referral.taken"

	ContentErased Code = "content.erased"

	HoldSet    Code = "hold.set" // nothing of it is erased until it is lifted
	HoldLifted Code = "hold.lifted"
)

// Payload is what an event carries. The types are those of this file and no others, so that nothing stands in a book that the fold does not read.
type Payload interface {
	code() Code
	about() *About
}

// About stands in every payload. Incident and By are the caller's to fill; At is the register's clock, in whole milliseconds, where the caller leaves it zero.
type About struct {
	Incident string    `json:"incident"`
	At       time.Time `json:"at"`
	By       Who       `json:"by"`
}

func (a *About) about() *About { return a }

// Who did something: an account, a seat of a hearing, or the gateway. Never a name.
type Who struct {
	Role    string `json:"role"`              // of the account or the seat; "system"
	Person  string `json:"person,omitempty"`  // account, p-...
	Hearing string `json:"hearing,omitempty"` // and
	Seat    string `json:"seat,omitempty"`    // where it was a seat
}

// System is the gateway itself.
func System() Who { return Who{Role: "system"} }

// actor is the event's actor in the ledger.
func (w Who) actor() string {
	switch {
	case w.Person != "":
		return w.Person
	case w.Hearing != "" && w.Seat != "" && len(w.Hearing)+len(w.Seat) < 63:
		return w.Hearing + "/" + w.Seat
	case w.Seat != "":
		return w.Seat
	}
	return "system"
}

// Said names a text that Keep has made durable, by its salted hash (hexadecimal SHA-256). The text itself is never in a book, nor in what leaves as a book's export.
type Said string

// Place is where in a hearing's ledger something stands that was mirrored.
type Place struct {
	Hearing string `json:"hearing"`
	Index   uint64 `json:"index"`
}

// Detail is what is known of an act of intimidation.
type Detail struct {
	Kind     string `json:"kind,omitempty"`
	Target   Said   `json:"target,omitempty"`
	Source   Said   `json:"source,omitempty"`
	Note     Said   `json:"note,omitempty"`
	Concerns string `json:"concerns,omitempty"` // seat of whom it is said
}

// IncidentFlaggedPayload is a flag of a hearing.
type IncidentFlaggedPayload struct {
	About
	From      Place     `json:"from"`
	Flag      string    `json:"flag"`
	CaseNo    Said      `json:"case_no,omitempty"`
	Pseudonym Said      `json:"pseudonym,omitempty"` // of the hearing's witness, as ordered when it was pressed
	PressedAt time.Time `json:"pressed_at"`
	Discreet  bool      `json:"discreet,omitempty"`
	Detail
}

// IncidentDetailedPayload replaces the detail of a flag. It may make it discreet, and never takes that back.
type IncidentDetailedPayload struct {
	About
	From     Place `json:"from"`
	Discreet bool  `json:"discreet,omitempty"`
	Detail
}

// IncidentStepPayload is what a hearing did about a flag: the hearing's own code, and of a ruling what the register needs.
type IncidentStepPayload struct {
	About
	From        Place  `json:"from"`
	Step        string `json:"step"` // flag.put, flag.answered, flag.heard, flag.ruled, ruling.given ...
	Seat        string `json:"seat,omitempty"`
	Ruling      string `json:"ruling,omitempty"`
	Reason      Said   `json:"reason,omitempty"`
	Provisional bool   `json:"provisional,omitempty"`
}

// IncidentFiledPayload is an incident that somebody filed out of court.
type IncidentFiledPayload struct {
	About
	When       time.Time `json:"when"`
	Endangered string    `json:"endangered"`
	Hearing    string    `json:"hearing,omitempty"`
	CaseNo     Said      `json:"case_no,omitempty"`
	Pseudonym  Said      `json:"pseudonym,omitempty"`
	Discreet   bool      `json:"discreet,omitempty"`
	Detail
}

// IncidentNotedPayload adds a note.
type IncidentNotedPayload struct {
	About
	Text Said `json:"text"`
}

// IncidentRuledPayload is a judge's ruling out of the hearing: enter, refer, dismiss or reopen.
type IncidentRuledPayload struct {
	About
	Ruling string `json:"ruling"`
	Reason Said   `json:"reason,omitempty"`
}

// IncidentSourcePayload says whose threat it was. Label is there where the source is new.
type IncidentSourcePayload struct {
	About
	Source string `json:"source"` // s-...
	Label  Said   `json:"label,omitempty"`
}

// RequestFiledPayload is a request for protection. From is where it was made in a hearing.
type RequestFiledPayload struct {
	About
	Request   string `json:"request"` // r-...
	From      *Place `json:"from,omitempty"`
	Measures  []Said `json:"measures"`
	Note      Said   `json:"note,omitempty"`
	OwnMotion bool   `json:"own_motion,omitempty"`
}

// RequestReceivedPayload starts the clock.
type RequestReceivedPayload struct {
	About
	Request  string    `json:"request"`
	Received time.Time `json:"received"`
}

// RequestDecidedPayload is the decision.
type RequestDecidedPayload struct {
	About
	Request  string    `json:"request"`
	Decided  time.Time `json:"decided"`
	Granted  bool      `json:"granted"`
	Measures []Said    `json:"measures,omitempty"`
	Reason   Said      `json:"reason,omitempty"`
}

// RequestServedPayload is the service of the refusal's copy.
type RequestServedPayload struct {
	About
	Request string    `json:"request"`
	Served  time.Time `json:"served"`
}

// RequestComplainedPayload is a complaint about the refusal or about silence.
type RequestComplainedPayload struct {
	About
	Request    string    `json:"request"`
	Complained time.Time `json:"complained"`
}

// RequestMarkPayload is a moment of the clock that has passed, entered once. Due is the moment; At is when it was entered, later where the gateway slept.
type RequestMarkPayload struct {
	About
	Request string    `json:"request"`
	Mark    string    `json:"mark"` // warn, overrun, court_route, complaint_end
	Hours   int       `json:"hours,omitempty"`
	Due     time.Time `json:"due"`
}

// AgreementSaidPayload says whether the protected person, or her lawyer for her, agrees to a referral.
type AgreementSaidPayload struct {
	About
	Agree    bool   `json:"agree"`
	Agreeing string `json:"agreeing"` // lawyer or person
}

// EvidenceFrozenPayload is a clip: what one track carried around the press.
type EvidenceFrozenPayload struct {
	About
	Evidence     string    `json:"evidence"` // e-...
	Track        string    `json:"track"`
	Type         string    `json:"type"` // media type
	From         time.Time `json:"from"`
	To           time.Time `json:"to"`
	Size         int64     `json:"size"`           // bytes, in clear
	SHA256       string    `json:"sha256"`         // of the clear bytes, hexadecimal
	SealedSHA256 string    `json:"sealed_sha256"`  // of what lies on the disk
	Gaps         int       `json:"gaps,omitempty"` // over two seconds
	Why          string    `json:"why,omitempty"`  // why it is shorter than asked: a code
}

// EvidenceFailedPayload is a clip that could not be kept, or only in part.
type EvidenceFailedPayload struct {
	About
	Evidence string `json:"evidence,omitempty"`
	Track    string `json:"track,omitempty"`
	Why      string `json:"why"` // a code
}

// EvidenceAttachedPayload is a file that somebody attached. It says nothing of what the file is: it is entered before anything looks into it.
type EvidenceAttachedPayload struct {
	About
	Evidence     string `json:"evidence"`
	Size         int64  `json:"size"`
	SHA256       string `json:"sha256"`
	SealedSHA256 string `json:"sealed_sha256,omitempty"`
}

// EvidenceCopiedPayload is what an attachment is by its content, and its re-rendered copy, or why there is none.
type EvidenceCopiedPayload struct {
	About
	Evidence     string `json:"evidence"`
	Of           string `json:"of"`       // SHA-256 of the original
	Original     string `json:"original"` // media type of the original, as recognised by content
	Type         string `json:"type,omitempty"`
	Size         int64  `json:"size,omitempty"`
	SHA256       string `json:"sha256,omitempty"`
	SealedSHA256 string `json:"sealed_sha256,omitempty"`
	Note         string `json:"note,omitempty"`    // what the copy lacks: scaled, first_frame, cut
	NoCopy       string `json:"no_copy,omitempty"` // a code
}

// EvidenceTouchedPayload is custody: somebody saw the evidence. It is durable before the first byte leaves.
type EvidenceTouchedPayload struct {
	About
	Evidence string `json:"evidence"`
	Copy     bool   `json:"copy,omitempty"` // the re-rendered one
}

// EvidenceExportedPayload is custody: somebody took it away.
type EvidenceExportedPayload struct {
	About
	Evidence string `json:"evidence"`
	Copy     bool   `json:"copy,omitempty"`
}

// EvidenceChangedPayload says that a sealed file is not what was sealed. Nobody was given a byte of it.
type EvidenceChangedPayload struct {
	About
	Evidence string `json:"evidence"`
	Copy     bool   `json:"copy,omitempty"`
}

// EvidenceErasedPayload says that the key of a clip or an attachment was destroyed. Its hashes stay.
type EvidenceErasedPayload struct {
	About
	Evidence string `json:"evidence"`
	Why      string `json:"why"` // a code: the policy
}

// ReferralMadePayload is a referral to a body. It is refused by the routes without an agreement, or danger to life with a reason.
type ReferralMadePayload struct {
	About
	Referral     string   `json:"referral"` // f-...
	Number       string   `json:"number,omitempty"`
	To           string   `json:"to"` // the body's id
	Lang         string   `json:"lang"`
	Way          string   `json:"way"` // file, mail, print
	Measures     []Said   `json:"measures,omitempty"`
	Reason       Said     `json:"reason,omitempty"`
	DoNotWarn    bool     `json:"do_not_warn"`
	DangerToLife bool     `json:"danger_to_life"`
	Evidence     []string `json:"evidence,omitempty"`
	SHA256       string   `json:"sha256,omitempty"` // of sheet.json
	Sheet        Said     `json:"sheet,omitempty"`  // the sheet's words as they were frozen, where the room of referrals keeps them so
}

// ReferralSentPayload is what was done with a sheet: queued for the mail server; about to be said to it, so that a crash in the middle shows; sent.
type ReferralSentPayload struct {
	About
	Referral string `json:"referral"`
	State    string `json:"state"`            // queued, trying, sent
	Letter   int    `json:"letter,omitempty"` // trying, sent, of a mail: which of the letters that were queued, from 1
	Again    bool   `json:"again,omitempty"`  // trying: how the try before ended is not known, so that the body may have it twice
	Way      string `json:"way,omitempty"`
	Tries    int    `json:"tries,omitempty"`
	SHA256   string `json:"sha256,omitempty"` // of what was sent
}

// ReferralFailedPayload is a try that failed.
type ReferralFailedPayload struct {
	About
	Referral string `json:"referral"`
	Letter   int    `json:"letter,omitempty"` // which of the letters that were queued, from 1
	Why      string `json:"why"`              // a code, never a server's text
	Tries    int    `json:"tries"`
	Final    bool   `json:"final,omitempty"`
}

// ReferralAcknowledgedPayload is what the body answered.
type ReferralAcknowledgedPayload struct {
	About
	Referral     string    `json:"referral"`
	Reference    Said      `json:"reference,omitempty"`
	Acknowledged time.Time `json:"acknowledged"`
}

// ReferralIdentityPayload is a sealed identity that goes along: ciphertext to the body's key, under the order of an opening.
type ReferralIdentityPayload struct {
	About
	Referral string `json:"referral"`
	Opening  string `json:"opening"`
	SHA256   string `json:"sha256"` // of the ciphertext
	Size     int64  `json:"size"`
}

// ReferralTakenPayload says that somebody took a sheet.
type ReferralTakenPayload struct {
	About
	Referral string `json:"referral"`
	Form     string `json:"form"` // pdf, json
}

// ContentErasedPayload says which texts a retention policy erased. It is durable before they are gone.
type ContentErasedPayload struct {
	About
	Texts  []Said `json:"texts"`
	Policy string `json:"policy"`
}

// HoldSetPayload is a judge's word that nothing of an incident is erased, however old it is.
type HoldSetPayload struct {
	About
	Reason Said `json:"reason"`
}

// HoldLiftedPayload ends that.
type HoldLiftedPayload struct {
	About
	Reason Said `json:"reason"`
}

func (*HoldSetPayload) code() Code              { return HoldSet }
func (*HoldLiftedPayload) code() Code           { return HoldLifted }
func (*IncidentFlaggedPayload) code() Code      { return IncidentFlagged }
func (*IncidentDetailedPayload) code() Code     { return IncidentDetailed }
func (*IncidentStepPayload) code() Code         { return IncidentStep }
func (*IncidentFiledPayload) code() Code        { return IncidentFiled }
func (*IncidentNotedPayload) code() Code        { return IncidentNoted }
func (*IncidentRuledPayload) code() Code        { return IncidentRuled }
func (*IncidentSourcePayload) code() Code       { return IncidentSource }
func (*RequestFiledPayload) code() Code         { return RequestFiled }
func (*RequestReceivedPayload) code() Code      { return RequestReceived }
func (*RequestDecidedPayload) code() Code       { return RequestDecided }
func (*RequestServedPayload) code() Code        { return RequestServed }
func (*RequestComplainedPayload) code() Code    { return RequestComplained }
func (*RequestMarkPayload) code() Code          { return RequestMark }
func (*AgreementSaidPayload) code() Code        { return AgreementSaid }
func (*EvidenceFrozenPayload) code() Code       { return EvidenceFrozen }
func (*EvidenceFailedPayload) code() Code       { return EvidenceFailed }
func (*EvidenceAttachedPayload) code() Code     { return EvidenceAttached }
func (*EvidenceCopiedPayload) code() Code       { return EvidenceCopied }
func (*EvidenceTouchedPayload) code() Code      { return EvidenceViewed }
func (*EvidenceExportedPayload) code() Code     { return EvidenceExported }
func (*EvidenceChangedPayload) code() Code      { return EvidenceChanged }
func (*EvidenceErasedPayload) code() Code       { return EvidenceErased }
func (*ReferralMadePayload) code() Code         { return ReferralMade }
func (*ReferralSentPayload) code() Code         { return ReferralSent }
func (*ReferralFailedPayload) code() Code       { return ReferralFailed }
func (*ReferralAcknowledgedPayload) code() Code { return ReferralAcknowledged }
func (*ReferralIdentityPayload) code() Code     { return ReferralIdentity }
func (*ReferralTakenPayload) code() Code        { return ReferralTaken }
func (*ContentErasedPayload) code() Code        { return ContentErased }

// payloads makes a fresh payload of each code.
var payloads = map[Code]func() Payload{
	IncidentFlagged: func() Payload { return &IncidentFlaggedPayload{} }, IncidentDetailed: func() Payload { return &IncidentDetailedPayload{} },
	IncidentStep: func() Payload { return &IncidentStepPayload{} }, IncidentFiled: func() Payload { return &IncidentFiledPayload{} },
	IncidentNoted: func() Payload { return &IncidentNotedPayload{} }, IncidentRuled: func() Payload { return &IncidentRuledPayload{} },
	IncidentSource: func() Payload { return &IncidentSourcePayload{} },
	RequestFiled:   func() Payload { return &RequestFiledPayload{} }, RequestReceived: func() Payload { return &RequestReceivedPayload{} },
	RequestDecided: func() Payload { return &RequestDecidedPayload{} }, RequestServed: func() Payload { return &RequestServedPayload{} },
	RequestComplained: func() Payload { return &RequestComplainedPayload{} }, RequestMark: func() Payload { return &RequestMarkPayload{} },
	AgreementSaid:  func() Payload { return &AgreementSaidPayload{} },
	EvidenceFrozen: func() Payload { return &EvidenceFrozenPayload{} }, EvidenceFailed: func() Payload { return &EvidenceFailedPayload{} },
	EvidenceAttached: func() Payload { return &EvidenceAttachedPayload{} }, EvidenceCopied: func() Payload { return &EvidenceCopiedPayload{} },
	EvidenceViewed: func() Payload { return &EvidenceTouchedPayload{} }, EvidenceExported: func() Payload { return &EvidenceExportedPayload{} },
	EvidenceChanged: func() Payload { return &EvidenceChangedPayload{} }, EvidenceErased: func() Payload { return &EvidenceErasedPayload{} },
	ReferralMade: func() Payload { return &ReferralMadePayload{} }, ReferralSent: func() Payload { return &ReferralSentPayload{} },
	ReferralFailed: func() Payload { return &ReferralFailedPayload{} }, ReferralAcknowledged: func() Payload { return &ReferralAcknowledgedPayload{} },
	ReferralIdentity: func() Payload { return &ReferralIdentityPayload{} }, ReferralTaken: func() Payload { return &ReferralTakenPayload{} },
	HoldSet: func() Payload { return &HoldSetPayload{} }, HoldLifted: func() Payload { return &HoldLiftedPayload{} },
	ContentErased: func() Payload { return &ContentErasedPayload{} },
}

// Codes lists every code, in no order.
func Codes() []Code {
	all := make([]Code, 0, len(payloads))
	for c := range payloads {
		all = append(all, c)
	}
	return all
}

// read gives an event's payload its type.
func read(code Code, raw json.RawMessage) (Payload, error) {
	fresh, ok := payloads[code]
	if !ok {
		return nil, fmt.Errorf("register: %q is no event of a register", code)
	}
	p := fresh()
	if err := json.Unmarshal(raw, p); err != nil {
		return nil, fmt.Errorf("register: %s: %w", code, err)
	}
	return p, nil
}
