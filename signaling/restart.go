package signaling

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"mime"
	"net/http"
)

// ErrNoConnection is what Door.Restart gives for a resource whose connection is gone, or not up yet: the client offers anew.
var ErrNoConnection = errors.New("signaling: the resource has no connection")

// maxFragment is the largest fragment of SDP that a PATCH may hold, in bytes.
const maxFragment = 4 << 10

const fragmentType = "application/trickle-ice-sdpfrag"

// patch restarts ICE (RFC 9725 section 4.3.2): a client whose network changed sends its new credentials, with If-Match "*", and gets the server's. There is no
// trickle: a PATCH for the ICE session that there is, by its entity tag, is answered with 422, as the RFC wants of a server without.
func (d *Door) patch(w http.ResponseWriter, r *http.Request, id string) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch match := r.Header.Get("If-Match"); {
	case err != nil || kind != fragmentType:
		w.Header().Set("Accept-Patch", fragmentType)
		w.WriteHeader(http.StatusUnsupportedMediaType)
		return
	case match == "":
		w.WriteHeader(http.StatusPreconditionRequired)
		return
	case match != "*":
		w.WriteHeader(http.StatusUnprocessableEntity)
		return
	}
	fragment, err := d.body(w, r, maxFragment)
	if err != nil {
		WriteError(w, d.Log, err)
		return
	}
	answer, err := d.Restart(r.Context(), r, r.PathValue("hearing"), id, fragment)
	switch {
	case errors.Is(err, ErrNoConnection):
		w.WriteHeader(http.StatusNotFound)
	case err != nil:
		WriteError(w, d.Log, err)
	default:
		w.Header().Set("Content-Type", fragmentType)
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("ETag", iceTag())
		w.WriteHeader(http.StatusOK)
		io.WriteString(w, answer)
	}
}

// iceTag is the entity tag of a new ICE session: random, since nothing but "*" is ever matched.
func iceTag() string {
	var b [8]byte
	rand.Read(b[:]) // crypto/rand never fails
	return `"` + hex.EncodeToString(b[:]) + `"`
}
