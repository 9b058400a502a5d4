package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"parda/courtroom-ui/companion/manifest"
)

func testDoor(t *testing.T) (*door, http.Handler) {
	t.Helper()
	d := &door{port: "7440", page: map[string][]byte{"companion.html": []byte("<!doctype html>"), "assets/a.js": []byte("1"), "secret.json": []byte("{}")}}
	g := must[*gateway](t)(newGateway("http://127.0.0.1:1", "", ""))
	r := must[*ring](t)(ringOf(t.TempDir(), "court.example"))
	return d, serve(d, g, r, &manifest.Page{SHA256: strings.Repeat("a", 64)})
}

type knock struct {
	method, path, host, origin, site, dest, kind, cookie, body string
}

func (k knock) at(h http.Handler) *http.Response {
	r := httptest.NewRequest(k.method, "http://localhost:7440"+k.path, strings.NewReader(k.body))
	r.Host = k.host
	for name, v := range map[string]string{"Origin": k.origin, "Sec-Fetch-Site": k.site, "Sec-Fetch-Dest": k.dest, "Content-Type": k.kind, "Cookie": k.cookie} {
		if v != "" {
			r.Header.Set(name, v)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func enterBy(t *testing.T, h http.Handler, link string) (cookie string, status int) {
	t.Helper()
	_, token, _ := strings.Cut(link, "#token=")
	res := knock{"POST", "/local/enter", "localhost:7440", "http://localhost:7440", "same-origin", "empty", "application/json", "", `{"token":"` + token + `"}`}.at(h)
	for _, c := range res.Cookies() {
		cookie = c.Name + "=" + c.Value
		if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" {
			t.Errorf("the cookie is not strict: %+v", c)
		}
	}
	return cookie, res.StatusCode
}

func TestOnlyTheCompanionsOwnPageIsAnswered(t *testing.T) {
	d, h := testDoor(t)
	link := d.newLink()
	cookie, status := enterBy(t, h, link)
	if status != http.StatusNoContent || cookie == "" {
		t.Fatalf("the link does not enter: %d", status)
	}
	good := knock{"GET", "/local/keyring", "localhost:7440", "", "same-origin", "empty", "", cookie, ""}
	put := knock{"PUT", "/local/keyring", "localhost:7440", "http://localhost:7440", "same-origin", "empty", "application/json", cookie, `{"revision":"x","ring":{"parda_keyring":1,"keys":null,"pins":null,"seen":null}}`}
	if s := good.at(h).StatusCode; s != http.StatusOK {
		t.Fatalf("the page's own asking: %d", s)
	}
	if s := put.at(h).StatusCode; s != http.StatusConflict { // of another revision, and that is judged only inside
		t.Fatalf("the page's own writing: %d", s)
	}
	for name, change := range map[string]func(*knock){
		"rebound name":                func(k *knock) { k.host = "evil.example:7440" },
		"address instead of name":     func(k *knock) { k.host = "127.0.0.1:7440" },
		"another port":                func(k *knock) { k.host = "localhost:80" },
		"no host":                     func(k *knock) { k.host = "" },
		"another origin":              func(k *knock) { k.origin = "https://court.example" },
		"another port's origin":       func(k *knock) { k.origin = "http://localhost:7441" },
		"an origin that is null":      func(k *knock) { k.origin = "null" },
		"another site's script":       func(k *knock) { k.site = "cross-site" },
		"another port's script":       func(k *knock) { k.site = "same-site" },
		"a browser that says nothing": func(k *knock) { k.site = "" },
		"a navigation":                func(k *knock) { k.dest = "document" },
		"a tag":                       func(k *knock) { k.dest = "script" },
		"no cookie":                   func(k *knock) { k.cookie = "" },
		"another cookie":              func(k *knock) { k.cookie = "parda-companion-7440=x" },
		"another port's cookie":       func(k *knock) { k.cookie = strings.Replace(k.cookie, "7440", "7441", 1) },
	} {
		for _, k := range []knock{good, put} {
			change(&k)
			if s := k.at(h).StatusCode; s != http.StatusForbidden {
				t.Errorf("%s %s: %d", name, k.method, s)
			}
		}
	}
	for name, change := range map[string]func(*knock){
		"a form's text":      func(k *knock) { k.kind = "text/plain" },
		"a form's fields":    func(k *knock) { k.kind = "application/x-www-form-urlencoded" },
		"no kind":            func(k *knock) { k.kind = "" },
		"writing, no origin": func(k *knock) { k.origin = "" },
	} {
		k := put
		change(&k)
		if s := k.at(h).StatusCode; s != http.StatusForbidden {
			t.Errorf("%s: %d", name, s)
		}
	}
}

func TestALinkEntersOneBrowserOnceAndTheNextVoidsIt(t *testing.T) {
	d, h := testDoor(t)
	if _, s := enterBy(t, h, "#token="); s != http.StatusForbidden {
		t.Errorf("before there is a link: %d", s)
	}
	first := d.newLink()
	second := d.newLink()
	if _, s := enterBy(t, h, first); s != http.StatusForbidden {
		t.Errorf("a link that was replaced: %d", s)
	}
	one, s := enterBy(t, h, second)
	if s != http.StatusNoContent {
		t.Fatalf("the link: %d", s)
	}
	if _, s := enterBy(t, h, second); s != http.StatusForbidden {
		t.Errorf("the same link again: %d", s)
	}
	two, _ := enterBy(t, h, d.newLink())
	for cookie, want := range map[string]int{one: http.StatusForbidden, two: http.StatusOK} {
		if s := (knock{"GET", "/local/state", "localhost:7440", "", "same-origin", "empty", "", cookie, ""}).at(h).StatusCode; s != want {
			t.Errorf("%d, want %d: one browser at a time", s, want)
		}
	}
}

func TestEveryAnswerForbidsFramesForeignScriptsAndSharing(t *testing.T) {
	_, h := testDoor(t)
	for _, path := range []string{"/", "/assets/a.js", "/nothing", "/local/state", "/api/vault/state"} {
		res := knock{"GET", path, "localhost:7440", "", "none", "document", "", "", ""}.at(h)
		for name, want := range map[string]string{"Content-Security-Policy": policy, "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
			"Cross-Origin-Embedder-Policy": "require-corp", "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
		for name := range res.Header {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s: %s names another origin", path, name)
			}
		}
	}
	for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'", "form-action 'none'", "connect-src 'self'", "require-trusted-types-for 'script'"} {
		if !strings.Contains(policy, part) {
			t.Errorf("the policy does not say %s", part)
		}
	}
	if s := (knock{"GET", "/secret.json", "localhost:7440", "", "none", "document", "", "", ""}).at(h).StatusCode; s != http.StatusNotFound {
		t.Errorf("a file of another kind is served: %d", s)
	}
}

func TestTheCommittedPageIsTheOneThatItsListNames(t *testing.T) {
	p, err := manifest.Open(os.DirFS("page"), pageManifest, "", true)
	if err != nil {
		t.Fatal("build the page and run deploy/sign-release -development: ", err)
	}
	if _, ok := p.Files["companion.html"]; !ok || !p.Development {
		t.Errorf("the page of a checkout is signed by the development key and has a companion.html: %v", p.Development)
	}
	if _, err := manifest.Open(os.DirFS("page"), pageManifest, "", false); err == nil {
		t.Error("a page that nobody released starts without being asked for")
	}
}

func TestAKeyringIsItsOwnersAloneAndIsNeverLostToASecondWindow(t *testing.T) {
	folder := t.TempDir()
	r := must[*ring](t)(ringOf(folder, "court.example"))
	put := func(revision, ring string) int {
		w := httptest.NewRecorder()
		r.take(w, httptest.NewRequest("PUT", "/", strings.NewReader(`{"revision":"`+revision+`","ring":`+ring+`}`)))
		return w.Code
	}
	card := `{"recipient":"age1` + strings.Repeat("q", 58) + `","verify":"AA=="}`
	key := func(sealed string) string {
		return `{"parda_keyring":1,"keys":[{"key":"` + strings.Repeat("a", 64) + `","card":` + card + `,"wrap":{"kind":"prf","credential":"x","salt":"AA=="},"sealed":"` + sealed + `","since":"2026-11-23T00:00:00Z"}],"pins":[],"seen":[]}`
	}
	wrapped := strings.Repeat("AAAA", 20) // 60 bytes
	for name, ring := range map[string]string{"a seed in clear": key(strings.Repeat("AAAA", 10) + "AAA="), "a field more": `{"parda_keyring":1,"seed":"x"}`, "another form": `{"parda_keyring":2}`, "nothing": `{}`} {
		if s := put(revision(nil), ring); s != http.StatusBadRequest {
			t.Errorf("%s: %d", name, s)
		}
	}
	if s := put(revision(nil), key(wrapped)); s != http.StatusOK {
		t.Fatalf("a wrapped key: %d", s)
	}
	if s := put(revision(nil), `{"parda_keyring":1}`); s != http.StatusConflict {
		t.Errorf("a window that has not seen the key writes over it: %d", s)
	}
	info := must[os.FileInfo](t)(os.Stat(r.path))
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the keyring's mode is %v", info.Mode())
	}
	w := httptest.NewRecorder()
	r.give(w, nil)
	if b, _ := io.ReadAll(w.Body); !strings.Contains(string(b), wrapped) {
		t.Errorf("the key does not come back: %s", b)
	}
	if err := os.Chmod(r.path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := ringOf(folder, "court.example"); err == nil {
		t.Error("a keyring that others can read is used")
	}
	if _, err := ringOf(folder, "other.example"); err != nil {
		t.Error("another court's keyring is the same file")
	}
}
