package main

import (
	"time"
)

// The room officer's certificate goes through here (PROTOCOL.md). The page's form asks; the gateway alone knows whose code it is. It goes over the link that is up now or not
// at all: a certificate that waited for a lost link would speak of a room that nobody saw meanwhile, and its code would lie in a queue. The station keeps nothing of what was answered.

// officerForm is how the form that was sent last stands: never what it says.
type officerForm struct {
	ID      string `json:"id"` // the page's own
	State   string `json:"state"`
	Code    string `json:"code,omitempty"` // why it was refused
	command string
}

const officerDigits = 10

func (r *room) kioskCertify(m kioskMessage) string {
	digits := 0
	for _, c := range m.Code {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c != ' ':
			return "bad_argument"
		}
	}
	if !pageID.MatchString(m.ID) || m.Same == nil || m.Free == nil || m.With == nil || len(m.With) > 4 || digits != officerDigits {
		return "bad_argument"
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.officer != nil && r.officer.State == saidSending {
		return "too_many"
	}
	now := time.Now()
	form := &officerForm{ID: m.ID, State: saidSending, command: newID()}
	args := map[string]any{"same": *m.Same, "free": *m.Free, "with": m.With, "code": m.Code}
	if !r.linked || !r.link.pass(commandMessage{Type: "command", ID: form.command, Name: "room.certify", Args: args, At: now.UTC().Format(wireTime)}) {
		form.State, form.Code = saidRefused, "station_missing"
	}
	r.officer = form
	r.kiosk.changed()
	return ""
}

// officerAnswered notes the gateway's answer. Called with mu held.
func (r *room) officerAnswered(id, refused string) bool {
	if r.officer == nil || r.officer.State != saidSending || r.officer.command != id {
		return false
	}
	r.officer.State, r.officer.Code = saidSaved, refused
	if refused != "" {
		r.officer.State = saidRefused
	}
	return true
}

// officerCutOff says that nobody knows whether the form arrived. The gateway ends a certificate when the link breaks, so it is to be sent again in any case. Called with mu held.
func (r *room) officerCutOff() {
	if r.officer != nil && r.officer.State == saidSending {
		r.officer.State, r.officer.Code = saidRefused, "station_missing"
	}
}

// formStands is a copy for the page. Called with mu held.
func (r *room) formStands() *officerForm {
	if r.officer == nil {
		return nil
	}
	form := *r.officer
	return &form
}
