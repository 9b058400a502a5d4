package signaling

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// MaxMessage is the largest WebSocket message that is read, in bytes. An order, an SDP offer with all slots and a long protocol entry fit
// several times over; a larger message closes the connection with status 1009.
const MaxMessage = 256 << 10

// MaxSDP is the largest SDP body that WHIP and WHEP read, in bytes.
const MaxSDP = 128 << 10

// Hello is a seat's first message.
type Hello struct {
	Lang  string `json:"lang"`
	Since uint64 `json:"since"` // entries with a greater index are sent
}

// Command is something that a person at a seat did.
type Command struct {
	ID   string          `json:"id"` // unique for the seat, for ever: a repetition is answered, not done twice
	Name string          `json:"name"`
	Args json.RawMessage `json:"args,omitempty"`
	At   time.Time       `json:"at"` // when the person did it, by the page's clock
	// Proof is the fresh touch that step_up_required asked for: a PublicKeyCredential as JSON.
	Proof json.RawMessage `json:"proof,omitempty"`

	// Officer is how the hearing knew the room officer who gave this command by her code. The hearing sets it; nothing on the wire does.
	Officer string `json:"-"`
}

// Ack says that what a command caused is durable: written and synced.
type Ack struct {
	Index  uint64         `json:"index"`
	Result map[string]any `json:"result,omitempty"`
}

// ICEServer is one entry of an RTCConfiguration's iceServers (W3C WebRTC, section 4.2.1).
type ICEServer struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username,omitempty"`
	Credential string   `json:"credential,omitempty"`
}

type ackMessage struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	Ack
}

type sdpMessage struct {
	Type string `json:"type"`
	SDP  string `json:"sdp"`
}

type whyMessage struct {
	Type string `json:"type"`
	Why  string `json:"why"`
}

type pongMessage struct {
	Type string          `json:"type"`
	T    json.RawMessage `json:"t,omitempty"`
}

type thinMessage struct {
	Type  string   `json:"type"`
	Slots []string `json:"slots"`
}

type iceMessage struct {
	Type    string      `json:"type"`
	Servers []ICEServer `json:"servers"`
}

// incoming is any message of a seat: the union of the fields of all kinds, told apart by Type.
type incoming struct {
	Type string `json:"type"`
	Hello
	Command
	SDP   string          `json:"sdp"`
	T     json.RawMessage `json:"t"`
	State string          `json:"state"` // of figure
	Key   []byte          `json:"key"`   // of mode.key
	ModeSegment
}

// ModeSegment is what the station signs of one publication about every second (PROTOCOL.md, "The station signs its mode").
type ModeSegment struct {
	Publication string      `json:"publication"`
	Rendering   string      `json:"rendering"`
	Number      uint64      `json:"number"`
	Tracks      []ModeTrack `json:"tracks"`
	Signature   []byte      `json:"signature"` // Ed25519, 64 bytes
}

// ModeTrack is the packets of one track in a segment: eight bytes of hash each, by RTP sequence number from First on.
type ModeTrack struct {
	Media  string `json:"media"`
	First  uint16 `json:"first"`
	Hashes []byte `json:"hashes"`
}

var errNoType = errors.New("message has no type")

// parse reads one message of a seat. It accepts any JSON object with a type; which types are known is the session's business.
func parse(b []byte) (incoming, error) {
	var m incoming
	if err := json.Unmarshal(b, &m); err != nil {
		return incoming{}, fmt.Errorf("not a message: %w", err)
	}
	if m.Type == "" {
		return incoming{}, errNoType
	}
	return m, nil
}

// check refuses a command that could not be answered or kept.
func (c Command) check() error {
	switch {
	case c.ID == "" || len(c.ID) > 64:
		return Refuse("bad_message", "A command needs an id of 1 to 64 characters.", nil)
	case c.Name == "" || len(c.Name) > 64:
		return Refuse("unknown_command", "This command is not known.", nil)
	}
	return nil
}
