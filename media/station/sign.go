package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"time"

	"parda/media/attest"
)

// The station signs what it sends (PROTOCOL.md, "The station signs its mode"), so that the relay can tell what the masks made from what somebody slipped in
// on the way, and what was ordered from what a station in disorder sends.

const (
	signEvery = time.Second
	signFirst = 250 * time.Millisecond // until the first signature nothing is forwarded
)

// signer holds the key of this run of the station. It is in memory alone, and wiped with it.
type signer struct {
	key ed25519.PrivateKey
}

func newSigner() (*signer, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return &signer{key}, err
}

// public is the key's public half, which the gateway enters in the ledger.
func (s *signer) public() ed25519.PublicKey { return s.key.Public().(ed25519.PublicKey) }

// signed is a publication whose packets can be signed.
type signed interface {
	Resource() string
	TakeSent() []attest.Track
}

// modeKeyMessage announces the key, modeSegmentMessage is one signed segment.
type modeKeyMessage struct {
	Type string `json:"type"`
	Key  []byte `json:"key"`
}

type modeSegmentMessage struct {
	Type        string      `json:"type"`
	Publication string      `json:"publication"`
	Rendering   string      `json:"rendering"`
	Number      uint64      `json:"number"`
	Tracks      []modeTrack `json:"tracks"`
	Signature   []byte      `json:"signature"`
}

type modeTrack struct {
	Media  string `json:"media"`
	First  uint16 `json:"first"`
	Hashes []byte `json:"hashes"`
}

// segment signs what was sent.
func (s *signer) segment(hearing, publication, rendering string, number uint64, tracks []attest.Track) modeSegmentMessage {
	seg := attest.Segment{Hearing: hearing, Publication: publication, Rendering: rendering, Number: number, Tracks: tracks}
	m := modeSegmentMessage{Type: "mode.segment", Publication: publication, Rendering: rendering, Number: number, Signature: seg.Sign(s.key)}
	for _, t := range tracks {
		m.Tracks = append(m.Tracks, modeTrack{t.Media, t.First, t.Packed()})
	}
	return m
}

// keepSigned signs a publication each second until ctx ends. While the link is down nothing is taken: what was sent then is signed when it is back,
// as far as a segment holds it, and until then the relay holds the track.
func (r *room) keepSigned(ctx context.Context, key string, pub signed) {
	if r.signer == nil {
		return
	}
	wait, number := time.NewTimer(signFirst), uint64(0)
	defer wait.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-wait.C:
		}
		wait.Reset(signEvery)
		if !r.link.isUp() {
			continue
		}
		number++
		r.link.pass(r.signer.segment(r.hearing, pub.Resource(), key, number, pub.TakeSent()))
	}
}
