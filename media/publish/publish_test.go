package publish

import (
	"errors"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parda/media/mask/face"
	"parda/media/mask/voice"
	"parda/media/publish/wire/whiptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMaskedPictureAndSoundArrive(t *testing.T) {
	server := whiptest.New(t)
	p, err := New(t.Context(), Config{GatewayURL: server.URL, Hearing: "demo", Token: whiptest.Token, Rendering: "card+silence", RootCAs: server.RootCAs})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	card, err := face.NewCard(640, 480, "A-1")
	if err != nil {
		t.Fatal(err)
	}
	var silence voice.Masked
	voice.Silence(&silence)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for n := 0; len(server.Frames()) < 10 || len(server.Audio()) < 20; n++ {
		if n == 500 {
			t.Fatalf("after 10 s %d pictures and %d packets of sound have come", len(server.Frames()), len(server.Audio()))
		}
		<-tick.C
		if err := p.Sound(&silence); err != nil {
			t.Fatal(err)
		}
		if n%2 == 0 {
			if err := p.Picture(card); err != nil {
				t.Fatal(err)
			}
		}
	}
	if !p.Connected() || p.Err() != nil {
		t.Errorf("connected %v, error %v", p.Connected(), p.Err())
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	<-p.Done()
	if err := p.Picture(card); !errors.Is(err, ErrClosed) {
		t.Errorf("a picture after Close: %v", err)
	}
}

func TestWhatNoMaskBuiltIsNotSent(t *testing.T) {
	server := whiptest.New(t)
	p, err := New(t.Context(), Config{GatewayURL: server.URL, Hearing: "demo", Token: whiptest.Token, Rendering: "card+silence", RootCAs: server.RootCAs})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.Picture(face.Masked{}); !errors.Is(err, ErrNotMasked) {
		t.Errorf("the zero picture: %v", err)
	}
	if err := p.Sound(nil); !errors.Is(err, ErrNotMasked) {
		t.Errorf("no sound: %v", err)
	}
}

func TestPublisherNeedsARenderingAndARightToken(t *testing.T) {
	server := whiptest.New(t)
	cfg := Config{GatewayURL: server.URL, Hearing: "demo", Token: whiptest.Token, RootCAs: server.RootCAs}
	if _, err := New(t.Context(), cfg); err == nil {
		t.Error("a publication without a rendering was made")
	}
	cfg.Rendering, cfg.Token = "puppet+neutral", "another"
	if _, err := New(t.Context(), cfg); !errors.Is(err, ErrToken) {
		t.Errorf("wrong token: %v", err)
	}
}
