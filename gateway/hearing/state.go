package hearing

import (
	"maps"
	"slices"
	"time"
)

// The periods that the rules use. They are data: the law and the practice of a court change.
var (
	// RulingDue is how long a provisional restriction may stand before its ruling is overdue.
	RulingDue = 15 * time.Minute
	// DefaultValidity is how long an order holds when its draft names no end.
	DefaultValidity = 30 * 24 * time.Hour
	// DefenceOutage is the longest outage of the defence during which testimony goes on (I9).
	DefenceOutage = 5 * time.Second
)

// State is what holds in one hearing now: the fold of its events, and nothing else but Facts. It is not safe for concurrent
// use; one goroutine owns it. The zero value knows no seat and accepts nothing.
type State struct {
	Hearing   string
	CaseNo    string
	Court     string
	Rev       uint64 // events applied
	Phase     Phase
	PhaseAt   time.Time
	Kind      Kind
	KindAt    time.Time
	Seats     []Seat // in the order in which the hearing was created
	Order     *InForce
	Draft     []byte // canonical bytes of the order that waits for a signature
	Testimony Testimony
	Pending   []Pending
	Requests  []Request
	Flags     map[string]Flag
	Views     map[string]ViewState // by view: what the bench took from it; absent: nothing
	Duresses  []Duress             // in order; the last may be open
	Emergency *Emergency           // the last one; nil: none
	Entries   map[uint64]Written   // by the index of the event: each line that a person wrote
	Exhibits  map[string]bool      // numbers that stand on an exhibit
	EntrySeq  int
	FlagSeq   int
	DuressSeq int // signs and answers
	ReqSeq    int
	OwedSeq   int
	Signing   *Signing

	Recording       map[string]bool // labels that record
	RecordingFailed map[string]bool
	FaceFound       map[string]time.Time // label -> when it was cut: a face or a voice was found in it, or its station signed another mode
	CutWhy          map[string]Code      // label -> the code of what was entered then
	StationKey      string               // fingerprint of the key that the station signs with, as last entered
	LedgerFailed    bool

	Facts Facts // not folded; see there
}

// Facts are what the owner of the hearing sees and no event holds. They are lost at a restart, and their zero value is the
// strict one: no station, no testimony.
type Facts struct {
	StationUp bool // the station is connected and publishes every rendering that the order names
}

// Seat is one place in the hearing.
type Seat struct {
	ID          string
	Role        Role
	Entered     bool
	Admitted    bool // false after removal, until admitted again
	Muted       bool
	Hidden      bool // its picture goes to the bench alone
	NoStop      bool // the bench took its stop button: its pause is a request
	LinkLost    bool // entered, and the link broke
	LostAt      time.Time
	RemovedAt   time.Time // when it was last removed
	Undertaking string    // "", signed, refused
	Key         []byte    // SPKI
	KeyCode     string
}

// Written is what the rules know of a line of the protocol. What it says is in gateway/minutes.
type Written struct {
	Kind   string
	Sealed string // "", parties, bench
	First  uint64 // of an amendment: the line that it amends, through any amendments between; 0 for a line that amends none
	Struck bool
}

// InForce is the order that holds, with its signature.
type InForce struct {
	Order     Order
	Bytes     []byte
	Signature []byte
	Key       []byte
	KeyCode   string
	SignedBy  Role
	SignedAt  time.Time
	Expired   bool // order.expired was entered
}

// Testimony is where the witness's testimony stands.
type Testimony struct {
	Phase     TestimonyPhase
	Since     time.Time
	WasLive   bool // it was live at least once
	PausedBy  Role
	PausedAt  string // the seat that pressed; "" where nobody did
	PauseCode string // as everybody may know it
	Discreet  string // the cause that only bench and witness may know
	Consent   *Consent
	Refused   bool // the last answer was no
	RefusedAt time.Time
	Identity  bool
	Floor     string
	Mask      *MaskStatusPayload
	MaskAt    time.Time
	Tightened WitnessTightenedPayload
	TightAt   time.Time
	Room      Room
}

// Consent is the witness's yes.
type Consent struct {
	Language    string
	Interpreter bool
	At          time.Time
}

// Pending is a ruling that is owed.
type Pending struct {
	ID       string
	About    string // kind, mute, remove, hide, flag
	Seat     string
	Role     Role
	Kind     Kind
	Discreet bool   // it comes of a discreet flag: the bench's alone
	Flag     string // it rests on this flag, and the person concerned was not heard on it
	Ruling   string
	Since    time.Time
	Due      time.Time
	Overdue  bool
}

// Request is what a party asked of the bench and has no answer to yet.
type Request struct {
	ID   string
	Seat string
	Role Role
	What string // question, objection, pause
	Text string
	At   time.Time
}

// Signing is what bench and clerk sign after closing. It is dropped when something is entered that it does not cover; the
// owner of the hearing renders anew whenever the phase is closed and Signing is nil.
type Signing struct {
	Rendered ProtocolRenderedPayload
	Signed   []SignedBy
}

// SignedBy is one signature over the protocol.
type SignedBy struct {
	Seat string
	Role Role
	At   time.Time
}

// New returns the state before the first event.
func New() *State {
	return &State{
		Phase: Scheduled, Kind: Public, Testimony: Testimony{Phase: Waiting},
		Flags: map[string]Flag{}, Views: map[string]ViewState{}, Entries: map[uint64]Written{}, Exhibits: map[string]bool{}, Recording: map[string]bool{},
		RecordingFailed: map[string]bool{}, FaceFound: map[string]time.Time{}, CutWhy: map[string]Code{},
	}
}

// Seat returns a copy of the seat; ok is false where there is none.
func (s *State) Seat(id string) (seat Seat, ok bool) {
	if p := s.seat(id); p != nil {
		return *p, true
	}
	return Seat{}, false
}

func (s *State) seat(id string) *Seat {
	for i := range s.Seats {
		if s.Seats[i].ID == id {
			return &s.Seats[i]
		}
	}
	return nil
}

// SeatsOf returns the seats of a role.
func (s *State) SeatsOf(r Role) []Seat {
	var out []Seat
	for _, seat := range s.Seats {
		if seat.Role == r {
			out = append(out, seat)
		}
	}
	return out
}

// Attends says whether the seat takes part now: it is admitted, and in a closed session it is bound by office or by an
// undertaking. Defence counsel attends in any case: a refusal is warned of and entered, never a lockout.
func (s *State) Attends(id string) bool {
	seat := s.seat(id)
	if seat == nil || !seat.Admitted {
		return false
	}
	if s.Kind != Closed || seat.Role.BoundByOffice() || seat.Role == DefenceCounsel {
		return true
	}
	return seat.Role != Gallery && seat.Undertaking == "signed"
}

// OrderHolds says whether a signed order is in force at t.
func (s *State) OrderHolds(t time.Time) bool {
	return s.Order != nil && !s.Order.Expired && s.Order.Order.ValidAt(t)
}

// Clone returns a copy that shares nothing which Apply changes.
func (s *State) Clone() *State {
	c := *s
	c.Seats, c.Pending, c.Requests = slices.Clone(s.Seats), slices.Clone(s.Pending), slices.Clone(s.Requests)
	c.Flags, c.Entries, c.Exhibits = maps.Clone(s.Flags), maps.Clone(s.Entries), maps.Clone(s.Exhibits)
	c.Views, c.Duresses = maps.Clone(s.Views), slices.Clone(s.Duresses)
	c.Recording, c.RecordingFailed, c.FaceFound = maps.Clone(s.Recording), maps.Clone(s.RecordingFailed), maps.Clone(s.FaceFound)
	c.CutWhy = maps.Clone(s.CutWhy)
	if s.Order != nil {
		o := *s.Order
		c.Order = &o
	}
	if s.Signing != nil {
		g := *s.Signing
		g.Signed = slices.Clone(g.Signed)
		c.Signing = &g
	}
	return &c
}
