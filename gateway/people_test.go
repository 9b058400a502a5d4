package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"parda/gateway/access/account"
	"parda/gateway/access/audit"
	"parda/gateway/access/rights"
	"parda/gateway/access/virtualkey"
	"parda/gateway/ledger"
	"parda/gateway/visibility"
)

// personsConfig is a gateway whose seats are taken by persons: two hearings of Baku and one of Ganja.
func personsConfig(dir string) Config {
	c := testConfig(dir)
	c.Access.Seats = SeatsOfPersons
	c.TURN = TURNConfig{}
	second, other := c.Hearings[0], c.Hearings[0]
	second.ID, other.ID, other.Court = "second", "other", "ganja"
	c.Hearings = append(c.Hearings, second, other)
	return c
}

// someone is a person with her passkey, signed in.
type someone struct {
	account.Session
	app    *App
	t      *testing.T
	key    *virtualkey.Key
	cookie string
}

// people makes accounts by the accounts' own ways.
type people struct {
	t     *testing.T
	app   *App
	admin map[string]*someone
}

func newPeople(t *testing.T, app *App) *people {
	return &people{t, app, map[string]*someone{}}
}

func (p *people) claimed(code, name, login string) *someone {
	p.t.Helper()
	key := virtualkey.New(p.app.URL(), "localhost")
	named := account.Named{Name: name, Login: login}
	options, _, err := p.app.accounts.BeginClaim(p.t.Context(), code, named)
	if err != nil {
		p.t.Fatal(err)
	}
	response, err := key.Create(options)
	if err != nil {
		p.t.Fatal(err)
	}
	cookie, s, err := p.app.accounts.FinishClaim(p.t.Context(), code, named, "test", response)
	if err != nil {
		p.t.Fatal(err)
	}
	return &someone{s, p.app, p.t, key, cookie}
}

// administrator is the court's first.
func (p *people) administrator(court string) *someone {
	p.t.Helper()
	if p.admin[court] == nil {
		code, ok, err := p.app.accounts.FirstCode(p.t.Context(), court)
		if err != nil || !ok {
			p.t.Fatalf("no first code for %s: %v %v", court, ok, err)
		}
		p.admin[court] = p.claimed(code.Code, "Administrator", "admin."+court)
	}
	return p.admin[court]
}

func (p *people) person(court, login string, roles ...rights.Role) *someone {
	p.t.Helper()
	_, code, err := p.app.accounts.Enrol(p.t.Context(), p.administrator(court).Session, nil, "Name "+login, login+"."+court, roles)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.claimed(code.Code, "", "")
}

// again signs the same person in once more, in another browser.
func (s *someone) again() *someone {
	s.t.Helper()
	options, err := s.app.accounts.BeginSignIn()
	if err != nil {
		s.t.Fatal(err)
	}
	response, err := s.key.Get(options)
	if err != nil {
		s.t.Fatal(err)
	}
	cookie, session, err := s.app.accounts.FinishSignIn(s.t.Context(), response)
	if err != nil {
		s.t.Fatal(err)
	}
	return &someone{session, s.app, s.t, s.key, cookie}
}

// asks sends a request as this person's page does; body is JSON, and header pairs follow.
func (s *someone) asks(method, path string, body any, header ...string) (int, map[string]any, *http.Response) {
	s.t.Helper()
	var b []byte
	switch body := body.(type) {
	case nil:
	case string:
		b = []byte(body)
	default:
		b, _ = json.Marshal(body)
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.app.URL()+path, bytes.NewReader(b))
	if err != nil {
		s.t.Fatal(err)
	}
	if s.cookie != "" {
		r.AddCookie(&http.Cookie{Name: "parda_person", Value: s.cookie})
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, _ := io.ReadAll(res.Body)
	var answer map[string]any
	_ = json.Unmarshal(raw, &answer)
	return res.StatusCode, answer, res
}

func codeIn(answer map[string]any) string { s, _ := answer["code"].(string); return s }

// invites is asks for an invitation that must be made, and gives the code of its link.
func (s *someone) invites(seat string, who *someone, until time.Time) string {
	s.t.Helper()
	body := map[string]any{"seat": seat, "until": until.UTC()}
	if who != nil {
		body["person"] = who.Person.ID
	}
	status, answer, _ := s.asks("POST", "/api/hearings/demo/invitations", body)
	if status != http.StatusCreated {
		s.t.Fatalf("%s is not invited: %d %v", seat, status, answer)
	}
	_, code, _ := strings.Cut(answer["link"].(string), "#code=")
	return code
}

// enters takes a seat and gives the cookies that hold it, as one header value hangs them together; "" where it was refused.
func (s *someone) enters(seat, code string) (*http.Cookie, string) {
	s.t.Helper()
	status, answer, res := s.asks("POST", "/api/demo/seats/"+seat+"/enter", map[string]string{"code": code})
	for _, c := range res.Cookies() {
		c.Value += "; parda_person=" + s.cookie
		return c, ""
	}
	if status < 300 {
		s.t.Fatalf("%s: %d without a cookie", seat, status)
	}
	return nil, codeIn(answer)
}

// sits is a person on her seat's page, by a fresh invitation of somebody's.
func (s *someone) sits(seat string, by *someone) *page {
	s.t.Helper()
	cookie, refusal := s.enters(seat, by.invites(seat, s, time.Now().Add(time.Hour)))
	if refusal != "" {
		s.t.Fatalf("%s: %s", seat, refusal)
	}
	return openAt(s.t, s.app, seat, cookie, "")
}

// touched gives a command, and touches the key where that is asked for.
func (s *someone) touched(p *page, name string, args any) (map[string]json.RawMessage, string) {
	s.t.Helper()
	id := fmt.Sprintf("%s-%d-%d", p.seat, time.Now().UnixNano(), p.next.Add(1))
	answer, refusal := p.askAgain(id, name, args)
	if refusal != "step_up_required" {
		s.t.Fatalf("%s asked for no touch: %q", name, refusal)
	}
	proof, err := s.key.Get(answer["step_up"])
	if err != nil {
		s.t.Fatal(err)
	}
	return p.askProved(id, name, args, proof)
}

func (p *page) askProved(id, name string, args any, proof json.RawMessage) (map[string]json.RawMessage, string) {
	p.t.Helper()
	c := make(chan map[string]json.RawMessage, 1)
	p.mu.Lock()
	p.answers[id] = c
	p.mu.Unlock()
	p.send(map[string]any{"type": "command", "id": id, "name": name, "args": args, "at": time.Now().UTC(), "proof": proof})
	select {
	case m := <-c:
		if strings.Trim(string(m["type"]), `"`) == "error" {
			return m, strings.Trim(string(m["code"]), `"`)
		}
		return m, ""
	case <-time.After(10 * time.Second):
		p.t.Fatalf("%s got no answer to %s", p.seat, name)
		return nil, ""
	}
}

// opened is a hearing that a judge opened, with her order signed by her seat's key and her passkey.
func (s *someone) opened(p *page) {
	s.t.Helper()
	own := newSigner(s.t)
	p.must("key.enrol", map[string]string{"key": own.spki()})
	draft := p.until("has a draft", func(v visibility.View) bool { return v.Draft != nil }).Draft
	if _, refusal := s.touched(p, "order.sign", map[string]any{"bytes": draft.Bytes, "signature": own.sign(draft.Bytes)}); refusal != "" {
		s.t.Fatalf("order.sign: %s", refusal)
	}
	p.must("hearing.open", nil)
}

// audited lists what stands in a court's book.
func audited(t *testing.T, app *App, court string) []ledger.Event {
	t.Helper()
	events, err := app.ledger.Load(context.Background(), audit.Of(court))
	if err != nil {
		t.Fatal(err)
	}
	return events
}
