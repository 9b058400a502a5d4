package hearing

import (
	"encoding/json"
	"slices"
	"time"
)

// Code names what happened. Codes are stable for ever: they stand in ledgers, bundles and locale files (event.{code}).
type Code string

// Event is what happened, as the ledger holds it. The ledger's own event has the same fields and more.
type Event struct {
	Index   uint64          // position in the hearing's ledger, from 1
	Time    time.Time       // the gateway's time, UTC
	Code    Code            //
	Actor   string          // seat id, or "system"
	Payload json.RawMessage // the JSON of the payload type that Describe gives the code
}

// Every code. Describe holds the payload of each and how it shows in the protocol; a test holds that both lists agree.
const (
	HearingCreated   Code = "hearing.created"
	HearingOpened    Code = "hearing.opened"
	HearingSuspended Code = "hearing.suspended"
	HearingResumed   Code = "hearing.resumed"
	HearingClosed    Code = "hearing.closed"
	HearingSealed    Code = "hearing.sealed"

	KeyEnrolled  Code = "key.enrolled"
	OrderDrafted Code = "order.drafted"
	OrderSigned  Code = "order.signed"
	OrderExpired Code = "order.expired"

	IdentityVerified     Code = "identity.verified"
	TestimonyRehearsal   Code = "testimony.rehearsal"
	TestimonyReady       Code = "testimony.ready"
	TestimonyLive        Code = "testimony.live"
	TestimonyPaused      Code = "testimony.paused"
	TestimonyReleased    Code = "testimony.released"
	TestimonyInterrupted Code = "testimony.interrupted"
	ConsentGiven         Code = "consent.given"
	ConsentRefused       Code = "consent.refused"
	WitnessTightened     Code = "witness.tightened"
	MaskStatus           Code = "mask.status"
	FloorGiven           Code = "floor.given"

	OfficerIssued       Code = "officer.issued"
	OfficerCodeRefused  Code = "officer.code_refused"
	RoomCertified       Code = "room.certified"
	RoomNotCertified    Code = "room.not_certified"
	RoomCertificateVoid Code = "room.certificate_void"

	SessionKind   Code = "session.kind"
	RulingOwed    Code = "ruling.owed"
	RulingGiven   Code = "ruling.given"
	RulingOverdue Code = "ruling.overdue"

	SeatEntered        Code = "seat.entered"
	SeatAdmitted       Code = "seat.admitted"
	SeatMuted          Code = "seat.muted"
	SeatUnmuted        Code = "seat.unmuted"
	SeatRemoved        Code = "seat.removed"
	SeatReissued       Code = "seat.reissued"
	SeatHidden         Code = "seat.hidden"
	SeatShown          Code = "seat.shown"
	SeatStopTaken      Code = "seat.stop_taken"
	SeatStopGiven      Code = "seat.stop_given"
	SeatLinkLost       Code = "seat.link_lost"
	SeatLinkBack       Code = "seat.link_back"
	UndertakingSigned  Code = "undertaking.signed"
	UndertakingRefused Code = "undertaking.refused"

	EntryAdded        Code = "entry.added"
	EntryAmended      Code = "entry.amended"
	EntryStruck       Code = "entry.struck"
	EntryRestored     Code = "entry.restored"
	ObjectionRaised   Code = "objection.raised"
	QuestionRequested Code = "question.requested"
	PauseRequested    Code = "pause.requested"
	RequestDone       Code = "request.done"

	FlagRaised   Code = "flag.raised"
	FlagDetailed Code = "flag.detailed"
	FlagRuled    Code = "flag.ruled"
	FlagPut      Code = "flag.put"
	FlagAnswered Code = "flag.answered"
	FlagHeard    Code = "flag.heard"

	ProtectionRequested Code = "protection.requested"

	DuressRaised    Code = "duress.raised"
	DuressAnswered  Code = "duress.answered"
	EmergencyRaised Code = "emergency.raised"
	EmergencyEnded  Code = "emergency.ended"

	EvidenceFrozen   Code = "evidence.frozen"
	EvidenceFailed   Code = "evidence.failed"
	EvidenceAttached Code = "evidence.attached"

	RecordingStarted Code = "recording.started"
	RecordingSegment Code = "recording.segment"
	RecordingGap     Code = "recording.gap"
	RecordingFailed  Code = "recording.failed"
	RecordingStopped Code = "recording.stopped"

	FaceFound        Code = "face.found"
	VoiceFound       Code = "voice.found"
	ModeWrong        Code = "mode.wrong"
	StationKey       Code = "station.key"
	LedgerFailed     Code = "ledger.failed"
	LedgerBack       Code = "ledger.back"
	GatewayStarted   Code = "gateway.started"
	ProtocolRendered Code = "protocol.rendered"
	ProtocolSigned   Code = "protocol.signed"
	StepUpProved     Code = "step_up.proved"

	VaultOpeningOrdered Code = "vault.opening_ordered"
	VaultShareReleased  Code = "vault.share_released"
	VaultOpened         Code = "vault.opened"
	VaultOpeningEnded   Code = "vault.opening_ended"
	VaultPersonOrdered  Code = "vault.person_ordered"
)

// HearingCreatedPayload opens the ledger of a hearing.
type HearingCreatedPayload struct {
	Hearing string     `json:"hearing"`
	CaseNo  string     `json:"case_no"`
	Court   string     `json:"court"` // one of Courts
	Seats   []SeatSpec `json:"seats"`
}

// PlainPayload is for events whose only free part is an optional reason.
type PlainPayload struct {
	Reason string `json:"reason,omitempty"`
}

// EmptyPayload is for events that say all by their code and actor.
type EmptyPayload struct{}

// KeyEnrolledPayload is a seat's signing key.
type KeyEnrolledPayload struct {
	Seat    string `json:"seat"`
	Role    Role   `json:"role"`
	Key     []byte `json:"key"` // SPKI, ECDSA P-256
	KeyCode string `json:"key_code"`
}

// OrderDraftedPayload is an order that waits to be signed. Bytes are canonical.
type OrderDraftedPayload struct {
	Bytes []byte `json:"bytes"`
}

// OrderSignedPayload is an order in force.
type OrderSignedPayload struct {
	Bytes     []byte `json:"bytes"`
	Signature []byte `json:"signature"` // IEEE P1363 r|s, 64 bytes, over Bytes
	Key       []byte `json:"key"`       // SPKI
	KeyCode   string `json:"key_code"`
	Version   int    `json:"version"`
	By        Role   `json:"by"`
	Reason    string `json:"reason,omitempty"` // of the variation; the first order carries its own inside Bytes
	Loosens   bool   `json:"loosens,omitempty"`
	// Who speaks for the witness, as the order says; also inside Bytes, and repeated for the protocol's entry.
	Respeaker    string `json:"respeaker,omitempty"`
	RespeakerWhy string `json:"respeaker_why,omitempty"`
}

// IdentityVerifiedPayload says how the court satisfied itself of who the witness is: the way, never the identity.
type IdentityVerifiedPayload struct {
	How string `json:"how"`
}

// TestimonyPausedPayload says who stopped and why. Discreet is a cause that only bench and witness may know, such as
// "afraid"; Why is then the cause that everybody else is told.
type TestimonyPausedPayload struct {
	By       Role   `json:"by"`
	Why      string `json:"why"`
	Discreet string `json:"discreet,omitempty"`
}

// TestimonyInterruptedPayload says why testimony fell back, and from which phase to which; never to live.
type TestimonyInterruptedPayload struct {
	Why      string         `json:"why"`
	From     TestimonyPhase `json:"from"`
	To       TestimonyPhase `json:"to"`
	Discreet string         `json:"discreet,omitempty"` // as of a pause
}

// TestimonyLivePayload says that the presiding judge called or resumed. Reason stands where a safeguard was passed over.
type TestimonyLivePayload struct {
	Resumed bool   `json:"resumed,omitempty"`
	Reason  string `json:"reason,omitempty"`
	// Uncertified: the presiding judge went on without the room officer's certificate, for Reason.
	Uncertified bool `json:"uncertified,omitempty"`
}

// ConsentPayload is the witness's answer, with its language (BCP 47) and whether an interpreter helped.
type ConsentPayload struct {
	Language    string `json:"language"`
	Interpreter bool   `json:"interpreter"`
}

// WitnessTightenedPayload is what the witness asks for above the order: the whole wish, each time. "" is what the order gives.
type WitnessTightenedPayload struct {
	Picture string `json:"picture,omitempty"` // "", blob or card
	Voice   string `json:"voice,omitempty"`   // "" or silence
	// AsOrdered says that nothing is asked for any more; the protocol's entry needs a word for it.
	AsOrdered bool `json:"as_ordered,omitempty"`
}

// MaskStatusPayload is what the station says of its masks. Notice is why the picture or the voice is not ok; Notices are what else the bench should
// know, such as a far voice that was not let through. Both are codes.
type MaskStatusPayload struct {
	Picture string   `json:"picture"` // ok, neutral, card
	Voice   string   `json:"voice"`   // ok, silence
	Notice  string   `json:"notice,omitempty"`
	Notices []string `json:"notices,omitempty"`
	// Person is whether voice and face are still those of the beginning: same, unsure, different, or "" while not enough was heard or seen. It is a
	// machine's guess and decides nothing.
	Person *PersonPayload `json:"person,omitempty"`
}

// PersonPayload is the station's comparison with the beginning of the testimony. No more of it ever leaves the room.
type PersonPayload struct {
	Voice string `json:"voice,omitempty"`
	Face  string `json:"face,omitempty"`
}

func (p MaskStatusPayload) same(q MaskStatusPayload) bool {
	return p.Picture == q.Picture && p.Voice == q.Voice && p.Notice == q.Notice && slices.Equal(p.Notices, q.Notices) && p.person() == q.person()
}

func (p MaskStatusPayload) person() PersonPayload {
	if p.Person == nil {
		return PersonPayload{}
	}
	return *p.Person
}

// SeatPayload names a seat, with a reason where one was given.
type SeatPayload struct {
	Seat   string `json:"seat"` // "" where floor.given takes the word back
	Role   Role   `json:"role,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// SessionKindPayload is a change of the session's kind. Provisional: a ruling is owed.
type SessionKindPayload struct {
	Kind        Kind   `json:"kind"`
	From        Kind   `json:"from"`
	Reason      string `json:"reason,omitempty"`
	Provisional bool   `json:"provisional,omitempty"`
}

// RulingOwedPayload opens a debt: a provisional restriction that must become a reasoned ruling by Due.
type RulingOwedPayload struct {
	ID    string    `json:"id"`
	About string    `json:"about"` // kind, mute, remove, hide, flag
	Seat  string    `json:"seat,omitempty"`
	Role  Role      `json:"role,omitempty"`
	Kind  Kind      `json:"kind,omitempty"`
	Due   time.Time `json:"due"`
	// Flag is the flag on which the restriction rests before the person concerned was heard on it, and Ruling what was ruled.
	Flag     string `json:"flag,omitempty"`
	Ruling   string `json:"ruling,omitempty"`
	Discreet bool   `json:"discreet,omitempty"` // it comes of a discreet flag: the debt, its payment and its lateness are the bench's alone
}

// RulingGivenPayload pays the debt, with the parties' positions.
type RulingGivenPayload struct {
	ID        string `json:"id"`
	About     string `json:"about"`
	Seat      string `json:"seat,omitempty"`
	Role      Role   `json:"role,omitempty"`
	Kind      Kind   `json:"kind,omitempty"`
	Reason    string `json:"reason"`
	Positions string `json:"positions"`
	Flag      string `json:"flag,omitempty"`
	Discreet  bool   `json:"discreet,omitempty"`
}

// RulingOverduePayload says that a debt is past its time.
type RulingOverduePayload struct {
	ID       string `json:"id"`
	About    string `json:"about"`
	Discreet bool   `json:"discreet,omitempty"`
}

// EntryAddedPayload is a line of the protocol.
type EntryAddedPayload struct {
	ID      string `json:"id"`
	Kind    string `json:"kind"` // one of EntryKinds, or KindRemark
	Text    string `json:"text"`
	Speaker string `json:"speaker,omitempty"` // a role, or "witness"
	Lang    string `json:"lang,omitempty"`
	// Interpreted is the interpreter's rendering of Text; it stands beside it and never in its place.
	Interpreted *Interpreted `json:"interpreted,omitempty"`
	Number      string       `json:"number,omitempty"` // of an exhibit: every exhibit has one, and no two the same
	Sealed      string       `json:"sealed,omitempty"` // "", parties, bench
	By          Role         `json:"by"`
	At          *time.Time   `json:"at,omitempty"` // when it was pressed or spoken, by the writer's clock
}

// Interpreted is a text in another language than it was spoken in. Lang is a BCP 47 tag.
type Interpreted struct {
	Text string `json:"text"`
	Lang string `json:"lang"`
}

// EntryAmendedPayload is a new text for an older line; the older one stays.
type EntryAmendedPayload struct {
	ID    string `json:"id"`
	Entry uint64 `json:"entry"` // index of the event of the amended line
	Text  string `json:"text"`
	// Interpreted is the interpreter's rendering as it reads now. An amendment says the whole line anew: absent means none.
	Interpreted *Interpreted `json:"interpreted,omitempty"`
	Reason      string       `json:"reason,omitempty"`
	Sealed      string       `json:"sealed,omitempty"` // as the amended line is
	By          Role         `json:"by"`
	At          *time.Time   `json:"at,omitempty"` // when it was pressed, by the writer's clock
}

// EntryMarkedPayload strikes out a line, or restores one that is struck. The line itself stays as it is.
type EntryMarkedPayload struct {
	Entry  uint64     `json:"entry"` // index of the event of the line
	Reason string     `json:"reason"`
	Sealed string     `json:"sealed,omitempty"` // as the line is
	By     Role       `json:"by"`
	At     *time.Time `json:"at,omitempty"` // when it was pressed, by the writer's clock
}

// RequestPayload is an objection, a request to put a question, or a party's request for a pause.
type RequestPayload struct {
	ID   string `json:"id"`
	Seat string `json:"seat"`
	Role Role   `json:"role"`
	Text string `json:"text,omitempty"`
}

// RequestDonePayload settles a request.
type RequestDonePayload struct {
	ID     string `json:"id"`
	Seat   string `json:"seat"`
	Role   Role   `json:"role"`
	What   string `json:"what"`
	Ruling string `json:"ruling,omitempty"` // sustained, overruled, allowed, refused
}

// RecordingPayload speaks of the recording of one label.
type RecordingPayload struct {
	Label  string `json:"label"`
	Reason string `json:"reason,omitempty"`
}

// RecordingSegmentPayload names a finished file of the recording.
type RecordingSegmentPayload struct {
	Label      string    `json:"label"`
	File       string    `json:"file"` // name inside the bundle, no folder of the machine
	SHA256     string    `json:"sha256"`
	Start      time.Time `json:"start"`
	DurationMS int64     `json:"duration_ms"`
	Bytes      int64     `json:"bytes,omitempty"`
}

// RecordingGapPayload is a hole in a recording.
type RecordingGapPayload struct {
	Label      string    `json:"label"`
	Start      time.Time `json:"start"`
	DurationMS int64     `json:"duration_ms"`
}

// FaceFoundPayload says which rendering of the witness the tripwire cut.
type FaceFoundPayload struct {
	Label string `json:"label"`
}

// LedgerFailedPayload says since when nothing could be written; the event itself can only be written afterwards.
type LedgerFailedPayload struct {
	Since time.Time `json:"since"`
}

// ProtocolRenderedPayload is what bench and clerk sign.
type ProtocolRenderedPayload struct {
	Statement  []byte          `json:"statement"`
	Checkpoint json.RawMessage `json:"checkpoint,omitempty"`
	PDFSHA256  string          `json:"pdf_sha256"`
	JSONSHA256 string          `json:"json_sha256"`
}

// ProtocolSignedPayload is one signature over the statement.
type ProtocolSignedPayload struct {
	Seat      string `json:"seat"`
	Role      Role   `json:"role"`
	Signature []byte `json:"signature"` // IEEE P1363
	Key       []byte `json:"key"`       // SPKI
	KeyCode   string `json:"key_code"`
	Statement string `json:"statement_sha256"`
}

// HearingSealedPayload is the closing entry of the ledger.
type HearingSealedPayload struct {
	SignedBy         []Role `json:"signed_by"`
	BundleJSONSHA256 string `json:"bundle_json_sha256"` // hex; binds the bundle's index
}
