package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"parda/gateway/access/rights"
	"parda/gateway/hearing"
	"parda/gateway/incident/register"
	"parda/gateway/incident/statistics"
	"parda/gateway/store"
	"parda/signaling"
)

// Statistics that may be told (gateway/incident/statistics says against whom they are made). Here it is found what is a fact, and that a quarter's release is drawn once: it is kept
// in the store and answered ever after, and what draws it is forgotten. What is kept holds no count, so that a copy of it tells no more than the answers do.

// statisticsAfter is how long after its end a quarter is released. What a hearing flagged in its last minutes is in the register by then.
const statisticsAfter = 14 * 24 * time.Hour

// quartersMost bounds a query.
const quartersMost = 40

func (a *App) statisticsRoutes() []route {
	see := needs(rights.StatisticsSee)
	return []route{
		{"GET", "/api/statistics", see, a.told(a.showStatistics)},
		{"GET", "/api/statistics.csv", see, a.statisticsCSV},
	}
}

func (a *App) showStatistics(c *gin.Context) (int, any, error) {
	from, to, court, err := a.quartersAsked(c)
	if err != nil {
		return 0, nil, err
	}
	cells, quarters, err := a.released(c.Request.Context(), from, to, court)
	if err != nil {
		return 0, nil, err
	}
	names := func(all []statistics.Quarter) []string {
		texts := make([]string, len(all))
		for i, q := range all {
			texts[i] = q.String()
		}
		return texts
	}
	var asked []statistics.Quarter
	for q := from; q <= to; q++ {
		asked = append(asked, q)
	}
	return http.StatusOK, gin.H{"from": from.String(), "to": to.String(), "k": statistics.K,
		"noise":  gin.H{"kind": statistics.Mechanism, "ratio": statistics.Ratio, "most": statistics.MostNoise, "usual": statistics.UsualNoise},
		"courts": statistics.Courts(), "kinds": statistics.Kinds(), "measures": statistics.Measures(), "quarters": names(asked), "published": names(quarters), "cells": cells}, nil
}

func (a *App) statisticsCSV(c *gin.Context) {
	from, to, court, err := a.quartersAsked(c)
	var cells []statistics.Cell
	if err == nil {
		cells, _, err = a.released(c.Request.Context(), from, to, court)
	}
	var out bytes.Buffer
	if err == nil {
		err = statistics.CSV(&out, cells)
	}
	if err != nil {
		signaling.WriteError(c.Writer, a.log, doorError(err))
		return
	}
	c.Header("Content-Disposition", `attachment; filename="statistics-`+from.String()+"-"+to.String()+`.csv"`)
	c.Data(http.StatusOK, "text/csv; charset=utf-8", out.Bytes())
}

// quartersAsked reads a query; one that names no quarters asks for the last four.
func (a *App) quartersAsked(c *gin.Context) (from, to statistics.Quarter, court string, err error) {
	now := statistics.QuarterOf(a.incidentNow())
	from, err1 := statistics.ParseQuarter(c.DefaultQuery("from", (now - 3).String()))
	to, err2 := statistics.ParseQuarter(c.DefaultQuery("to", now.String()))
	if err1 != nil || err2 != nil || from > to || to-from >= quartersMost {
		return 0, 0, "", signaling.Refuse("quarter_wrong", "Ask from a quarter to a later one, such as 2026Q1, forty at most.", nil)
	}
	if court = c.Query("court"); court != "" && !slices.Contains(statistics.Courts(), court) {
		return 0, 0, "", signaling.Refuse("bad_argument", "There is no such court.", nil)
	}
	return from, to, court, nil
}

// released gives the releases of the quarters that are over, and which they are.
func (a *App) released(ctx context.Context, from, to statistics.Quarter, court string) ([]statistics.Cell, []statistics.Quarter, error) {
	a.statistics.Lock()
	defer a.statistics.Unlock()
	cells, quarters := []statistics.Cell{}, []statistics.Quarter{}
	var facts map[statistics.Quarter][]statistics.Fact // counted where a release has to be drawn
	for q := from; q <= to && !a.incidentNow().Before(q.End().Add(statisticsAfter)); q++ {
		one, err := a.keptRelease(q)
		if errors.Is(err, store.ErrUnknown) {
			if facts == nil {
				if facts, err = a.facts(ctx); err != nil {
					return nil, nil, err
				}
			}
			one, err = a.release(q, facts)
			if err != nil {
				return nil, nil, err
			}
		} else if err != nil {
			return nil, nil, err
		}
		cells, quarters = append(cells, statistics.Select(one, court)...), append(quarters, q)
	}
	return cells, quarters, nil
}

func releaseBlob(q statistics.Quarter) string { return "statistics-" + q.String() + ".json" }

// keptRelease reads a release; store.ErrUnknown where there is none. One that cannot be read is never drawn anew: a second draw would tell what the first hides.
func (a *App) keptRelease(q statistics.Quarter) (cells []statistics.Cell, err error) {
	f, err := a.store.Blob(releaseBlob(q))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(f)
	if err == nil {
		err = json.Unmarshal(raw, &cells)
	}
	if err != nil {
		return nil, fmt.Errorf("the release of %s cannot be read: %w", q, err)
	}
	return cells, nil
}

// release draws the release of a quarter and keeps it before anybody sees it. A quarter before the first fact is told as an empty one is, and not kept: there is nothing to draw.
func (a *App) release(q statistics.Quarter, facts map[statistics.Quarter][]statistics.Fact) ([]statistics.Cell, error) {
	var seed [32]byte
	_, _ = rand.Read(seed[:]) // crypto/rand never fails: it ends the program instead
	cells, err := statistics.Draw(facts[q], q, seed)
	if err != nil {
		return nil, err
	}
	before := true
	for other := range facts {
		before = before && q < other
	}
	if before {
		return cells, nil
	}
	raw, err := json.Marshal(cells)
	if err == nil {
		err = a.store.PutBlob(releaseBlob(q), bytes.NewReader(raw))
	}
	if err != nil {
		return nil, signaling.Refuse("not_durable", "This could not be saved. Nothing was changed.", err)
	}
	return cells, nil
}

// facts are all facts of this gateway's courts, by quarter. Each counts in the quarter in which the books took it.
func (a *App) facts(ctx context.Context) (map[statistics.Quarter][]statistics.Fact, error) {
	all := map[statistics.Quarter][]statistics.Fact{}
	add := func(f statistics.Fact) { all[f.Quarter] = append(all[f.Quarter], f) }
	for _, code := range a.incidents.Courts() {
		court, ok := statistics.CourtOf(code)
		if !ok {
			continue
		}
		for _, i := range a.incidents.All(code) {
			add(statistics.Fact{Court: court, Kind: statistics.KindOf(i.Kind), Quarter: statistics.QuarterOf(i.FiledAt)})
			for _, s := range i.Timeline {
				if measure, ok := statistics.MeasureOf(measureOfStep(s.Event)); ok {
					add(statistics.Fact{Court: court, Measure: measure, Quarter: statistics.QuarterOf(s.At)})
				}
			}
		}
	}
	for id, p := range a.hearings {
		court, ok := statistics.CourtOf(p.Court())
		if !ok {
			continue
		}
		events, err := a.ledger.Load(ctx, id)
		if err != nil {
			return nil, err
		}
		seen := map[statistics.Measure]bool{} // once in a hearing: when it was first used
		for _, e := range events {
			for _, name := range measuresOf(hearing.Event{Index: e.Index, Time: e.Time, Code: hearing.Code(e.Code), Actor: e.Actor, Payload: e.Payload}) {
				if measure, ok := statistics.MeasureOf(name); ok && !seen[measure] {
					seen[measure] = true
					add(statistics.Fact{Court: court, Measure: measure, Quarter: statistics.QuarterOf(e.Time)})
				}
			}
		}
	}
	return all, nil
}

// measureOfStep names what a step of the register says of protection that was asked for; "" for nothing.
func measureOfStep(p register.Payload) string {
	switch p := p.(type) {
	case *register.RequestFiledPayload:
		return "protection_requested"
	case *register.RequestDecidedPayload:
		if p.Granted {
			return "protection_granted"
		}
		return "protection_refused"
	}
	return ""
}

// measuresOf names the measures that an event of a hearing brings into use.
func measuresOf(e hearing.Event) []string {
	switch e.Code {
	case hearing.OrderSigned:
		p, err := hearing.Payload[hearing.OrderSignedPayload](e)
		if err != nil {
			return nil
		}
		o, err := hearing.ParseOrder(p.Bytes)
		if err != nil {
			return nil
		}
		return measuresOfOrder(o)
	case hearing.SessionKind:
		if p, err := hearing.Payload[hearing.SessionKindPayload](e); err == nil {
			return []string{"session_" + string(p.Kind)}
		}
	}
	return nil
}

func measuresOfOrder(o hearing.Order) []string {
	all := []string{o.Template, "session_" + string(o.Session)}
	for _, to := range hearing.Audiences() {
		r := o.Renderings.To(to)
		if r != nil && r.Picture != hearing.PictureNone {
			all = append(all, "picture_masked") // every rendering of a picture that an order can name hides the face
		}
		if r.Heard() && r.Voice != hearing.VoiceRespeak {
			all = append(all, "voice_masked")
		}
	}
	if o.Respeaker != nil {
		all = append(all, "respeaker")
	}
	return all
}
