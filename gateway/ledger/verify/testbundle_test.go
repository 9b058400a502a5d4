package verify_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"parda/gateway/bundle"
	"parda/gateway/ledger"
	"parda/gateway/store"
)

// signer is a seat's key, as a browser holds it.
type signer struct {
	seat, role string
	key        *ecdsa.PrivateKey
}

func newSigner(t testing.TB, seat, role string) signer {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return signer{seat, role, k}
}

func (s signer) spki(t testing.TB) []byte {
	t.Helper()
	b, err := x509.MarshalPKIXPublicKey(&s.key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sign gives r || s, as WebCrypto does.
func (s signer) sign(t testing.TB, message []byte) []byte {
	t.Helper()
	sum := sha256.Sum256(message)
	r, v, err := ecdsa.Sign(rand.Reader, s.key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	out := make([]byte, 64)
	r.FillBytes(out[:32])
	v.FillBytes(out[32:])
	return out
}

type obj map[string]any

// scene is a hearing that a test can bend before it is sealed.
type scene struct {
	t      testing.TB
	ledger *ledger.Ledger
	judge  signer
	clerk  signer
	now    atomic.Int64 // Unix milliseconds; the ledger's own goroutine reads it too

	pdf, json  []byte
	recordings [][]byte
	drop       map[string]bool // codes that are left out
	seal       func(obj)       // bends the closing entry's payload
	signed     func(obj)       // bends the judge's protocol.signed
	ordered    func(obj)       // bends order.signed
	segment    func(int, obj)  // bends recording.segment
	head       func(*ledger.Checkpoint)
	swap       []byte // the PDF that goes into the bundle in place of the signed one
	events     func([]ledger.Event) []ledger.Event
}

const hearingID = "h1"

func newScene(t testing.TB) *scene {
	t.Helper()
	return openScene(t, t.TempDir())
}

// openScene goes on with what is in dir.
func openScene(t testing.TB, dir string) *scene {
	t.Helper()
	s, err := store.Open(filepath.Join(dir, "store"))
	if err != nil {
		t.Fatal(err)
	}
	sc := &scene{
		t: t, judge: newSigner(t, "judge", "presiding_judge"), clerk: newSigner(t, "clerk", "court_clerk"),
		pdf: []byte("%PDF-1.4 protocol"), json: []byte(`{"protocol":1}`),
		recordings: [][]byte{[]byte("webm one"), []byte("webm two"), []byte("webm three")},
		drop:       map[string]bool{},
	}
	sc.now.Store(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC).UnixMilli())
	l, err := ledger.Open(ledger.Config{Dir: filepath.Join(dir, "ledger"), Store: s, Now: sc.clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	sc.ledger = l
	return sc
}

func (s *scene) clock() time.Time { return time.UnixMilli(s.now.Load()).UTC() }

func (s *scene) add(code, actor string, payload obj) {
	s.t.Helper()
	s.now.Add(1000)
	if s.drop[code] {
		return
	}
	if _, err := s.ledger.Append(s.t.Context(), hearingID, ledger.Draft{Code: code, Actor: actor, Payload: payload}); err != nil {
		s.t.Fatal(err)
	}
}

func bend(f func(obj), p obj) obj {
	if f != nil {
		f(p)
	}
	return p
}

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// write plays the hearing and writes its bundle.
func (s *scene) write() string {
	t := s.t
	t.Helper()
	s.add("hearing.created", "system", obj{"hearing": hearingID, "case_no": "1-234/2026", "court": "baku"})
	for _, k := range []signer{s.judge, s.clerk} {
		s.add("key.enrolled", k.seat, obj{"seat": k.seat, "role": k.role, "key": k.spki(t), "key_code": "1234 5678"})
	}
	order := []byte(`{"hearing":"h1","parda_order":1}`)
	s.add("order.signed", "judge", bend(s.ordered, obj{"bytes": order, "signature": s.judge.sign(t, order), "key": s.judge.spki(t), "by": "presiding_judge", "version": 1}))
	s.add("entry.added", "clerk", obj{"id": "e1", "kind": "question", "text": "Nə gördünüz? \"Ə\" ğ ı İ\n\u2028 <&> \U0001F600", "by": "court_clerk"})
	files := []bundle.File{{Name: "protocol/protocol.pdf", Content: s.pdf}, {Name: "protocol/protocol.json", Content: s.json},
		{Name: "annex/leak-report.json", Content: []byte(`{"format":"parda-leak-report/1"}`)}, {Name: "annex/leak-report.az.html", Content: []byte("<!doctype html><p>Heç nə")},
		{Name: "annex/leak-report.en.html", Content: []byte("<!doctype html><p>Nothing")}, {Name: "annex/leak-report.ru.html", Content: []byte("<!doctype html><p>Ничего")}}
	for i, b := range s.recordings {
		name := []string{"recordings/0001.webm", "recordings/0002.webm", "recordings/0003.webm"}[i]
		p := obj{"label": "witness/puppet+neutral", "file": name, "sha256": hexSum(b), "start": s.clock().Add(time.Duration(i) * 10 * time.Second), "duration_ms": 7000 + 2000*i}
		if s.segment != nil {
			s.segment(i, p)
		}
		s.add("recording.segment", "system", p)
		files = append(files, bundle.File{Name: name, Content: b})
	}
	c, err := s.ledger.Checkpoint(t.Context(), hearingID)
	if err != nil {
		t.Fatal(err)
	}
	if s.head != nil {
		s.head(&c)
	}
	statement, err := bundle.Statement(hearingID, c, hexSum(s.pdf), hexSum(s.json))
	if err != nil {
		t.Fatal(err)
	}
	s.add("protocol.rendered", "system", obj{"statement": statement, "pdf_sha256": hexSum(s.pdf), "json_sha256": hexSum(s.json)})
	for _, k := range []signer{s.judge, s.clerk} {
		p := obj{"seat": k.seat, "role": k.role, "signature": k.sign(t, statement), "key": k.spki(t), "statement_sha256": hexSum(statement)}
		if k.seat == "judge" {
			bend(s.signed, p)
		}
		s.add("protocol.signed", k.seat, p)
	}
	return s.finish(files)
}

func (s *scene) finish(files []bundle.File) string {
	t := s.t
	t.Helper()
	if s.swap != nil {
		files[0].Content = s.swap
	}
	m, err := bundle.NewManifest(hearingID, files)
	if err != nil {
		t.Fatal(err)
	}
	s.add("hearing.sealed", "system", bend(s.seal, obj{"signed_by": []string{"presiding_judge", "court_clerk"}, "bundle_json_sha256": m.SHA256()}))
	c, err := s.ledger.Checkpoint(t.Context(), hearingID)
	if err != nil {
		t.Fatal(err)
	}
	events, err := s.ledger.Load(t.Context(), hearingID)
	if err != nil {
		t.Fatal(err)
	}
	if s.events != nil {
		events = s.events(events)
		c.Size = uint64(len(events)) // the writer's own check; the note keeps what was signed
	}
	info, err := bundle.Write(t.TempDir(), m, bundle.Record{Events: events, Checkpoint: c, VerifierKey: s.ledger.VerifierKey(hearingID)})
	if err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(info.Path); err != nil || int64(len(b)) != info.Size || hexSum(b) != info.SHA256 {
		t.Fatal("what was written is not what was reported", err)
	}
	return info.Path
}
