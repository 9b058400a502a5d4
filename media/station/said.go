package main

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// After her testimony the witness listens, asks through the bench and remarks, in writing (PROTOCOL.md). The station carries her words to the
// gateway, once and until they are acknowledged, and tells the page of each piece how it stands. It keeps no words: they are in the link's queue until
// they are answered, and nowhere after.

const (
	saidMost  = 16   // pieces that are remembered; the oldest answered one makes room
	saidRunes = 2000 // as the gateway takes
)

// saidPiece is how one piece of her writing stands.
type saidPiece struct {
	ID      string `json:"id"`   // the page's own
	What    string `json:"what"` // question, remark
	State   string `json:"state"`
	Code    string `json:"code,omitempty"`    // why it was refused
	Request string `json:"request,omitempty"` // under which id a question waits for the bench
	command string
}

// States of a piece.
const (
	saidSending = "sending"
	saidSaved   = "saved"
	saidRefused = "refused"
)

var pageID = regexp.MustCompile(`^[A-Za-z0-9_-]{8,40}$`)

func (r *room) kioskQuestion(m kioskMessage) string {
	return r.say(m, "question", "question.request", map[string]string{"text": strings.TrimSpace(m.Text)})
}

func (r *room) kioskRemark(m kioskMessage) string {
	args := map[string]string{"text": strings.TrimSpace(m.Text)}
	if m.Language != "" {
		args["lang"] = m.Language
	}
	return r.say(m, "remark", "remark.add", args)
}

// say takes a piece up. A page that comes back sends again what it does not see in view: the same id is the same piece, here and, should this station have been
// started anew meanwhile, at the gateway, for the command's id is made of it.
func (r *room) say(m kioskMessage, what, command string, args map[string]string) string {
	if m.ID == "" {
		m.ID = newID()
	}
	if !pageID.MatchString(m.ID) {
		return "bad_argument"
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if slices.ContainsFunc(r.said, func(p saidPiece) bool { return p.ID == m.ID }) {
		return ""
	}
	defer r.kiosk.changed()
	piece := saidPiece{ID: m.ID, What: what, State: saidRefused}
	switch {
	case !r.heard:
		piece.Code = "wrong_phase"
	case args["text"] == "" || utf8.RuneCountInString(args["text"]) > saidRunes || len(m.Language) > 35:
		piece.Code = "bad_argument"
	case !r.makeRoom():
		return "too_many"
	default:
		piece.State, piece.command = saidSending, r.link.commandAs("k"+m.ID, command, args, time.Now(), false)
	}
	r.said = append(r.said, piece)
	if len(r.said) > saidMost {
		r.makeRoom()
	}
	return piece.Code
}

// makeRoom forgets the oldest answered piece where there are too many. It says false where all wait. Called with mu held.
func (r *room) makeRoom() bool {
	if len(r.said) < saidMost {
		return true
	}
	i := slices.IndexFunc(r.said, func(p saidPiece) bool { return p.State != saidSending })
	if i < 0 {
		return false
	}
	r.said = slices.Delete(r.said, i, i+1)
	return true
}

// saidAnswered notes the gateway's answer to a piece. Called with mu held.
func (r *room) saidAnswered(id string, raw []byte, refused string) bool {
	i := slices.IndexFunc(r.said, func(p saidPiece) bool { return p.command != "" && p.command == id })
	if i < 0 || mends(refused) {
		return i >= 0 // it is sent again: nothing is decided
	}
	p := &r.said[i]
	p.State, p.Code = saidSaved, refused
	if refused != "" {
		p.State = saidRefused
		return true
	}
	var ack struct {
		Result struct {
			Request string `json:"request"`
		} `json:"result"`
	}
	if json.Unmarshal(raw, &ack) == nil {
		p.Request = ack.Result.Request
	}
	return true
}
