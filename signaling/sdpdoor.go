package signaling

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// bodyWithin is how long an offer may take to arrive where the door is not told otherwise.
const bodyWithin = 10 * time.Second

// Door is the HTTP side of WHIP (RFC 9725) and WHEP: an SDP offer is posted, an answer and a resource come back, and DELETE ends
// it. The two protocols differ in the direction of the media, which is the business of Open.
//
// It serves POST and OPTIONS on the endpoint, DELETE and PATCH on the resource. A PATCH restarts ICE (restart.go). There is no trickle: all
// candidates are in the offer and the answer.
type Door struct {
	// Open authorises the request, takes the offer and returns the answer and an id for the resource.
	Open func(ctx context.Context, r *http.Request, hearing, offer string) (answer, id string, err error)
	// End authorises the request and ends the resource.
	End func(ctx context.Context, r *http.Request, hearing, id string) error
	// Restart authorises the request and restarts the resource's ICE with the client's credentials in the fragment (RFC 8840). Errors: ErrNoConnection.
	Restart func(ctx context.Context, r *http.Request, hearing, id, fragment string) (answer string, err error)
	// ICEServers are offered in Link headers (RFC 9725, section 4.6) to a request that Open took; may be nil.
	ICEServers func(r *http.Request, hearing string) []ICEServer
	// Within is how long a body may take to arrive; zero: 10 s.
	Within time.Duration
	Log    *slog.Logger
}

// ServeHTTP answers one request. The router sets the path values "hearing" and, for a resource, "id".
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	switch {
	case r.Method == http.MethodPost && id == "":
		d.post(w, r)
	case r.Method == http.MethodDelete && id != "":
		d.delete(w, r, id)
	case r.Method == http.MethodPatch && id != "":
		d.patch(w, r, id)
	case r.Method == http.MethodOptions && id == "":
		w.Header().Set("Accept-Post", "application/sdp")
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Allow", "POST, DELETE, PATCH, OPTIONS")
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

func (d *Door) post(w http.ResponseWriter, r *http.Request) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/sdp" {
		WriteError(w, d.Log, Refuse("media_refused", "The body must be application/sdp.", err))
		return
	}
	offer, err := d.body(w, r, MaxSDP)
	if err != nil {
		WriteError(w, d.Log, err)
		return
	}
	answer, id, err := d.Open(r.Context(), r, r.PathValue("hearing"), offer)
	if err != nil {
		WriteError(w, d.Log, err)
		return
	}
	if d.ICEServers != nil {
		for _, s := range d.ICEServers(r, r.PathValue("hearing")) {
			w.Header().Add("Link", iceLink(s))
		}
	}
	w.Header().Set("Content-Type", "application/sdp")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("ETag", iceTag())
	// The resource asks for the same right as the endpoint, so its address keeps the question: a player's seat.
	resource := url.URL{Path: strings.TrimSuffix(r.URL.Path, "/") + "/" + id, RawQuery: r.URL.RawQuery}
	w.Header().Set("Location", resource.String())
	w.WriteHeader(http.StatusCreated)
	io.WriteString(w, answer)
}

// body reads a body of at most so many bytes. Nobody has been asked for a token yet, so one that trickles in must not hold a connection. Where w knows no
// deadline (a test), the size alone bounds it.
func (d *Door) body(w http.ResponseWriter, r *http.Request, most int64) (string, error) {
	within := d.Within
	if within == 0 {
		within = bodyWithin
	}
	connection := http.NewResponseController(w)
	_ = connection.SetReadDeadline(time.Now().Add(within))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	// After an error the deadline stays: the server reads what is left of a body before it closes, and would wait for ever for one that never comes.
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return "", Refuse("too_large", "The body is too large.", err)
	case err != nil:
		return "", Refuse("bad_message", "The body did not arrive.", err)
	}
	_ = connection.SetReadDeadline(time.Time{})
	return string(body), nil
}

func (d *Door) delete(w http.ResponseWriter, r *http.Request, id string) {
	if err := d.End(r.Context(), r, r.PathValue("hearing"), id); err != nil {
		WriteError(w, d.Log, err)
		return
	}
	w.WriteHeader(http.StatusOK)
}

func iceLink(s ICEServer) string {
	var b strings.Builder
	for i, u := range s.URLs {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("<" + u + `>; rel="ice-server"`)
		if s.Username != "" {
			b.WriteString(`; username="` + s.Username + `"; credential="` + s.Credential + `"; credential-type="password"`)
		}
	}
	return b.String()
}
