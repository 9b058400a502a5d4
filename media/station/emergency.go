package main

import (
	"cmp"
	"time"
)

// An emergency: she, the officer or a key says that there is danger, or the bench does. What this room sends ends at once and here, before the gateway knows: the clocks send
// card and silence from the next tick on, and the publications are ended. The kiosk shows the room's code and a telephone, an alarm rings, with the gateway or without it. Only the
// bench's word ends it, and then the picture stays away until the testimony is called anew.

// emergency is one that is not ended. It outlives a restart (kept.go).
type emergency struct {
	ID      string    `json:"id,omitempty"` // of the command; "" where the court raised it
	By      string    `json:"by,omitempty"` // witness, officer; "" for a key, or the court
	At      time.Time `json:"at"`
	Before  string    `json:"before,omitempty"` // since of the one that the court knew of when this one was raised
	Told    bool      `json:"told,omitempty"`   // the court knows
	Seen    bool      `json:"seen,omitempty"`   // and has shown it open
	Refused bool      `json:"refused,omitempty"`
	Quieted bool      `json:"quieted,omitempty"`
}

// courtEmergency is the court's word on it.
type courtEmergency struct {
	Since string `json:"since"`
	By    string `json:"by,omitempty"`
	Ended string `json:"ended,omitempty"` // when; "" while it is open
}

// emergencyCard is what is read out to whoever answers the telephone. The room's code says nothing of the place: the body that is called holds the address under seal.
type emergencyCard struct {
	Room      string `json:"room"`
	Telephone string `json:"telephone"`
	Body      string `json:"body,omitempty"`
}

// alarmFor is how long the alarm rings: who could hear it has heard it by then, and somebody must be able to telephone.
const alarmFor = 90 * time.Second

// kioskEmergency is the button that is held, by her or in the officer's form.
func (r *room) kioskEmergency(m kioskMessage) string {
	if m.By != "" && m.By != "witness" && m.By != "officer" {
		m.By = "" // nothing about it is a reason not to do it
	}
	id := newID()
	if pageID.MatchString(m.ID) {
		id = "k" + m.ID
	}
	r.raise(id, m.By, pressedAt(m.At, time.Now()))
	if m.ID != "" {
		r.took(m.ID)
	}
	return ""
}

// kioskAlarm quiets the alarm of this emergency.
func (r *room) kioskAlarm(kioskMessage) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.emergency != nil {
		r.emergency.Quieted = true
		r.keepEmergency()
		r.apply()
	}
	return ""
}

// raise is an emergency of this room. The clocks look at cut themselves, so that nothing that holds the room's lock holds this up.
func (r *room) raise(id, by string, at time.Time) {
	r.cut.Store(true)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.emergency != nil && r.emergency.ID != "" || id == r.raised {
		r.cut.Store(r.emergency != nil)
		return // one is open, and the court is told of it; or a page says again what was over
	}
	r.raised = id
	before := ""
	if e := r.state.Emergency; e != nil {
		before = e.Since
	}
	args := map[string]string{}
	if by != "" {
		args["by"] = by
	}
	if r.emergency == nil {
		r.emergency = &emergency{At: at, Before: before}
	}
	r.emergency.ID, r.emergency.By = id, by
	r.log.Error("emergency: nothing flows, and the alarm rings")
	r.keepEmergency()
	if !r.sign(id, "emergency.raise", args, at, false) {
		r.link.sign(keptSign{ID: id, Name: "emergency.raise", Args: []byte("{}"), At: at.UTC().Format(wireTime)}) // in memory at least
	}
	r.apply()
}

// courtSays takes up what the court says of an emergency. Called with mu held, at each state of the gateway.
func (r *room) courtSays(st stateMessage) {
	if c, known := st.EmergencyCard, r.kept.state().Card; c != nil && *c != (emergencyCard{}) && (known == nil || *known != *c) {
		r.kept.change(func(s *keptState) { s.Card = c })
	}
	e, court := r.emergency, st.Emergency
	open := court != nil && court.Ended == ""
	switch {
	case e == nil && open:
		at, err := time.Parse(time.RFC3339Nano, court.Since)
		if err != nil {
			at = time.Now()
		}
		r.emergency = &emergency{By: court.By, At: at, Told: true, Seen: true}
		r.log.Error("emergency, by the court's word: nothing flows")
	case e == nil:
		return
	case open && court.Since != e.Before && !e.Seen:
		e.Seen, e.Told = true, true
	case e.ends(court, st.Hearing.Phase):
		r.emergency = nil
		r.log.Info("the court has ended the emergency; testimony begins with a new call")
		r.stopped = r.stopped || st.Testimony.Phase == phaseLive
		if court != nil {
			r.certifiedAfter = court.Ended
		}
	default:
		return
	}
	r.cut.Store(r.emergency != nil)
	r.keepEmergency()
}

// ends says whether the court's word ends this emergency: one that it was told of, and not an older one. A hearing that is over and took it no more has nobody to end it.
func (e *emergency) ends(court *courtEmergency, hearing string) bool {
	switch {
	case !e.Told:
		return e.Refused && (hearing == "signed" || hearing == "sealed")
	case court == nil:
		return e.Seen
	}
	// One that this station never saw open ended while the link was down. That it is this one and not an older one its end tells: clocks that differ by more than the
	// time between leave the emergency as it is, and the bench ends it once more.
	ended, err := time.Parse(time.RFC3339Nano, court.Ended)
	return court.Ended != "" && (e.Seen || court.Since != e.Before && err == nil && ended.After(e.At))
}

// emergencyAnswered notes the gateway's answer. Called with mu held.
func (r *room) emergencyAnswered(id, refused string) bool {
	e := r.emergency
	if e == nil || e.ID == "" || e.ID != id {
		return false
	}
	e.Told, e.Refused = e.Told || refused == "", refused != ""
	r.keepEmergency()
	return true
}

// keepEmergency writes down how it stands. Called with mu held.
func (r *room) keepEmergency() {
	var e *emergency
	if r.emergency != nil {
		now := *r.emergency
		e = &now
	}
	r.kept.change(func(s *keptState) { s.Emergency = e })
}

// certifiedAnew says whether the room was certified since the last emergency ended. It asks for that once: whether a later pause needs a certificate is the court's to say.
// Called with mu held.
func (r *room) certifiedAnew() bool {
	if c := r.state.Testimony.Room; c != nil && c.Certified && c.At > r.certifiedAfter { // both of the gateway's clock, in one form
		r.certifiedAfter = ""
	}
	return r.certifiedAfter == ""
}

// orNil is nothing where nothing is known.
func (c emergencyCard) orNil() *emergencyCard {
	if c == (emergencyCard{}) {
		return nil
	}
	return &c
}

// card is what the court said last, or else, word for word, the station's own settings.
func (r *room) card() emergencyCard {
	own, c := r.ownCard, r.kept.state().Card
	if c == nil {
		return own
	}
	return emergencyCard{Room: cmp.Or(c.Room, own.Room), Telephone: cmp.Or(c.Telephone, own.Telephone), Body: cmp.Or(c.Body, own.Body)}
}

// alarms says whether the alarm rings now. Called with mu held.
func (r *room) alarms(now time.Time) bool {
	e := r.emergency
	return e != nil && !e.Quieted && now.Sub(e.At) < alarmFor
}

// emergencyShown is what the kiosk is told.
type emergencyShown struct {
	At    string        `json:"at"`
	Sent  bool          `json:"sent"` // the court knows
	Alarm bool          `json:"alarm"`
	Card  emergencyCard `json:"card"`
}

// shows is a copy for the page. Called with mu held.
func (r *room) shows() *emergencyShown {
	e := r.emergency
	if e == nil {
		return nil
	}
	return &emergencyShown{At: e.At.UTC().Format(wireTime), Sent: e.Told, Alarm: r.alarms(time.Now()), Card: r.card()}
}
