package signaling

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestTheSDPDoorKeepsToRFC9725(t *testing.T) {
	door := &Door{
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Open: func(_ context.Context, r *http.Request, hearing, offer string) (string, string, error) {
			switch {
			case r.Header.Get("Authorization") != "Bearer right":
				return "", "", Refuse("token_wrong", "This token opens nothing here.", nil)
			case hearing != "demo":
				return "", "", Refuse("hearing_unknown", "There is no such hearing.", nil)
			case offer != "v=0":
				return "", "", Refuse("sdp_invalid", "The offer cannot be read.", nil)
			}
			return "v=0 answer", "abc", nil
		},
		End: func(_ context.Context, _ *http.Request, hearing, id string) error {
			if id != "abc" {
				return Refuse("seat_unknown", "There is no such connection.", nil)
			}
			return nil
		},
		ICEServers: func(*http.Request, string) []ICEServer {
			return []ICEServer{{URLs: []string{"turn:127.0.0.1:3478"}, Username: "u", Credential: "c"}}
		},
	}
	mux := http.NewServeMux()
	mux.Handle("/whip/{hearing}", door)
	mux.Handle("/whip/{hearing}/{id}", door)
	srv := httptest.NewServer(mux)
	defer srv.Close()
	defer http.DefaultClient.CloseIdleConnections()

	for _, tc := range []struct {
		rule, method, path, token, kind, body string
		status                                int
		holds                                 string
	}{
		{"an offer gets 201 and an answer", "POST", "/whip/demo", "right", "application/sdp", "v=0", 201, "v=0 answer"},
		{"a wrong token gets 401", "POST", "/whip/demo", "wrong", "application/sdp", "v=0", 401, "token_wrong"},
		{"an unknown hearing gets 404", "POST", "/whip/other", "right", "application/sdp", "v=0", 404, "hearing_unknown"},
		{"what is not SDP gets 415", "POST", "/whip/demo", "right", "text/plain", "v=0", 415, "media_refused"},
		{"a malformed offer gets 400", "POST", "/whip/demo", "right", "application/sdp", "nonsense", 400, "sdp_invalid"},
		{"a body of 10 MB gets 413", "POST", "/whip/demo", "right", "application/sdp", strings.Repeat("v", 10<<20), 413, "too_large"},
		{"the resource ends by DELETE", "DELETE", "/whip/demo/abc", "right", "", "", 200, ""},
		{"a PATCH that names no ICE session gets 428", "PATCH", "/whip/demo/abc", "right", "application/trickle-ice-sdpfrag", "", 428, ""},
		{"OPTIONS says what may be posted", "OPTIONS", "/whip/demo", "", "", "", 204, ""},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			req, err := http.NewRequest(tc.method, srv.URL+tc.path, strings.NewReader(tc.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+tc.token)
			req.Header.Set("Content-Type", tc.kind)
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			body, _ := io.ReadAll(res.Body)
			if res.StatusCode != tc.status || !strings.Contains(string(body), tc.holds) {
				t.Errorf("%d %q, want %d with %q", res.StatusCode, body, tc.status, tc.holds)
			}
			if tc.status == 201 && (res.Header.Get("Location") != "/whip/demo/abc" || !strings.Contains(res.Header.Get("Link"), `rel="ice-server"`)) {
				t.Errorf("Location %q, Link %q", res.Header.Get("Location"), res.Header.Get("Link"))
			}
		})
	}
}

// deadlined is a response writer that remembers the deadline that was set for reading the request.
type deadlined struct {
	*httptest.ResponseRecorder
	read []time.Time
}

func (d *deadlined) SetReadDeadline(t time.Time) error { d.read = append(d.read, t); return nil }

func TestAnOfferMustArriveInTime(t *testing.T) {
	d := &Door{Log: slog.New(slog.DiscardHandler), Open: func(context.Context, *http.Request, string, string) (string, string, error) {
		return "answer", "id", nil
	}}
	r := httptest.NewRequest(http.MethodPost, "/whip/demo", strings.NewReader("v=0"))
	r.Header.Set("Content-Type", "application/sdp")
	w := &deadlined{ResponseRecorder: httptest.NewRecorder()}
	d.ServeHTTP(w, r)
	if len(w.read) != 2 || time.Until(w.read[0]) <= 0 || time.Until(w.read[0]) > bodyWithin || !w.read[1].IsZero() {
		t.Errorf("deadlines for the body: %v", w.read)
	}
}
