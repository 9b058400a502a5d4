package main

import (
	"bufio"
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzHTTP: whatever request comes, by whatever header, to the pages' server, it is answered and the answer is no fault of the gateway's own.
func FuzzHTTP(f *testing.F) {
	app, err := Open(testConfig(f.TempDir()), slog.New(slog.DiscardHandler))
	if err != nil {
		f.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- app.Run(ctx) }()
	f.Cleanup(func() { cancel(); <-done })
	routes := app.routes(true)
	for _, seed := range []string{
		"GET /h/demo/judge HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST /api/demo/seats/judge/enter HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\n\r\n{\"code\":\"x\"}",
		"POST /whip/demo?rendering=%00 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\nContent-Type: application/sdp\r\nContent-Length: 3\r\n\r\nv=0",
		"POST /whep/demo?seat=gallery HTTP/1.1\r\nHost: x\r\nCookie: parda_demo_gallery=x\r\nContent-Type: application/sdp\r\nContent-Length: 3\r\n\r\nv=0",
		"PATCH /whep/demo/abc HTTP/1.1\r\nHost: x\r\nIf-Match: *\r\nContent-Type: application/trickle-ice-sdpfrag\r\nContent-Length: 0\r\n\r\n",
		"GET /ws/demo?seat=judge HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\nCookie: parda_demo_judge=x\r\n\r\n",
		"GET /api/demo/bundle?seat=../../x HTTP/1.1\r\nHost: x\r\nRange: bytes=0-,-1\r\n\r\n",
		"GET /assets/..%2f..%2fgateway.key HTTP/1.0\r\n\r\n",
		"GET /metrics HTTP/1.1\r\nHost: x\r\nOrigin: https://x%zz\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(b)))
		if err != nil {
			return // net/http's own refusal
		}
		r.RemoteAddr = "192.0.2.1:1"
		app.turnstiles = newTurnstiles()
		w := httptest.NewRecorder()
		routes.ServeHTTP(w, r)
		if w.Code >= http.StatusInternalServerError && w.Code != http.StatusServiceUnavailable && w.Code != http.StatusNotImplemented {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if strings.Contains(w.Body.String(), "packets_forwarded") {
			t.Fatal("the counts of packets are shown to the network")
		}
	})
}
