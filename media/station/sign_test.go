package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/url"
	"testing"
	"time"

	"parda/media/attest"
)

// sentSegment is the message as the gateway reads it (PROTOCOL.md, "The station signs its mode").
type sentSegment struct {
	Type        string `json:"type"`
	Publication string `json:"publication"`
	Rendering   string `json:"rendering"`
	Number      uint64 `json:"number"`
	Tracks      []struct {
		Media  string `json:"media"`
		First  uint16 `json:"first"`
		Hashes []byte `json:"hashes"`
	} `json:"tracks"`
	Signature []byte `json:"signature"`
}

// sentPublication is a publication of which some packets are always sent.
type sentPublication struct{ video, audio *attest.Collector }

func (p *sentPublication) Resource() string { return "5f2c9b1e" }
func (p *sentPublication) TakeSent() []attest.Track {
	p.video.Add(7, []byte("picture"))
	p.audio.Add(9, []byte("sound"))
	return []attest.Track{p.video.Take(), p.audio.Take()}
}

func TestWhatTheStationSignsIsWhatTheGatewayVerifies(t *testing.T) {
	sign, err := newSigner()
	if err != nil {
		t.Fatal(err)
	}
	r := &room{hearing: "demo", signer: sign, link: newLink(&url.URL{Scheme: "https", Host: "gateway.example"}, "demo", "token", nil, nil, slog.New(slog.DiscardHandler))}
	r.link.begin()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.keepSigned(ctx, "puppet+neutral", &sentPublication{attest.NewCollector("video"), attest.NewCollector("audio")})
	}()
	defer func() { stop(); <-ended }()
	for number := uint64(1); number <= 2; number++ {
		var m sentSegment
		select {
		case b := <-r.link.direct:
			if err := json.Unmarshal(b, &m); err != nil {
				t.Fatal(err)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("nothing was signed")
		}
		seg := attest.Segment{Hearing: "demo", Publication: m.Publication, Rendering: m.Rendering, Number: m.Number}
		for _, tr := range m.Tracks {
			hashes, err := attest.Unpack(tr.Hashes)
			if err != nil {
				t.Fatal(err)
			}
			seg.Tracks = append(seg.Tracks, attest.Track{Media: tr.Media, First: tr.First, Hashes: hashes})
		}
		if m.Type != "mode.segment" || m.Number != number || m.Rendering != "puppet+neutral" || m.Publication != "5f2c9b1e" {
			t.Errorf("%+v", m)
		}
		if err := seg.Verify(sign.public(), m.Signature); err != nil {
			t.Error(err)
		}
		if len(seg.Tracks) != 2 || seg.Tracks[0].First != 7 || seg.Tracks[0].Hashes[0] != attest.Hash([]byte("picture")) {
			t.Errorf("it signs %+v", seg.Tracks)
		}
	}
}
