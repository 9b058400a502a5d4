package main

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pion/webrtc/v4"
)

// A player whose network changed restarts ICE at the gateway's own door (RFC 9725 section 4.3.2) and goes on with what it may have; the same request by who does
// not hold the seat changes nothing.
func TestAPlayersNetworkChangesByPATCHAtTheDoor(t *testing.T) {
	c := assemble(t, t.TempDir())
	c.judge.certified(c.room)
	c.judge.must("testimony.call", nil)
	pc, err := loopbackAPI(t, webrtc.MimeTypeVP8).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	defer pc.Close()
	recvonly(t, pc, false)
	recvonly(t, pc, true)
	var packets atomic.Int64
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		for {
			if _, _, err := track.ReadRTP(); err != nil {
				return
			}
			packets.Add(1)
		}
	})
	ask := func(method, path, kind, body string, cookie *http.Cookie) (*http.Response, string) {
		t.Helper()
		req, err := http.NewRequest(method, c.app.URL()+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", kind)
		if method == "PATCH" {
			req.Header.Set("If-Match", "*")
		}
		if cookie != nil {
			req.AddCookie(cookie)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		return res, string(b)
	}
	res, answer := ask("POST", "/whep/demo?seat=gallery", "application/sdp", gathered(t, pc), c.gallery.cookie)
	if res.StatusCode != http.StatusCreated {
		t.Fatalf("WHEP: %d %s", res.StatusCode, answer)
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		t.Fatal(err)
	}
	grows(t, "what the gallery's player receives", &packets)

	offer, err := pc.CreateOffer(&webrtc.OfferOptions{ICERestart: true})
	if err != nil {
		t.Fatal(err)
	}
	done := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	<-done
	own := pc.LocalDescription().SDP
	fragment := "a=ice-ufrag:" + sdpLine(own, "ice-ufrag") + "\r\na=ice-pwd:" + sdpLine(own, "ice-pwd") + "\r\n"
	place := res.Header.Get("Location")
	const kind = "application/trickle-ice-sdpfrag"
	if res, body := ask("PATCH", place, kind, fragment, nil); res.StatusCode/100 == 2 {
		t.Fatalf("a stranger restarts the player's connection: %d %s", res.StatusCode, body)
	}
	res, fresh := ask("PATCH", place, kind, fragment, c.gallery.cookie)
	if res.StatusCode != http.StatusOK || res.Header.Get("ETag") == "" {
		t.Fatalf("PATCH: %d %s", res.StatusCode, fresh)
	}
	for _, name := range []string{"ice-ufrag", "ice-pwd"} {
		if sdpLine(fresh, name) == "" || sdpLine(fresh, name) == sdpLine(answer, name) {
			t.Fatalf("no new %s: %q", name, fresh)
		}
		answer = strings.ReplaceAll(answer, sdpLine(answer, name), sdpLine(fresh, name))
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		t.Fatal(err)
	}
	grows(t, "what the player receives after its network changed", &packets)
	c.judge.must("testimony.pause", nil)
	still(t, "the witness at the player after the pause", &packets)
}

// sdpLine is the value of the first attribute of that name.
func sdpLine(sdp, name string) string {
	for line := range strings.Lines(sdp) {
		if v, ok := strings.CutPrefix(line, "a="+name+":"); ok {
			return strings.TrimSpace(v)
		}
	}
	return ""
}
