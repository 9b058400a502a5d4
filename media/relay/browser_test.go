package relay

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
)

// page publishes the browser's own camera and microphone (the built-in test pattern and beep), and receives four slots at once: itself by the relay,
// then, in the same slots, the test publisher, whose frames are real. It posts what it saw.
const page = `<!doctype html><script>
const post = async (path, body) => (await fetch(path, {method: 'POST', body})).text();
const sleep = ms => new Promise(r => setTimeout(r, ms));
async function connect(pc, path) {
  await pc.setLocalDescription();
  await new Promise(r => { if (pc.iceGatheringState === 'complete') r(); pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && r(); });
  await pc.setRemoteDescription({type: 'answer', sdp: await post(path, pc.localDescription.sdp)});
}
async function stats(pc) {
  const out = {};
  for (const s of (await pc.getStats()).values()) if (s.type === 'inbound-rtp')
    out[s.mid] = {frames: s.framesDecoded || 0, samples: s.totalSamplesReceived || 0, concealed: s.concealedSamples || 0, energy: s.totalAudioEnergy || 0, lost: s.packetsLost, width: s.frameWidth || 0, freezes: s.freezeCount || 0, packets: s.packetsReceived};
  return out;
}
async function until(ok) { for (let i = 0; i < 150; i++) { if (await ok()) return true; await sleep(100); } return false; }
(async () => {
  try {
    const media = await navigator.mediaDevices.getUserMedia({video: {width: 320, height: 240}, audio: true});
    const up = new RTCPeerConnection();
    for (const t of media.getTracks()) up.addTransceiver(t, {direction: 'sendonly', streams: [media]});
    await connect(up, '/publish');
    const down = new RTCPeerConnection();
    down.ontrack = e => { const v = document.createElement(e.track.kind); v.muted = e.track.kind === 'video'; v.autoplay = true; v.srcObject = new MediaStream([e.track]); document.body.append(v); };
    for (const k of ['video', 'audio', 'video', 'audio']) down.addTransceiver(k, {direction: 'recvonly'});
    await connect(down, '/subscribe');
    await until(async () => { const s = await stats(down); return s[0]?.frames > 30 && s[1]?.energy > 0; });
    const own = await stats(down);
    await post('/switch', '');
    await until(async () => { const s = await stats(down); return s[0]?.frames > own[0].frames + 30 && s[0].width === 160; });
    const other = await stats(down);
    await post('/deny', '');
    await sleep(300);
    const denied = await stats(down);
    await sleep(1000);
    await post('/result', JSON.stringify({own, other, denied, after: await stats(down)}));
  } catch (e) { await post('/result', JSON.stringify({error: String(e)})); }
})();
</script><body>`

type inbound struct {
	Frames, Samples, Concealed, Lost, Width, Packets int
	Energy                                           float64
}

type browserResult struct {
	Error                     string
	Own, Other, Denied, After map[string]inbound
}

func TestChromiumPublishesAndPlaysWhatTheRelayForwards(t *testing.T) {
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("SKIPPED: chromium is not installed, so nothing says that a browser can use this relay")
	}
	r, _ := newRelay(t, Config{})
	publish(t, r, "clip", publishOptions{shape: clipFrames(t)})
	slots := append(pair("judge", "floor"), pair("judge", "closed")...)
	results := make(chan browserResult, 1)
	mux := http.NewServeMux()
	answer := func(f func(req *http.Request, offer string) (string, string, error)) http.HandlerFunc {
		return func(w http.ResponseWriter, req *http.Request) {
			b, err := io.ReadAll(req.Body)
			if err != nil {
				t.Error(err)
			}
			sdp, _, err := f(req, string(b))
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				t.Error(err)
				return
			}
			_, _ = io.WriteString(w, sdp)
		}
	}
	mux.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, page) })
	mux.HandleFunc("POST /publish", answer(func(req *http.Request, o string) (string, string, error) {
		return r.Publish(req.Context(), "browser", false, o)
	}))
	mux.HandleFunc("POST /subscribe", answer(func(req *http.Request, o string) (string, string, error) {
		return r.Subscribe(req.Context(), "judge", slots, o)
	}))
	mux.HandleFunc("POST /switch", func(http.ResponseWriter, *http.Request) {
		r.Swap(NewSnapshot(allow(map[Sink]Source{}, "judge", "floor", "clip")))
	})
	mux.HandleFunc("POST /deny", func(http.ResponseWriter, *http.Request) { r.Swap(nil) })
	mux.HandleFunc("POST /result", func(_ http.ResponseWriter, req *http.Request) {
		var res browserResult
		if err := json.NewDecoder(req.Body).Decode(&res); err != nil {
			res.Error = err.Error()
		}
		results <- res
	})
	r.Swap(NewSnapshot(allow(map[Sink]Source{}, "judge", "floor", "browser")))
	server := httptest.NewServer(mux)
	defer server.Close()
	chromium(t, browser, server.URL)
	select {
	case res := <-results:
		checkBrowser(t, res)
	case <-time.After(60 * time.Second):
		t.Fatal("the browser said nothing for a minute")
	}
}

// chromium opens a page in a browser of its own, until the test ends.
func chromium(t *testing.T, browser, url string) {
	t.Helper()
	run := exec.Command(browser, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+t.TempDir(), "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
		"--autoplay-policy=no-user-gesture-required", "--mute-audio", "--allow-loopback-in-peer-connection", url)
	run.Env = append(os.Environ(), "HOME="+t.TempDir())
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = run.Process.Kill(); _ = run.Wait() })
}

// soundPage receives one sound, and nothing else.
const soundPage = `<!doctype html><script>
(async () => {
  const pc = new RTCPeerConnection();
  pc.ontrack = e => { const a = document.createElement('audio'); a.autoplay = true; a.srcObject = new MediaStream([e.track]); document.body.append(a); };
  pc.addTransceiver('audio', {direction: 'recvonly'});
  await pc.setLocalDescription();
  await new Promise(r => { if (pc.iceGatheringState === 'complete') r(); pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && r(); });
  const answer = await (await fetch('/subscribe', {method: 'POST', body: pc.localDescription.sdp})).text();
  await pc.setRemoteDescription({type: 'answer', sdp: answer});
})();
</script><body>`

func TestAChromiumThatOnlyHearsIsNotTakenForDeafAndOneThatIsGoneIs(t *testing.T) {
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("SKIPPED: chromium is not installed, so nothing says that its silence is told from its listening")
	}
	if testing.Short() {
		t.Skip("SKIPPED: takes 15 s")
	}
	r, seen := newRelay(t, Config{})
	publish(t, r, "clip", publishOptions{})
	r.Swap(NewSnapshot(allow(map[Sink]Source{}, "clerk", "floor", "clip")))
	network := newBadNetwork(t, r, 0, 0, 0)
	answers := make(chan [2]string, 1)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, soundPage) })
	mux.HandleFunc("POST /subscribe", func(w http.ResponseWriter, req *http.Request) {
		offer, err := io.ReadAll(req.Body)
		if err != nil {
			t.Error(err)
		}
		answer, id, err := r.Subscribe(req.Context(), "clerk", pair("clerk", "floor")[1:], string(offer))
		if err != nil {
			t.Error(err)
		}
		_, _ = io.WriteString(w, network.through(answer))
		answers <- [2]string{answer, id}
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	chromium(t, browser, server.URL)
	var answer, id string
	select {
	case a := <-answers:
		answer, id = a[0], a[1]
	case <-time.After(60 * time.Second):
		t.Fatal("the browser did not come within a minute")
	}
	if len(lines(answer, "a=extmap:")) != 1 || !strings.Contains(answer, "transport-cc") {
		t.Fatalf("Chromium and the relay do not agree on numbered packets:\n%s", answer)
	}
	eventually(t, "the browser is there", func() bool { return seen.has(Subscribed, id) })
	time.Sleep(8 * time.Second) // longer than reports on sound may take
	if seen.has(Deaf, id) {
		t.Error("a browser that hears was taken for deaf")
	}
	network.cut.Store(true)
	eventually(t, "a browser behind a cut cable is deaf", func() bool { return seen.has(Deaf, id) })
	network.cut.Store(false)
	eventually(t, "it hears again", func() bool { return seen.has(Hears, id) })
}

func checkBrowser(t *testing.T, res browserResult) {
	t.Helper()
	if res.Error != "" {
		t.Fatal(res.Error)
	}
	t.Logf("%+v", res)
	if v, a := res.Own["0"], res.Own["1"]; v.Frames < 30 || a.Energy <= 0 || v.Width != 320 {
		t.Errorf("the browser's own picture and sound did not come back: %+v %+v", v, a)
	}
	if v := res.Other["0"]; v.Frames < res.Own["0"].Frames+30 || v.Width != 160 || v.Lost > 0 {
		t.Errorf("after the switch: %+v", v)
	}
	for mid, d := range res.Denied {
		if after := res.After[mid]; after.Packets != d.Packets {
			t.Errorf("section %s: %d packets after the denial", mid, after.Packets-d.Packets)
		}
	}
	if v := res.After["2"]; v.Packets > 0 {
		t.Errorf("the slot that nothing allows got %d packets", v.Packets)
	}
}

// clipFrames makes a test publisher send real pictures: each of its frames becomes one that shows something, a key frame each time.
func clipFrames(t *testing.T) func(*rtp.Packet) {
	t.Helper()
	black, white := readFrame(t, "black.vp8"), readFrame(t, "white.vp8")
	n := 0
	return func(p *rtp.Packet) {
		if len(p.Payload) < 4 || p.Payload[0] != 0x90 {
			return // sound
		}
		n++
		frame := black
		if n%20 < 10 {
			frame = white
		}
		p.Payload = append(append([]byte(nil), p.Payload[:6]...), frame...)
	}
}
