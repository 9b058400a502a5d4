package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestOnlyAnAnswerOfTheAgreedFormReachesThePage(t *testing.T) {
	state := `{"court":"baku","me":{"person":"p-a","roles":["judge"]},"key":null,"keys":[],"recovery":{"state":"none"},"persons":[{"person":"v-a","pseudonym":%s,"seal_to":null}],"openings":[],"unknown":"<script>"}`
	good := fmt.Sprintf(state, `"Daşlıq <b>"`)
	for name, tc := range map[string]struct {
		status int
		kind   string
		body   string
		want   *refusal // nil: it comes through
	}{
		"as agreed":               {200, "application/json", good, nil},
		"a page":                  {200, "text/html", good, errAnswer},
		"no kind":                 {200, "", good, errAnswer},
		"a redirect":              {302, "application/json", good, errAnswer},
		"two values":              {200, "application/json", good + "{}", errAnswer},
		"no JSON":                 {200, "application/json", "<html>", errAnswer},
		"nothing":                 {200, "application/json", "", errAnswer},
		"204 where there is more": {204, "application/json", "", nil},
		"a control character":     {200, "application/json", fmt.Sprintf(state, `"a\u0000b"`), errAnswer},
		"a turned text":           {200, "application/json", fmt.Sprintf(state, `"a\u202eb"`), errAnswer},
		"a long text":             {200, "application/json", fmt.Sprintf(state, `"`+strings.Repeat("x", 4001)+`"`), errAnswer},
		"a number for a text":     {200, "application/json", fmt.Sprintf(state, `7`), errAnswer},
		"a flood":                 {200, "application/json", good + strings.Repeat(" ", answerLimit), errAnswer},
		"a refusal":               {403, "application/json", `{"code":"not_yet","message":"<img>"}`, &refusal{Code: "not_yet"}},
		"a refusal of markup":     {403, "application/json", `{"code":"<img>"}`, errAnswer},
		"a refusal in HTML":       {502, "text/html", `<h1>x</h1>`, errAnswer},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "http://127.0.0.1:1/")
			w.Header()["Content-Type"] = []string{tc.kind}
			w.WriteHeader(tc.status)
			_, _ = w.Write([]byte(tc.body))
		}))
		g := must[*gateway](t)(newGateway(s.URL, "", ""))
		var got wireState
		r := g.ask(t.Context(), "GET", "/api/vault/state", nil, nil, "", false, &got)
		switch {
		case tc.want == nil && r != nil, tc.want != nil && (r == nil || r.Code != tc.want.Code):
			t.Errorf("%s: %v", name, r)
		case tc.want == nil && tc.status == 200:
			if b, _ := json.Marshal(got); bytes.Contains(b, []byte("unknown")) || !bytes.Contains(b, []byte("Daşlıq")) {
				t.Errorf("%s: what is written anew is %s", name, b)
			}
		}
		s.Close()
	}
}

func TestAChallengeIsAllThatComesWithARefusal(t *testing.T) {
	r := refused(403, []byte(`{"code":"step_up_required","message":"x","step_up":{"challenge":"abc","publicKey":{"extensions":{"prf":{}}}}}`))
	b, err := json.Marshal(r)
	if err != nil || string(b) != `{"code":"step_up_required","step_up":{"challenge":"abc"}}` {
		t.Errorf("%s %v", b, err)
	}
	if r := refused(403, []byte(`{"code":"step_up_required","step_up":{"challenge":"<img>"}}`)); r != errAnswer {
		t.Errorf("markup as a challenge: %v", r)
	}
}

func TestOnlyTheOneGatewayIsSpokenTo(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{}`))
	}))
	defer s.Close()
	sum := sha256.Sum256(s.Certificate().Raw)
	other := sum
	other[0] ^= 1
	for name, tc := range map[string]struct {
		pin  string
		want *refusal
	}{"its pin": {hex.EncodeToString(sum[:]), nil}, "another pin": {hex.EncodeToString(other[:]), errCertificate}, "a certificate of nobody known": {"", errCertificate}} {
		g := must[*gateway](t)(newGateway(s.URL, "", tc.pin))
		if r := g.ask(t.Context(), "GET", "/api/vault/state", nil, nil, "", false, new(wireState)); r != tc.want {
			t.Errorf("%s: %v", name, r)
		}
	}
	for _, address := range []string{"http://court.example", "court.example", "https://user@court.example", "https://court.example/path", "ftp://court.example", ""} {
		if _, err := newGateway(address, "", ""); err == nil {
			t.Errorf("%q is taken", address)
		}
	}
	if _, err := newGateway(s.URL, "", "abc"); err == nil {
		t.Error("a short pin is taken")
	}
}

func TestWithoutPairingNothingIsAsked(t *testing.T) {
	asked := 0
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer s.Close()
	g := must[*gateway](t)(newGateway(s.URL, "", ""))
	w := httptest.NewRecorder()
	g.forward(vaultRoutes[0])(w, httptest.NewRequest("GET", "/api/vault/state", nil))
	if w.Code != http.StatusForbidden || asked != 0 {
		t.Errorf("%d, asked %d times", w.Code, asked)
	}
}

func TestTheRecoveryPairIsOnTwoSheetsAndNowhereElse(t *testing.T) {
	public := filepath.Join(t.TempDir(), "recovery.json")
	var out bytes.Buffer
	if err := recovery("baku", public, &out); err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cards []card `json:"cards"`
	}
	b := must[[]byte](t)(os.ReadFile(public))
	if err := json.Unmarshal(b, &file); err != nil || len(file.Cards) != 2 || file.Cards[0] == file.Cards[1] {
		t.Fatalf("%v %s", err, b)
	}
	sheets := strings.Split(strings.TrimSuffix(out.String(), "\f"), "\f")
	if len(sheets) != 2 {
		t.Fatalf("%d sheets", len(sheets))
	}
	group := regexp.MustCompile(`\b[0-9A-HJKMNP-TV-Z]{4}\b`)
	for i, s := range sheets {
		code := file.Cards[i].code()
		if !strings.Contains(strings.Join(strings.Fields(s), ""), code) || !strings.Contains(s, file.Cards[i].id()) {
			t.Errorf("sheet %d does not carry its code and id", i+1)
		}
		// The first 14 groups are the seed's; read as the page reads them they make the card of the public file.
		groups := strings.Join(group.FindAllString(s[strings.Index(s, "Key / Ключ"):], 14), "")
		seed, n := [32]byte{}, 0
		acc := 0
		for _, c := range groups[:52] {
			acc, n = acc<<5|strings.IndexRune(letters, c), n+5
			if n >= 8 {
				copy(seed[:], append(seed[1:], byte(acc>>(n-8))))
				n -= 8
				acc &= 1<<n - 1
			}
		}
		if k := must[*vaultKey](t)(keyOf(seed)); k.card != file.Cards[i] {
			t.Errorf("sheet %d does not make the key of the public file", i+1)
		}
		if strings.Contains(string(b), groups[:20]) {
			t.Error("the public file holds the seed")
		}
	}
	if err := recovery("baku", public, &out); err == nil {
		t.Error("the public half of a pair was written over")
	}
}
