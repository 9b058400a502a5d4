package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"parda/gateway/access/rights"
	"parda/gateway/hearing"
	"parda/gateway/incident/evidence/render"
	"parda/gateway/incident/register"
	"parda/gateway/ledger"
	"parda/gateway/minutes"
)

// got is what a seat is given when it asks over HTTP.
type got struct {
	status int
	code   string
	header http.Header
	body   []byte
}

// asksBySeat asks at a gateway as the page of a seat does.
func asksBySeat(t *testing.T, app gatewayAt, p *page, method, path string, body []byte, header ...string) got {
	t.Helper()
	sep := "?"
	if strings.Contains(path, "?") {
		sep = "&"
	}
	req, err := http.NewRequest(method, app.URL()+"/api/demo/incidents/"+path+sep+"seat="+p.seat, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.AddCookie(p.cookie)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	g := got{status: res.StatusCode, header: res.Header}
	g.body, _ = io.ReadAll(res.Body)
	if res.StatusCode >= 400 {
		var refusal struct{ Code string }
		_ = json.Unmarshal(g.body, &refusal)
		g.code = refusal.Code
	}
	return g
}

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

const secretOfThePhoto = "Aygun Mammadova 40.4093N 49.8671E holiday.jpg"

// photoWithASecret is a JPEG with a comment in it, and a name behind its end.
func photoWithASecret(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 64, 48)), nil); err != nil {
		t.Fatal(err)
	}
	comment := append([]byte{0xff, 0xfe, 0, byte(len(secretOfThePhoto) + 2)}, secretOfThePhoto...)
	out := append([]byte{0xff, 0xd8}, append(comment, b.Bytes()[2:]...)...)
	return append(out, secretOfThePhoto...)
}

// attaches attaches a file to a flag and gives its id.
func attaches(t *testing.T, app gatewayAt, p *page, incident string, file []byte) string {
	t.Helper()
	g := asksBySeat(t, app, p, "POST", incident+"/attachments", file, "Content-Type", "image/svg+xml", "Content-Disposition", `attachment; filename="`+secretOfThePhoto+`"`)
	var answer struct{ ID, SHA256 string }
	if err := json.Unmarshal(g.body, &answer); err != nil || g.status != http.StatusCreated || answer.SHA256 != hashOf(file) {
		t.Fatalf("not attached: %d %s", g.status, g.body)
	}
	return answer.ID
}

func bookOf(t *testing.T, app *App) []ledger.Event {
	t.Helper()
	events, err := app.incidents.Events(t.Context(), "baku")
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// proof is a piece of evidence as a seat is told of it.
func proof(t *testing.T, app gatewayAt, p *page, incident, id string) *register.EvidenceView {
	t.Helper()
	g := asksBySeat(t, app, p, "GET", incident+"/evidence", nil)
	var answer struct{ Evidence []register.EvidenceView }
	if err := json.Unmarshal(g.body, &answer); err != nil || g.status != http.StatusOK {
		t.Fatalf("%s is told %d %s", p.seat, g.status, g.body)
	}
	for i := range answer.Evidence {
		if answer.Evidence[i].Evidence == id || id == "" {
			return &answer.Evidence[i]
		}
	}
	return nil
}

// Who may have which file, by the door of seats: who may not see the incident is told that there is none.
func TestWhoMayHaveWhichFileOfAnIncident(t *testing.T) {
	c := assemble(t, t.TempDir())
	c.defence.must("flag.raise", map[string]any{"kind": "gesture"})
	c.defence.must("flag.raise", map[string]any{"kind": "words", "discreet": true})
	open, discreet := register.IncidentOf("demo", "f1"), register.IncidentOf("demo", "f2")
	photo := photoWithASecret(t)
	one, hidden := attaches(t, c.app, c.defence, open, photo), attaches(t, c.app, c.defence, discreet, []byte("Sabah gəlmə!"))
	page := attaches(t, c.app, c.defence, open, []byte("<html><script>alert(1)</script>"))
	const yes, no, unknown, nothing = "", "not_allowed", "incident_unknown", "not_allowed"
	ask := func(p *page_, incident, what string) got {
		return asksBySeat(t, c.app, p, "GET", incident+"/evidence/"+what, nil)
	}
	check := func(stage string, table map[string][6]string) {
		t.Helper()
		for _, p := range []*page_{c.judge, c.defence, c.clerk, c.prosecutor, c.gallery} {
			for n, what := range []struct{ incident, path string }{
				{open, one + "?purpose=view"}, {open, one + "?purpose=export"}, {open, one + "/copy"}, {open, page + "/copy"}, {discreet, hidden + "?purpose=view"}, {discreet, hidden + "/copy"},
			} {
				g := ask(p, what.incident, what.path)
				if want := table[p.seat][n]; g.code != want || (want == yes) != (g.status == http.StatusOK) {
					t.Errorf("%s: %s asks %s: %d %q, want %q", stage, p.seat, what.path, g.status, g.code, want)
				}
			}
		}
	}
	check("before a ruling", map[string][6]string{
		"judge":      {yes, yes, yes, no, yes, yes},
		"defence":    {yes, yes, yes, no, yes, yes}, // who attached it
		"clerk":      {no, no, yes, no, unknown, unknown},
		"prosecutor": {unknown, unknown, unknown, unknown, unknown, unknown},
		"gallery":    {nothing, nothing, nothing, nothing, nothing, nothing},
	})
	c.judge.must("flag.rule", map[string]any{"flag": "f1", "ruling": "enter"})
	check("entered", map[string][6]string{
		"judge":      {yes, yes, yes, no, yes, yes},
		"defence":    {yes, yes, yes, no, yes, yes},
		"clerk":      {no, no, yes, no, unknown, unknown},
		"prosecutor": {no, no, yes, no, unknown, unknown},
		"gallery":    {nothing, nothing, nothing, nothing, nothing, nothing},
	})
	if g := asksBySeat(t, c.app, c.gallery, "POST", open+"/attachments", photo); g.status < 400 {
		t.Error("the gallery attached a file")
	}
	if g := asksBySeat(t, c.app, c.prosecutor, "POST", open+"/attachments", photo, "Origin", "https://elsewhere.example"); g.code != "not_allowed" {
		t.Errorf("from another site: %d %s", g.status, g.code)
	}
}

// page_ is a seat's page, where the name page is a file's.
type page_ = page

func TestAnOriginalIsNeverShownInPlaceAndACopyHoldsNoMetadataAndNoName(t *testing.T) {
	c := assemble(t, t.TempDir())
	c.judge.must("flag.raise", nil)
	incident := register.IncidentOf("demo", "f1")
	photo := photoWithASecret(t)
	for name, tc := range map[string]struct {
		file       []byte
		kind, copy string
	}{"a photo": {photo, "image/jpeg", "image/png"}, "a chat": {[]byte("Sabah gəlmə!\r\n"), "text/plain", "text/plain; charset=utf-8"},
		"a page": {[]byte("<!DOCTYPE html><script>alert(1)</script>"), render.Unknown, ""}, "a drawing": {[]byte("<svg onload=alert(1)>"), render.Unknown, ""}} {
		t.Run(name, func(t *testing.T) {
			id := attaches(t, c.app, c.judge, incident, tc.file)
			g := asksBySeat(t, c.app, c.judge, "GET", incident+"/evidence/"+id+"?purpose=export", nil)
			if !bytes.Equal(g.body, tc.file) || g.header.Get("Content-Type") != render.Unknown {
				t.Errorf("the original came as %q, %d bytes of %d", g.header.Get("Content-Type"), len(g.body), len(tc.file))
			}
			all := []got{g}
			e := proof(t, c.app, c.judge, incident, id)
			if e.Type != tc.kind || e.SHA256 != hashOf(tc.file) || (e.Copy != nil) != (tc.copy != "") || (e.NoCopy == "no_copy_of_type") != (tc.copy == "") {
				t.Errorf("%+v", e)
			}
			if tc.copy != "" {
				g := asksBySeat(t, c.app, c.judge, "GET", incident+"/evidence/"+id+"/copy", nil)
				all = append(all, g)
				if g.header.Get("Content-Type") != tc.copy || hashOf(g.body) != e.Copy.SHA256 || bytes.Contains(g.body, []byte("Aygun")) {
					t.Errorf("the copy came as %q: %.60q", g.header.Get("Content-Type"), g.body)
				}
				if _, err := png.Decode(bytes.NewReader(g.body)); tc.kind == "image/jpeg" && err != nil {
					t.Error(err)
				}
			}
			for _, g := range all {
				for header, want := range map[string]string{"Content-Disposition": `attachment; filename="` + id, "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox", "Cache-Control": "no-store"} {
					if value := g.header.Get(header); !strings.Contains(value, want) {
						t.Errorf("%s: %q", header, value)
					}
				}
			}
		})
	}
	// Neither the name that came along nor what was in the photo stands anywhere but under seal.
	found := 0
	err := filepath.Walk(c.app.config.Data, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if found++; bytes.Contains(b, []byte("Aygun")) {
			t.Errorf("%s holds the name", path)
		}
		return err
	})
	if err != nil || found < 5 || strings.Contains(c.app.logged(), "Aygun") {
		t.Errorf("%d files, %v", found, err)
	}
}

func TestTheHashIsEnteredBeforeAnythingLooksIntoTheFile(t *testing.T) {
	c := assemble(t, t.TempDir())
	c.judge.must("flag.raise", nil)
	incident := register.IncidentOf("demo", "f1")
	right := c.app.renders
	c.app.renders = render.NewProgram("/nowhere/at/all")
	photo := photoWithASecret(t)
	id := attaches(t, c.app, c.judge, incident, photo)
	events := bookOf(t, c.app.App)
	last := events[len(events)-1]
	if last.Code != "evidence.attached" || !bytes.Contains(last.Payload, []byte(hashOf(photo))) || bytes.Contains(last.Payload, []byte("image")) {
		t.Fatalf("the book ends with %s %s", last.Code, last.Payload)
	}
	entry := c.judge.untilEntry("of the hearing too", func(e minutes.Entry) bool {
		return e.System != nil && strings.Contains(string(e.System.Code), string(hearing.EvidenceAttached))
	})
	if b, _ := json.Marshal(entry); !bytes.Contains(b, []byte(hashOf(photo))) {
		t.Errorf("%s", b)
	}
	if g := asksBySeat(t, c.app, c.judge, "GET", incident+"/evidence/"+id+"/copy", nil); g.status < 500 {
		t.Errorf("a copy that nothing can make: %d", g.status)
	}
	c.app.renders = right
	if g := asksBySeat(t, c.app, c.judge, "GET", incident+"/evidence/"+id+"/copy", nil); g.status != http.StatusOK {
		t.Errorf("a copy that was owed: %d %s", g.status, g.code)
	}

	// What cannot be entered is not looked into and not kept.
	before, _ := os.ReadDir(filepath.Join(c.app.config.Data, "evidence"))
	disk := &fullDisk{}
	disk.on.Store(true)
	c.app.store.SetFault(disk)
	g := asksBySeat(t, c.app, c.judge, "POST", incident+"/attachments", photo)
	disk.on.Store(false)
	after, _ := os.ReadDir(filepath.Join(c.app.config.Data, "evidence"))
	if g.status != http.StatusServiceUnavailable || len(after) != len(before) {
		t.Errorf("%d %s, %d files before and %d after", g.status, g.code, len(before), len(after))
	}
}

func TestAViewIsEnteredBeforeTheFirstByteAndWithoutTheEntryThereIsNoByte(t *testing.T) {
	c := assemble(t, t.TempDir())
	c.judge.must("flag.raise", nil)
	incident := register.IncidentOf("demo", "f1")
	file := []byte("Sabah gəlmə!")
	id := attaches(t, c.app, c.judge, incident, file)
	for _, tc := range []struct{ path, code string }{{"?purpose=view", "evidence.viewed"}, {"?purpose=export", "evidence.exported"}, {"/copy", "evidence.viewed"}} {
		n := len(bookOf(t, c.app.App))
		if g := asksBySeat(t, c.app, c.judge, "GET", incident+"/evidence/"+id+tc.path, nil); !bytes.Equal(g.body, file) {
			t.Fatalf("%s: %d %s", tc.path, g.status, g.code)
		}
		events := bookOf(t, c.app.App)[n:]
		if len(events) != 1 || events[0].Code != tc.code || !strings.Contains(string(events[0].Payload), `"seat":"judge"`) || strings.Contains(string(events[0].Payload), `"copy":true`) != (tc.path == "/copy") {
			t.Errorf("%s: %+v", tc.path, events)
		}
		disk := &fullDisk{}
		disk.on.Store(true)
		c.app.store.SetFault(disk)
		g := asksBySeat(t, c.app, c.judge, "GET", incident+"/evidence/"+id+tc.path, nil)
		disk.on.Store(false)
		c.app.store.SetFault(nil)
		if g.status != http.StatusServiceUnavailable || bytes.Contains(g.body, []byte("Sabah")) {
			t.Errorf("%s on a full disk: %d %q", tc.path, g.status, g.body)
		}
	}
	if g := asksBySeat(t, c.app, c.judge, "GET", incident+"/evidence/"+id, nil); g.code != "bad_argument" {
		t.Errorf("without a purpose: %d %s", g.status, g.code)
	}
	if g := asksBySeat(t, c.app, c.judge, "GET", incident+"/evidence/e-0000000000000000?purpose=view", nil); g.code != "evidence_unknown" {
		t.Errorf("what is not there: %d %s", g.status, g.code)
	}
	if e := proof(t, c.app, c.judge, incident, id); len(e.Custody) != 5 {
		t.Errorf("the chain of custody: %+v", e.Custody)
	}
}

func TestAFileThatIsTooLargeOrEmptyLeavesNothing(t *testing.T) {
	c := assemble(t, t.TempDir())
	c.judge.must("flag.raise", nil)
	incident := register.IncidentOf("demo", "f1")
	for name, tc := range map[string]struct {
		file []byte
		code string
	}{"20 MiB and a byte": {make([]byte, render.MostBytes+1), "attachment_too_large"}, "empty": {nil, "attachment_refused"}} {
		g := asksBySeat(t, c.app, c.judge, "POST", incident+"/attachments", tc.file)
		left, err := os.ReadDir(filepath.Join(c.app.config.Data, "evidence"))
		if g.code != tc.code || err != nil || len(left) != 0 {
			t.Errorf("%s: %d %s, %d files are left", name, g.status, g.code, len(left))
		}
	}
	// One whose length is not said.
	req, _ := http.NewRequest("POST", c.app.URL()+"/api/demo/incidents/"+incident+"/attachments?seat=judge", io.MultiReader(bytes.NewReader(make([]byte, render.MostBytes)), strings.NewReader("xy")))
	req.AddCookie(c.judge.cookie)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	left, _ := os.ReadDir(filepath.Join(c.app.config.Data, "evidence"))
	if res.StatusCode != http.StatusRequestEntityTooLarge || len(left) != 0 {
		t.Errorf("%d, %d files are left", res.StatusCode, len(left))
	}
}

// dripping gives a body in parts, with a pause before each.
type dripping struct {
	parts int
	pause time.Duration
}

func (d *dripping) Read(b []byte) (int, error) {
	if d.parts == 0 {
		return 0, io.EOF
	}
	d.parts--
	time.Sleep(d.pause)
	return copy(b, "salam "), nil
}

func TestAFileMayTakeLongOverASlowLineAndMayNotStandStill(t *testing.T) {
	config := testConfig(t.TempDir())
	app := runAppAs(t, config, func(a *App) { a.patience.body, a.patience.write = 400*time.Millisecond, 400*time.Millisecond })
	c := assembleBy(t, app, app.Token("demo", "witness"))
	c.judge.must("flag.raise", nil)
	incident := register.IncidentOf("demo", "f1")
	for name, tc := range map[string]struct {
		body *dripping
		ok   bool
	}{"twelve parts in over a second": {&dripping{12, 100 * time.Millisecond}, true}, "one that stands still": {&dripping{2, 3 * time.Second}, false}} {
		req, _ := http.NewRequest("POST", app.URL()+"/api/demo/incidents/"+incident+"/attachments?seat=judge", io.NopCloser(tc.body))
		req.AddCookie(c.judge.cookie)
		res, err := http.DefaultClient.Do(req)
		if err == nil {
			defer res.Body.Close()
		}
		if ok := err == nil && res.StatusCode == http.StatusCreated; ok != tc.ok {
			t.Errorf("%s: %v %v", name, ok, err)
		}
	}
	kept, _ := filepath.Glob(filepath.Join(config.Data, "evidence", "*.sealed"))
	keys, _ := filepath.Glob(filepath.Join(config.Data, "evidence", "*.key"))
	if len(kept) != 2 || len(keys) != 1 { // the one that came, and its copy
		t.Errorf("%v %v", kept, keys)
	}
}

func TestOneChangedByteOfWhatIsKeptIsRefusedAndEntered(t *testing.T) {
	c := assemble(t, t.TempDir())
	c.judge.must("flag.raise", nil)
	incident := register.IncidentOf("demo", "f1")
	id := attaches(t, c.app, c.judge, incident, bytes.Repeat([]byte("Sabah gəlmə! "), 20_000))
	path := filepath.Join(c.app.config.Data, "evidence", id+".sealed")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{0, 100, len(whole) / 2, len(whole) - 1} {
		hurt := bytes.Clone(whole)
		hurt[at] ^= 1
		if err := os.WriteFile(path, hurt, 0o600); err != nil {
			t.Fatal(err)
		}
		if g := asksBySeat(t, c.app, c.judge, "GET", incident+"/evidence/"+id+"?purpose=view", nil); g.code != "evidence_changed" || bytes.Contains(g.body, []byte("Sabah")) {
			t.Errorf("byte %d: %d %s", at, g.status, g.code)
		}
	}
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if g := asksBySeat(t, c.app, c.judge, "GET", incident+"/evidence/"+id+"?purpose=view", nil); g.status != http.StatusOK {
		t.Errorf("the whole one: %d %s", g.status, g.code)
	}
	if e := proof(t, c.app, c.judge, incident, id); !slices.ContainsFunc(e.Custody, func(c register.CustodyView) bool { return c.What == "changed" }) {
		t.Errorf("%+v", e.Custody)
	}
}

func TestErasingLeavesTheHashAndNothingThatCanBeRead(t *testing.T) {
	c := assemble(t, t.TempDir())
	c.judge.must("flag.raise", nil)
	c.judge.must("flag.raise", nil)
	first, second := register.IncidentOf("demo", "f1"), register.IncidentOf("demo", "f2")
	file := []byte("Sabah gəlmə!")
	id, stays := attaches(t, c.app, c.judge, first, file), attaches(t, c.app, c.judge, second, file)
	folder := filepath.Join(c.app.config.Data, "evidence")
	stolen, err := os.ReadFile(filepath.Join(folder, id+".sealed"))
	if err != nil {
		t.Fatal(err)
	}
	// The register's policy has erased the words of the first.
	_, err = c.app.incidents.Enter(context.Background(), "baku", &register.ContentErasedPayload{About: register.About{Incident: first, By: register.System()}, Texts: []register.Said{}, Policy: "age"})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // twice: a crash may have come in between
		if err := c.app.eraseEvidence(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if g := asksBySeat(t, c.app, c.judge, "GET", first+"/evidence/"+id+"?purpose=view", nil); g.code != "evidence_erased" {
		t.Errorf("%d %s", g.status, g.code)
	}
	e := proof(t, c.app, c.judge, first, id)
	if e.State != "erased" || e.SHA256 != hashOf(file) || len(e.May) != 0 || !slices.ContainsFunc(e.Custody, func(c register.CustodyView) bool { return c.What == "erased" }) {
		t.Errorf("%+v", e)
	}
	left, _ := filepath.Glob(filepath.Join(folder, id+"*"))
	if len(left) != 0 {
		t.Errorf("%v is left", left)
	}
	// Who kept a copy of the sealed file, and takes the gateway's key and every other piece's, still reads nothing.
	if err := os.WriteFile(filepath.Join(folder, id+".sealed"), stolen, 0o600); err != nil {
		t.Fatal(err)
	}
	if r, err := c.app.locker.Open(id, false, hashOf(stolen)); err == nil {
		t.Errorf("it can be opened: %v", r)
	}
	if g := asksBySeat(t, c.app, c.judge, "GET", second+"/evidence/"+stays+"?purpose=view", nil); !bytes.Equal(g.body, file) {
		t.Errorf("another incident's: %d %s", g.status, g.code)
	}
}

// A whole flag: what its seat carried is frozen, ends with the gateway, is entered in both books, survives the restart, and is the bench's alone.
func TestAFlagFreezesWhatItsSeatCarriedAndTheClipIsTheBenchsAlone(t *testing.T) {
	dir := t.TempDir()
	config := testConfig(dir)
	config.Hearings[0].Views = []string{"bench", "dock", "hall"}
	c := assembleAt(t, config)
	dock := publishAt(t, c.app.App, c.app.Token("demo", "court/dock"), "")
	c.judge.certified(c.room)
	c.judge.must("testimony.call", nil)
	seen := c.defence.watch()
	grows(t, "the dock at the defence", seen["dock video"])
	grows(t, "the witness at the defence", seen["witness video"])
	time.Sleep(1500 * time.Millisecond)
	entries, err := os.ReadDir(filepath.Join(dir, "evidence"))
	if err != nil || len(entries) != 0 {
		t.Fatalf("before any flag %d files are there, %v", len(entries), err)
	}
	c.defence.must("flag.raise", map[string]any{"kind": "look"})
	c.clerk.must("flag.raise", map[string]any{"kind": "look"})
	c.room.must("flag.raise", map[string]any{"discreet": true}) // the witness's silent signal
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if parts, _ := filepath.Glob(filepath.Join(dir, "evidence", "*.part")); len(parts) >= 2 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("nothing was frozen")
		}
	}
	time.Sleep(1200 * time.Millisecond)
	dock.stop()
	c.app.end()

	again := runApp(t, config)
	incident := register.IncidentOf("demo", "f1")
	var list struct{ Evidence []register.EvidenceView }
	g := asksBySeat(t, again, c.judge, "GET", incident+"/evidence", nil)
	if err := json.Unmarshal(g.body, &list); err != nil || g.status != http.StatusOK {
		t.Fatalf("%d %s", g.status, g.body)
	}
	tracks := map[string]string{}
	for _, e := range list.Evidence {
		if e.State == "kept" {
			tracks[e.Track] = e.Evidence
		}
	}
	if len(tracks) < 2 || tracks["court/dock"] == "" || tracks["court/hall"] != "" {
		t.Fatalf("clips of %v", tracks)
	}
	witness := slices.ContainsFunc(list.Evidence, func(e register.EvidenceView) bool {
		return strings.HasPrefix(e.Track, "witness/") && e.State == "kept" && e.Why == "stopped"
	})
	missing := slices.ContainsFunc(list.Evidence, func(e register.EvidenceView) bool { return e.State == "failed" && e.Why == "stopped" })
	if !witness || !missing {
		t.Errorf("%s", g.body)
	}
	clip := tracks["court/dock"]
	for _, p := range []*page{c.judge, c.clerk, c.defence, c.prosecutor} {
		g := asksBySeat(t, again, p, "GET", incident+"/evidence/"+clip+"?purpose=view", nil)
		if bench := p == c.judge; bench != (g.status == http.StatusOK) || bench != bytes.HasPrefix(g.body, []byte("\x1a\x45\xdf\xa3")) {
			t.Errorf("%s asks for the clip: %d %s", p.seat, g.status, g.code)
		}
	}
	// The witness never sees the dock: her own flag holds what her station published of her, masked, and nothing of it.
	g = asksBySeat(t, again, c.judge, "GET", register.IncidentOf("demo", "f3")+"/evidence", nil)
	var hers struct{ Evidence []register.EvidenceView }
	if err := json.Unmarshal(g.body, &hers); err != nil || !slices.ContainsFunc(hers.Evidence, func(e register.EvidenceView) bool { return e.State == "kept" }) ||
		slices.ContainsFunc(hers.Evidence, func(e register.EvidenceView) bool { return !strings.HasPrefix(e.Track, "witness/") }) {
		t.Errorf("of the witness's flag: %s", g.body)
	}
	// The clerk's flag shares the clip, and its chain of custody says who looked at it by the other.
	if e := proof(t, again, c.judge, register.IncidentOf("demo", "f2"), clip); e == nil || len(e.Custody) != 2 || e.Custody[1].What != "viewed" {
		t.Errorf("%+v", e)
	}
	events, err := again.ledger.Load(t.Context(), "demo")
	if err != nil {
		t.Fatal(err)
	}
	frozen, failed := 0, 0
	for _, e := range events {
		switch hearing.Code(e.Code) {
		case hearing.EvidenceFrozen:
			frozen++
			if !strings.Contains(string(e.Payload), `"flags":["f3"]`) && strings.Contains(string(e.Payload), `"f3"`) {
				t.Errorf("%s", e.Payload)
			}
		case hearing.EvidenceFailed:
			failed++
		}
	}
	if frozen < 2 || failed < 1 {
		t.Error(fmt.Sprintf("%d clips and %d failures stand in the hearing's record", frozen, failed))
	}
}

// Out of court, by the door of accounts: who filed an incident attaches to it; the judges of her court have the file, its clerk the copy, and another court's people do not know of it.
func TestAFileOfAnIncidentOutOfCourtIsForWhoFiledItAndHerCourtsJudges(t *testing.T) {
	app := runApp(t, personsConfig(t.TempDir()))
	p := newPeople(t, app.App)
	lawyer, judge, clerk := p.person("baku", "lawyer", rights.VictimsLawyer), p.person("baku", "judge", rights.Judge), p.person("baku", "clerk", rights.CourtClerk)
	auditor, other := p.person("baku", "auditor", rights.Auditor), p.person("ganja", "elsewhere", rights.Judge)
	filed, discreet := lawyer.files(nil), lawyer.files(map[string]any{"discreet": true})
	const chat = "Sabah gəlmə!"
	pieces := map[string]string{}
	for _, incident := range []string{filed, discreet} {
		status, answer, _ := lawyer.asks("POST", "/api/incidents/"+incident+"/attachments", chat)
		id, _ := answer["id"].(string)
		if status != http.StatusCreated || answer["sha256"] != hashOf([]byte(chat)) || id == "" {
			t.Fatalf("%d %v", status, answer)
		}
		pieces[incident] = id
	}
	for name, tc := range map[string]struct {
		who                            *someone
		original, copied, discreetCopy string
	}{
		"who filed it": {lawyer, "", "", ""}, "a judge": {judge, "", "", ""}, "the clerk": {clerk, "not_allowed", "", "incident_unknown"},
		"an auditor": {auditor, "not_allowed", "not_allowed", "not_allowed"}, "another court's judge": {other, "incident_unknown", "incident_unknown", "incident_unknown"},
	} {
		for path, want := range map[string]string{
			filed + "/evidence/" + pieces[filed] + "?purpose=export": tc.original, filed + "/evidence/" + pieces[filed] + "/copy": tc.copied, discreet + "/evidence/" + pieces[discreet] + "/copy": tc.discreetCopy,
			filed + "/evidence/" + pieces[discreet] + "/copy": map[bool]string{true: "evidence_unknown", false: tc.original}[tc.original == "" || name == "the clerk"], // by another incident's way
		} {
			if status, answer, _ := tc.who.asks("GET", "/api/incidents/"+path, nil); codeIn(answer) != want || (want == "") != (status == http.StatusOK) {
				t.Errorf("%s asks %s: %d %v, want %q", name, path, status, answer, want)
			}
		}
	}
	if status, answer, _ := lawyer.asks("POST", "/api/incidents/"+filed+"/attachments", chat, "Origin", "https://elsewhere.example"); status < 400 {
		t.Errorf("from another site: %d %v", status, answer)
	}
	if status, answer, _ := clerk.asks("POST", "/api/incidents/"+discreet+"/attachments", chat); codeIn(answer) != "incident_unknown" {
		t.Errorf("to what she may not see: %d %v", status, answer)
	}
	for _, e := range bookOf(t, app.App) {
		if strings.Contains(string(e.Payload), "Sabah") {
			t.Errorf("the book holds what was attached: %s", e.Payload)
		}
	}
}
