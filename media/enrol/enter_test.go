package enrol

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// Somebody between the room and the court (A2) answers the first question with a refusal, before anybody has proved to be the court. The station destroys what it keeps of
// a testimony when it hears "revoked", so that word counts from the court alone.
func TestARefusalCountsOnlyFromAGatewayThatHasProvedToBeTheCourts(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{"device_revoked", "device_expired", "device_unknown", "device_not_assigned", "device_between", "device_proof"} {
		between := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"type":"error","code":"`+code+`"}`)
		}))
		d := &Device{key: key, now: time.Now}
		told := false
		a := ByDevice(d, between.URL, "h-1", "witness")
		a.Revoked = func() { told = true }
		_, err := a.Get(t.Context())
		between.Close()
		var refused *Refused
		if !errors.Is(err, ErrGateway) || errors.As(err, &refused) || told {
			t.Errorf("%s: %v, told the station %v", code, err, told)
		}
	}
}
