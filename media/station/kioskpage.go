package main

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/coder/websocket"
)

// kioskPage is the conversation with the kiosk's page. There is one at a time: a page that comes back after a reload takes the place of
// the one before it.
type kioskPage struct {
	out   chan []byte
	dirty chan struct{}
	stop  context.CancelFunc
}

// converse serves GET /local/ws.
func (d *door) converse(w http.ResponseWriter, req *http.Request) {
	conn, err := websocket.Accept(w, req, &websocket.AcceptOptions{})
	if err != nil {
		return
	}
	defer conn.CloseNow()
	conn.SetReadLimit(kioskReadLimit)
	ctx, stop := context.WithCancel(req.Context())
	defer stop()
	page := &kioskPage{out: make(chan []byte, kioskQueue), dirty: make(chan struct{}, 1), stop: stop}
	d.takeOver(page)
	defer d.leave(page)
	page.poke()
	go func() {
		defer stop()
		page.write(ctx, conn, d.room)
	}()
	for {
		kind, b, err := conn.Read(ctx)
		if err != nil {
			return
		}
		if kind != websocket.MessageText {
			conn.Close(websocket.StatusUnsupportedData, "text only")
			return
		}
		if refused := d.room.fromKiosk(b); refused != "" {
			page.send(errorMessage(refused, kioskSentence(refused)))
		}
	}
}

// write sends what is queued, and the station's and the gateway's state whenever they changed.
func (p *kioskPage) write(ctx context.Context, conn *websocket.Conn, room kioskRoom) {
	send := func(b []byte) bool {
		ctx, cancel := context.WithTimeout(ctx, kioskWithin)
		defer cancel()
		return conn.Write(ctx, websocket.MessageText, b) == nil
	}
	var lastStation, lastState, lastICE string
	for {
		select {
		case <-ctx.Done():
			return
		case b := <-p.out:
			if !send(b) {
				return
			}
		case <-p.dirty:
			station, state, ice := room.view()
			b, err := json.Marshal(station)
			if err != nil {
				return
			}
			for _, part := range []struct {
				now  string
				last *string
			}{{string(b), &lastStation}, {string(ice), &lastICE}, {string(state), &lastState}} {
				if part.now == "" || part.now == *part.last {
					continue
				}
				*part.last = part.now
				if !send([]byte(part.now)) {
					return
				}
			}
		}
	}
}

func (p *kioskPage) poke() {
	select {
	case p.dirty <- struct{}{}:
	default:
	}
}

// send queues a message. A page that does not read any more is closed: it comes back and gets the whole state.
func (p *kioskPage) send(b []byte) {
	select {
	case p.out <- b:
	default:
		p.stop()
	}
}

func (d *door) takeOver(p *kioskPage) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.page != nil {
		d.page.stop()
	}
	d.page = p
}

func (d *door) leave(p *kioskPage) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.page == p {
		d.page = nil
	}
}

// toKiosk passes a message of the gateway on, verbatim.
func (d *door) toKiosk(raw []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.page != nil {
		d.page.send(raw)
	}
}

// changed lets the page have the newest state.
func (d *door) changed() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.page != nil {
		d.page.poke()
	}
}

// kioskSentence says a refusal that the station itself gives.
func kioskSentence(code string) string {
	switch code {
	case "station_missing":
		return "There is no link to the court at this moment."
	case "bad_argument", "sdp_invalid":
		return "The kiosk sent a value that the station does not take."
	case "wrong_phase":
		return "That can be done after the testimony."
	case "too_many":
		return "The court has not yet taken what was written before."
	case "unknown_command":
		return "The station does not know this message."
	}
	return "The station could not read this message."
}
