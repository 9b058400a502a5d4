package minutes

import (
	"bytes"
	"encoding/json"
	flags "flag"
	"os"
	"testing"

	"parda/gateway/hearing"
)

var update = flags.Bool("update", false, "write signaling/testdata/entries.json anew")

const vectorFile = "../../signaling/testdata/entries.json"

// vectors are the messages of entries as the clerk and the interpreter get them, of a hearing in which each form of an entry appears.
func vectors(t *testing.T) []byte {
	b := newBook(t)
	b.enter("judge", hearing.OrderSigned, hearing.OrderSignedPayload{Version: 1, KeyCode: "4821 0937"})
	b.enter("judge", hearing.TestimonyLive, hearing.TestimonyLivePayload{})
	b.enter("clerk", hearing.EntryAdded, hearing.EntryAddedPayload{ID: "e1", Kind: "question", Text: "Həmin gün sizi evdən kim apardı?", Lang: "az", Speaker: "prosecutor", By: hearing.CourtClerk, At: &noon})
	b.enter("clerk", hearing.EntryAdded, hearing.EntryAddedPayload{ID: "e2", Kind: "answer", Text: "Axşam saat doqquza yaxın idi.", Lang: "az", Speaker: "witness", By: hearing.CourtClerk, At: &noon})
	b.enter("defence", hearing.ObjectionRaised, hearing.RequestPayload{ID: "q1", Seat: "defence", Role: hearing.DefenceCounsel, Text: "Sual artıq verilib."})
	b.enter("clerk", hearing.EntryAdded, hearing.EntryAddedPayload{ID: "e3", Kind: "note", Text: "Zalda səs-küy.", Sealed: "bench", By: hearing.CourtClerk, At: &noon})
	b.enter("support", hearing.FlagRaised, hearing.FlagRaisedPayload{ID: "f1", Seat: "support", Role: hearing.SupportPerson, PressedAt: noon})
	b.enter("clerk", hearing.EntryAmended, hearing.EntryAmendedPayload{ID: "e4", Entry: 5, Text: "Axşam saat səkkizə yaxın idi.", By: hearing.CourtClerk})
	b.enter("clerk", hearing.EntryAdded, hearing.EntryAddedPayload{ID: "e5", Kind: "answer", Text: "Я помню дверь.", Lang: "ru", Speaker: "witness", By: hearing.CourtClerk, At: &noon,
		Interpreted: &hearing.Interpreted{Text: "Qapını xatırlayıram.", Lang: "az"}})
	b.enter("clerk", hearing.EntryAdded, hearing.EntryAddedPayload{ID: "e6", Kind: "exhibit", Text: "Qapının fotoşəkli, bir vərəq.", Lang: "az", Number: "2/14", By: hearing.CourtClerk, At: &noon})
	b.enter("witness", hearing.RoomCertified, hearing.RoomCertifiedPayload{Same: true, Free: true, With: []string{"interpreter"}, Proof: "code"})
	b.enter("witness", hearing.RoomNotCertified, hearing.RoomCertifiedPayload{Same: true, Alone: true, Proof: "account", Void: "not_free", Note: "for the bench alone"})
	b.enter("clerk", hearing.EntryStruck, hearing.EntryMarkedPayload{Entry: 4, Reason: "Sual geri götürüldü.", By: hearing.CourtClerk})
	b.enter("judge", hearing.EntryRestored, hearing.EntryMarkedPayload{Entry: 4, Reason: "Sual verilib.", By: hearing.PresidingJudge})
	b.enter("judge", hearing.EntryStruck, hearing.EntryMarkedPayload{Entry: 7, Reason: "Səhv yazılıb.", Sealed: "bench", By: hearing.PresidingJudge})
	type message struct {
		Type    string  `json:"type"`
		Entries []Entry `json:"entries"`
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(map[string]message{
		"to the clerk":                    {"entries", b.SeenBy(Reader{Seat: "clerk", Role: hearing.CourtClerk, Attends: true}, 0)},
		"to the interpreter":              {"entries", b.SeenBy(Reader{Seat: "interpreter", Role: hearing.Interpreter, Attends: true}, 0)},
		"to the defence, since the third": {"entries", b.SeenBy(Reader{Seat: "defence", Role: hearing.DefenceCounsel, Attends: true}, 3)},
	}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestTheVectorsAreTheEntriesThatArePassedOn(t *testing.T) {
	want := vectors(t)
	if *update {
		if err := os.WriteFile(vectorFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(vectorFile)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not what is passed on (%v): run go test ./gateway/minutes -run TestTheVectors -update", vectorFile, err)
	}
	var back map[string]struct {
		Type    string
		Entries []Entry
	}
	d := json.NewDecoder(bytes.NewReader(got))
	d.DisallowUnknownFields()
	if err := d.Decode(&back); err != nil {
		t.Fatal(err)
	}
	if clerk, interpreter := len(back["to the clerk"].Entries), len(back["to the interpreter"].Entries); clerk <= interpreter || interpreter == 0 {
		t.Errorf("the clerk reads %d entries, the interpreter %d", clerk, interpreter)
	}
}
