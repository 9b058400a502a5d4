package referral

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"

	"parda/gateway/access/rights"
	"parda/gateway/hearing"
	"parda/gateway/incident"
	"parda/gateway/incident/register"
	"parda/gateway/ledger"
	"parda/gateway/minutes"
	"parda/gateway/store"
	"parda/signaling"
)

const courtOf = "baku"

// house is a register over a real store and ledger, a post, and a clock that the test sets.
type house struct {
	t      testing.TB
	dir    string
	store  *store.Store
	book   *ledger.Ledger
	reg    *register.Register
	log    bytes.Buffer
	bodies Bodies
	post   *Post

	mu  sync.Mutex
	now time.Time
}

func newHouse(t testing.TB, dir string, s Server, bodies ...Body) *house {
	t.Helper()
	h := &house{t: t, dir: dir, bodies: bodies, now: time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC)}
	d, err := incident.ReadDeadlines(incident.DefaultDeadlines())
	if err != nil {
		t.Fatal(err)
	}
	if h.store, err = store.Open(filepath.Join(dir, "store")); err != nil {
		t.Fatal(err)
	}
	if h.book, err = ledger.Open(ledger.Config{Dir: filepath.Join(dir, "ledger"), Store: h.store}); err != nil {
		t.Fatal(err)
	}
	if h.reg, err = register.Open(t.Context(), register.Config{Ledger: h.book, Store: h.store, Courts: hearing.Courts(), Deadlines: d, Now: h.clock}); err != nil {
		t.Fatal(err)
	}
	words := map[string]minutes.Words{}
	for _, lang := range Languages {
		words[lang] = locale(t, lang)
	}
	h.post = NewPost(PostConfig{Register: h.reg, Server: s, Bodies: h.bodies, Words: words, Now: h.clock, Log: slog.New(slog.NewTextHandler(&h.log, nil)),
		Identity: func(register.Referral) ([]byte, error) { return []byte("age-encryption.org/v1 of an identity"), nil }})
	t.Cleanup(h.close)
	return h
}

func (h *house) close() {
	if h.store != nil {
		_ = h.book.Close(context.Background())
		_ = h.store.Close()
		h.store = nil
	}
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) passes(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

var (
	theLawyer = register.Viewer{Court: courtOf, Person: "p-lawyer", Roles: []rights.Role{rights.VictimsLawyer}, Door: register.Who{Role: "victims_lawyer", Person: "p-lawyer"}}
	theJudge  = register.Who{Role: "judge", Person: "p-judge"}
)

// files makes an incident with every plant in it.
func (h *house) files() string {
	h.t.Helper()
	id, _, err := h.reg.File(h.t.Context(), theLawyer, register.Filing{Key: "k" + h.clock().String(), Kind: "contact_outside", When: h.clock().Add(-time.Hour), Endangered: "witness",
		CaseNo: plantCase, Pseudonym: plantPseudonym, Target: plantAgainst, Source: plantSource, Note: plantNote})
	if err != nil {
		h.t.Fatal(err)
	}
	return id
}

func (h *house) agrees(id string, agree bool) {
	h.t.Helper()
	if err := h.reg.SayAgreement(h.t.Context(), theLawyer, courtOf, id, agree, "lawyer"); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) refers(id string, asked Asked) string {
	h.t.Helper()
	asked = asked.Clean()
	to, err := asked.Check(h.bodies, true)
	if err != nil {
		h.t.Fatal(err)
	}
	r, err := Make(h.t.Context(), h.reg, courtOf, id, theJudge, "judge", asked, to)
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

func (h *house) referral(id string) register.Referral {
	h.t.Helper()
	for _, i := range h.reg.All(courtOf) {
		for _, r := range i.Referrals {
			if r.ID == id {
				return r
			}
		}
	}
	h.t.Fatalf("there is no referral %s", id)
	return register.Referral{}
}

// told are the states that the book tells of a referral, in order.
func (h *house) told(id string) (all []string) {
	events, err := h.reg.Events(h.t.Context(), courtOf)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, e := range events {
		var p struct {
			Referral, State, Why string
			Again, Final         bool
		}
		_ = json.Unmarshal(e.Payload, &p)
		if p.Referral == id && e.Code != string(register.ReferralMade) {
			one := p.State + p.Why
			if p.Again {
				one += " again"
			}
			if p.Final {
				one += " final"
			}
			all = append(all, one)
		}
	}
	return all
}

func (h *house) wantTold(id string, want ...string) {
	h.t.Helper()
	if got := h.told(id); strings.Join(got, ", ") != strings.Join(want, ", ") {
		h.t.Errorf("the book tells %q, want %q", got, want)
	}
}

// plants are what may stand nowhere outside of the sheet.
var plants = []string{plantPseudonym, "Plantəd", plantCase, "Plant", "p-lawyer", "p-judge"}

func (h *house) wantNoPlant(where, text string) {
	h.t.Helper()
	decoded, _ := new(mime.WordDecoder).DecodeHeader(text)
	for _, p := range plants {
		if strings.Contains(text, p) || strings.Contains(decoded, p) {
			h.t.Errorf("%s holds %q:\n%s", where, p, text)
		}
	}
}

func aKey(t testing.TB) (*age.X25519Identity, string) {
	t.Helper()
	k, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return k, k.Recipient().String()
}

func aBody(t testing.TB, id, address, key string) Body {
	t.Helper()
	b, err := NewBody(id, map[string]string{"az": "Baş İdarə", "en": "Department", "ru": "Управление"}, address, key, "")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// opened reads a letter: its headers as they came, the sentence, and the attachments by name.
func opened(t *testing.T, letter string) (headers, sentence string, files map[string][]byte) {
	t.Helper()
	letter = strings.ReplaceAll(letter, "\r\n", "\n")
	head, _, _ := strings.Cut(letter, "\n\n")
	m, err := mail.ReadMessage(strings.NewReader(letter))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || !strings.HasPrefix(kind, "multipart/") {
		t.Fatalf("%s: %v", kind, err)
	}
	files = map[string][]byte{}
	for parts := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return head, sentence, files
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(p)
		if err != nil {
			t.Fatal(err)
		}
		if p.Header.Get("Content-Transfer-Encoding") == "base64" {
			if content, err = base64.StdEncoding.DecodeString(strings.ReplaceAll(string(content), "\n", "")); err != nil {
				t.Fatal(err)
			}
		}
		for _, values := range p.Header {
			head += "\n" + strings.Join(values, "\n")
		}
		if p.FileName() == "" {
			sentence = string(content)
		} else {
			files[p.FileName()] = content
		}
	}
}

func TestALetterTellsWhoeverCarriesItNothingAndTheBodyEverything(t *testing.T) {
	x := startExim(t, true)
	key, public := aKey(t)
	for _, lang := range Languages {
		t.Run(lang, func(t *testing.T) {
			_ = os.RemoveAll(filepath.Join(x.dir, "box"))
			h := newHouse(t, t.TempDir(), x.server(), aBody(t, "iaqmi", "desk@body.example", public))
			id := h.files()
			h.agrees(id, true)
			r := h.refers(id, Asked{To: "iaqmi", Lang: lang, Way: WayMail, DoNotWarn: true, Measures: []string{"escort", "Plantəd tədbir"}, Reason: plantReason})
			h.post.Tend(t.Context())
			h.wantTold(r, "queued", "trying", "sent")
			letter := x.letters(1)[0]
			headers, sentence, files := opened(t, letter)
			h.wantNoPlant("the letter's headers", headers)
			h.wantNoPlant("the sentence", sentence)
			h.wantNoPlant("the whole letter", letter)
			h.wantNoPlant("the log", h.log.String())
			h.wantNoPlant("the server's log", x.written())
			if strings.Contains(headers, "go-mail") || strings.Contains(headers, "User-Agent") {
				t.Errorf("the headers tell of the program:\n%s", headers)
			}
			if host, _ := os.Hostname(); host != "" && host != "localhost" && regexp.MustCompile(`\b`+regexp.QuoteMeta(host)+`\b`).MatchString(headers) {
				t.Errorf("the headers name the machine:\n%s", headers)
			}
			number := NumberOf(r)
			m, _ := mail.ReadMessage(strings.NewReader(letter))
			subject, _ := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
			if !strings.Contains(subject, number) || !strings.Contains(headers, "<"+r+".1@court.example>") {
				t.Errorf("subject %q, headers\n%s", subject, headers)
			}
			if len(files) != 2 {
				t.Fatalf("%d attachments", len(files))
			}
			for _, end := range []string{".pdf", ".json"} {
				sealed := files["referral-"+number+end+".age"]
				open, err := age.Decrypt(bytes.NewReader(sealed), key)
				if err != nil {
					t.Fatalf("%s: %v", end, err)
				}
				clear, err := io.ReadAll(open)
				if err != nil {
					t.Fatal(err)
				}
				if end == ".pdf" {
					if got := text(t, clear); !strings.Contains(got, plantPseudonym) || !strings.Contains(got, "Plantəd Qeyd") {
						t.Errorf("the paper: %s", got)
					}
				} else if s, err := Thaw(clear); err != nil || s.Source != plantSource || s.Agreement == nil || s.Measures[1] != "Plantəd tədbir" {
					t.Errorf("the sheet: %v %+v", err, s)
				}
			}
		})
	}
}

func TestASheetLeavesInClearOnlyWhereTheBodyHasNoKeyAndTheWaySaysSo(t *testing.T) {
	x := startExim(t, true)
	_, public := aKey(t)
	keyed, open, silent := aBody(t, "keyed", "desk@body.example", public), aBody(t, "open", "desk@body.example", ""), aBody(t, "silent", "", "")
	for _, tc := range []struct {
		body Body
		way  string
		may  bool
	}{{keyed, WayMail, true}, {keyed, WayMailClear, false}, {open, WayMail, false}, {open, WayMailClear, true}, {silent, WayMail, false}, {silent, WayMailClear, false}, {silent, WayPrint, true}, {keyed, "", false}} {
		_, err := Asked{To: tc.body.ID, Lang: "az", Way: tc.way}.Check(Bodies{keyed, open, silent}, true)
		if (err == nil) != tc.may {
			t.Errorf("%s by %s: %v", tc.body.ID, tc.way, err)
		}
		if _, err := (Asked{To: tc.body.ID, Lang: "az", Way: tc.way}).Check(Bodies{keyed, open, silent}, false); err == nil && mailed(tc.way) {
			t.Errorf("%s by %s without a mail server", tc.body.ID, tc.way)
		}
	}
	words := locale(t, "en")
	for name, l := range map[string]Letter{"a keyed body in clear": {To: keyed, Clear: true}, "an open body by the sealed way": {To: open}, "an identity to a body without a key": {To: open, Clear: true, Identity: []byte("x")}} {
		if _, err := l.message("a@court.example", words); !errors.Is(err, ErrClear) {
			t.Errorf("%s: %v", name, err)
		}
	}
	h := newHouse(t, t.TempDir(), x.server(), open)
	id := h.files()
	h.agrees(id, true)
	r := h.refers(id, Asked{To: "open", Lang: "en", Way: WayMailClear})
	h.post.Tend(t.Context())
	headers, sentence, files := opened(t, x.letters(1)[0])
	h.wantNoPlant("the headers", headers)
	h.wantNoPlant("the sentence", sentence)
	if len(files["referral-"+NumberOf(r)+".pdf"]) == 0 || h.referral(r).Way != WayMailClear {
		t.Errorf("files %v, way %s", len(files), h.referral(r).Way)
	}
}

func TestAServerThatIsNotUnderTLSOrIsAnotherIsToldNothing(t *testing.T) {
	_, public := aKey(t)
	for name, tc := range map[string]struct {
		offers bool
		change func(*Server)
		why    string
	}{
		"no STARTTLS offered":      {false, func(*Server) {}, WhyNoTLS},
		"another authority":        {true, func(s *Server) { s.Roots = nil }, WhyCertificate},
		"a login that is not ours": {true, func(s *Server) { s.Password = "wrong" }, WhyLogin},
		"TLS from the first byte, where the server speaks first": {true, func(s *Server) { s.TLS = TLS }, WhyCertificate},
		"a setting that is neither is the strict one":            {false, func(s *Server) { s.TLS = "" }, WhyNoTLS},
	} {
		t.Run(name, func(t *testing.T) {
			x := startExim(t, tc.offers)
			s := x.server()
			tc.change(&s)
			h := newHouse(t, t.TempDir(), s, aBody(t, "iaqmi", "desk@body.example", public))
			id := h.files()
			h.agrees(id, true)
			r := h.refers(id, Asked{To: "iaqmi", Lang: "az", Way: WayMail})
			h.post.Tend(t.Context())
			h.passes(2 * time.Minute)
			h.post.Tend(t.Context())
			h.wantTold(r, "queued", tc.why) // once: a server that stays as it is fills no book
			if !h.referral(r).Waits() {
				t.Error("the letter is given up")
			}
			x.letters(0)
			if log := x.written(); strings.Contains(log, "<=") || strings.Contains(log, "desk@") {
				t.Errorf("the server was told of the letter:\n%s", log)
			}
		})
	}
}

func TestALetterThatTheServerRefusesIsEnteredAndGoesAgainOnlyWhenSomebodySaysSo(t *testing.T) {
	x := startExim(t, true)
	_, public := aKey(t)
	h := newHouse(t, t.TempDir(), x.server(), aBody(t, "iaqmi", "refused@body.example", public), aBody(t, "busy", "busy@body.example", public))
	id := h.files()
	h.agrees(id, true)
	r := h.refers(id, Asked{To: "iaqmi", Lang: "az", Way: WayMail})
	h.post.Tend(t.Context())
	h.passes(24 * time.Hour)
	h.post.Tend(t.Context())
	h.wantTold(r, "queued", "trying", WhyRefused+" final")
	if got := h.referral(r); got.State != "failed" || got.Why != WhyRefused || got.Tries != 1 {
		t.Errorf("%+v", got)
	}
	if !strings.Contains(x.written(), "Plant") {
		t.Error("the control: the server's answer quotes nothing, so that nothing is tried")
	}
	h.wantNoPlant("the log", h.log.String())
	if _, err := h.reg.Enter(t.Context(), courtOf, &register.ReferralSentPayload{About: register.About{Incident: id, By: theJudge}, Referral: r, State: "queued", Way: WayMail}); err != nil {
		t.Fatal(err)
	}
	if !h.referral(r).Waits() {
		t.Error("a letter that is queued anew does not wait")
	}
	busy := h.refers(id, Asked{To: "busy", Lang: "az", Way: WayMail})
	h.post.Tend(t.Context())
	h.post.Tend(t.Context()) // its time has not come
	h.passes(2 * time.Minute)
	h.post.Tend(t.Context())
	h.wantTold(busy, "queued", "trying", WhyBusy, "trying", WhyBusy)
	if got := h.referral(busy); !got.Waits() || got.Tries != 2 {
		t.Errorf("%+v", got)
	}
	x.letters(0)
}

func TestALetterOutlivesAServerThatIsDownAndAGatewayThatStarts(t *testing.T) {
	x := startExim(t, true)
	x.stop()
	_, public := aKey(t)
	dir, body := t.TempDir(), aBody(t, "iaqmi", "desk@body.example", public)
	h := newHouse(t, dir, x.server(), body)
	id := h.files()
	h.agrees(id, true)
	r := h.refers(id, Asked{To: "iaqmi", Lang: "az", Way: WayMail})
	for range 3 {
		h.post.Tend(t.Context())
		h.passes(20 * time.Minute)
	}
	h.wantTold(r, "queued", WhyUnreachable)
	h.close()
	h = newHouse(t, dir, x.server(), body)
	user := os.Getuid()
	if user == 0 {
		user = 65534
	}
	x.start(user, user)
	h.post.Tend(t.Context())
	h.wantTold(r, "queued", WhyUnreachable, "trying", "sent")
	x.letters(1)
	h.passes(24 * time.Hour)
	h.post.Tend(t.Context())
	x.letters(1)
}

// failing refuses to write what comes after the server has taken a letter.
type failing struct{ on bool }

func (f *failing) Before(string) error {
	if f.on {
		return syscall.ENOSPC
	}
	return nil
}

func TestALetterWhoseOutcomeCannotBeEnteredGoesAgainUnderTheSameNameAndTheBookSaysSo(t *testing.T) {
	x := startExim(t, true)
	_, public := aKey(t)
	body := aBody(t, "iaqmi", "desk@body.example", public)
	dir := t.TempDir()
	h := newHouse(t, dir, x.server(), body)
	id := h.files()
	h.agrees(id, true)
	r := h.refers(id, Asked{To: "iaqmi", Lang: "az", Way: WayMail})
	full := &failing{}
	h.store.SetFault(full)
	h.post.cfg.taken = func() { full.on = true }
	h.post.Tend(t.Context())
	h.close() // as after a disk that failed: the gateway is started anew
	h = newHouse(t, dir, x.server(), body)
	h.post.Tend(t.Context())
	h.wantTold(r, "queued", "trying", "trying again", "sent")
	sameName(t, x.letters(2), r)
}

func sameName(t *testing.T, letters []string, referral string) {
	t.Helper()
	for _, l := range letters {
		m, err := mail.ReadMessage(strings.NewReader(l))
		if err != nil || m.Header.Get("Message-ID") != "<"+referral+".1@court.example>" {
			t.Errorf("%v, Message-ID %s", err, m.Header.Get("Message-ID"))
		}
	}
}

// attaches is what the route does when a judge brings a sealed identity: it and a letter of its own, in one entry.
func (h *house) attaches(id, r string) {
	h.t.Helper()
	about := register.About{Incident: id, By: theJudge}
	if _, err := h.reg.Enter(h.t.Context(), courtOf, &register.ReferralIdentityPayload{About: about, Referral: r, Opening: "o-0000000000000000", SHA256: strings.Repeat("0", 64)},
		&register.ReferralSentPayload{About: about, Referral: r, State: "queued", Way: WayMail}); err != nil {
		h.t.Fatal(err)
	}
}

func TestAnIdentityThatIsAttachedWhileALetterIsUnderWayAlwaysGoesInALetterOfItsOwn(t *testing.T) {
	for name, tc := range map[string]struct {
		to      string
		when    func(h *house, attach func())
		told    []string
		letters []string // whether each holds the identity, by its number
	}{
		"before it is tried": {"desk", func(_ *house, attach func()) { attach() },
			[]string{"queued", "", "queued", "trying", "sent"}, []string{"2 with"}},
		"while it is composed": {"desk", func(h *house, attach func()) {
			words, once := h.post.cfg.Words["az"], sync.OnceFunc(attach)
			h.post.cfg.Words["az"] = func(key string, params map[string]string) string {
				if key == "sheet.mail.subject" {
					once()
				}
				return words(key, params)
			}
		}, []string{"queued", "", "queued", "trying", "sent"}, []string{"2 with"}},
		"when the server has taken it": {"desk", func(h *house, attach func()) { h.post.cfg.taken = sync.OnceFunc(attach) },
			[]string{"queued", "trying", "", "queued", "sent", "trying", "sent"}, []string{"1 without", "2 with"}},
	} {
		t.Run(name, func(t *testing.T) {
			x := startExim(t, true)
			_, public := aKey(t)
			h := newHouse(t, t.TempDir(), x.server(), aBody(t, "iaqmi", tc.to+"@body.example", public))
			id := h.files()
			h.agrees(id, true)
			r := h.refers(id, Asked{To: "iaqmi", Lang: "az", Way: WayMail})
			tc.when(h, func() { h.attaches(id, r) })
			h.post.Tend(t.Context())
			h.post.Tend(t.Context())
			h.wantTold(r, tc.told...)
			if got := h.referral(r); got.State != "sent" || got.Waits() {
				t.Errorf("%+v", got)
			}
			var got []string
			for _, l := range x.letters(len(tc.letters)) {
				m, err := mail.ReadMessage(strings.NewReader(l))
				if err != nil {
					t.Fatal(err)
				}
				number, _, _ := strings.Cut(strings.TrimPrefix(m.Header.Get("Message-ID"), "<"+r+"."), "@")
				if _, _, files := opened(t, l); files["referral-"+NumberOf(r)+"-identity.age"] != nil {
					got = append(got, number+" with")
				} else {
					got = append(got, number+" without")
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, tc.letters) {
				t.Errorf("the server has %q, want %q", got, tc.letters)
			}
		})
	}
}

func TestWhatBecameOfALetterSaysNothingOfTheOneThatWasQueuedAfterIt(t *testing.T) {
	_, public := aKey(t)
	h := newHouse(t, t.TempDir(), Server{}, aBody(t, "iaqmi", "desk@body.example", public))
	id := h.files()
	h.agrees(id, true)
	r := h.refers(id, Asked{To: "iaqmi", Lang: "az", Way: WayMail})
	h.attaches(id, r)
	about := register.About{Incident: id, By: register.System()}
	for _, older := range []register.Payload{
		&register.ReferralSentPayload{About: about, Referral: r, State: "trying", Letter: 1, Way: WayMail, Tries: 1}, &register.ReferralSentPayload{About: about, Referral: r, State: "sent", Letter: 1, Way: WayMail, Tries: 1},
		&register.ReferralFailedPayload{About: about, Referral: r, Letter: 1, Why: WhyRefused, Tries: 1, Final: true},
	} {
		if _, err := h.reg.Enter(t.Context(), courtOf, older); err != nil {
			t.Fatal(err)
		}
		if got := h.referral(r); got.State != "queued" || got.Mail != "queued" || got.Why != "" || !got.Sent.IsZero() || got.Queued != 2 {
			t.Errorf("after %+v: %+v", older, got)
		}
	}
	if _, err := h.reg.Enter(t.Context(), courtOf, &register.ReferralSentPayload{About: about, Referral: r, State: "sent", Letter: 2, Way: WayMail, Tries: 2}); err != nil {
		t.Fatal(err)
	}
	if got := h.referral(r); got.State != "sent" || got.Waits() {
		t.Errorf("the letter's own outcome: %+v", got)
	}
}

// A process of its own sends a letter and is killed when the server has taken it, before that is entered.
func TestAKillBetweenSendingAndEnteringLosesNothingAndHidesNothing(t *testing.T) {
	x := startExim(t, true)
	_, public := aKey(t)
	body := aBody(t, "iaqmi", "desk@body.example", public)
	dir := t.TempDir()
	h := newHouse(t, dir, x.server(), body)
	id := h.files()
	h.agrees(id, true)
	r := h.refers(id, Asked{To: "iaqmi", Lang: "az", Way: WayMail})
	h.close()
	settings, _ := json.Marshal(map[string]any{"dir": dir, "port": x.port, "key": public, "cert": filepath.Join(x.dir, "cert.pem")})
	child := exec.Command(os.Args[0], "-test.run=^TestTheChildThatIsKilled$")
	child.Env = append(os.Environ(), "PARDA_TEST_KILLED="+string(settings))
	out, err := child.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the child was not killed: %v\n%s", err, out)
	}
	x.letters(1)
	h = newHouse(t, dir, x.server(), body)
	h.wantTold(r, "queued", "trying")
	h.post.Tend(t.Context())
	h.wantTold(r, "queued", "trying", "trying again", "sent")
	sameName(t, x.letters(2), r)
}

func TestTheChildThatIsKilled(t *testing.T) {
	given := os.Getenv("PARDA_TEST_KILLED")
	if given == "" {
		return // it is a part of the test above
	}
	var s struct {
		Dir, Key, Cert string
		Port           int
	}
	if err := json.Unmarshal([]byte(given), &s); err != nil {
		t.Fatal(err)
	}
	x := &exim{t: t, port: s.Port}
	server := x.server()
	server.Roots = poolOf(t, s.Cert)
	h := newHouse(t, s.Dir, server, aBody(t, "iaqmi", "desk@body.example", s.Key))
	h.post.cfg.taken = func() { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL); select {} }
	h.post.Tend(t.Context())
	t.Fatal("it lives")
}

func TestNothingIsReferredWithoutAgreementExceptInDangerToLifeWithAReason(t *testing.T) {
	body := aBody(t, "iaqmi", "", "")
	for name, tc := range map[string]struct {
		said   []bool
		asked  Asked
		refuse string
	}{
		"nobody was asked":               {nil, Asked{}, "agreement_needed"},
		"a reason alone is no agreement": {nil, Asked{Reason: plantReason}, "agreement_needed"},
		"she agreed":                     {[]bool{true}, Asked{}, ""},
		"she agreed and took it back":    {[]bool{true, false}, Asked{}, "agreement_needed"},
		"she refused and then agreed":    {[]bool{false, true}, Asked{}, ""},
		"danger to life":                 {nil, Asked{DangerToLife: true, Reason: plantReason}, ""},
		"danger, against her will":       {[]bool{false}, Asked{DangerToLife: true, Reason: plantReason}, ""},
		"danger without a reason":        {nil, Asked{DangerToLife: true}, "reason_needed"},
		"danger with an empty reason":    {nil, Asked{DangerToLife: true, Reason: " \n"}, "reason_needed"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, t.TempDir(), Server{}, body)
			id := h.files()
			for _, agree := range tc.said {
				h.agrees(id, agree)
			}
			tc.asked.To, tc.asked.Lang, tc.asked.Way = "iaqmi", "az", WayFile
			asked := tc.asked.Clean()
			_, err := Make(t.Context(), h.reg, courtOf, id, theJudge, "judge", asked, body)
			var refused *signaling.Error
			switch {
			case tc.refuse == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tc.refuse != "" && (!errors.As(err, &refused) || refused.Code != tc.refuse):
				t.Errorf("%v, want %s", err, tc.refuse)
			}
			i, _ := h.reg.Get(courtOf, id)
			if (len(i.Referrals) == 1) != (tc.refuse == "") {
				t.Errorf("%d referrals stand in the register", len(i.Referrals))
			}
			if tc.refuse == "" {
				s, _, err := FrozenSheet(h.reg, courtOf, i.Referrals[0])
				if err != nil || (s.Agreement == nil) == (i.Agreed()) {
					t.Errorf("%v: the sheet's agreement is %v", err, s.Agreement)
				}
			}
		})
	}
}

// The book leaves the court as an export that an auditor reads: no word of a sheet is in it.
func TestNoWordOfASheetStandsInTheBook(t *testing.T) {
	h := newHouse(t, t.TempDir(), Server{}, aBody(t, "iaqmi", "", ""))
	id := h.files()
	h.agrees(id, true)
	r := h.refers(id, Asked{To: "iaqmi", Lang: "az", Way: WayPrint, Reason: plantReason, Measures: []string{"Plantəd tədbir"}})
	events, err := h.reg.Events(t.Context(), courtOf)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		for _, p := range []string{plantPseudonym, "Plant", plantCase} {
			if bytes.Contains(e.Payload, []byte(p)) {
				t.Errorf("%s holds %q", e.Code, p)
			}
		}
	}
	s, frozen, err := FrozenSheet(h.reg, courtOf, h.referral(r))
	if err != nil || s.Source != plantSource || !bytes.Contains(frozen, []byte(plantNote)) {
		t.Errorf("the control: %v", err)
	}
}
