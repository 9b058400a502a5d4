package wire

import (
	"errors"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"parda/media/publish/wire/whiptest"
	"parda/media/relay"
)

// newTURN starts a TURN server that leads to one place, and gives a credential for it.
func newTURN(t *testing.T, leadsTo string) TURNServer {
	t.Helper()
	passes, err := relay.NewPasses("a secret of the test, long enough", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	server, err := relay.NewTURN(relay.TURNConfig{UDPAddr: "127.0.0.1:0", Realm: "parda", PublicIP: "127.0.0.1", Passes: passes, Peers: []string{leadsTo}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	c := passes.Issue(relay.Holder{Seat: "witness"})
	udp, _ := server.Addresses()
	return TURNServer{URLs: []string{"turn:" + udp + "?transport=udp"}, Username: c.Username, Password: c.Password}
}

// route is the kind of the local candidate that media goes by.
func route(p *Publication) webrtc.ICECandidateType {
	pair, err := p.pc.GetSenders()[0].Transport().ICETransport().GetSelectedCandidatePair()
	if err != nil || pair == nil {
		return webrtc.ICECandidateTypeUnknown
	}
	return pair.Local.Typ
}

func TestRelayOnlyGoesByTURNAndNoOtherWay(t *testing.T) {
	for _, c := range []struct {
		only bool
		want webrtc.ICECandidateType
	}{{true, webrtc.ICECandidateTypeRelay}, {false, webrtc.ICECandidateTypeHost}} {
		server := whiptest.New(t)
		cfg := testConfig(server)
		cfg.RelayOnly, cfg.TURN = c.only, []TURNServer{newTURN(t, server.MediaAddress())}
		sender, err := Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		stop := play(t, sender)
		whiptest.Until(t, 10*time.Second, "pictures and sound come", func() bool { return len(server.Frames()) > 5 && len(server.Audio()) > 5 })
		if got := route(sender.pub); got != c.want {
			t.Errorf("relay only %v: media goes by a %s candidate, want %s", c.only, got, c.want)
		}
		stop()
		if err := sender.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestRelayOnlyWithoutAServerGoesNoWay(t *testing.T) {
	server := whiptest.New(t)
	for name, servers := range map[string][]TURNServer{"none": nil, "one without an address": {{Username: "u", Password: "p"}}} {
		cfg := testConfig(server)
		cfg.RelayOnly, cfg.TURN = true, servers
		if sender, err := Open(t.Context(), cfg); !errors.Is(err, ErrNoTURN) {
			if err == nil {
				sender.Close()
			}
			t.Errorf("%s: %v", name, err)
		}
	}
	if server.Offers.Load() != 0 {
		t.Error("the gateway got an offer")
	}
}
