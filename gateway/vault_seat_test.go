package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"parda/gateway/access/virtualkey"
	"parda/gateway/identity"
	"parda/gateway/identity/testseat"
)

// sitter is a person of the court with her passkey, her browser's cookie, the token of her companion and her key of the vault.
type sitter struct {
	t       *testing.T
	at      gatewayAt
	id      string
	passkey *virtualkey.Key
	cookie  *http.Cookie
	token   string // of her companion; "" for none
	seat    *testseat.Key
	heard   *haystack // all that the gateway answered, where a test keeps it
}

// claim makes an account of a one-time code. name is for the first administrator's alone.
func claim(t *testing.T, at gatewayAt, code, name string) *sitter {
	t.Helper()
	s := &sitter{t: t, at: at, passkey: virtualkey.New(at.URL(), "localhost")}
	args := map[string]any{"code": code}
	if name != "" {
		args["name"], args["login"] = name, strings.ToLower(name)
	}
	begun := s.must("POST", "/api/account/claim/begin", args)
	credential, err := s.passkey.Create(begun)
	if err != nil {
		t.Fatal(err)
	}
	args["label"], args["credential"] = "key", credential
	me := s.must("POST", "/api/account/claim/finish", args)
	s.id = text(me, "person", "person")
	if s.cookie == nil || s.id == "" {
		t.Fatalf("no session: %v", me)
	}
	return s
}

// enrol makes an account with a role, claimed by its person.
func (s *sitter) enrol(name, role string) *sitter {
	s.t.Helper()
	made := s.must("POST", "/api/people", map[string]any{"name": name, "login": strings.ToLower(name), "roles": []string{role}})
	return claim(s.t, s.at, text(made, "code"), "")
}

func text(m map[string]any, path ...string) string {
	for i, p := range path {
		if i == len(path)-1 {
			v, _ := m[p].(string)
			return v
		}
		m, _ = m[p].(map[string]any)
	}
	return ""
}

// send asks once. proof is the header's value, "" for none.
func (s *sitter) send(method, path string, body []byte, proof string) (int, map[string]any, []byte) {
	s.t.Helper()
	req, err := http.NewRequest(method, s.at.URL()+path, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if s.token != "" && strings.HasPrefix(path, "/api/vault/") && path != "/api/vault/pair" {
		req.Header.Set("Authorization", "Bearer "+s.token)
	} else if s.cookie != nil {
		req.AddCookie(s.cookie)
	}
	if proof != "" {
		req.Header.Set("Parda-Proof", proof)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, c := range res.Cookies() {
		if c.Name == "parda_person" {
			s.cookie = c
		}
	}
	if s.heard != nil {
		s.heard.add("HTTP answers", raw)
	}
	var m map[string]any
	_ = json.Unmarshal(raw, &m)
	return res.StatusCode, m, raw
}

// ask asks, and where a fresh act is wanted, gives it: a touch of the passkey, or the companion's proof by the key. It returns the refusal's code, "" for none.
func (s *sitter) ask(method, path string, args any) (map[string]any, string) {
	s.t.Helper()
	body, isRaw := args.([]byte)
	if !isRaw && args != nil {
		var err error
		if body, err = json.Marshal(args); err != nil {
			s.t.Fatal(err)
		}
	}
	status, m, _ := s.send(method, path, body, "")
	if text(m, "code") == "step_up_required" && status == http.StatusForbidden {
		status, m, _ = s.send(method, path, body, s.proof(m, body))
	}
	if status >= 300 {
		return m, text(m, "code")
	}
	return m, ""
}

func (s *sitter) proof(refusal map[string]any, body []byte) string {
	s.t.Helper()
	if challenge := text(refusal, "step_up", "challenge"); challenge != "" {
		return s.seat.Prove(challenge, body)
	}
	proof, err := s.passkey.Get(refusal["step_up"])
	if err != nil {
		s.t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(proof)
}

func (s *sitter) must(method, path string, args any) map[string]any {
	s.t.Helper()
	m, refusal := s.ask(method, path, args)
	if refusal != "" {
		s.t.Fatalf("%s %s: %v", method, path, m)
	}
	return m
}

// into asks and reads the answer into a value.
func into[T any](s *sitter, method, path string, args any) (v T) {
	s.t.Helper()
	m := s.must(method, path, args)
	b, _ := json.Marshal(m)
	if err := json.Unmarshal(b, &v); err != nil {
		s.t.Fatal(err)
	}
	return v
}

const companionSum = "5c0ffee05c0ffee05c0ffee05c0ffee05c0ffee05c0ffee05c0ffee05c0ffee0"

// pair gives her a companion, as the program on her machine would be let in.
func (s *sitter) pair() *sitter {
	s.t.Helper()
	code := text(s.must("POST", "/api/vault/pair", map[string]any{}), "code")
	stranger := &sitter{t: s.t, at: s.at, heard: s.heard}
	s.token = text(stranger.must("POST", "/api/vault/pair/take", map[string]any{"code": code, "companion": map[string]string{"version": "1.2.3", "sha256": companionSum}}), "token")
	if s.token == "" {
		s.t.Fatal("the companion got no token")
	}
	return s
}

// announce makes a key in her seat and tells the court its public half.
func (s *sitter) announce() *sitter {
	s.t.Helper()
	var err error
	if s.seat, err = testseat.NewKey(); err != nil {
		s.t.Fatal(err)
	}
	s.must("POST", "/api/vault/keys", map[string]any{"card": s.seat.Card})
	return s
}

// vaultCourt is a court with the people and the keys that the vault needs.
type vaultCourt struct {
	t                                      *testing.T
	admin, judge, prosecutor, investigator *sitter
	recovery                               [2]*testseat.Key
	cards                                  map[string]identity.Card
}

// seatCourt enrols everybody, pairs companions, announces keys and confirms the recovery pair.
func seatCourt(t *testing.T, at gatewayAt, firstCode string, heard *haystack) *vaultCourt {
	t.Helper()
	v := &vaultCourt{t: t, cards: map[string]identity.Card{}}
	v.admin = claim(t, at, firstCode, "Admin")
	v.judge, v.prosecutor, v.investigator = v.admin.enrol("Judge", "judge"), v.admin.enrol("Prosecutor", "prosecutor"), v.admin.enrol("Investigator", "investigator")
	for _, s := range []*sitter{v.judge, v.prosecutor, v.investigator} {
		s.heard = heard
		s.pair().announce()
		v.cards[s.seat.Card.ID()] = s.seat.Card
	}
	args := map[string]any{}
	var cards []identity.Card
	var codes []string
	for i := range v.recovery {
		var err error
		if v.recovery[i], err = testseat.NewKey(); err != nil {
			t.Fatal(err)
		}
		c := v.recovery[i].Card
		cards, codes, v.cards[c.ID()] = append(cards, c), append(codes, c.Code()), c
	}
	args["cards"], args["codes"] = cards, codes
	v.judge.must("POST", "/api/vault/recovery", args)
	if state := text(v.prosecutor.must("POST", "/api/vault/recovery", args), "state"); state != "confirmed" {
		t.Fatalf("the recovery pair is %s", state)
	}
	return v
}

// protect makes a person and seals a record under her pseudonym.
func (v *vaultCourt) protect(record map[string]string) (person, pseudonym string) {
	v.t.Helper()
	made := v.investigator.must("POST", "/api/vault/persons", map[string]any{})
	person, pseudonym = text(made, "person"), text(made, "pseudonym")
	for _, p := range into[identity.State](v.investigator, "GET", "/api/vault/state", nil).Persons {
		if p.ID != person {
			continue
		}
		file, err := testseat.Seal(v.investigator.seat, person, "baku", 1, record, p.SealTo, v.cards)
		if err != nil {
			v.t.Fatal(err)
		}
		v.investigator.must("POST", "/api/vault/persons/"+person+"/envelope", file)
	}
	return person, pseudonym
}

// order opens a person for the investigator, told in a hearing where one is named.
func (v *vaultCourt) order(person, hearing string, lawyer bool) string {
	v.t.Helper()
	o := identity.OpeningOrder{Person: person, Kind: identity.ToOpen, Reader: v.investigator.id, Why: "to establish who testifies", Ground: "identity_at_trial",
		From: time.Now().Add(-time.Minute), Until: time.Now().Add(time.Hour), Hearing: hearing, TellLawyer: lawyer}
	return text(v.judge.must("POST", "/api/vault/openings", o), "opening")
}

// release gives a half as its holder does.
func (v *vaultCourt) release(s *sitter, opening string) {
	v.t.Helper()
	shares := into[identity.OpeningShares](s, "GET", "/api/vault/openings/"+opening+"/share", nil)
	if len(shares.Shares) != 1 {
		v.t.Fatalf("%d shares", len(shares.Shares))
	}
	one := shares.Shares[0]
	file, err := s.seat.Release(one.Share, opening, shares.Reader.Card)
	if err != nil {
		v.t.Fatal(err)
	}
	s.must("POST", "/api/vault/openings/"+opening+"/release", map[string]any{"half": one.Half, "holder": one.Holder, "share": file})
}

// read takes both halves and reads, in the reader's own seat.
func (v *vaultCourt) read(opening string) map[string]string {
	v.t.Helper()
	taken := into[identity.Taken](v.investigator, "POST", "/api/vault/openings/"+opening+"/take", map[string]any{})
	halves := map[int][]byte{}
	for _, r := range taken.Releases {
		half, secret, err := v.investigator.seat.Half(r.Share)
		if err != nil {
			v.t.Fatal(err)
		}
		halves[half] = secret
	}
	record, err := testseat.Read(taken.Envelope.Payload, halves[1], halves[2])
	if err != nil {
		v.t.Fatal(err)
	}
	v.investigator.must("POST", "/api/vault/openings/"+opening+"/opened", map[string]any{"read": true})
	return record
}

func firstCode(t *testing.T, app running) string {
	t.Helper()
	code, ok, err := app.accounts.FirstCode(t.Context(), "baku")
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	return code.Code
}
