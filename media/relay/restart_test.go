package relay

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
)

// moved makes the client come from another address from now on, without a word: what a NAT that forgets does, or another network. The old way is dead.
func (n *badNetwork) moved() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for from, leg := range n.legs {
		leg.Close()
		delete(n.legs, from)
	}
}

// restart has a client begin ICE anew, as RFC 9725 section 4.3.2 does.
func restart(t *testing.T, r *Relay, pc *webrtc.PeerConnection, id string) {
	t.Helper()
	offer, err := pc.CreateOffer(&webrtc.OfferOptions{ICERestart: true})
	if err != nil {
		t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	<-gathered
	own := pc.LocalDescription().SDP
	fragment, err := r.Restart(t.Context(), id, own)
	if err != nil {
		t.Fatal(err)
	}
	ufrag, password := attribute(fragment, "ice-ufrag"), attribute(fragment, "ice-pwd")
	if attribute(fragment, "candidate") == "" || attribute(fragment, "mid") == "" || strings.Contains(fragment, "fingerprint") {
		t.Fatalf("the fragment is %q", fragment)
	}
	answer := pc.RemoteDescription().SDP
	if attribute(answer, "ice-ufrag") == ufrag || attribute(answer, "ice-pwd") == password {
		t.Fatal("the relay keeps its old credentials")
	}
	answer = strings.ReplaceAll(answer, attribute(answer, "ice-ufrag"), ufrag)
	answer = strings.ReplaceAll(answer, attribute(answer, "ice-pwd"), password)
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		t.Fatal(err)
	}
}

func TestAClientWhoseAddressChangesGoesOnWithinSeconds(t *testing.T) {
	r, seen := newRelay(t, Config{})
	up, down := newBadNetwork(t, r, 0, 0, 0), newBadNetwork(t, r, 0, 0, 0)
	r.Swap(NewSnapshot(allow(map[Sink]Source{}, "judge", "witness", "witness")))
	p := up.publish(t, r, "witness", numberedAPI(t))
	s := down.subscribe(t, r, "judge", pair("judge", "witness"), numberedAPI(t))
	eventually(t, "pictures", func() bool { return s.count(0) > 20 })
	back := func(whose string) {
		t.Helper()
		at, began := s.count(0), time.Now()
		eventually(t, "pictures again", func() bool { return s.count(0) > at+20 })
		took := time.Since(began)
		t.Logf("after a change of the %s's network the picture was back in %v", whose, took.Round(time.Millisecond))
		if took > 5*time.Second { // two are promised; the machine may be busy
			t.Errorf("after a change of the %s's network the picture was back after %v only", whose, took)
		}
	}
	down.moved()
	restart(t, r, s.pc, s.id)
	back("subscriber")
	up.moved()
	restart(t, r, p.pc, p.id)
	back("publisher")
	plis := p.plis.Load()
	r.RequestKeyFrame("witness")
	eventually(t, "the publisher hears of a wanted key frame at its new address", func() bool { return p.plis.Load() > plis })

	if n := seen.count(Unsubscribed, s.id) + seen.count(Unpublished, p.id); n > 0 {
		t.Error("a connection ended meanwhile")
	}
	r.Swap(nil)
	time.Sleep(200 * time.Millisecond) // what was on its way
	at := s.count(0) + s.count(1)
	time.Sleep(300 * time.Millisecond)
	if n := s.count(0) + s.count(1) - at; n > 0 {
		t.Errorf("%d packets came after the Swap that denied them", n)
	}
}

func TestARestartIsForConnectionsThatAreThereAndCredentialsThatAreSome(t *testing.T) {
	r, seen := newRelay(t, Config{})
	s := subscribe(t, r, "judge", pair("judge", "witness"), nil)
	eventually(t, "the subscription is up", func() bool { return seen.has(Subscribed, s.id) })
	good := strings.Repeat("aB3+", 6)
	for _, c := range []struct {
		id, ufrag, password string
		want                error
	}{
		{"nobody", good, good, ErrGone},
		{s.id, "abc", good, ErrSDP},
		{s.id, good, "short", ErrSDP},
		{s.id, good, strings.Repeat("x", 257), ErrSDP},
		{s.id, good, good + " candidate:1 1 udp 1 192.0.2.1 9 typ host", ErrSDP},
	} {
		if _, err := r.Restart(t.Context(), c.id, "a=ice-ufrag:"+c.ufrag+"\r\na=ice-pwd:"+c.password+"\r\n"); !errors.Is(err, c.want) {
			t.Errorf("%.10q %.10q %.10q: %v, want %v", c.id, c.ufrag, c.password, err, c.want)
		}
	}
	var refused error
	for range restartsMost + 1 {
		_, refused = r.Restart(t.Context(), s.id, "a=ice-ufrag:"+good+"\na=ice-pwd:"+good+"\n")
	}
	if !errors.Is(refused, ErrTooMany) {
		t.Errorf("after %d restarts at once: %v", restartsMost+1, refused)
	}
}
