package main

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"parda/gateway/identity"
)

// An identity that is planted with fifty identifiers, and what they have in common: one mark of this run, drawn at random so that no program and no file
// holds it beforehand. Whoever finds an identifier in some form finds the mark in that form, so that one search finds them all.
type plantedIdentity struct {
	mark   string
	words  []string
	record map[string]string
}

// newMark draws one. A second one, in a place where the gateway may hold it, shows that each search would find.
func newMark() string {
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return "Zq" + strings.NewReplacer("0", "ə", "1", "ğ", "2", "ş").Replace(fmt.Sprintf("%x", b)) + "ə"
}

func plantIdentity() plantedIdentity {
	p := plantedIdentity{mark: newMark(), record: map[string]string{}}
	plant := func(kind string) string {
		word := fmt.Sprintf("%s-%s-%d", p.mark, kind, len(p.words))
		p.words = append(p.words, word)
		return word
	}
	many := func(kind string, n int) string {
		all := make([]string, n)
		for i := range all {
			all[i] = plant(kind)
		}
		return strings.Join(all, ", ")
	}
	p.record["name"], p.record["birth"], p.record["address"] = many("name", 4), many("born", 2), many("street", 6)
	p.record["documents"], p.record["relatives"], p.record["text"] = many("passport", 8), many("sister <of>", 15), many("told & \"said\"", 13)
	p.record["photo"] = base64.StdEncoding.EncodeToString([]byte("\xff\xd8\xff" + many("face", 2) + "\xff\xd9"))
	return p
}

func TestFiftyIdentifiersArePlanted(t *testing.T) {
	p := plantIdentity()
	if len(p.words) != 50 {
		t.Fatalf("%d identifiers", len(p.words))
	}
	all := p.record["name"] + p.record["birth"] + p.record["address"] + p.record["documents"] + p.record["relatives"] + p.record["text"] + p.record["photo"]
	h := &haystack{all: map[string][]byte{"record": []byte(all)}}
	for _, w := range p.words {
		if !h.hold("record", w) {
			t.Errorf("%s is not in the record", w)
		}
	}
	escaped, _ := json.Marshal(map[string]any{"a": all})
	for as, b := range map[string][]byte{"JSON": escaped, "JSON with escapes": []byte(strconv.QuoteToASCII(all)), "base64": []byte(base64.StdEncoding.EncodeToString([]byte(all))),
		"base64 one byte on": []byte(base64.URLEncoding.EncodeToString([]byte("x" + all))), "hexadecimal": []byte(hex.EncodeToString([]byte(all))), "UTF-16": forms(all)[2].bytes} {
		if h := (&haystack{all: map[string][]byte{"x": b}}); !h.hold("x", p.mark) {
			t.Errorf("an identity that is written as %s would not be found", as)
		}
	}
	for _, f := range forms(p.mark) {
		if len(f.bytes) < 8 {
			t.Errorf("the mark as %s is too short to mean anything", f.name)
		}
	}
}

// nowhere fails for each place that holds the mark, or one of the identifiers in any form.
func (p plantedIdentity) nowhere(t *testing.T, h *haystack) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	total := 0
	for where, b := range h.all {
		total += len(b)
		for _, f := range forms(p.mark) {
			if bytes.Contains(b, f.bytes) {
				t.Errorf("%s holds the identity (%s)", where, f.name)
			}
		}
	}
	t.Logf("%d identifiers by their mark in %d forms: %d places, %d bytes", len(p.words), len(forms(p.mark)), len(h.all), total)
}

// A whole hearing with an opening: neither database, write-ahead log, ledger, log, metrics, messages, protocol nor bundle holds anything of the identity, though the
// reader reads it all (I7).
func TestNothingOfASealedIdentityIsInAnythingThatAHearingLeavesOrSays(t *testing.T) {
	dir := t.TempDir()
	plants, sinks := plantIdentity(), &haystack{all: map[string][]byte{}}
	c := assemble(t, dir)
	v := seatCourt(t, c.app, firstCode(t, c.app), sinks)
	v.sendsUnsealed(plants)
	person, pseudonym := v.protect(plants.record)
	v.judge.must("POST", "/api/vault/persons/"+person+"/orders", map[string]any{"kind": "reuse", "hearing": "demo", "why": "she testifies here", "ground": "other_case"})
	c.judge.must("testimony.call", map[string]any{"without_certificate": true, "reason": "this test has no officer", "confirm": true})
	opening := v.order(person, "demo", true)
	v.release(v.judge, opening)
	v.release(v.prosecutor, opening)
	read := v.read(opening)
	for _, w := range plants.words {
		found := false
		for _, field := range read {
			photo, _ := base64.StdEncoding.DecodeString(field)
			found = found || strings.Contains(field, w) || bytes.Contains(photo, []byte(w))
		}
		if !found {
			t.Errorf("the reader did not read %s: nothing would be proved", w)
		}
	}
	sinks.addFolder(t, dir) // while it is open: with the write-ahead log
	live := &haystack{all: map[string][]byte{}}
	live.addFolder(t, filepath.Join(dir, "store"))
	if !live.hold("file /parda.db-wal", opening) {
		t.Error("the opening is not found in the write-ahead log: the search proves nothing there")
	}
	into[identity.State](v.prosecutor, "GET", "/api/vault/state", nil)
	v.investigator.must("POST", "/api/vault/openings/"+opening+"/end", nil)
	c.clerk.must("entry.add", map[string]string{"kind": "note", "text": passesAsText})
	c.app.log.Info(passesInTheLog)
	c.room.must("testimony.pause", map[string]string{"why": "break"})
	c.judge.must("testimony.release", nil)
	c.collectOverHTTP(t, dir, sinks)
	c.app.end()
	sinks.add("log", []byte(c.app.logged()))
	for _, p := range []*page{c.judge, c.clerk, c.defence, c.prosecutor, c.gallery, c.room} {
		p.mu.Lock()
		sinks.add(p.seat+" WebSocket", p.all)
		p.mu.Unlock()
	}
	sinks.addFolder(t, dir)
	for _, control := range []struct{ word, in string }{
		{pseudonym, "HTTP answers"}, {pseudonym, "file /store/parda.db"}, {opening, "file /store/parda.db"}, {opening, "bundle"}, {opening, "judge WebSocket"},
		{passesInTheLog, "log"}, {passesAsText, "bundle"}, {passesAsText, "GET /api/demo/protocol.pdf"}, {"parda_publications", "GET /metrics"}, {`"pdf_sha256"`, "bundle"},
	} {
		if !sinks.hold(control.in, control.word) {
			t.Errorf("%q is not found in %s: the search proves nothing there", control.word, control.in)
		}
	}
	plants.nowhere(t, sinks)
}

// sendsUnsealed is a seat with a fault, which sends an identity in clear in every place that is for something sealed. It is refused, and the refusal's cause, which
// is logged, quotes nothing of it.
func (v *vaultCourt) sendsUnsealed(plants plantedIdentity) {
	v.t.Helper()
	person := text(v.investigator.must("POST", "/api/vault/persons", map[string]any{}), "person")
	clear, _ := json.Marshal(plants.record)
	word, share := plants.words[0], map[string]any{"half": 1, "holder": "judge", "key": strings.Repeat("0", 64), "share": clear}
	envelope := map[string]any{"parda_vault": 1, "person": person, "court": "baku", "version": 1, "payload": clear, "shares": []any{share}}
	at := "/api/vault/persons/" + person
	for _, r := range []struct {
		by   *sitter
		path string
		body any
	}{
		{v.investigator, at + "/envelope", envelope}, {v.investigator, at + "/envelope", clear}, {v.investigator, at + "/envelope", []byte(word)},
		{v.investigator, at + "/envelope", map[string]any{word: 1}}, {v.investigator, at + "/envelope", map[string]any{"payload": word}},
		{v.investigator, at + "/envelope", map[string]any{"version": word}}, {v.investigator, "/api/vault/persons/" + url.PathEscape(word) + "/envelope", envelope},
		{v.judge, at + "/share", map[string]any{"person": person, "version": 1, "share": share, "from": word}}, {v.judge, at + "/share", map[string]any{word: 1}},
		{v.judge, "/api/vault/openings", map[string]any{"person": word, "from": word}}, {v.judge, "/api/vault/openings", map[string]any{word: 1}},
		{v.judge, "/api/vault/openings/" + url.PathEscape(word) + "/release", map[string]any{"half": 1, "holder": word, "share": clear}},
		{v.judge, "/api/vault/keys", map[string]any{"card": map[string]string{"recipient": word, "verify": word}}},
		{v.judge, "/api/vault/recovery", map[string]any{"cards": []any{map[string]string{"recipient": word, "verify": word}}, "codes": []string{word}}},
		{&sitter{t: v.t, at: v.judge.at}, "/api/vault/pair/take", map[string]any{"code": word, "companion": map[string]string{"version": word, "sha256": word}}},
	} {
		if m, refusal := r.by.ask("POST", r.path, r.body); refusal == "" {
			v.t.Errorf("%s took it: %v", r.path, m)
		} else if b, _ := json.Marshal(m); bytes.Contains(b, []byte(plants.mark)) {
			v.t.Errorf("%s answers with it: %s", r.path, b)
		}
	}
}

// The gateway's own program with an opening in it: its memory while the reader reads, all that went over its port, and all that it wrote. It is another process than
// this one, which plays the seats and knows everything.
func TestNothingOfASealedIdentityIsInTheGatewaysMemoryNorOnItsWire(t *testing.T) {
	dir := t.TempDir()
	port := freePort(t)
	config := filepath.Join(dir, "gateway.toml")
	toml := fmt.Sprintf("data = %q\n[http]\nlisten = \"\"\nlocal = \"127.0.0.1:%d\"\n[media]\nudp = \"127.0.0.1:0\"\ntcp = \"\"\n[turn]\nudp = \"\"\ntcp = \"\"\n[tripwire]\naudio = \"off\"\n"+
		"[[hearing]]\nid = \"demo\"\ncase_no = \"1\"\ncourt = \"baku\"\npseudonym = \"Lalə\"\ntemplate = \"identity_hidden\"\nreason = \"threatened\"\n", filepath.Join(dir, "data"), port)
	if err := os.WriteFile(config, []byte(toml), 0o600); err != nil {
		t.Fatal(err)
	}
	plants, control, sinks := plantIdentity(), newMark(), &haystack{all: map[string][]byte{}}
	wire := captureLoopback(t, port)
	gateway := startProcess(t, config)
	if len(gateway.links.Administrators) != 1 {
		t.Fatalf("%d first administrators", len(gateway.links.Administrators))
	}
	at := outside{gateway.links.Gateway}
	v := seatCourt(t, at, gateway.links.Administrators[0].Code, nil)
	named := v.admin.must("POST", "/api/people", map[string]any{"name": control, "login": "controlled", "roles": []string{"court_clerk"}})
	person, pseudonym := v.protect(plants.record)
	v.judge.must("POST", "/api/vault/persons/"+person+"/orders", map[string]any{"kind": "reuse", "hearing": "demo", "why": "she testifies here", "ground": "other_case"})
	opening := v.order(person, "demo", true)
	v.release(v.judge, opening)
	v.release(v.prosecutor, opening)
	if read := v.read(opening); !strings.Contains(read["name"], plants.words[0]) {
		t.Fatal("the reader did not read: nothing would be proved")
	}
	v.admin.must("GET", "/api/people", nil) // the control passes once more, so that it is in memory for sure
	sinks.add("memory", memoryOf(t, gateway.cmd.Process.Pid))
	v.investigator.must("POST", "/api/vault/openings/"+opening+"/end", nil)
	for _, path := range []string{"/metrics", "/healthz", "/vault", "/nothing"} {
		res, err := http.Get(at.URL() + path)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(res.Body)
		res.Body.Close()
		sinks.add("GET "+path, b)
	}
	sinks.addFolder(t, dir)
	if wire != nil {
		sinks.add("wire", wire.stop())
	}
	controls := [][2]string{{control, "memory"}, {pseudonym, "memory"}, {control, "file /data/store/parda.db"}, {"parda_publications", "GET /metrics"}}
	if wire != nil {
		controls = append(controls, [2]string{control, "wire"}, [2]string{pseudonym, "wire"}, [2]string{text(named, "person", "person"), "wire"})
	}
	for _, c := range controls {
		if !sinks.hold(c[1], c[0]) {
			t.Errorf("%q is not found in %s: the search proves nothing there", c[0], c[1])
		}
	}
	plants.nowhere(t, sinks)
}
