package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/pion/webrtc/v4"

	"parda/gateway/hearing"
	"parda/gateway/ledger/verify"
	"parda/gateway/minutes"
	"parda/gateway/visibility"
)

// cast is a hearing with its people, up to the point where the witness may be called.
type cast struct {
	app                                              running
	judge, clerk, defence, prosecutor, gallery, room *page
	judgeKey                                         signer
}

// assemble seats everybody, signs the order, opens the hearing, rehearses and consents: the witness is ready.
func assemble(t *testing.T, dir string) *cast {
	t.Helper()
	return assembleAt(t, testConfig(dir))
}

// assembleAt is assemble at a gateway of another configuration.
func assembleAt(t *testing.T, config Config) *cast {
	t.Helper()
	app := runApp(t, config)
	return assembleBy(t, app, app.Token("demo", "witness"))
}

// assembleBy is assemble at a gateway that runs, with the token that the station has.
func assembleBy(t *testing.T, app running, token string) *cast {
	t.Helper()
	c := &cast{app: app, judgeKey: newSigner(t)}
	c.judge, c.clerk, c.defence = sit(t, c.app.App, "judge"), sit(t, c.app.App, "clerk"), sit(t, c.app.App, "defence")
	c.prosecutor, c.gallery = sit(t, c.app.App, "prosecutor"), sit(t, c.app.App, "gallery")
	c.room = openAt(t, c.app.App, "witness", nil, token)

	c.judge.must("key.enrol", map[string]string{"key": c.judgeKey.spki()})
	draft := c.judge.until("has a draft", func(v visibility.View) bool { return v.Draft != nil }).Draft
	c.judge.must("order.sign", map[string]any{"bytes": draft.Bytes, "signature": c.judgeKey.sign(draft.Bytes)})
	order := c.room.until("has the order", func(v visibility.View) bool { return v.Order != nil }).Order
	parsed, err := hearing.ParseOrder(order.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range parsed.Keys() {
		publishAt(t, c.app.App, token, "?rendering="+url.QueryEscape(key))
	}
	c.judge.must("hearing.open", nil)
	c.judge.until("sees the station", func(v visibility.View) bool { return v.Testimony.Station == "up" })
	c.judge.must("identity.verified", map[string]string{"how": "passport shown to the judge alone"})
	c.room.must("testimony.rehearse", nil)
	c.room.must("witness.consent", map[string]any{"language": "az", "interpreter": false})
	return c
}

func TestAProtectedWitnessIsHeardFromTheOrderToTheVerifiedBundle(t *testing.T) {
	dir := t.TempDir()
	c := assemble(t, dir)
	publishAt(t, c.app.App, c.app.Token("demo", "court/bench"), "")
	publishAt(t, c.app.App, c.app.Token("demo", "court/dock"), "")

	seen := map[string]map[string]*atomic.Int64{}
	for _, p := range []*page{c.judge, c.clerk, c.defence, c.prosecutor, c.gallery, c.room} {
		seen[p.seat] = p.watch()
	}
	still(t, "the witness before she was called", seen["judge"]["witness video"])

	c.judge.certified(c.room)
	c.judge.must("testimony.call", nil)
	for _, seat := range []string{"judge", "clerk", "defence", "prosecutor", "gallery"} {
		grows(t, "the witness's picture at "+seat, seen[seat]["witness video"])
		grows(t, "the witness's sound at "+seat, seen[seat]["witness audio"])
	}
	grows(t, "the dock at the judge", seen["judge"]["dock video"])
	grows(t, "the bench at the witness", seen["witness"]["bench video"])
	for slot := range seen["witness"] {
		if slot != "bench video" && slot != "bench audio" && slot != "floor video" && slot != "floor audio" {
			t.Errorf("the kiosk has a slot %q", slot)
		}
	}

	// The gallery goes at once in a private passage, the parties stay.
	c.judge.must("session.kind", map[string]string{"kind": "private"})
	still(t, "the witness at the gallery in a private passage", seen["gallery"]["witness video"])
	still(t, "the witness's sound at the gallery in a private passage", seen["gallery"]["witness audio"])
	grows(t, "the witness at the defence in a private passage", seen["defence"]["witness video"])
	c.judge.must("session.kind", map[string]any{"kind": "public", "reason": "the passage is over", "confirm": true})
	grows(t, "the witness at the gallery again", seen["gallery"]["witness video"])
	for _, owed := range c.judge.until("knows what is owed", func(visibility.View) bool { return true }).Pending {
		c.judge.must("ruling.give", map[string]string{"id": owed.ID, "reason": "to protect her relatives", "positions": "the parties agreed"})
	}

	// A flag, its ruling, and the protocol.
	c.defence.must("flag.raise", map[string]any{"kind": "gesture"})
	flag := c.judge.until("sees the flag", func(v visibility.View) bool { return len(v.Flags) == 1 }).Flags[0]
	c.judge.must("flag.rule", map[string]string{"flag": flag.ID, "ruling": "enter", "reason": "seen by the court"})
	c.clerk.must("entry.add", map[string]string{"kind": "question", "speaker": "defence_counsel", "text": "Siz onu nə vaxt görmüsünüz?", "lang": "az"})
	for _, p := range []*page{c.judge, c.clerk, c.defence, c.prosecutor} {
		p.untilEntry("the question", func(e minutes.Entry) bool { return e.Text == "Siz onu nə vaxt görmüsünüz?" })
	}
	c.gallery.mu.Lock()
	if len(c.gallery.entries) != 0 {
		t.Errorf("the gallery got entries: %v", c.gallery.entries)
	}
	c.gallery.mu.Unlock()

	// The witness stops by herself; nothing of her goes on.
	c.room.must("testimony.pause", map[string]string{"why": "break"})
	still(t, "the witness at the judge while paused", seen["judge"]["witness video"])
	c.judge.certified(c.room)
	c.judge.must("testimony.call", nil)
	grows(t, "the witness at the judge again", seen["judge"]["witness video"])
	c.judge.must("testimony.release", nil)
	c.afterTheTestimony(t, seen)
	bundlePath := c.closeAndTake(t, dir)

	report, err := verify.Verify(bundlePath, "")
	if err != nil || !report.Valid {
		t.Fatalf("the bundle is not valid: %v %+v", err, report.Problems)
	}
	if len(report.Recordings) == 0 {
		t.Error("the bundle holds no recording")
	}
	whole, err := os.ReadFile(bundlePath)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{0, len(whole) / 3, len(whole) / 2, len(whole) - 1} {
		changed := append([]byte(nil), whole...)
		changed[at] ^= 1
		path := filepath.Join(t.TempDir(), "changed.zip")
		if err := os.WriteFile(path, changed, 0o600); err != nil {
			t.Fatal(err)
		}
		if report, err := verify.Verify(path, ""); err == nil && report.Valid {
			t.Errorf("byte %d was changed and the bundle is still called valid", at)
		}
	}
}

// afterTheTestimony: she listens, asks through the bench and remarks, and nothing of her flows.
func (c *cast) afterTheTestimony(t *testing.T, seen map[string]map[string]*atomic.Int64) {
	t.Helper()
	c.room.must("question.request", map[string]string{"text": "Niyə qapı bağlı idi?"})
	request := c.judge.until("sees her question", func(v visibility.View) bool { return len(v.Requests) == 1 }).Requests[0]
	if request.Role != hearing.ProtectedWitness || request.What != "question" || request.Text != "Niyə qapı bağlı idi?" {
		t.Errorf("her question came as %+v", request)
	}
	c.judge.must("request.done", map[string]string{"id": request.ID, "ruling": "allowed"})
	c.room.must("remark.add", map[string]string{"text": "Mart ayında olub.", "lang": "az"})
	for _, p := range []*page{c.judge, c.clerk, c.defence, c.prosecutor} {
		p.untilEntry("her remark", func(e minutes.Entry) bool {
			return e.Kind == hearing.KindRemark && e.By == hearing.ProtectedWitness && e.Text == "Mart ayında olub."
		})
		p.untilEntry("who decided", func(e minutes.Entry) bool {
			return e.System != nil && e.System.Code == hearing.RequestDone && e.By == hearing.PresidingJudge && e.BySeat == "judge"
		})
	}
	if len(c.gallery.entries)+len(c.room.entries) != 0 {
		t.Errorf("the gallery or the kiosk got entries: %v %v", c.gallery.entries, c.room.entries)
	}
	grows(t, "the bench at the witness after her testimony", seen["witness"]["bench video"])
	for _, seat := range []string{"judge", "defence", "gallery"} {
		still(t, "the witness at "+seat+" after her testimony", seen[seat]["witness video"])
		still(t, "the witness's sound at "+seat+" after her testimony", seen[seat]["witness audio"])
	}
}

// closeAndTake closes, signs and downloads the bundle as the judge.
func (c *cast) closeAndTake(t *testing.T, dir string) string {
	t.Helper()
	c.judge.must("hearing.close", nil)
	signing := c.judge.until("has something to sign", func(v visibility.View) bool { return v.Signing != nil }).Signing
	c.judge.must("protocol.sign", map[string]string{"signature": c.judgeKey.sign(signing.Statement)})
	return takeBundle(t, c.app, c.judge, dir)
}

// takeBundle waits for the bundle and downloads it as the judge.
func takeBundle(t *testing.T, at gatewayAt, judge *page, dir string) string {
	t.Helper()
	bundle := judge.until("has the bundle", func(v visibility.View) bool { return v.Bundle != nil }).Bundle
	req, _ := http.NewRequest("GET", at.URL()+"/api/demo/bundle?seat=judge", nil)
	req.AddCookie(judge.cookie)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK || int64(len(b)) != bundle.Size {
		t.Fatalf("the bundle: %d, %d bytes of %d, %v", res.StatusCode, len(b), bundle.Size, err)
	}
	path := filepath.Join(dir, "taken.zip")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheBundleIsForTheBenchAndTheProtocolForTheParties(t *testing.T) {
	dir := t.TempDir()
	c := assemble(t, dir)
	c.defence.must("flag.raise", map[string]any{"discreet": true, "note": "whispered to me in the corridor"})
	c.judge.must("testimony.release", nil)
	c.closeAndTake(t, dir)
	for _, tc := range []struct {
		seat   *page
		file   string
		status int
	}{
		{c.judge, "bundle", 200}, {c.judge, "protocol.pdf", 200}, {c.clerk, "formulas", 200},
		{c.defence, "bundle", 403}, {c.defence, "protocol.pdf", 200},
		{c.clerk, "bundle", 403}, {c.clerk, "protocol.pdf", 200},
		{c.gallery, "bundle", 403}, {c.gallery, "protocol.pdf", 403},
	} {
		req, _ := http.NewRequest("GET", c.app.URL()+"/api/demo/"+tc.file+"?seat="+tc.seat.seat, nil)
		req.AddCookie(tc.seat.cookie)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != tc.status {
			t.Errorf("%s of %s: %d, want %d", tc.file, tc.seat.seat, res.StatusCode, tc.status)
		}
	}
}

func TestNothingFlowsBeforeTheOrderIsSigned(t *testing.T) {
	app := runApp(t, testConfig(t.TempDir()))
	pc, offer := offerTracks(t, webrtc.MimeTypeVP8)
	defer pc.Close()
	if status, _, code := whip(t, app.App, app.Token("demo", "witness"), "?rendering="+url.QueryEscape("puppet+neutral"), offer); status == 201 || code != "order_not_signed" {
		t.Errorf("WHIP before the order: %d %s", status, code)
	}
	judge := sit(t, app.App, "judge")
	if _, refusal := judge.ask("testimony.call", nil); refusal == "" {
		t.Error("the witness was called without an order")
	}
}

func TestASeatIsTakenOnceAndSurvivesAReload(t *testing.T) {
	dir := t.TempDir()
	app := runApp(t, testConfig(dir))
	clerk := sit(t, app.App, "clerk")
	judge := sit(t, app.App, "judge")
	if status, _, code := enterSeat(t, app.App, "judge", codeOf(t, app.Links(), "judge")); status != http.StatusConflict || code != "seat_taken" {
		t.Errorf("a second browser: %d %s", status, code)
	}
	if status, _, code := enterSeat(t, app.App, "judge", "WRONG-WRONG-WRONG-WRONG-WRONG"); status != http.StatusForbidden || code != "code_wrong" {
		t.Errorf("a wrong code: %d %s", status, code)
	}
	openAt(t, app.App, "judge", judge.cookie, "")
	for range 3 {
		if status, cookie, code := enterSeat(t, app.App, "gallery", codeOf(t, app.Links(), "gallery")); cookie == nil {
			t.Errorf("the gallery's link admits many: %d %s", status, code)
		}
	}
	app.end()
	again := runApp(t, testConfig(dir))
	openAt(t, again.App, "judge", judge.cookie, "") // the cookie survives a restart of the gateway
	clerk = openAt(t, again.App, "clerk", clerk.cookie, "")
	var result struct{ Link string }
	if err := json.Unmarshal(clerk.must("seat.reissue", map[string]string{"seat": "judge"})["result"], &result); err != nil || result.Link == "" {
		t.Fatalf("the clerk got no new link: %v", err)
	}
	header := http.Header{"Cookie": {judge.cookie.Name + "=" + judge.cookie.Value}}
	req, _ := http.NewRequest("GET", again.URL()+"/api/demo/protocol.pdf?seat=judge", nil)
	req.Header = header
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusForbidden {
		t.Errorf("the old cookie still opens: %d", res.StatusCode)
	}
}

func TestARestartBringsTestimonyBackAsReadyNeverLive(t *testing.T) {
	dir := t.TempDir()
	c := assemble(t, dir)
	c.judge.certified(c.room)
	c.judge.must("testimony.call", nil)
	c.clerk.must("entry.add", map[string]string{"kind": "answer", "speaker": "witness", "text": "Mən onu tanıyıram."})
	cookie := c.judge.cookie
	c.app.end()
	again := runApp(t, testConfig(dir))
	judge := openAt(t, again.App, "judge", cookie, "")
	if v := judge.until("is back", func(visibility.View) bool { return true }); v.Testimony.Phase != hearing.Ready {
		t.Errorf("after the restart testimony is %s", v.Testimony.Phase)
	}
	judge.untilEntry("the answer from before", func(e minutes.Entry) bool { return e.Text == "Mən onu tanıyıram." })
}

func TestATokenMakesItsOnePublicationAndNoOther(t *testing.T) {
	c := assemble(t, t.TempDir())
	pc, offer := offerTracks(t, webrtc.MimeTypeVP8)
	defer pc.Close()
	h264, raw := offerTracks(t, webrtc.MimeTypeH264)
	defer h264.Close()
	for _, tc := range []struct {
		rule, token, query, sdp, code string
		status                        int
	}{
		{"a stranger's token", "nonsense", "", offer, "token_wrong", 401},
		{"a court token cannot publish as the witness", c.app.Token("demo", "court/bench"), "?rendering=" + url.QueryEscape("puppet+neutral"), offer, "token_role", 403},
		{"the witness's token cannot publish what the order does not name", c.app.Token("demo", "witness"), "?rendering=" + url.QueryEscape("natural+natural"), offer, "rendering_not_ordered", 403},
		{"a raw H.264 camera", c.app.Token("demo", "court/bench"), "", raw, "media_refused", 415},
		{"a malformed offer", c.app.Token("demo", "court/bench"), "", "v=0 nonsense", "sdp_invalid", 400},
	} {
		if status, _, code := whip(t, c.app.App, tc.token, tc.query, tc.sdp); status != tc.status || code != tc.code {
			t.Errorf("%s: %d %s, want %d %s", tc.rule, status, code, tc.status, tc.code)
		}
	}
	if _, refusal := c.defence.ask("testimony.release", nil); refusal != "not_allowed" {
		t.Errorf("defence counsel released the witness: %q", refusal)
	}
}

func TestACommandThatIsSentAgainIsAnsweredAndNotDoneTwice(t *testing.T) {
	c := assemble(t, t.TempDir())
	first, _ := c.clerk.askAgain("same-id", "entry.add", map[string]string{"kind": "note", "text": "once"})
	second, _ := c.clerk.askAgain("same-id", "entry.add", map[string]string{"kind": "note", "text": "once"})
	if string(first["index"]) != string(second["index"]) || first["index"] == nil {
		t.Errorf("index %s, then %s", first["index"], second["index"])
	}
	c.clerk.must("entry.add", map[string]string{"kind": "note", "text": "the last"})
	c.judge.untilEntry("the last", func(e minutes.Entry) bool { return e.Text == "the last" })
	n := 0
	c.judge.mu.Lock()
	for _, e := range c.judge.entries {
		if e.Text == "once" {
			n++
		}
	}
	c.judge.mu.Unlock()
	if n != 1 {
		t.Errorf("the note stands %d times in the protocol", n)
	}
}
