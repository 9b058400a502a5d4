package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"
	"github.com/pion/webrtc/v4/pkg/media/ivfreader"
	"github.com/pion/webrtc/v4/pkg/media/oggreader"

	"parda/gateway/hearing"
	"parda/gateway/minutes"
	"parda/gateway/visibility"
	"parda/media/attest"
	"parda/media/mask/face"
	"parda/media/mask/voice"
	"parda/media/publish"
)

// attackKit is where pictures and speech of real people lie, outside this repository.
func attackKit(t *testing.T, part string) string {
	t.Helper()
	path := filepath.Join("..", "..", "shared", "attack", part)
	if _, err := os.Stat(path); err != nil {
		t.Skip("SKIPPED: pictures and speech of real people (../shared/attack) are not here, so nothing is proved of a witness in clear")
	}
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("SKIPPED: ffmpeg is not here, which encodes them")
	}
	return path
}

// faceInClear is a VP8 key frame of a real person.
func faceInClear(t *testing.T) []byte {
	t.Helper()
	out, err := exec.Command("ffmpeg", "-v", "error", "-i", attackKit(t, "face/clips/talk_male_home_640x480.mp4"), "-frames:v", "1", "-c:v", "libvpx", "-b:v", "500k", "-f", "ivf", "pipe:1").Output()
	if err != nil {
		t.Skip("SKIPPED: this ffmpeg does not encode VP8: ", err)
	}
	r, _, err := ivfreader.NewWith(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	frame, _, err := r.ParseNextFrame()
	if err != nil {
		t.Fatal(err)
	}
	return frame
}

// speechInClear is a real person's speech in Opus packets of 20 ms.
func speechInClear(t *testing.T) (packets [][]byte) {
	t.Helper()
	out, err := exec.Command("ffmpeg", "-v", "error", "-i", attackKit(t, "voice/eval/1088/1088-134315-0013.flac"), "-ac", "1", "-ar", "48000", "-c:a", "libopus", "-b:a", "32k", "-vbr", "off",
		"-application", "voip", "-frame_duration", "20", "-page_duration", "20000", "-f", "ogg", "pipe:1").Output()
	if err != nil {
		t.Skip("SKIPPED: this ffmpeg does not encode Opus: ", err)
	}
	r, _, err := oggreader.NewWith(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	for {
		page, _, err := r.ParseNextPage()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(page, []byte("OpusTags")) {
			packets = append(packets, page)
		}
	}
	if len(packets) < 100 {
		t.Fatalf("%d packets of speech", len(packets))
	}
	return packets
}

// tripwireProgram builds the audio tripwire.
func tripwireProgram(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tripwire")
	if out, err := exec.Command("go", "build", "-o", path, "parda/media/tripwire").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// inDefence is the key of what the defence gets by the order in force.
func (c *cast) inDefence(t *testing.T) string {
	t.Helper()
	o, err := hearing.ParseOrder(c.room.until("has the order", func(v visibility.View) bool { return v.Order != nil }).Order.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range o.Keys() {
		if key == "puppet+neutral" {
			return key
		}
	}
	t.Fatalf("the order names no puppet+neutral: %v", o.Keys())
	return ""
}

// cutAndResumed holds what must follow from a cut: nothing of it at the defence, the alarm, the entry, and testimony that only a rehearsal, her
// consent and the judge's call bring back.
func (c *cast) cutAndResumed(t *testing.T, alarm string, entry hearing.Code, picture *atomic.Int64) {
	t.Helper()
	c.judge.until("is alarmed", func(v visibility.View) bool {
		return slices.ContainsFunc(v.Alarms, func(a visibility.AlarmView) bool { return a.Code == alarm })
	})
	v := c.judge.until("sees testimony at waiting", func(v visibility.View) bool { return v.Testimony.Phase == "waiting" })
	for _, w := range v.Watching {
		if w.Now == "live" {
			t.Errorf("%s still gets the testimony live", w.Audience)
		}
	}
	c.clerk.untilEntry(string(entry), func(e minutes.Entry) bool { return e.System != nil && e.System.Code == entry })
	still(t, "the picture after the cut", picture)
	if _, code := c.judge.ask("testimony.call", nil); code == "" {
		t.Error("the judge could call her at once, without her consent")
	}
	// Her station comes back masked: it is shown to nobody before she has rehearsed, agreed, and the judge has called.
	publishAt(t, c.app.App, c.app.Token("demo", "witness"), "?rendering="+url.QueryEscape(c.inDefence(t)))
	c.judge.until("sees the station", func(v visibility.View) bool { return v.Testimony.Station == "up" })
	still(t, "the picture before she was called again", picture)
	c.room.must("testimony.rehearse", nil)
	c.room.must("witness.consent", map[string]any{"language": "az", "interpreter": false})
	c.judge.certified(c.room)
	c.judge.must("testimony.call", nil)
	grows(t, "the picture after the judge resumed", picture)
}

func TestARealFaceIsCutAlarmedEnteredAndResumedByTheJudgeAlone(t *testing.T) {
	frame := faceInClear(t)
	c := assemble(t, t.TempDir())
	seen := c.defence.watch()
	c.judge.certified(c.room)
	c.judge.must("testimony.call", nil)
	grows(t, "the masked picture", seen["witness video"])
	pc, offer := offerTracks(t, webrtc.MimeTypeVP8)
	publishBy(t, c.app.App, c.app.Token("demo", "witness"), "?rendering="+url.QueryEscape(c.inDefence(t)), pc, offer, frame)
	c.cutAndResumed(t, "face_found", hearing.FaceFound, seen["witness video"])
}

func TestAVoiceInClearIsCutAlarmedEnteredAndResumedByTheJudgeAlone(t *testing.T) {
	speech := speechInClear(t)
	config := testConfig(t.TempDir())
	config.Tripwire.Audio = tripwireProgram(t)
	c := assembleAt(t, config)
	seen := c.defence.watch()
	c.judge.certified(c.room)
	c.judge.must("testimony.call", nil)
	grows(t, "the masked sound, once it was listened to", seen["witness audio"])

	pc, offer := offerTracks(t, webrtc.MimeTypeVP8)
	black, err := os.ReadFile("../media/relay/testdata/black.vp8")
	if err != nil {
		t.Fatal(err)
	}
	said := &talker{packets: speech}
	said.begin(t, c, pc, offer, black)
	c.cutAndResumed(t, "voice_found", hearing.VoiceFound, seen["witness video"])
}

// talker publishes a masked picture with speech in clear.
type talker struct{ packets [][]byte }

func (k *talker) begin(t *testing.T, c *cast, pc *webrtc.PeerConnection, offer string, frame []byte) {
	t.Helper()
	status, answer, refusal := whip(t, c.app.App, c.app.Token("demo", "witness"), "?rendering="+url.QueryEscape(c.inDefence(t)), offer)
	if status != 201 {
		t.Fatal(status, refusal)
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		t.Fatal(err)
	}
	p := &publisher{pc: pc, end: make(chan struct{})}
	t.Cleanup(p.stop)
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case <-p.end:
				return
			case <-tick.C:
			}
			for _, s := range pc.GetSenders() {
				track, ok := s.Track().(*webrtc.TrackLocalStaticSample)
				switch {
				case !ok:
				case track.Kind() == webrtc.RTPCodecTypeAudio:
					track.WriteSample(media.Sample{Data: k.packets[n%len(k.packets)], Duration: 20 * time.Millisecond})
				case n%2 == 0:
					track.WriteSample(media.Sample{Data: frame, Duration: 40 * time.Millisecond})
				}
			}
		}
	}()
}

func TestMaskedSoundIsHeldAndAlarmedWhileTheTripwiresProgramCannotRun(t *testing.T) {
	config := testConfig(t.TempDir())
	config.Tripwire.Audio = "/bin/false"
	if _, err := os.Stat(config.Tripwire.Audio); err != nil {
		t.Skip("SKIPPED: no /bin/false here: ", err)
	}
	c := assembleAt(t, config)
	seen := c.defence.watch()
	c.judge.certified(c.room)
	c.judge.must("testimony.call", nil)
	grows(t, "the masked picture", seen["witness video"])
	still(t, "masked sound that nobody listens to", seen["witness audio"])
	c.judge.until("is alarmed", alarmed("voice_unheard"))
}

func alarmed(code string) func(visibility.View) bool {
	return func(v visibility.View) bool {
		return slices.ContainsFunc(v.Alarms, func(a visibility.AlarmView) bool { return a.Code == code })
	}
}

func TestAGatewayWithoutItsTripwireDoesNotStart(t *testing.T) {
	config := testConfig(t.TempDir())
	config.Tripwire.Audio = filepath.Join(t.TempDir(), "none")
	if app, err := Open(config, operatorLog(io.Discard)); err == nil {
		app.closeAll(context.Background())
		t.Fatal("it started")
	}
}

// signingStation is a station that sends the card and silence, and signs what it sends.
type signingStation struct {
	pub    *publish.Publisher
	key    ed25519.PrivateKey
	number uint64
}

func newSigningStation(t *testing.T, c *cast, rendering string) *signingStation {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	pub, err := publish.New(t.Context(), publish.Config{GatewayURL: c.app.URL(), Hearing: "demo", Token: c.app.Token("demo", "witness"), Rendering: rendering})
	if err != nil {
		t.Fatal(err)
	}
	card, err := face.NewCard(320, 240, "")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	stop := make(chan struct{})
	go func() {
		defer close(ended)
		silence := new(voice.Masked)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
			if n%2 == 0 {
				_ = pub.Picture(card) // what ended is seen elsewhere
			}
			_ = pub.Sound(silence)
		}
	}()
	t.Cleanup(func() { close(stop); <-ended; pub.Close() })
	return &signingStation{pub: pub, key: key}
}

// sign says to the gateway what was sent; as is the rendering that it says to be.
func (s *signingStation) sign(c *cast, as string) {
	s.number++
	seg := attest.Segment{Hearing: "demo", Publication: s.pub.Resource(), Rendering: as, Number: s.number, Tracks: s.pub.TakeSent()}
	m := map[string]any{"type": "mode.segment", "publication": seg.Publication, "rendering": as, "number": s.number, "signature": seg.Sign(s.key)}
	var tracks []map[string]any
	for _, tr := range seg.Tracks {
		tracks = append(tracks, map[string]any{"media": tr.Media, "first": tr.First, "hashes": tr.Packed()})
	}
	m["tracks"] = tracks
	c.room.send(m)
}

func TestAWitnessWhoseStationDoesNotSignIsHeldAndOneThatSignsAnotherModeIsCut(t *testing.T) {
	config := testConfig(t.TempDir())
	config.Tripwire.Unsigned = false
	c := assembleAt(t, config)
	seen := c.defence.watch()
	c.judge.certified(c.room)
	c.judge.must("testimony.call", nil)
	c.judge.until("is alarmed", alarmed("mode_unsigned"))
	still(t, "a picture that nobody signed", seen["witness video"])
	still(t, "a sound that nobody signed", seen["witness audio"])

	// The station that signs takes the place of the double that does not.
	key := c.inDefence(t)
	s := newSigningStation(t, c, key)
	c.room.send(map[string]any{"type": "mode.key", "key": []byte(s.key.Public().(ed25519.PublicKey))})
	c.clerk.untilEntry("station.key", func(e minutes.Entry) bool { return e.System != nil && e.System.Code == hearing.StationKey })
	flows := func(n *atomic.Int64) bool {
		from := n.Load()
		for end := time.Now().Add(15 * time.Second); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
			s.sign(c, key)
			if n.Load() > from+10 {
				return true
			}
		}
		return false
	}
	// The other publication's end interrupted her.
	c.judge.until("sees her ready, and the station up", func(v visibility.View) bool { return v.Testimony.Phase == "ready" && v.Testimony.Station == "up" })
	c.judge.certified(c.room)
	c.judge.must("testimony.call", nil)
	if !flows(seen["witness video"]) || !flows(seen["witness audio"]) {
		t.Fatal("what is signed does not flow")
	}
	s.sign(c, "puppet+natural")
	c.judge.until("is alarmed", alarmed("mode_wrong"))
	c.judge.until("sees testimony at waiting", func(v visibility.View) bool { return v.Testimony.Phase == "waiting" })
	c.clerk.untilEntry("mode.wrong", func(e minutes.Entry) bool { return e.System != nil && e.System.Code == hearing.ModeWrong })
	still(t, "the picture after the cut", seen["witness video"])
}
