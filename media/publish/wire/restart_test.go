package wire

import (
	"testing"
	"time"

	"parda/media/publish/wire/whiptest"
)

func TestARoomWhoseAddressChangesKeepsItsPublication(t *testing.T) {
	server := whiptest.New(t)
	sender, err := Open(t.Context(), testConfig(server))
	if err != nil {
		t.Fatal(err)
	}
	defer sender.Close()
	defer play(t, sender)()
	whiptest.Until(t, 10*time.Second, "pictures and sound come", func() bool { return len(server.Frames()) > 10 && len(server.Audio()) > 10 })
	server.Move()
	began := time.Now()
	whiptest.Until(t, 10*time.Second, "the way begins anew", func() bool { return server.Restarts.Load() > 0 })
	frames, sound := len(server.Frames()), len(server.Audio())
	whiptest.Until(t, 10*time.Second, "pictures and sound come from the new address", func() bool {
		return len(server.Frames()) > frames+10 && len(server.Audio()) > sound+10
	})
	t.Logf("back after %v", time.Since(began).Round(10*time.Millisecond))
	seen := len(server.Frames())
	if err := server.AskForKeyFrame(); err != nil {
		t.Fatal(err)
	}
	whiptest.Until(t, 5*time.Second, "a key frame that was asked for at the new address comes", func() bool {
		for _, frame := range server.Frames()[seen:] {
			if whiptest.IsKey(frame) {
				return true
			}
		}
		return false
	})
	if server.Offers.Load() != 1 || server.Deletes.Load() != 0 {
		t.Errorf("%d offers and %d DELETEs: the publication was made anew", server.Offers.Load(), server.Deletes.Load())
	}
	audio := server.Audio()
	for i := 1; i < len(audio); i++ {
		if audio[i].SSRC != audio[0].SSRC {
			t.Fatal("the sound is another stream after the restart")
		}
	}
}

func TestARestartWhoseAnswerIsLostIsAskedForAgain(t *testing.T) {
	server := whiptest.New(t)
	sender, err := Open(t.Context(), testConfig(server))
	if err != nil {
		t.Fatal(err)
	}
	defer sender.Close()
	defer play(t, sender)()
	whiptest.Until(t, 10*time.Second, "pictures come", func() bool { return len(server.Frames()) > 10 })
	server.LoseTry.Store(1)
	server.Move()
	whiptest.Until(t, 10*time.Second, "the restart is asked for twice", func() bool { return server.Restarts.Load() > 1 })
	frames := len(server.Frames())
	whiptest.Until(t, 10*time.Second, "pictures come from the new address", func() bool { return len(server.Frames()) > frames+10 })
	if server.Offers.Load() != 1 {
		t.Errorf("%d offers: the publication was made anew", server.Offers.Load())
	}
}
