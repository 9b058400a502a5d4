package visibility

import (
	"encoding/json"
	"time"

	"parda/gateway/hearing"
)

// View is the state message of PROTOCOL.md: the whole of what one seat may know, but for the protocol's entries. A field that
// the seat may not know is absent.
type View struct {
	Type       string           `json:"type"` // "state"
	Rev        uint64           `json:"rev"`
	Now        string           `json:"now"`
	You        You              `json:"you"`
	Hearing    HearingView      `json:"hearing"`
	Order      *OrderView       `json:"order,omitempty"`
	Draft      *DraftView       `json:"draft,omitempty"`
	Testimony  TestimonyView    `json:"testimony"`
	Watching   []WatchingView   `json:"watching,omitempty"`
	Seats      []SeatView       `json:"seats"`
	Views      []CourtView      `json:"views,omitempty"`
	Flags      []FlagView       `json:"flags,omitempty"`
	FlagsMore  int              `json:"flags_more,omitempty"` // how many more there are that the seat may know
	Put        []PutView        `json:"put,omitempty"`
	Pending    []PendingView    `json:"pending,omitempty"`
	Requests   []RequestView    `json:"requests,omitempty"`
	Duress     *DuressView      `json:"duress,omitempty"`
	Emergency  *EmergencyView   `json:"emergency,omitempty"`
	Card       *CardView        `json:"emergency_card,omitempty"`
	Protection []ProtectionView `json:"protection,omitempty"`
	Health     *HealthView      `json:"health,omitempty"`
	Alarms     []AlarmView      `json:"alarms,omitempty"`
	Slots      []SlotView       `json:"slots"`
	Signing    *SigningView     `json:"signing,omitempty"`
	Bundle     *BundleView      `json:"bundle,omitempty"`
	Accounts   bool             `json:"accounts"` // seats are held by persons' accounts; false: by links, and nothing asks for a touch
}

// You is who the seat is and what it may do now.
type You struct {
	Seat string       `json:"seat"`
	Role hearing.Role `json:"role"`
	Can  []string     `json:"can"`
}

// HearingView is where the hearing stands.
type HearingView struct {
	ID         string        `json:"id"`
	CaseNo     string        `json:"case_no"`
	Court      string        `json:"court"`
	Phase      hearing.Phase `json:"phase"`
	Kind       hearing.Kind  `json:"kind"`
	PhaseSince string        `json:"phase_since"`
	KindSince  string        `json:"kind_since"`
}

// OrderView is the order in force, as far as the seat may know it.
type OrderView struct {
	Version    int                 `json:"version"`
	Template   string              `json:"template"`
	Reason     string              `json:"reason,omitempty"`
	Pseudonym  string              `json:"pseudonym"`
	Session    hearing.Kind        `json:"session"`
	ValidUntil string              `json:"valid_until"`
	SignedBy   hearing.Role        `json:"signed_by"`
	SignedAt   string              `json:"signed_at"`
	KeyCode    string              `json:"key_code"`
	Renderings *hearing.Renderings `json:"renderings,omitempty"`
	Respeaker  string              `json:"respeaker,omitempty"` // whose voice it is, where it is not the witness's
	Bytes      []byte              `json:"bytes,omitempty"`
	Signature  []byte              `json:"signature,omitempty"`
	Key        []byte              `json:"key,omitempty"`
}

// DraftView is the order that waits for the presiding judge's signature. Order is the same as Bytes, for reading.
type DraftView struct {
	Bytes []byte          `json:"bytes"`
	Order json.RawMessage `json:"order"`
}

// TestimonyView is where the testimony stands.
type TestimonyView struct {
	Phase            hearing.TestimonyPhase `json:"phase"`
	Since            string                 `json:"since"`
	Pseudonym        string                 `json:"pseudonym,omitempty"`
	Station          string                 `json:"station"` // up, down
	PausedBy         hearing.Role           `json:"paused_by,omitempty"`
	PausedSeat       string                 `json:"paused_seat,omitempty"`
	PauseCode        string                 `json:"pause_code,omitempty"`
	Consent          *ConsentView           `json:"consent,omitempty"`
	IdentityVerified *bool                  `json:"identity_verified,omitempty"`
	Floor            string                 `json:"floor,omitempty"`
	Mask             *MaskView              `json:"mask,omitempty"`
	Tightened        *TightenedView         `json:"tightened,omitempty"`
	Room             *RoomView              `json:"room,omitempty"`
	Figure           string                 `json:"figure,omitempty"` // what the drawn figure of this seat's rendering does now, for who cannot see it
}

// ConsentView is the witness's answer.
type ConsentView struct {
	Given       bool   `json:"given"`
	Language    string `json:"language"`
	Interpreter bool   `json:"interpreter"`
	At          string `json:"at"`
}

// MaskView is what the station says of its masks.
type MaskView struct {
	Picture string   `json:"picture"`
	Voice   string   `json:"voice"`
	Notice  string   `json:"notice,omitempty"`
	Notices []string `json:"notices,omitempty"`
}

// RoomView is what the room officer certified and what the station sees of who is there. The witness's own page has the first five fields alone, and of
// a certificate that says no nothing at all.
type RoomView struct {
	Certified  bool        `json:"certified"`
	At         string      `json:"at,omitempty"`
	With       []string    `json:"with,omitempty"` // roles; absent: alone
	Officer    bool        `json:"officer"`        // an officer has a code for this hearing
	RestsUntil string      `json:"rests_until,omitempty"`
	WhyVoid    string      `json:"why_void,omitempty"`
	Note       string      `json:"note,omitempty"`
	Proof      string      `json:"proof,omitempty"`
	PassedOver bool        `json:"passed_over,omitempty"` // live without one, by a ruling
	Person     *PersonView `json:"person,omitempty"`
	Others     []OtherView `json:"others,omitempty"`
}

// PersonView is whether voice and face are those of the testimony's beginning, as far as the station can tell: same, unsure, different; "" not known.
type PersonView struct {
	Voice string `json:"voice,omitempty"`
	Face  string `json:"face,omitempty"`
}

// OtherView is somebody besides her whom the station sees or hears, and whether the certificate lists a companion.
type OtherView struct {
	Seen   string `json:"seen"` // two_faces, far_voice
	Listed bool   `json:"listed"`
}

// TightenedView is what the witness asked for above the order.
type TightenedView struct {
	Picture string `json:"picture,omitempty"`
	Voice   string `json:"voice,omitempty"`
}

// WatchingView is what one audience gets of the testimony at this moment.
type WatchingView struct {
	Audience hearing.Audience `json:"audience"`
	Picture  string           `json:"picture"`
	Voice    string           `json:"voice"`
	Strength string           `json:"voice_strength,omitempty"`
	DelayS   int              `json:"delay_s"`
	Now      string           `json:"now"` // live, card, nothing
}

// SeatView is one seat. The passive seats and the witness are told of bench and floor only, and of these no more than the role.
type SeatView struct {
	ID          string          `json:"id"`
	Role        hearing.Role    `json:"role"`
	Present     *bool           `json:"present,omitempty"`
	Admitted    *bool           `json:"admitted,omitempty"`
	Muted       *bool           `json:"muted,omitempty"`
	Hidden      *bool           `json:"hidden,omitempty"`      // its picture goes to the bench alone
	Stop        *bool           `json:"stop,omitempty"`        // its pause acts at once; absent for who never had a stop
	Undertaking *bool           `json:"undertaking,omitempty"` // signed one
	Publishing  *PublishingView `json:"publishing,omitempty"`
}

// PublishingView says what of a seat's own devices arrives at the gateway.
type PublishingView struct {
	Sound   bool `json:"sound"`
	Picture bool `json:"picture"`
}

// RequestView is what a party asked of the bench.
type RequestView struct {
	ID   string       `json:"id"`
	Seat string       `json:"seat"`
	Role hearing.Role `json:"role"`
	What string       `json:"what"`
	Text string       `json:"text,omitempty"`
	At   string       `json:"at"`
}

// HealthView says whether what is shown as saved is saved.
type HealthView struct {
	Ledger     string          `json:"ledger"`    // ok, failed
	Recording  string          `json:"recording"` // off, on, failed
	Checkpoint *CheckpointView `json:"checkpoint,omitempty"`
}

// CheckpointView is the newest signed checkpoint of the hearing's ledger.
type CheckpointView struct {
	Size uint64 `json:"size"`
	At   string `json:"at"`
}

// AlarmView is a fault that bench and clerk must see until it is over.
type AlarmView struct {
	Code   string `json:"code"`
	Since  string `json:"since"`
	Detail string `json:"detail,omitempty"`
}

// SlotView says whether something may flow in a slot now.
type SlotView struct {
	Slot  string `json:"slot"`
	Media Media  `json:"media"`
	On    bool   `json:"on"`
	Label string `json:"label,omitempty"`
}

// SigningView is what bench and clerk sign after closing.
type SigningView struct {
	Statement  []byte          `json:"statement"`
	Checkpoint json.RawMessage `json:"checkpoint,omitempty"`
	PDFSHA256  string          `json:"pdf_sha256"`
	JSONSHA256 string          `json:"json_sha256"`
	Signed     []SignedView    `json:"signed"`
}

// SignedView is one signature over the protocol.
type SignedView struct {
	Role hearing.Role `json:"role"`
	At   string       `json:"at"`
}

// BundleView is the ZIP, once the hearing is sealed.
type BundleView struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
}

// Extras are the live facts that no event holds. The zero value is the strict one.
type Extras struct {
	Now        time.Time
	Rev        uint64                    // grows with each change of anything, facts included
	Present    map[string]bool           // seat -> has a session now
	Publishing map[string]PublishingView // seat -> what of its own devices arrives
	Published  map[string]bool           // labels that arrive now: "court/hall", "witness/puppet+neutral"; nil: taken as arriving
	Halted     bool                      // nothing can be written: the witness is shown to nobody
	Recording  string                    // off, on, failed; "" is off
	Checkpoint *CheckpointView
	Alarms     []AlarmView // what the fold does not know, such as station_lost with its time; these win over the fold's own
	Bundle     *BundleView
	Accounts   bool
	Person     string    // the account that holds the seat that is told; "" where seats are held by link
	Card       *CardView // where help is called, from the gateway's settings; nil: not set
	Protection []ProtectionView
	IncidentOf func(flag string) string // the id of a flag in the court's register; nil: there is none
	Figure     string                   // what the station's drawn figure does now; never an event, so never in the ledger
}

// Moment writes a time as the wire does: RFC 3339, UTC, milliseconds; "" for the zero time.
func Moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(hearing.TimeLayout)
}
