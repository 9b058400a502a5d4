package main

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"parda/media/enrol"
	"parda/media/publish/wire/whiptest"
)

// passes gives one pass after the other, by a clock that leaps.
func passes(server *whiptest.Server, tokens ...string) *enrol.Admission {
	at := time.Now()
	return enrol.By(func(context.Context) (*enrol.Pass, error) {
		if len(tokens) == 0 {
			return nil, enrol.ErrRevoked
		}
		token := tokens[0]
		tokens = tokens[1:]
		return &enrol.Pass{Token: token, Until: at.Add(time.Hour), Roots: server.RootCAs}, nil
	}, func() time.Time { at = at.Add(2 * enrol.EntersEvery); return at })
}

func TestAnEnrolledCameraAsksForAnotherPassWhereOneIsNotTaken(t *testing.T) {
	server := whiptest.New(t)
	cfg := &config{gateway: server.URL, hearing: "demo", view: "bench", camera: "demo:bench", width: 320, height: 240, fps: 25, log: slog.New(slog.DiscardHandler)}
	cfg.admission = passes(server, "a pass of before the restart", whiptest.Token)
	if _, err := open(t.Context(), cfg); err == nil {
		t.Fatal("a wrong pass is taken")
	}
	sender, err := open(t.Context(), cfg)
	if err != nil {
		t.Fatalf("the next pass: %v", err)
	}
	sender.Close()
}

func TestARevokedCameraEnds(t *testing.T) {
	server := whiptest.New(t)
	cfg := &config{gateway: server.URL, hearing: "demo", view: "bench", width: 320, height: 240, fps: 25, log: slog.New(slog.DiscardHandler), admission: passes(server)}
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	if err := keepLinked(ctx, cfg, &link{}); !errors.Is(err, enrol.ErrRevoked) {
		t.Error(err)
	}
}
