package main

import (
	"archive/zip"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"parda/gateway/minutes"
	"parda/gateway/visibility"
)

// handedOut is what people had in their hands when the first release's gateway was stopped (testdata/VERSION1.md).
type handedOut struct {
	Links   Links `json:"links"`
	Cookies map[string]struct{ Name, Value string }
	Key     string `json:"judge_key"`
}

// firstRelease unpacks the data folder of a gateway of the first release.
func firstRelease(t *testing.T) (data string, had handedOut) {
	t.Helper()
	z, err := zip.OpenReader("testdata/version1.zip")
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	dir := t.TempDir()
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, f.Mode().Perm()); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(filepath.Join(dir, "handed_out.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &had); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "data"), had
}

func (h handedOut) cookie(seat string) *http.Cookie {
	return &http.Cookie{Name: h.Cookies[seat].Name, Value: h.Cookies[seat].Value}
}

func (h handedOut) judge(t *testing.T) signer {
	t.Helper()
	der, err := base64.StdEncoding.DecodeString(h.Key)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.ParseECPrivateKey(der)
	if err != nil {
		t.Fatal(err)
	}
	return signer{key}
}

func TestAHearingOfTheFirstReleaseGoesOnAndItsBundleIsValid(t *testing.T) {
	data, had := firstRelease(t)
	config := testConfig(data)
	app := runApp(t, config)
	// Who sat there sits there; the entries of before are there.
	judge, clerk := openAt(t, app.App, "judge", had.cookie("judge"), ""), openAt(t, app.App, "clerk", had.cookie("clerk"), "")
	judge.untilEntry("the question of before", func(e minutes.Entry) bool { return e.Text == "Siz onu nə vaxt görmüsünüz?" })
	judge.until("sees the ruling of before", func(v visibility.View) bool { return len(v.Flags) == 1 && v.Order != nil })
	clerk.must("entry.add", map[string]string{"kind": "note", "text": "after the change of the program"})
	judge.untilEntry("the new one", func(e minutes.Entry) bool { return e.Text == "after the change of the program" })
	// A link that was handed out and not used yet lets in; one that was used does not.
	prosecutor := sitAt(t, app.App, had.Links, "prosecutor")
	prosecutor.until("sees the hearing", func(v visibility.View) bool { return v.Order != nil })
	if status, cookie, refusal := enterSeat(t, app.App, "judge", codeOf(t, had.Links, "judge")); cookie != nil || refusal != "seat_taken" {
		t.Errorf("the judge's used link: %d %s", status, refusal)
	}
	// The camera's token of before publishes.
	publishing := publishAt(t, app.App, had.Links.Tokens["demo/court/bench"], "")
	defer publishing.stop()
	recordings := filepath.Join(data, "hearings", "demo", "recordings")
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if info, err := os.Stat(filepath.Join(recordings, "0002.webm.part")); err == nil && info.Size() > 2000 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the camera of before is not recorded")
		}
	}
	report := closeAndVerify(t, app.App, judge, had.judge(t), t.TempDir())
	if len(report.Recordings) < 2 {
		t.Errorf("%d recordings are in the bundle; one was made before and one after", len(report.Recordings))
	}
}

func TestAGatewayThatCannotMigrateDoesNotStart(t *testing.T) {
	data, _ := firstRelease(t)
	path := filepath.Join(data, "store", "parda.db")
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	torn := append([]byte(nil), before...)
	copy(torn[100:], make([]byte, 2000)) // the schema's own page
	if err := os.WriteFile(path, torn, 0o600); err != nil {
		t.Fatal(err)
	}
	if app, err := Open(testConfig(data), operatorLog(io.Discard)); err == nil {
		_ = app.closeAll(t.Context())
		t.Fatal("a gateway starts on a database that it cannot migrate: it would begin anew beside a hearing that is under way")
	}
	if err := os.WriteFile(path, before, 0o600); err != nil {
		t.Fatal(err)
	}
	app, err := Open(testConfig(data), operatorLog(io.Discard))
	if err != nil {
		t.Fatalf("the control: %v", err)
	}
	_ = app.closeAll(t.Context())
}
