package hearing

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// The room officer's certificate (DESIGN.md, section 5). Before testimony goes live, and anew after each break, lost link, start of the station and
// change of persons, an officer in the shielded room says: it is the same person, these are beside her, she acts freely. It stands against A7,
// somebody beside her who threatens or prompts, and against another person in her chair, whom a masked picture would hide.
//
// What ends a certificate is decided in one place, ends below: whoever makes drafts hands them through withRoom, which enters the end beside its cause, and
// the fold ends the certificate on the same causes by itself, so that a draft maker that forgot it is strict and not loose.

// The periods of the certificate. They are data.
var (
	// CertificateHolds is how long a certificate may wait for the call: what an officer saw an hour ago says nothing of the room now.
	CertificateHolds = 15 * time.Minute
	// OfficerPause is how long the officer's form rests after three wrong codes.
	OfficerPause = time.Minute
	// OfficerLeaves is how long after a certificate a second person is taken for the officer, who walks out.
	OfficerLeaves = 30 * time.Second
	// PersonsHeld is how long a change of persons must last before it ends the certificate: a detector's single doubt ends nothing.
	PersonsHeld = 5 * time.Second
)

// WrongCodes is how many wrong codes make the officer's form rest.
const WrongCodes = 3

// withOfficer stands in With for the officer who stays in the room.
const withOfficer = "officer"

// beside are the roles that a certificate may list. Never a name.
var beside = []string{string(Interpreter), string(SupportPerson), string(LegalRepresentative), withOfficer}

// Why a certificate does not stand (room.certificate_void, testimony.room.why_void).
const (
	voidNever     = "never" // none was given
	voidOld       = "old"
	voidBreak     = "break"
	voidLink      = "link_lost"
	voidStation   = "station_started"
	voidGateway   = "gateway_started"
	voidInterrupt = "interrupted" // the fall back to ready or waiting, whatever its cause: see testimony.interrupted
	voidOver      = "released"
	voidNotSame   = "not_same"
	voidNotFree   = "not_free"
	voidNeither   = "neither"
	voidNotAlone  = "not_alone" // the room was to be cleared, and the certificate lists somebody but the officer
)

// What the next certificate must be like, whoever rules (Room.Must).
const (
	mustBeNew   = "new"   // after an emergency
	mustBeAlone = "alone" // after the bench had the room cleared: nobody beside her but the officer
)

// Notices of the station that stand for a change of persons, the gravest first.
var changes = []string{"person_changed", "two_faces", "left_seat"}

// Room is what is known of who is in the shielded room.
type Room struct {
	Last      *RoomCertifiedPayload // the last certificate, whether it holds or not
	At        time.Time             // when it was given
	Void      string                // why it does not hold any more; "" while it holds
	VoidAt    time.Time
	Issued    bool      // an officer has a code
	Wrong     time.Time // when the last WrongCodes wrong codes were entered
	Change    string    // what change of persons the station sees now
	ChangedAt time.Time
	Must      string // until testimony is live again no ruling passes over the certificate: "", mustBeNew, mustBeAlone
	Passed    bool   // the presiding judge called without a certificate, and testimony has been live since
}

// OfficerIssuedPayload says that an officer of the room got a code for this hearing. The code is in no event. Proof is how: "code", it was given
// out by a clerk, a judge or whoever opened the hearing, or "account": the officer drew it, signed in.
type OfficerIssuedPayload struct {
	Proof string `json:"proof"`
}

// RoomCertifiedPayload is what the officer said. With holds roles, empty: she is alone. A certificate with Same and Free both true is room.certified;
// any other is room.not_certified, which the bench alone reads, because whoever frightens her may be a reader.
type RoomCertifiedPayload struct {
	Same  bool     `json:"same"`
	Free  bool     `json:"free"`
	With  []string `json:"with,omitempty"`
	Alone bool     `json:"alone,omitempty"` // With is empty: said, so that a reader need not conclude it
	Note  string   `json:"note,omitempty"`
	Proof string   `json:"proof"`          // how the officer was known: "code" or "account"
	Void  string   `json:"void,omitempty"` // of one that says no: not_same, not_free, or neither
}

// no is what the certificate denies, "" where it says yes to both.
func (p *RoomCertifiedPayload) no() string {
	switch {
	case p.Same && p.Free:
		return ""
	case p.Free:
		return voidNotSame
	case p.Same:
		return voidNotFree
	}
	return voidNeither
}

// RoomVoidPayload says why a certificate ended.
type RoomVoidPayload struct {
	Void string `json:"void"`
}

// CodeRefusedPayload says that so many wrong codes came, and until when the form rests.
type CodeRefusedPayload struct {
	Tries int       `json:"tries"`
	Until time.Time `json:"until"`
}

// RoomWhy says why testimony may not go live for the room's sake at t; "" where the certificate stands. While testimony is live a certificate does not grow old.
func (s *State) RoomWhy(t time.Time) string {
	r := s.Testimony.Room
	switch {
	case r.Last == nil:
		return voidNever
	case r.Void != "":
		return r.Void
	case r.Last.no() != "":
		return r.Last.no()
	case r.Must == mustBeAlone && slices.ContainsFunc(r.Last.With, func(w string) bool { return w != withOfficer }):
		return voidNotAlone
	case s.Testimony.Phase != Live && t.Sub(r.At) > CertificateHolds:
		return voidOld
	}
	return ""
}

// OfficerRests says whether the officer's form rests at t, and until when.
func (s *State) OfficerRests(t time.Time) (until time.Time, rests bool) {
	until = s.Testimony.Room.Wrong.Add(OfficerPause)
	return until, !s.Testimony.Room.Wrong.IsZero() && t.Before(until)
}

// Accompanied says whether the last certificate lists anybody beside her.
func (r Room) Accompanied() bool { return r.Last != nil && r.Void == "" && len(r.Last.With) > 0 }

// PassesOverRoom says whether the arguments of testimony.call ask to go live without a certificate: that loosens, and needs a step-up.
func PassesOverRoom(args json.RawMessage) bool {
	var a struct {
		Without bool `json:"without_certificate"`
	}
	// What cannot be read asks for all it could: the rule itself refuses it afterwards.
	return json.Unmarshal(args, &a) != nil && len(bytes.TrimSpace(args)) > 0 || a.Without
}

// certifiable: there is a testimony that the certificate could be for. An officer who sees that she is not free says so while it is live as well.
func certifiable(s *State, seat *Seat, now time.Time) error {
	if err := testifying(Ready, Live, Paused)(s, seat, now); err != nil {
		return err
	}
	if _, rests := s.OfficerRests(now); rests {
		return refuse(CodeOfficerPaused, "Too many wrong codes: the officer's form rests for a minute.")
	}
	return nil
}

// officerIssue enters that an officer got a code; the code itself is drawn by gateway/access and is in no event. Who is certified to may not certify: neither
// the witness's seat nor a party gets one.
func (c *call) officerIssue() error {
	if err := c.args(&struct{}{}); err != nil {
		return err
	}
	c.emit(OfficerIssued, OfficerIssuedPayload{Proof: "code"})
	return nil
}

// OfficerDrew enters that an officer with an account drew the code herself (proof is "account"), so that no clerk ever held it (A6), or that the program that
// opened the hearing gave one out ("code").
func OfficerDrew(s *State, proof string) []Draft {
	if in(s.Phase, Concluded, Signed, Sealed) {
		return nil
	}
	return []Draft{bySystem(OfficerIssued, OfficerIssuedPayload{Proof: proof})}
}

// CodeRefused enters that WrongCodes wrong codes came, and lets the form rest: somebody beside her tries (A7).
func CodeRefused(s *State, now time.Time) []Draft {
	if in(s.Phase, Concluded, Signed, Sealed) {
		return nil
	}
	return []Draft{bySystem(OfficerCodeRefused, CodeRefusedPayload{Tries: WrongCodes, Until: now.Add(OfficerPause)})}
}

// certify takes the officer's word. The owner of the hearing has checked the code and says so in Command.Officer; without that nothing is taken, so
// an owner that forgot to check lets nobody certify.
func (c *call) certify() error {
	var a struct {
		Same *bool    `json:"same"`
		Free *bool    `json:"free"`
		With []string `json:"with"`
		Note string   `json:"note"`
	}
	if !in(c.cmd.Officer, "code", "account") {
		return refuse(CodeOfficerWrong, "This is not the code of the room officer.")
	}
	if err := c.args(&a); err != nil {
		return err
	}
	if a.Same == nil || a.Free == nil || a.With == nil {
		return refuse(CodeBadArgument, "The officer answers all three questions.")
	}
	slices.Sort(a.With)
	if len(slices.Compact(slices.Clone(a.With))) != len(a.With) || slices.ContainsFunc(a.With, func(w string) bool { return !in(w, beside...) }) {
		return refuse(CodeBadArgument, "Those beside her are named by their roles, each once.")
	}
	p := RoomCertifiedPayload{Same: *a.Same, Free: *a.Free, With: a.With, Alone: len(a.With) == 0, Note: cut(strings.TrimSpace(a.Note), maxReasonRunes), Proof: c.cmd.Officer}
	if p.Void = p.no(); p.Void == "" {
		c.emit(RoomCertified, p)
		return nil
	}
	c.emit(RoomNotCertified, p)
	if c.s.Testimony.Phase == Live { // somebody who protects her says stop: everybody else is told of a break, as where she herself is afraid
		c.stop("break", "room")
	}
	return nil
}

// ends says why an event ends the certificate, "" where it does not.
func (s *State) ends(code Code, payload any) string {
	switch code {
	case TestimonyPaused, EmergencyRaised, EmergencyEnded:
		return voidBreak
	case TestimonyInterrupted:
		if p, ok := plainly[TestimonyInterruptedPayload](payload); ok && p.Why == "station_lost" {
			return voidLink
		}
		return voidInterrupt
	case ConsentRefused, TestimonyRehearsal:
		return voidInterrupt
	case TestimonyReleased:
		return voidOver
	case GatewayStarted:
		return voidGateway
	case StationKey: // each start of the station makes a key
		return voidStation
	case SeatLinkLost:
		p, _ := plainly[SeatPayload](payload)
		if seat := s.seat(p.Seat); seat != nil && seat.Role == ProtectedWitness {
			return voidLink
		}
	}
	return ""
}

// plainly reads a payload as a draft holds it, or as a folded event does.
func plainly[T any](payload any) (T, bool) {
	switch p := payload.(type) {
	case T:
		return p, true
	case *T:
		return *p, true
	}
	var none T
	return none, false
}

// stands says whether there is a certificate that something could end. A negative one ends by a new certificate alone: that an officer saw her
// threatened must not be washed off by a lost link.
func (r Room) stands() bool { return r.Last != nil && r.Last.no() == "" && r.Void == "" }

// withRoom adds to drafts that the certificate ends, where one of them ends it.
func (s *State) withRoom(drafts []Draft) []Draft {
	why := ""
	for _, d := range drafts {
		if in(d.Code, RoomCertificateVoid, RoomNotCertified) {
			return drafts
		}
		if w := s.ends(d.Code, d.Payload); w != "" && why == "" {
			why = w
		}
	}
	if !s.Testimony.Room.stands() || why == "" {
		return drafts
	}
	return append(drafts, bySystem(RoomCertificateVoid, RoomVoidPayload{Void: why}))
}

// RoomLeft ends the certificate where the station's link broke, however short and in whatever phase: who was in the room meanwhile nobody saw.
func RoomLeft(s *State) []Draft { return s.void(voidLink) }

func (s *State) void(why string) []Draft {
	if !s.Testimony.Room.stands() || in(s.Phase, Signed, Sealed) {
		return nil
	}
	return []Draft{bySystem(RoomCertificateVoid, RoomVoidPayload{Void: why})}
}

// PersonsChanged ends the certificate when the station has seen a change of persons for PersonsHeld: another person in the chair, a second face where
// the certificate lists nobody beside her, an empty chair. It never touches testimony that is live (I9): these are a machine's guesses, and whoever could
// stop a testimony by walking past a camera would take from the defence its live questions. The bench is told at once, and stops with one press; she
// herself, the officer and the picture's own rule (two faces: a neutral figure) protect meanwhile (I8).
func PersonsChanged(s *State, now time.Time) []Draft {
	r := s.Testimony.Room
	if r.Change == "" || r.Change == "two_faces" && r.Accompanied() {
		return nil
	}
	since := r.ChangedAt
	if r.Change == "two_faces" {
		if free := r.At.Add(OfficerLeaves); free.After(since) {
			since = free
		}
	} else if r.At.After(since) {
		since = r.At
	}
	if now.Sub(since) < PersonsHeld {
		return nil
	}
	return s.void(r.Change)
}

// roomEvent folds the events of the officer.
func (s *State) roomEvent(e Event, payload any) {
	r := &s.Testimony.Room
	switch p := payload.(type) {
	case *OfficerIssuedPayload:
		r.Issued, r.Wrong = true, time.Time{} // a new code starts with a fresh form
	case *RoomCertifiedPayload:
		r.Last, r.At, r.Void = p, e.Time, ""
		r.Issued = r.Issued && p.Proof != "account" // such a code is good for one certificate
		r.Passed = r.Passed && p.no() != ""
	case *RoomVoidPayload:
		if r.stands() {
			r.Void, r.VoidAt = p.Void, e.Time
		}
	case *CodeRefusedPayload:
		r.Wrong = e.Time
	}
}

// roomFollows ends the certificate on every event that ends it, whether or not its end was entered beside.
func (s *State) roomFollows(e Event, payload any) {
	r := &s.Testimony.Room
	if why := s.ends(e.Code, payload); why != "" {
		r.Passed = false
		if r.stands() {
			r.Void, r.VoidAt = why, e.Time
		}
	}
	if p, ok := payload.(*MaskStatusPayload); ok {
		s.roomSees(e.Time, p)
	}
}

// roomSees notes what change of persons the station sees; one that goes over into another began when the first did.
func (s *State) roomSees(at time.Time, p *MaskStatusPayload) {
	r := &s.Testimony.Room
	seen := ""
	for _, change := range changes {
		if seen == "" && (p.Notice == change || slices.Contains(p.Notices, change)) {
			seen = change
		}
	}
	if seen == "" || r.Change == "" {
		r.ChangedAt = at
	}
	r.Change = seen
}
