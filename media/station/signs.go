package main

import (
	"encoding/json"
	"errors"
	"time"
)

// The signs that somebody in the shielded room gives: her silent signal, fear, duress, an emergency. Each becomes one command under an id of its own, with the time of the press;
// it is kept until the gateway has acknowledged it, over a lost link and a restart (kept.go).
//
// Duress is the sign that nobody beside her may notice. Its press changes nothing here: no permit, no message to the kiosk, no line in the log, no sound. On the
// wire it goes in the place of one keep-alive ping and is as large as one (link.go).

const noticeKeyLost = "key_lost" // a bound key's device does not answer; never which

// roomNotices are told whether or not a testimony runs, and to the court alone.
var roomNotices = []string{noticeKeyLost, noticeKeptUnread}

// withoutRoomNotices is the gateway's state as the kiosk is shown it: the gateway says back what this station told of itself, and whoever sits before the screen must not
// read there that a key is away or that something pressed did not arrive. A state that says nothing of it goes as it came.
func withoutRoomNotices(raw []byte, st stateMessage) []byte {
	if m := st.Testimony.Mask; m == nil || m.Notices.without(roomNotices) == m.Notices {
		return raw
	}
	var whole, testimony, mask map[string]json.RawMessage
	if json.Unmarshal(raw, &whole) != nil || json.Unmarshal(whole["testimony"], &testimony) != nil || json.Unmarshal(testimony["mask"], &mask) != nil {
		return nil // the page keeps the state that it has
	}
	var err error
	into := func(in map[string]json.RawMessage, name string, v any) {
		b, e := json.Marshal(v)
		in[name], err = b, errors.Join(err, e)
	}
	if left := st.Testimony.Mask.Notices.without(roomNotices); left == "" {
		delete(mask, "notices")
	} else {
		into(mask, "notices", left)
	}
	into(testimony, "mask", mask)
	into(whole, "testimony", testimony)
	b, e := json.Marshal(whole)
	if errors.Join(err, e) != nil {
		return nil
	}
	return b
}

// pressedLongAgo bounds what a page may say of the time of a press: it waited for this station, which is started anew within seconds.
const pressedLongAgo = 24 * time.Hour

// sign keeps a command and sends it. It says false where too many wait.
func (r *room) sign(id, name string, args any, at time.Time, quiet bool) bool {
	if r.kept.has(id) {
		return true // the page sends again what it has not heard of
	}
	b, err := json.Marshal(args)
	if err != nil {
		return false
	}
	s := keptSign{ID: id, Name: name, Args: b, At: at.UTC().Format(wireTime), Quiet: quiet}
	if !r.kept.add(s) {
		return false
	}
	r.link.sign(s)
	return true
}

// signAnswered lets go of a sign that the gateway has taken. A flag that it refused for good stays (I6), and the bench learns that the room has something that did not
// reach it.
func (r *room) signAnswered(id, refused string) {
	if refused == "" {
		r.kept.answered(id)
	} else if r.kept.has(id) && r.kept.refused(id, refused) {
		r.health.notice(noticeKeptUnread, true)
	}
}

// signalArgs is her silent signal: a flag that the judge alone sees.
type signalArgs struct {
	Discreet bool `json:"discreet"`
}

// kioskSignal is the mark on the kiosk. With pause it is an ordinary break besides: a sign that is sent again with it is the same sign.
func (r *room) kioskSignal(m kioskMessage) string {
	if m.ID == "" {
		m.ID = newID()
	}
	if !pageID.MatchString(m.ID) {
		return "bad_argument"
	}
	if !r.sign("k"+m.ID, "flag.raise", signalArgs{true}, pressedAt(m.At, time.Now()), false) {
		return "too_many"
	}
	if m.Pause {
		r.kioskBreak(m)
	}
	r.took(m.ID)
	return ""
}

// took tells the page that this station has what it sent, once it is on the disk; the page keeps it until then.
func (r *room) took(id string) {
	if r.kept.flush() != nil {
		return
	}
	b, err := json.Marshal(tookMessage{Type: "took", ID: id})
	if err == nil {
		r.kiosk.toKiosk(b)
	}
}

type tookMessage struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

// pressedAt is when a page says that something was pressed, where that can be.
func pressedAt(said string, now time.Time) time.Time {
	at, err := time.Parse(time.RFC3339Nano, said)
	if err != nil || at.After(now) || now.Sub(at) > pressedLongAgo {
		return now
	}
	return at
}

// keyPressed is a press of a bound key.
func (r *room) keyPressed(sign string, at time.Time) {
	switch sign {
	case signSignal:
		r.sign(newID(), "flag.raise", signalArgs{true}, at, false)
	case signDuress:
		r.sign(newID(), "duress.raise", map[string]string{"means": "key"}, at, true)
	case signEmergency:
		r.raise(newID(), "", at)
	}
}

// keyHeld is the signal's key that is held: she wants a break as well, which looks like any other.
func (r *room) keyHeld(string) { r.kioskBreak(kioskMessage{}) }

// keyLost follows the keys' devices. The court is told that some key does not answer; the log says what is wrong, and neither says which sign it gives.
func (r *room) keyLost(device string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, was := r.keysLost[device]
	switch {
	case err == nil && was:
		delete(r.keysLost, device)
		r.log.Info("a bound key is there again")
	case err != nil && !was:
		if r.keysLost == nil {
			r.keysLost = map[string]struct{}{}
		}
		r.keysLost[device] = struct{}{}
		r.log.Warn("a bound key does not answer; it is looked for", "why", keyTrouble(err))
	default:
		return
	}
	if len(r.keysLost) == 0 {
		r.health.unnotice(noticeKeyLost)
	} else {
		r.health.notice(noticeKeyLost, true)
	}
}

// remember takes up what an earlier run of this program kept.
func (r *room) remember() {
	if r.kept.open() != nil {
		r.log.Error("what an earlier run kept for the gateway cannot be read")
		r.health.notice(noticeKeptUnread, true)
	}
	s := r.kept.state()
	waiting, refused := r.kept.waiting()
	for _, sign := range waiting {
		r.link.sign(sign)
	}
	if refused {
		r.health.notice(noticeKeptUnread, true)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.emergency = s.Emergency
	r.cut.Store(r.emergency != nil)
}
