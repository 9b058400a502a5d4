package main

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"parda/gateway/hearing"
	"parda/gateway/incident/evidence/render"
	"parda/gateway/incident/register"
	"parda/gateway/ledger"
)

// A crash may come between any two of: the file is sealed, the register has it, the hearing has it. The next start finishes what a book has, and removes what none has.
func TestAnAttachmentThatACrashLeftInOneBookIsFinishedAndInNoneIsRemoved(t *testing.T) {
	c := assemble(t, t.TempDir())
	c.judge.must("flag.raise", nil)
	ctx, incident, file := t.Context(), register.IncidentOf("demo", "f1"), []byte("Sabah gəlmə!")
	i, ok := c.app.incidents.Get("baku", incident)
	if !ok {
		if err := c.app.mirrorAll(ctx); err != nil {
			t.Fatal(err)
		}
		i, _ = c.app.incidents.Get("baku", incident)
	}
	whole := attaches(t, c.app, c.judge, incident, file)
	take := func() (string, hearing.EvidenceAttachedPayload) {
		id, s, err := c.app.locker.Take(bytes.NewReader(file), render.MostBytes)
		if err != nil {
			t.Fatal(err)
		}
		return id, hearing.EvidenceAttachedPayload{ID: id, Flag: i.Flag, SHA256: s.SHA256, SealedSHA256: s.SealedSHA256, Bytes: s.Bytes, Seat: "judge", Role: hearing.Judge}
	}
	none, _ := take()
	inRegister, p := take()
	_, err := c.app.incidents.Enter(ctx, "baku", &register.EvidenceAttachedPayload{About: register.About{Incident: incident, By: register.Who{Role: "judge", Hearing: "demo", Seat: "judge"}},
		Evidence: p.ID, Size: p.Bytes, SHA256: p.SHA256, SealedSHA256: p.SealedSHA256})
	if err != nil {
		t.Fatal(err)
	}
	inHearing, p := take()
	if err := c.app.hearings["demo"].Attached(ctx, "judge", p); err != nil {
		t.Fatal(err)
	}
	for range 2 { // a second start finds nothing to do
		if err := c.app.settleAttachments(ctx); err != nil {
			t.Fatal(err)
		}
	}
	events, err := c.app.ledger.Load(ctx, "demo")
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{whole, inRegister, inHearing} {
		n := 0
		for _, e := range events {
			if e.Code == string(hearing.EvidenceAttached) && bytes.Contains(e.Payload, []byte(id)) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("the hearing has it %d times", n)
		}
		if g := asksBySeat(t, c.app, c.judge, "GET", incident+"/evidence/"+id+"?purpose=view", nil); !bytes.Equal(g.body, file) {
			t.Errorf("it cannot be had: %d %s", g.status, g.code)
		}
	}
	if c.app.locker.Has(none) {
		t.Error("a file that no book has is kept for ever")
	}
	if left, err := c.app.locker.Taken(); err != nil || len(left) != 0 {
		t.Errorf("%v are still to be settled, %v", left, err)
	}
}

func TestOnePersonHoldsTwoPlacesOfTheIntakeAndNoMore(t *testing.T) {
	c := assemble(t, t.TempDir())
	c.judge.must("flag.raise", nil)
	c.defence.must("flag.raise", nil)
	mine, others := register.IncidentOf("demo", "f1"), register.IncidentOf("demo", "f2")
	var all sync.WaitGroup
	var ends []*io.PipeWriter
	for range attachmentsOfOne {
		r, w := io.Pipe()
		ends = append(ends, w)
		req, err := http.NewRequest("POST", c.app.URL()+"/api/demo/incidents/"+mine+"/attachments?seat=judge", r)
		if err != nil {
			t.Fatal(err)
		}
		req.AddCookie(c.judge.cookie)
		all.Go(func() {
			if res, err := http.DefaultClient.Do(req); err == nil {
				res.Body.Close()
			}
		})
		if _, err := w.Write([]byte("a drop")); err != nil {
			t.Fatal(err)
		}
	}
	busy := false
	for until := time.Now().Add(20 * time.Second); !busy && time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
		busy = asksBySeat(t, c.app, c.judge, "POST", mine+"/attachments", nil).code == "attachment_busy" // an empty file, which is refused otherwise
	}
	if !busy {
		t.Error("a third place was given to one who holds two")
	}
	attaches(t, c.app, c.defence, others, []byte("Sabah gəlmə!"))
	for _, w := range ends {
		w.Close()
	}
	all.Wait()
	attaches(t, c.app, c.judge, mine, []byte("Sabah gəlmə!"))
}

func TestAttachmentsLeaveTheClipsHalfOfTheDiskAndEachOneHasAShare(t *testing.T) {
	const most = 4 * attachedByOne
	judge, other := register.Who{Role: "judge", Hearing: "demo", Seat: "judge"}, register.Who{Role: "defence", Hearing: "demo", Seat: "defence"}
	person := register.Who{Role: "judge", Person: "p-1", Hearing: "demo", Seat: "judge"}
	piece := func(what string, by register.Who, size int64) register.Evidence {
		return register.Evidence{ID: "e-1", What: what, By: by, Size: size, State: "kept"}
	}
	copied := piece("attachment", judge, attachedByOne-100)
	copied.Copy = &register.EvidenceCopiedPayload{Size: 100}
	erased := piece("attachment", judge, attachedByOne)
	erased.State = "erased"
	many := make([]register.Evidence, attachmentsOfIncident)
	for n := range many {
		many[n] = piece("attachment", other, 1)
	}
	for name, tc := range map[string]struct {
		by   register.Who
		has  []register.Evidence
		in   string
		room bool
	}{
		"nothing yet":                      {judge, nil, "demo", true},
		"her share":                        {judge, []register.Evidence{piece("attachment", judge, attachedByOne)}, "demo", false},
		"a byte less":                      {judge, []register.Evidence{piece("attachment", judge, attachedByOne-1)}, "demo", true},
		"her share with its copies":        {judge, []register.Evidence{copied}, "demo", false},
		"another's share":                  {other, []register.Evidence{piece("attachment", judge, attachedByOne)}, "demo", true},
		"another person in that seat":      {person, []register.Evidence{piece("attachment", judge, attachedByOne)}, "demo", true},
		"her share by her account":         {person, []register.Evidence{piece("attachment", register.Who{Role: "judge", Person: "p-1"}, attachedByOne)}, "demo", false},
		"her share of another hearing":     {person, []register.Evidence{piece("attachment", person, attachedByOne)}, "other", true},
		"what was erased":                  {judge, []register.Evidence{erased}, "demo", true},
		"half of the disk, by others":      {judge, []register.Evidence{piece("attachment", other, most/4), piece("attachment", person, most/4)}, "demo", false},
		"clips":                            {judge, []register.Evidence{piece("clip", judge, most)}, "demo", true},
		"as many files as an incident has": {judge, many, "demo", false},
	} {
		to := &register.Incident{ID: "i-1", Hearing: "demo"}
		if got := attachmentRoom([]*register.Incident{{ID: "i-1", Hearing: tc.in, Evidence: tc.has}}, to, tc.by, most); got != tc.room {
			t.Errorf("%s: room is %v", name, got)
		}
	}
}

func TestACopyIsMadeOnceHoweverManyAskForIt(t *testing.T) {
	c := assemble(t, t.TempDir())
	c.judge.must("flag.raise", nil)
	incident := register.IncidentOf("demo", "f1")
	right := c.app.renders
	c.app.renders = render.NewProgram("/nowhere/at/all")
	id := attaches(t, c.app, c.judge, incident, []byte("Sabah gəlmə!"))
	c.app.renders = right
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if err := c.app.copyOf(t.Context(), "baku", incident, id); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	n := 0
	for _, e := range bookOf(t, c.app.App) {
		if e.Code == string(register.EvidenceCopied) && strings.Contains(string(e.Payload), id) {
			n++
		}
	}
	if n != 1 {
		t.Errorf("it was looked into %d times", n)
	}
	if g := asksBySeat(t, c.app, c.judge, "GET", incident+"/evidence/"+id+"/copy", nil); g.status != http.StatusOK {
		t.Errorf("%d %s", g.status, g.code)
	}
}

// The policy asks it before it erases: a hearing's words stay until its ledger is closed.
func TestAHearingIsSealedWhenItsLedgerIsClosed(t *testing.T) {
	c := assemble(t, t.TempDir())
	sealed := c.app.sealedHearing()
	if sealed("demo") || sealed("nowhere") {
		t.Error("a hearing that goes on, or that nobody knows, is sealed")
	}
	for _, code := range []string{"note.added", "hearing.sealed"} {
		if sealed("other") {
			t.Error("it is sealed before its closing entry")
		}
		if _, err := c.app.ledger.Append(t.Context(), "other", ledger.Draft{Code: code, Actor: "system", Payload: map[string]any{}}); err != nil {
			t.Fatal(err)
		}
	}
	if !sealed("other") || !sealed("other") {
		t.Error("its closing entry does not seal it")
	}
}

func TestAHoldByEitherDoorIsTheBenchsAndIsShown(t *testing.T) {
	c := assemble(t, t.TempDir())
	c.defence.must("flag.raise", nil)
	incident := register.IncidentOf("demo", "f1")
	says := func(p *page, body string) string {
		return asksBySeat(t, c.app, p, "POST", incident+"/hold", []byte(body)).code
	}
	if code := says(c.defence, `{"hold":true,"reason":"mine"}`); code != "not_allowed" {
		t.Errorf("the defence: %q", code)
	}
	if code := says(c.judge, `{"reason":"an appeal"}`); code != "bad_argument" {
		t.Errorf("neither: %q", code)
	}
	for _, hold := range []string{"true", "false"} {
		if code := says(c.judge, `{"hold":`+hold+`,"reason":"an appeal"}`); code != "" {
			t.Fatalf("the bench: %q", code)
		}
		g := asksBySeat(t, c.app, c.judge, "GET", incident, nil)
		if shown := strings.Contains(string(g.body), `"hold":true`); shown != (hold == "true") {
			t.Errorf("after hold %s it is shown as %v: %s", hold, shown, g.body)
		}
	}
}
