package signaling

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAPatchRestartsICEAndNothingElse(t *testing.T) {
	const fragment = "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n"
	door := &Door{Log: slog.New(slog.DiscardHandler),
		Open: func(context.Context, *http.Request, string, string) (string, string, error) {
			return "v=0\r\n", "r1", nil
		},
		End: func(context.Context, *http.Request, string, string) error { return nil },
		Restart: func(_ context.Context, _ *http.Request, hearing, id, got string) (string, error) {
			switch {
			case id == "gone":
				return "", ErrNoConnection
			case hearing != "demo" || id != "r1" || got != fragment:
				t.Errorf("restart of %s in %s with %q", id, hearing, got)
			}
			return "a=ice-ufrag:new\r\n", nil
		}}
	ask := func(method, id string, set map[string]string, body string) *http.Response {
		r := httptest.NewRequest(method, "/whip/demo/"+id, strings.NewReader(body))
		r.SetPathValue("hearing", "demo")
		r.SetPathValue("id", id)
		for k, v := range set {
			r.Header.Set(k, v)
		}
		w := httptest.NewRecorder()
		door.ServeHTTP(w, r)
		return w.Result()
	}
	good := map[string]string{"Content-Type": "application/trickle-ice-sdpfrag", "If-Match": "*"}
	for _, c := range []struct {
		name, id string
		set      map[string]string
		body     string
		want     int
	}{
		{"a restart", "r1", good, fragment, 200},
		{"of a connection that is gone", "gone", good, fragment, 404},
		{"without If-Match", "r1", map[string]string{"Content-Type": good["Content-Type"]}, fragment, 428},
		{"trickle", "r1", map[string]string{"Content-Type": good["Content-Type"], "If-Match": `"abc"`}, fragment, 422},
		{"another kind of body", "r1", map[string]string{"Content-Type": "application/sdp", "If-Match": "*"}, fragment, 415},
		{"too much", "r1", good, strings.Repeat("x", maxFragment+1), 413},
		{"at the endpoint", "", good, fragment, 405},
	} {
		resp := ask(http.MethodPatch, c.id, c.set, c.body)
		if resp.StatusCode != c.want {
			t.Errorf("%s: status %d, want %d", c.name, resp.StatusCode, c.want)
		}
		body, _ := io.ReadAll(resp.Body)
		if c.want == 200 && (string(body) != "a=ice-ufrag:new\r\n" || resp.Header.Get("ETag") == "" || resp.Header.Get("Content-Type") != good["Content-Type"]) {
			t.Errorf("%s: %q, %v", c.name, body, resp.Header)
		}
	}
	if tag := ask(http.MethodPost, "", map[string]string{"Content-Type": "application/sdp"}, "v=0\r\n").Header.Get("ETag"); tag == "" {
		t.Error("the answer to an offer names no ICE session")
	}
}
