package main

import (
	"context"
	"time"

	"parda/media/mask/face"
)

const (
	figureEvery = 250 * time.Millisecond
	figureGap   = 500 * time.Millisecond  // between two things told
	answersFor  = 1500 * time.Millisecond // a pause between words is still an answer
)

// Words of what the drawn figure does (PROTOCOL.md, figure).
const (
	figureAnswering = string(face.Answering)
	figureLeft      = string(face.LeftSeat)
	figureCard      = string(face.Placard)
)

// figureTeller decides what is told of the drawn figure, for those who cannot see it: the newest, calmly.
type figureTeller struct {
	told     string
	at       time.Time
	answered time.Time
}

// next is what is to be told now, "" for nothing. does is what is drawn, "" where no figure goes out.
func (f *figureTeller) next(does string, now time.Time) string {
	if does == figureAnswering {
		f.answered = now
	}
	switch {
	case does == "" || does == figureCard:
		f.told = "" // the court sees none, and is told anew when it does
		return ""
	case does != figureAnswering && does != figureLeft && now.Sub(f.answered) < answersFor && f.told == figureAnswering:
		return ""
	case does == f.told || now.Sub(f.at) < figureGap:
		return ""
	}
	f.told, f.at = does, now
	return does
}

type figureMessage struct {
	Type  string `json:"type"`
	State string `json:"state"`
}

// tellFigure tells the gateway what the drawn figure does, at a pace of its own, while the court sees it. Nothing of it is kept or sent later.
func (r *room) tellFigure(ctx context.Context) {
	tick := time.NewTicker(figureEvery)
	defer tick.Stop()
	var teller figureTeller
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			if say := teller.next(r.figureDoes(now), now); say != "" {
				r.link.pass(figureMessage{"figure", say})
			}
		}
	}
}

// figureDoes is what the court sees the figure do, "" where it sees none.
func (r *room) figureDoes(now time.Time) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running == nil {
		return ""
	}
	if p := r.running.permit.Load(); p == nil || !p.flows(now) || p.picture == modeCard {
		return ""
	}
	return r.running.masks.does()
}
