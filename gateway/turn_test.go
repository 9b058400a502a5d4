package main

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pion/turn/v5"
	"github.com/pion/webrtc/v4"

	"parda/gateway/visibility"
	"parda/signaling"
)

// untilICE waits for the page's newest TURN servers to be as the condition wants them.
func (p *page) untilICE(what string, ok func([]signaling.ICEServer) bool) []signaling.ICEServer {
	p.t.Helper()
	var ice []signaling.ICEServer
	p.until("was told TURN servers: "+what, func(visibility.View) bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		ice = p.ice
		return ice != nil && ok(ice)
	})
	return ice
}

func someServers(ice []signaling.ICEServer) bool { return len(ice) > 0 }

// allocate opens an allocation at the TURN server that a page was told.
func allocate(t *testing.T, s signaling.ICEServer) (net.PacketConn, error) {
	t.Helper()
	at, _, _ := strings.Cut(strings.TrimPrefix(s.URLs[0], "turn:"), "?")
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c, err := turn.NewClient(&turn.ClientConfig{STUNServerAddr: at, TURNServerAddr: at, Conn: conn, Username: s.Username, Password: s.Credential, Realm: "parda"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); conn.Close() })
	if err := c.Listen(); err != nil {
		t.Fatal(err)
	}
	return c.Allocate()
}

func TestEachPageHasATURNCredentialOfItsOwnThatEndsWithItsSeat(t *testing.T) {
	app := runApp(t, testConfig(t.TempDir()))
	judge, clerk, defence, support := sit(t, app.App, "judge"), sit(t, app.App, "clerk"), sit(t, app.App, "defence"), sit(t, app.App, "support")
	seen := map[string]bool{}
	for _, p := range []*page{judge, clerk, defence, support} {
		ice := p.untilICE("some", someServers)
		for _, word := range []string{"demo", p.seat, "judge", "seat"} {
			if strings.Contains(ice[0].Username, word) {
				t.Errorf("%s: the user name %q holds %q", p.seat, ice[0].Username, word)
			}
		}
		if seen[ice[0].Credential] {
			t.Errorf("%s has another's credential", p.seat)
		}
		seen[ice[0].Credential] = true
	}
	hers := defence.untilICE("some", someServers)[0]
	if _, err := allocate(t, hers); err != nil {
		t.Fatalf("the control: the credential opens nothing: %v", err)
	}
	clerk.must("seat.reissue", map[string]string{"seat": "defence"})
	if _, err := allocate(t, hers); err == nil {
		t.Error("the credential of a seat that was reissued still opens an allocation")
	}

	theirs := support.untilICE("some", someServers)[0]
	judge.must("seat.remove", map[string]string{"seat": "support", "reason": "she prompted the witness"})
	support.untilICE("none", func(ice []signaling.ICEServer) bool { return len(ice) == 0 })
	if _, err := allocate(t, theirs); err == nil {
		t.Error("the credential of a seat that was removed still opens an allocation")
	}
	judge.must("seat.admit", map[string]string{"seat": "support", "reason": "she was warned"})
	if again := support.untilICE("some again", someServers); again[0].Username[10:] == theirs.Username[10:] {
		t.Error("the seat got its old handle back")
	}
}

// When its page goes, so does what it opened: an allocation would be nobody's.
func TestATURNCredentialEndsWithItsPage(t *testing.T) {
	app := runApp(t, testConfig(t.TempDir()))
	judge := sit(t, app.App, "judge")
	ice := judge.untilICE("some", someServers)
	judge.conn.CloseNow()
	end := time.Now().Add(10 * time.Second)
	for {
		if _, err := allocate(t, ice[0]); err != nil {
			return
		}
		if time.Now().After(end) {
			t.Fatal("the credential of a page that is gone still opens allocations")
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func TestWHIPAndWHEPNameTURNServersToWhomTheyLetIn(t *testing.T) {
	c := assemble(t, t.TempDir())
	pc, offer := offerTracks(t, webrtc.MimeTypeVP8)
	defer pc.Close()
	post := func(path string, offer string, set func(*http.Request)) *http.Response {
		req, err := http.NewRequest(http.MethodPost, c.app.URL()+path, strings.NewReader(offer))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/sdp")
		set(req)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res
	}
	res := post("/whip/demo", offer, func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+c.app.Token("demo", "court/bench")) })
	if link := res.Header.Get("Link"); res.StatusCode != 201 || !strings.Contains(link, `rel="ice-server"`) || !strings.Contains(link, "username=") {
		t.Errorf("WHIP: %d, Link %q", res.StatusCode, link)
	}
	viewer, err := loopbackAPI(t, webrtc.MimeTypeVP8).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	defer viewer.Close()
	if _, err := viewer.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		t.Fatal(err)
	}
	watching := gathered(t, viewer)
	res = post("/whep/demo?seat=gallery", watching, func(r *http.Request) { r.AddCookie(c.gallery.cookie) })
	if link := res.Header.Get("Link"); res.StatusCode != 201 || !strings.Contains(link, "username=") {
		t.Errorf("WHEP: %d, Link %q", res.StatusCode, link)
	}
	res = post("/whep/demo?seat=gallery", watching, func(*http.Request) {})
	if link := res.Header.Get("Link"); link != "" {
		t.Errorf("a stranger is told %q", link)
	}
}

func TestTheSecretOfACoturnIsReadByTheGatewayAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	for _, tc := range []struct {
		rule, holds string
		mode        os.FileMode
		refusal     string
	}{
		{"a secret is taken without its line end", strings.Repeat("5e", 32) + "\n", 0o640, ""},
		{"everybody could read it", strings.Repeat("5e", 32), 0o644, "chmod"},
		{"a short one can be guessed", "secret\n", 0o600, "32 characters"},
	} {
		if err := os.WriteFile(path, []byte(tc.holds), tc.mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, tc.mode); err != nil {
			t.Fatal(err)
		}
		got, err := readTURNSecret(path)
		if (err == nil) != (tc.refusal == "") || err != nil && !strings.Contains(err.Error(), tc.refusal) || err == nil && got != strings.TrimSpace(tc.holds) {
			t.Errorf("%s: %q, %v", tc.rule, got, err)
		}
	}
}
