package main

import (
	"encoding/json"
	"slices"
	"time"
)

// kioskMessage is what the kiosk page sends (PROTOCOL.md, the station's own door). Fields belong to single types.
type kioskMessage struct {
	Type        string   `json:"type"`
	ID          string   `json:"id"`
	Text        string   `json:"text"`
	Language    string   `json:"language"`
	Interpreter bool     `json:"interpreter"`
	Picture     *string  `json:"picture"`
	Voice       *string  `json:"voice"`
	DB          *float64 `json:"db"`
	SDP         string   `json:"sdp"`
	Up          bool     `json:"up"`
	Same        *bool    `json:"same"`
	Free        *bool    `json:"free"`
	With        []string `json:"with"`
	Code        string   `json:"code"`
	Pause       bool     `json:"pause"`
	By          string   `json:"by"`
	At          string   `json:"at"` // when it was pressed, where this station was not there at that moment
}

// fromKiosk does what the witness asks. A refusal's code comes back, "" when it was done or is on its way.
func (r *room) fromKiosk(raw []byte) string {
	var m kioskMessage
	if json.Unmarshal(raw, &m) != nil {
		return "bad_message"
	}
	do := map[string]func(kioskMessage) string{
		"rehearse": r.kioskRehearse, "consent": r.kioskConsent, "refuse": r.kioskRefuse, "break": r.kioskBreak, "continue": r.kioskContinue,
		"afraid": r.kioskAfraid, "tighten": r.kioskTighten, "far": r.kioskFar, "hand": r.kioskHand, "rtc.offer": r.kioskOffer,
		"question": r.kioskQuestion, "remark": r.kioskRemark, "certify": r.kioskCertify,
		"signal": r.kioskSignal, "emergency": r.kioskEmergency, "alarm.quiet": r.kioskAlarm,
	}[m.Type]
	if do == nil {
		return "unknown_command"
	}
	return do(m)
}

// ask sends a command as the witness; a refusal of it goes to the kiosk. Called with mu held.
func (r *room) ask(name string, args any) {
	r.pending[r.link.command(name, args, time.Now(), false)] = true
}

type noArgs struct{}

func (r *room) kioskRehearse(kioskMessage) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state.Testimony.Phase == phaseRehearsal && r.running != nil {
		r.rec.begin() // once more
		return ""
	}
	r.ask("testimony.rehearse", noArgs{})
	return ""
}

func (r *room) kioskConsent(m kioskMessage) string {
	if len(m.Language) < 2 || len(m.Language) > 35 {
		return "bad_argument"
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held = false
	r.ask("witness.consent", map[string]any{"language": m.Language, "interpreter": m.Interpreter})
	r.apply()
	return ""
}

func (r *room) kioskRefuse(kioskMessage) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held, r.stopped = true, true
	r.rec.discard()
	r.ask("witness.refuse", noArgs{})
	r.apply()
	return ""
}

// kioskBreak and kioskAfraid act first: the permit is swapped before anything is sent, so card and silence go out at the clocks' next tick.

func (r *room) kioskBreak(kioskMessage) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held, r.stopped = true, true
	r.apply()
	r.ask("testimony.pause", map[string]any{"why": "break"})
	return ""
}

func (r *room) kioskAfraid(kioskMessage) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held, r.stopped = true, true
	r.apply()
	id := newID()
	r.pending[id] = true
	if !r.sign(id, "witness.afraid", noArgs{}, time.Now(), false) {
		return "too_many"
	}
	return ""
}

// kioskContinue lifts her own break. Going live again is the judge's.
func (r *room) kioskContinue(kioskMessage) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held = false
	r.apply()
	return ""
}

func (r *room) kioskTighten(m kioskMessage) string {
	args := map[string]string{}
	r.mu.Lock()
	defer r.mu.Unlock()
	next := r.tight
	if m.Picture != nil {
		if !slices.Contains([]string{"", modeBlob, modeCard}, *m.Picture) {
			return "bad_argument"
		}
		next.picture, args["picture"] = *m.Picture, *m.Picture
	}
	if m.Voice != nil {
		if *m.Voice != modeSilence && *m.Voice != "" {
			return "bad_argument"
		}
		next.silence, args["voice"] = *m.Voice != "", *m.Voice
	}
	if len(args) == 0 {
		return "bad_argument"
	}
	r.tight = next
	r.apply()
	r.ask("witness.tighten", args)
	return ""
}

// kioskHand raises or lowers the hand of the drawn figure.
func (r *room) kioskHand(m kioskMessage) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hand = m.Up
	if r.running != nil {
		r.running.masks.raise(r.hand)
	}
	r.kiosk.changed()
	return ""
}

// kioskFar hands the level of the court's sound to the gate.
func (r *room) kioskFar(m kioskMessage) string {
	if m.DB == nil || *m.DB != *m.DB || *m.DB > 20 {
		return "bad_argument"
	}
	r.mu.Lock()
	run := r.running
	r.mu.Unlock()
	if run != nil {
		run.far.Far(float32(max(*m.DB, -200)), time.Now())
	}
	return ""
}

func (r *room) kioskOffer(m kioskMessage) string {
	if m.SDP == "" {
		return "sdp_invalid"
	}
	if !r.link.pass(sdpMessage{Type: "rtc.offer", SDP: m.SDP}) {
		return "station_missing"
	}
	return ""
}

// stationMessage is what the kiosk shows of the station itself.
type stationMessage struct {
	Type      string            `json:"type"`
	Link      string            `json:"link"`
	OrderOK   bool              `json:"order_ok"`
	Refused   string            `json:"order_refused,omitempty"` // the error code when an order was shown and is not obeyed
	KeyCode   string            `json:"key_code"`
	Paused    bool              `json:"paused"`
	Rehearsal string            `json:"rehearsal"`
	Mask      maskStatus        `json:"mask"`
	Devices   map[string]string `json:"devices"` // camera, and the microphone in use: microphone or speaker
	Tight     tightened         `json:"tightened"`
	Hand      bool              `json:"hand"`                 // the drawn hand is up
	Unsent    int               `json:"unsent"`               // commands that the gateway has not acknowledged yet
	Said      []saidPiece       `json:"said"`                 // what she wrote after her testimony, without the words
	Officer   *officerForm      `json:"officer,omitempty"`    // how the room officer's form stands, without the answers
	RelayOnly bool              `json:"relay_only,omitempty"` // the page receives the court by the gateway's TURN server and no other way, as the station sends
	Emergency *emergencyShown   `json:"emergency,omitempty"`
	Card      *emergencyCard    `json:"card,omitempty"` // what the page shows should this station itself be away in an emergency
}

// tightened is what the witness has asked for above the order, as it holds now.
type tightened struct {
	Picture string `json:"picture"` // "", blob, card
	Silence bool   `json:"silence"`
}

// view is what the kiosk is shown: the station's own message, and the gateway's newest state and ice message.
func (r *room) view() (station stationMessage, state, ice []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	status, devices := r.health.status()
	link := "down"
	if r.linked {
		link = "up"
	}
	status.Notices = status.Notices.without(roomNotices)
	card := r.card()
	return stationMessage{Type: "station", Emergency: r.shows(), Card: card.orNil(), Link: link, OrderOK: r.order != nil && r.refused == "", Refused: r.refused, KeyCode: r.trust.code(),
		Hand: r.hand, Tight: tightened{r.effective().picture, r.effective().silence}, Paused: r.held, Rehearsal: r.rec.status(), Mask: status, Devices: devices, Unsent: r.link.unanswered(),
		Said: slices.Clone(r.said), Officer: r.formStands(), RelayOnly: r.relayOnly}, withoutRoomNotices(r.raw, r.state), r.ice
}
