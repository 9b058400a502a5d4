package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"filippo.io/age"

	"parda/gateway/access/rights"
	"parda/gateway/identity"
	"parda/gateway/incident/referral"
	"parda/gateway/incident/register"
	"parda/gateway/incident/statistics"
)

// referring is a configuration with a body that has a key and one that has none.
func referring(t *testing.T, c Config) Config {
	t.Helper()
	k, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	c.Referral.Bodies = []BodyConfig{
		{ID: "iaqmi", NameAz: "Baş İdarə", NameEn: "Department", NameRu: "Управление", Mail: "desk@body.example", Key: k.Recipient().String(), Telephone: "+994 12 000 00 00"},
		{ID: "police", NameAz: "Polis", NameEn: "Police", NameRu: "Полиция"},
	}
	return c
}

const (
	plantedSource = "Zq9Source the brother"
	plantedNote   = "Zq9Note before the house"
	plantedName   = "Zq9Pseudonym"
)

func planted(more map[string]any) map[string]any {
	b := map[string]any{"source": plantedSource, "note": plantedNote, "pseudonym": plantedName, "endangered": "witness"}
	for k, v := range more {
		b[k] = v
	}
	return b
}

// download asks for a file.
func (s *someone) download(path string) (int, string, http.Header) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), "GET", s.app.URL()+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.AddCookie(&http.Cookie{Name: "parda_person", Value: s.cookie})
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(b), res.Header
}

func TestAReferralGoesToTheBodyWithAnAgreementAndItsAcknowledgementIsTracked(t *testing.T) {
	app := runApp(t, referring(t, personsConfig(t.TempDir())))
	p := newPeople(t, app.App)
	judge, lawyer, clerk := p.person("baku", "judge", rights.Judge), p.person("baku", "lawyer", rights.VictimsLawyer), p.person("baku", "clerk", rights.CourtClerk)
	support, ganja := p.person("baku", "support", rights.SupportPerson), p.person("ganja", "judge", rights.Judge)
	_, bodies, _ := lawyer.asks("GET", "/api/referral/bodies", nil)
	if all := fmt.Sprint(bodies); strings.Contains(all, "mail") || !strings.Contains(all, "iaqmi") || strings.Contains(all, "age1") {
		t.Errorf("without a mail server: %s", all)
	}
	id := lawyer.files(planted(nil))
	base := "/api/incidents/" + id
	asked := map[string]any{"to": "police", "lang": "az", "measures": []string{"escort"}, "do_not_warn": true, "way": "file"}
	with := func(more map[string]any) map[string]any {
		b := map[string]any{}
		for _, m := range []map[string]any{asked, more} {
			for k, v := range m {
				b[k] = v
			}
		}
		return b
	}
	for _, tc := range []struct {
		by      *someone
		body    map[string]any
		refusal string
	}{
		{lawyer, asked, "agreement_needed"}, {judge, asked, "agreement_needed"}, {judge, with(map[string]any{"danger_to_life": true}), "reason_needed"},
		{judge, with(map[string]any{"reason": "a reason alone"}), "agreement_needed"}, {judge, with(map[string]any{"to": "nobody"}), "body_unknown"},
		{judge, with(map[string]any{"way": "mail"}), "way_unavailable"}, {judge, with(map[string]any{"way": "mail_clear"}), "way_unavailable"},
		{support, asked, "not_allowed"}, {clerk, asked, "not_allowed"}, {ganja, asked, "incident_unknown"},
	} {
		if status, answer, _ := tc.by.asks("POST", base+"/referrals", tc.body); codeIn(answer) != tc.refusal {
			t.Errorf("%v: %d %v, want %s", tc.body, status, answer, tc.refusal)
		}
	}
	if status, answer, _ := lawyer.asks("POST", base+"/agreement", map[string]any{"agree": true, "by": "lawyer"}); status != http.StatusNoContent {
		t.Fatal(status, answer)
	}
	if _, answer, _ := judge.asks("POST", base+"/referrals", with(map[string]any{"evidence": []string{"e-nothere0"}})); codeIn(answer) != "evidence_unknown" {
		t.Errorf("evidence that is not there: %v", answer)
	}
	status, answer, _ := lawyer.asks("POST", base+"/referrals", asked)
	f, _ := answer["referral"].(string)
	if status != http.StatusCreated || f == "" {
		t.Fatal(status, answer)
	}
	sheets := base + "/referrals/" + f
	status, sheet, header := lawyer.download(sheets + "/sheet.json")
	s, err := referral.Thaw([]byte(sheet))
	if status != http.StatusOK || err != nil || s.Source != plantedSource || s.Endangered.Pseudonym != plantedName || s.From != "victims_lawyer" || s.Agreement == nil || !s.DoNotWarn {
		t.Errorf("%d %v: %s", status, err, sheet)
	}
	if d := header.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment;") || strings.Contains(d, "Zq9") || header.Get("Cache-Control") != "no-store" {
		t.Errorf("%v", header)
	}
	if status, pdf, _ := judge.download(sheets + "/sheet.pdf?lang=ru"); status != http.StatusOK || !strings.HasPrefix(pdf, "%PDF") {
		t.Errorf("the paper: %d", status)
	}
	if status, body, _ := support.download(sheets + "/sheet.pdf"); status < 400 || strings.Contains(body, "%PDF") {
		t.Errorf("who may not send it takes it: %d", status)
	}
	for _, tc := range []struct {
		by      *someone
		path    string
		body    any
		refusal string
	}{
		{lawyer, "/acknowledged", map[string]any{"at": time.Now().Add(time.Hour).UTC()}, "at_wrong"}, {lawyer, "/acknowledged", map[string]any{"at": time.Now().Add(-time.Hour).UTC()}, "at_wrong"},
		{clerk, "/sent", map[string]any{}, ""}, {clerk, "/sent", map[string]any{}, "phase_wrong"}, {support, "/sent", map[string]any{}, "incident_unknown"},
		{lawyer, "/acknowledged", map[string]any{"reference": "12-345"}, ""}, {lawyer, "/acknowledged", map[string]any{"reference": "12-345"}, "phase_wrong"},
	} {
		if status, answer, _ := tc.by.asks("POST", sheets+tc.path, tc.body); codeIn(answer) != tc.refusal {
			t.Errorf("%s %v: %d %v, want %q", tc.path, tc.body, status, answer, tc.refusal)
		}
	}
	i, _ := app.incidents.Get("baku", id)
	r := i.Referrals[0]
	if r.State != "acknowledged" || r.Sent.IsZero() || app.incidents.Text("baku", r.Reference) != "12-345" {
		t.Errorf("%+v", r)
	}
	taken := 0
	for _, step := range i.Timeline {
		if step.Code == register.ReferralTaken {
			taken++
		}
	}
	if taken != 2 {
		t.Errorf("%d takings of a sheet stand in the register, two were taken", taken)
	}
}

func TestALetterIsCarriedByTheGatewayItselfAndAServerThatIsAwayKeepsItWaiting(t *testing.T) {
	c := referring(t, personsConfig(t.TempDir()))
	c.Referral.SMTP = SMTPConfig{Host: "127.0.0.1", Port: freePort(t), From: "referrals@court.example"}
	app := runApp(t, c)
	p := newPeople(t, app.App)
	lawyer := p.person("baku", "lawyer", rights.VictimsLawyer)
	id := lawyer.files(planted(nil))
	status, answer, _ := lawyer.asks("POST", "/api/incidents/"+id+"/referrals", map[string]any{"to": "iaqmi", "lang": "az", "way": "mail", "danger_to_life": true, "reason": "He has a weapon."})
	if status != http.StatusCreated {
		t.Fatal(status, answer)
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		i, _ := app.incidents.Get("baku", id)
		if r := i.Referrals[0]; r.Why == referral.WhyUnreachable && r.Waits() && r.State == "queued" {
			break
		} else if time.Now().After(end) {
			t.Fatalf("the letter was not tried: %+v", r)
		}
	}
}

func TestAnIdentityGoesAlongOnlyAsCiphertextUnderAnOpeningThatWasOrderedForThatReferralAndTaken(t *testing.T) {
	app := runApp(t, referring(t, testConfig(t.TempDir())))
	v := seatCourt(t, app, firstCode(t, app), nil)
	person, pseudonym := v.protect(map[string]string{"name": "Zq7Name"})
	filed := v.judge.must("POST", "/api/incidents", map[string]any{"kind": "words", "when": time.Now().Add(-time.Hour).UTC(), "endangered": "witness", "pseudonym": pseudonym, "note": plantedNote})
	base := "/api/incidents/" + text(filed, "id") + "/referrals"
	refer := func(to string) string {
		return text(v.judge.must("POST", base, map[string]any{"to": to, "lang": "az", "way": "print", "danger_to_life": true, "reason": "He has a weapon."}), "referral")
	}
	keyed, other, keyless := refer("iaqmi"), refer("iaqmi"), refer("police")
	opens := func(referral string) string {
		o := identity.OpeningOrder{Person: person, Kind: identity.ToOpen, Reader: v.judge.id, Why: "for the body that protects", Ground: "danger_to_life",
			From: time.Now().Add(-time.Minute), Until: time.Now().Add(time.Hour), Referral: referral}
		return text(v.judge.must("POST", "/api/vault/openings", o), "opening")
	}
	takes := func(opening string) {
		v.release(v.judge, opening)
		v.release(v.prosecutor, opening)
		v.judge.must("POST", "/api/vault/openings/"+opening+"/take", map[string]any{})
	}
	toBody, err := age.ParseX25519Recipient(app.config.Referral.Bodies[0].Key)
	if err != nil {
		t.Fatal(err)
	}
	var sealed bytes.Buffer
	w, _ := age.Encrypt(&sealed, toBody)
	_, _ = w.Write([]byte("Zq7Name"))
	_ = w.Close()
	brings := func(referral, opening string, ciphertext []byte) string {
		_, refusal := v.judge.ask("POST", base+"/"+referral+"/identity", map[string]any{"opening": opening, "ciphertext": ciphertext})
		return refusal
	}
	right, plain := opens(keyed), opens("")
	takes(plain)
	if _, refusal := v.judge.ask("POST", "/api/vault/openings", identity.OpeningOrder{Person: person, Kind: identity.ToOpen, Reader: v.judge.id, Why: "x", Ground: "danger_to_life",
		From: time.Now(), Until: time.Now().Add(time.Hour), Referral: "Zq7 free text"}); refusal != "bad_argument" {
		t.Errorf("an order for a referral that is a text: %q", refusal)
	}
	for name, tc := range map[string]struct {
		referral, opening string
		ciphertext        []byte
		refusal           string
	}{
		"no opening":                            {keyed, "o-0000000000000000", sealed.Bytes(), "opening_wrong"},
		"an opening for nothing":                {keyed, plain, sealed.Bytes(), "opening_wrong"},
		"an opening that was not taken":         {keyed, right, sealed.Bytes(), "opening_wrong"},
		"an opening for another referral":       {other, right, sealed.Bytes(), "opening_wrong"},
		"a body without a key":                  {keyless, right, sealed.Bytes(), "way_unavailable"},
		"a referral that is not there":          {"f-0000000000000000", right, sealed.Bytes(), "referral_unknown"},
		"an opening that was taken for nothing": {other, plain, sealed.Bytes(), "opening_wrong"},
	} {
		if got := brings(tc.referral, tc.opening, tc.ciphertext); got != tc.refusal {
			t.Errorf("%s: %q, want %q", name, got, tc.refusal)
		}
	}
	takes(right)
	if got := brings(keyed, right, bytes.Repeat([]byte("Zq7Name in clear "), 40)); got != "bad_argument" {
		t.Errorf("clear text: %q", got)
	}
	if _, refusal := v.prosecutor.ask("POST", base+"/"+keyed+"/identity", map[string]any{"opening": right, "ciphertext": sealed.Bytes()}); refusal != "not_allowed" {
		t.Errorf("a prosecutor brings it: %q", refusal)
	}
	if got := brings(keyed, right, sealed.Bytes()); got != "" {
		t.Fatalf("the right one: %q", got)
	}
	if got := brings(keyed, right, sealed.Bytes()); got != "phase_wrong" {
		t.Errorf("twice: %q", got)
	}
	status, _, raw := v.judge.send("GET", base+"/"+keyed+"/identity", nil, "")
	if status != http.StatusOK || !bytes.Equal(raw, sealed.Bytes()) {
		t.Errorf("what goes along: %d, %d bytes", status, len(raw))
	}
	v.judge.must("POST", "/api/vault/openings/"+opens(other)+"/stop", nil)
	i, _ := app.incidents.Get("baku", text(filed, "id"))
	at := slices.IndexFunc(i.Referrals, func(r register.Referral) bool { return r.ID == keyed })
	if i.Referrals[at].Identity == nil || i.Referrals[at].Identity.Opening != right {
		t.Fatalf("the register: %+v", i.Referrals[at])
	}
	gives := func() (int, string, []byte) {
		status, refusal, raw := v.judge.send("GET", base+"/"+keyed+"/identity", nil, "")
		return status, fmt.Sprint(refusal), raw
	}
	kept := func() []string {
		all, err := app.store.Blobs(identityBlobs)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	file := identityBlob(keyed, i.Referrals[at].Identity.SHA256)
	if all := kept(); !slices.Equal(all, []string{file}) {
		t.Errorf("the files: %v, want %s: one that is called by its hash cannot be replaced by another", all, file)
	}
	for name, content := range map[string]string{identityBlob(keyed, strings.Repeat("0", 64)): "of an attempt that a crash ended", file: "not what was attached"} {
		if err := app.store.PutBlob(name, strings.NewReader(content)); err != nil {
			t.Fatal(err)
		}
	}
	if status, _, raw := gives(); status == http.StatusOK || bytes.Contains(raw, []byte("not what was attached")) {
		t.Errorf("a file that is not what was attached is given: %d", status)
	}
	if _, err := app.sealedIdentity(i.Referrals[at]); !errors.Is(err, referral.ErrIdentity) {
		t.Errorf("a file that is not what was attached would be sent: %v", err)
	}
	if err := app.eraseIdentities(); err != nil || !slices.Equal(kept(), []string{file}) {
		t.Errorf("%v: what no entry names is still there, or what one names is not: %v", err, kept())
	}
	if _, err := app.incidents.Enter(t.Context(), "baku", &register.ContentErasedPayload{About: register.About{Incident: i.ID, By: register.System()}, Policy: "age"}); err != nil {
		t.Fatal(err)
	}
	if err := app.eraseIdentities(); err != nil || len(kept()) != 0 {
		t.Errorf("%v: the words of the incident are erased, and the identity is still there: %v", err, kept())
	}
	if status, _, _ := gives(); status == http.StatusOK {
		t.Error("an erased identity is given")
	}
}

func TestAQuarterIsDrawnOnceWhenItIsOverAndTellsNoName(t *testing.T) {
	c := personsConfig(t.TempDir())
	var clock atomic.Int64 // milliseconds
	at := func(now time.Time) { clock.Store(now.UnixMilli()) }
	now := func() time.Time { return time.UnixMilli(clock.Load()).UTC() }
	at(time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC))
	app := runAppAs(t, c, func(a *App) { a.incidentNow = now })
	p := newPeople(t, app.App)
	judge, lawyer := p.person("baku", "judge", rights.Judge), p.person("baku", "lawyer", rights.VictimsLawyer)
	when := func() any { return now().Add(-time.Hour) }
	for range 45 {
		lawyer.files(planted(map[string]any{"when": when()}))
	}
	asks := func(query string) (map[string]any, string) {
		t.Helper()
		status, answer, _ := judge.asks("GET", "/api/statistics?"+query, nil)
		if status != http.StatusOK {
			t.Fatal(status, answer)
		}
		raw, _ := json.Marshal(answer["cells"])
		return answer, string(raw)
	}
	if answer, cells := asks("from=2026Q1&to=2026Q4"); cells == "null" || strings.Contains(cells, "2026Q4") || fmt.Sprint(answer["published"]) != "[2026Q1 2026Q2 2026Q3]" {
		t.Errorf("the quarter goes on: %v", answer["published"])
	}
	at(time.Date(2027, 1, 10, 0, 0, 0, 0, time.UTC))
	if _, cells := asks("from=2026Q4&to=2026Q4"); cells != "[]" {
		t.Error("a quarter that ended ten days ago is told")
	}
	at(time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC))
	_, first := asks("from=2026Q4&to=2026Q4")
	var cells []statistics.Cell
	if err := json.Unmarshal([]byte(first), &cells); err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, cell := range cells { // 45 incidents of one kind in one court: their four numbers are told whatever the noise is, and no other
		if cell.Suppressed {
			continue
		}
		if told++; cell.Table != statistics.Incidents || *cell.N < 45-statistics.MostNoise || *cell.N > 45+statistics.MostNoise {
			t.Errorf("%+v, %d", cell, *cell.N)
		}
	}
	if told != 4 {
		t.Errorf("%d numbers are told", told)
	}
	for range 3 {
		lawyer.files(planted(map[string]any{"when": when()}))
	}
	if _, again := asks("from=2026Q4&to=2026Q4"); again != first {
		t.Error("asking twice gave two answers")
	}
	_, wide := asks("from=2025Q1&to=2027Q1")
	if !strings.Contains(wide, strings.Trim(first, "[]")) {
		t.Error("a wider query gives other numbers")
	}
	_, one := asks("from=2026Q4&to=2026Q4&court=baku")
	for _, cell := range strings.Split(strings.Trim(one, "[]"), "},{") {
		if !strings.Contains(first, strings.Trim(cell, "{}")) {
			t.Errorf("a narrower query gives another number: %s", cell)
		}
	}
	status, csv, _ := judge.download("/api/statistics.csv?from=2026Q4&to=2026Q4")
	if status != http.StatusOK || strings.Count(csv, "\r\n") < 100 {
		t.Errorf("%d %s", status, csv)
	}
	for _, name := range []string{plantedSource, plantedNote, plantedName, "Zq9", "p-", "i-"} {
		if strings.Contains(first+csv+wide, name) {
			t.Errorf("%q is in the statistics", name)
		}
	}
	for _, bad := range []string{"from=2026Q4&to=2026Q1", "from=2000Q1&to=2026Q4", "from=x&to=y"} {
		if _, answer, _ := judge.asks("GET", "/api/statistics?"+bad, nil); codeIn(answer) != "quarter_wrong" {
			t.Errorf("%q: %v", bad, answer)
		}
	}
	if status, _, _ := lawyer.asks("GET", "/api/statistics?from=2026Q4&to=2026Q4", nil); status != http.StatusForbidden {
		t.Errorf("a lawyer: %d", status)
	}
}
