package hearing

import "time"

// The payloads of what is flagged, answered and ruled on, of duress and of the emergency. The codes are in events.go.

// FlagDetail is what is known of an act of intimidation; every part may be unknown when the flag is pressed.
type FlagDetail struct {
	Kind   string `json:"kind,omitempty"`
	Target string `json:"target,omitempty"`
	Source string `json:"source,omitempty"`
	Note   string `json:"note,omitempty"`
	// Concerns is the target (a seat, or a view of the court) whose person is said to threaten, ConcernsRole who that is.
	Concerns     string `json:"concerns,omitempty"`
	ConcernsRole Role   `json:"concerns_role,omitempty"`
}

// FlagRaisedPayload is a flag, with the time it was pressed.
type FlagRaisedPayload struct {
	ID        string    `json:"id"`
	Seat      string    `json:"seat"`
	Role      Role      `json:"role"`
	PressedAt time.Time `json:"pressed_at"`
	Person    string    `json:"person,omitempty"`   // the account that held the seat (p-...): whoever sits there next raised nothing
	Discreet  bool      `json:"discreet,omitempty"` // bench and raiser only
	FlagDetail
}

// FlagDetailedPayload replaces the detail of a flag; what was said before stays in the ledger.
type FlagDetailedPayload struct {
	ID       string `json:"id"`
	Discreet bool   `json:"discreet,omitempty"`
	FlagDetail
}

// FlagRuledPayload is the ruling on a flag, with all that the protocol needs to say it in one entry.
type FlagRuledPayload struct {
	ID        string    `json:"id"`
	Seat      string    `json:"seat"`
	Role      Role      `json:"role"`
	PressedAt time.Time `json:"pressed_at"`
	Ruling    string    `json:"ruling"`
	Reason    string    `json:"reason,omitempty"`
	Removed   string    `json:"removed,omitempty"` // the seat, where the ruling is remove
	Against   string    `json:"against,omitempty"` // the target that an adverse ruling names
	To        Role      `json:"to,omitempty"`      // who that is
	// Provisional: the person concerned was not heard on this flag. The ruling acts, and Owed is the debt that it opened.
	Provisional bool   `json:"provisional,omitempty"`
	Owed        string `json:"owed,omitempty"`
	// Answers is what those concerned said before the flag was entered, so that it is not entered without them.
	Answers string `json:"answers,omitempty"`
	Standing
	FlagDetail // in an entry that the parties read: as much of it as was put to anybody, see Flag.toldParties
}

// Standing says who may read what is entered about a flag: a discreet one the bench alone, one that stands in the parties' protocol they as well.
type Standing struct {
	Discreet bool `json:"discreet,omitempty"`
	Entered  bool `json:"entered,omitempty"` // it stood there before this event
}

// FlagPutPayload puts a flag to the person concerned, in the form that the judge allows: whole, gist or orally.
type FlagPutPayload struct {
	Flag string `json:"flag"`
	Seat string `json:"seat"` // the target
	Role Role   `json:"role"`
	Form string `json:"flag_form"`
	Gist string `json:"gist,omitempty"`
	Standing
}

// FlagAnsweredPayload is what that person answers, in writing.
type FlagAnsweredPayload struct {
	Flag string `json:"flag"`
	Seat string `json:"seat"`
	Role Role   `json:"role"`
	Text string `json:"text"`
	Standing
}

// FlagHeardPayload says that the person was heard in the room, or declined to be, or was away when it could have been.
type FlagHeardPayload struct {
	Flag      string `json:"flag"`
	Seat      string `json:"seat"`
	Role      Role   `json:"role"`
	Heard     string `json:"heard"` // orally, declined, absent
	Positions string `json:"positions,omitempty"`
	Standing
}

// ProtectionRequestedPayload files a flag as a request for protection. OwnMotion: the court acts on its own.
type ProtectionRequestedPayload struct {
	Flag      string   `json:"flag"`
	Seat      string   `json:"seat"`
	Role      Role     `json:"role"`
	Measures  []string `json:"measures,omitempty"`
	Note      string   `json:"note,omitempty"`
	OwnMotion bool     `json:"own_motion,omitempty"`
	Standing
}

// DuressRaisedPayload is a sign that she does not act freely. It is written into the sealed book of the hearing first, and copied into the record at
// closing, so the moment stands in it: the copy's own time says nothing.
type DuressRaisedPayload struct {
	ID        string    `json:"id"`
	By        Role      `json:"by"`
	Means     string    `json:"means"` // key, phrase
	PressedAt time.Time `json:"pressed_at"`
	At        time.Time `json:"at"`
}

// DuressAnsweredPayload is what the bench does about it.
type DuressAnsweredPayload struct {
	ID     string    `json:"id"`     // of this answer
	Duress string    `json:"duress"` // the sign that it answers
	Do     string    `json:"do"`     // pause, clear_room, stand_down
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at"`
}

// EmergencyRaisedPayload takes her picture and sound from everybody.
type EmergencyRaisedPayload struct {
	PressedBy string    `json:"pressed_by"` // witness, officer, bench
	PressedAt time.Time `json:"pressed_at"`
}

// EmergencyEndedPayload says why it is over. Nothing flows by it: testimony is called anew, with a new certificate of the room.
type EmergencyEndedPayload struct {
	Reason string `json:"reason"`
}

// EvidenceFrozenPayload is a clip of what flowed around flags. What is in it, and who may see it, is gateway/incident/evidence's.
type EvidenceFrozenPayload struct {
	ID           string    `json:"id"`
	Flags        []string  `json:"flags"`
	Label        string    `json:"label"`
	From         time.Time `json:"from"`
	To           time.Time `json:"to"`
	SHA256       string    `json:"sha256"`
	SealedSHA256 string    `json:"sealed_sha256"`
	Bytes        int64     `json:"bytes"`
	DurationMS   int64     `json:"duration_ms"`
	Gaps         int       `json:"gaps,omitempty"`
	Short        string    `json:"short,omitempty"` // why it holds less than was asked: older_than_ring, stopped, too_long, too_slow
}

// EvidenceFailedPayload says that there is no clip, and why.
type EvidenceFailedPayload struct {
	Flags []string   `json:"flags"`
	Label string     `json:"label,omitempty"`
	Why   string     `json:"failed"` // older_than_ring, stopped, disk, no_room, too_many
	From  *time.Time `json:"from,omitempty"`
	To    *time.Time `json:"to,omitempty"`
}

// EvidenceAttachedPayload is a file that somebody attached to a flag: its hash was entered before anything read it.
type EvidenceAttachedPayload struct {
	ID           string `json:"id"`
	Flag         string `json:"flag"`
	SHA256       string `json:"sha256"`
	SealedSHA256 string `json:"sealed_sha256"`
	Bytes        int64  `json:"bytes"`
	Seat         string `json:"seat"`
	Role         Role   `json:"role"`
}
