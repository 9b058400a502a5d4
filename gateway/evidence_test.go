package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
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
