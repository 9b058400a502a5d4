package verify_test

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"parda/gateway/ledger"
	"parda/gateway/ledger/verify"
)

func TestBundleOfAHearingIsValid(t *testing.T) {
	s := newScene(t)
	path := s.write()
	r, err := verify.Verify(path, ledger.Fingerprint(s.ledger.PublicKey()))
	if err != nil || !r.Valid {
		t.Fatalf("%v\n%s", err, r.Text("en"))
	}
	if !r.KeyCompared || r.Events != 12 || len(r.Signatures) != 3 || len(r.Recordings) != 3 || r.CaseNo != "1-234/2026" {
		t.Errorf("report misses something: %+v", r)
	}
	// Segments start at 0, 11, 22 s and last 7, 9, 11 s: the second hole has two
	// seconds, which is not over the limit.
	if len(r.Gaps) != 1 || r.Gaps[0].DurationMS != 4000 {
		t.Errorf("gaps: %+v", r.Gaps)
	}
}

func TestBundleIsReadByOtherZipReaders(t *testing.T) {
	path := newScene(t).write()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = z.Close() }()
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
	if len(z.File) != 14 {
		t.Errorf("%d files", len(z.File))
	}
}

func TestWithoutKeyTheReportSaysSo(t *testing.T) {
	path := newScene(t).write()
	r, err := verify.Verify(path, "")
	if err != nil || !r.Valid || r.KeyCompared {
		t.Fatalf("%v %+v", err, r)
	}
	for lang, want := range map[string]string{"en": "not compared with a known key", "az": "müqayisə edilməyib", "ru": "не сверен"} {
		if !strings.Contains(r.Text(lang), want) {
			t.Errorf("%s: %s", lang, r.Text(lang))
		}
	}
}

func TestTrustedKeyInEachForm(t *testing.T) {
	s := newScene(t)
	path := s.write()
	fp := ledger.Fingerprint(s.ledger.PublicKey())
	for name, trust := range map[string]string{
		"fingerprint":           fp,
		"with colons":           strings.ToUpper(fp[:4]) + ":" + fp[4:],
		"key of another log":    s.ledger.VerifierKey("h2"),
		"key of this log, line": s.ledger.VerifierKey("h1") + "\n",
	} {
		if r, err := verify.Verify(path, trust); err != nil || !r.Valid || !r.KeyCompared {
			t.Errorf("%s: %v %v", name, err, r.Problems)
		}
	}
	other := newScene(t)
	if r, err := verify.Verify(path, other.ledger.VerifierKey("h1")); err != nil || r.Valid || !has(r, "key_other") {
		t.Errorf("another court's key passes: %v %v", err, r.Problems)
	}
	if _, err := verify.Verify(path, "no key"); err == nil {
		t.Error("a key that is none is taken")
	}
}

func has(r verify.Report, code string) bool {
	for _, p := range r.Problems {
		if p.Code == code {
			return true
		}
	}
	return false
}

// What a court that holds the signing key could write, but must not.
func TestRulesOfTheRecord(t *testing.T) {
	for name, c := range map[string]struct {
		bend func(*scene)
		want string
	}{
		"a bundle without its closing entry": {func(s *scene) { s.drop["hearing.sealed"] = true }, "not_sealed"},
		"another bundle.json was sealed":     {func(s *scene) { s.seal = func(p obj) { p["bundle_json_sha256"] = strings.Repeat("0", 64) } }, "bundle_other"},
		"a judge who did not sign":           {func(s *scene) { s.drop["protocol.signed"] = true }, "not_signed"},
		"a protocol that was never rendered": {func(s *scene) { s.drop["protocol.rendered"] = true }, "statement_other"},
		"a signature over something else":    {func(s *scene) { s.signed = func(p obj) { p["signature"] = s.judge.sign(s.t, []byte("other")) } }, "signature_wrong"},
		"a key that was not enrolled":        {func(s *scene) { s.drop["key.enrolled"] = true }, "signer_unknown"},
		"the clerk signs as the judge":       {func(s *scene) { s.signed = func(p obj) { p["key"] = s.clerk.spki(s.t) } }, "signer_unknown"},
		"a signer under another role":        {func(s *scene) { s.signed = func(p obj) { p["role"] = "court_clerk" } }, "statement_other"},
		"an order that another seat signed":  {func(s *scene) { s.ordered = func(p obj) { p["key"] = s.clerk.spki(s.t) } }, "signer_unknown"},
		"an order of another hearing": {func(s *scene) {
			s.ordered = func(p obj) { b := []byte(`{"hearing":"h2"}`); p["bytes"] = b; p["signature"] = s.judge.sign(s.t, b) }
		}, "hearing_other"},
		"a recording that was not entered": {func(s *scene) { s.drop["recording.segment"] = true }, "recording_unknown"},
		"a recording that is not there":    {func(s *scene) { s.segment = func(_ int, p obj) { p["file"] = "recordings/0009.webm" } }, "recording_missing"},
		"another recording":                {func(s *scene) { s.segment = func(_ int, p obj) { p["sha256"] = strings.Repeat("0", 64) } }, "file_other"},
		"a statement with another root":    {func(s *scene) { s.head = func(c *ledger.Checkpoint) { c.Root[0]++ } }, "statement_other"},
		"a statement with another size":    {func(s *scene) { s.head = func(c *ledger.Checkpoint) { c.Size-- } }, "statement_other"},
		"another protocol":                 {func(s *scene) { s.swap = []byte("%PDF late") }, "file_other"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			c.bend(s)
			r, err := verify.Verify(s.write(), "")
			if err != nil {
				t.Fatal(err)
			}
			if r.Valid || !has(r, c.want) {
				t.Errorf("want %s, got %+v", c.want, r.Problems)
			}
		})
	}
}

// verifyBytes is Verify of a bundle in memory.
func verifyBytes(t testing.TB, b []byte) verify.Report {
	t.Helper()
	r, err := verify.Reader(bytes.NewReader(b), int64(len(b)), "")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestEachChangedByteIsFound(t *testing.T) {
	b, err := os.ReadFile(newScene(t).write())
	if err != nil {
		t.Fatal(err)
	}
	if r := verifyBytes(t, b); !r.Valid {
		t.Fatal(r.Text("en"))
	}
	// At least 4,000 bytes, a prime number apart so that none of the periods of
	// the format is passed over, with every kind of flip in turn.
	step := 1
	for _, prime := range []int{2, 3, 5, 7, 11, 13} {
		if len(b)/prime >= 4000 {
			step = prime
		}
	}
	for i := 0; i < len(b); i += step {
		was := b[i]
		b[i] ^= []byte{0x01, 0x80, 0x20, 0xff, 0x04}[i%5]
		if r := verifyBytes(t, b); r.Valid || len(r.Problems) == 0 {
			t.Errorf("byte %d (%q to %q) changed unseen", i, was, b[i])
		}
		b[i] = was
	}
	t.Logf("%d of %d bytes flipped", len(b)/step, len(b))
}

func TestEachRemovedOrAddedByteIsFound(t *testing.T) {
	b, err := os.ReadFile(newScene(t).write())
	if err != nil {
		t.Fatal(err)
	}
	step := max(1, len(b)/400)
	for i := 0; i <= len(b); i += step {
		for name, bent := range map[string][]byte{
			"cut off":    b[:i],
			"put in":     append(append(bytes.Clone(b[:i]), 'x'), b[i:]...),
			"duplicated": append(bytes.Clone(b[:i]), b[max(0, i-1):]...),
			"dropped":    append(bytes.Clone(b[:max(0, i-1)]), b[i:]...),
		} {
			if bytes.Equal(bent, b) {
				continue
			}
			if r := verifyBytes(t, bent); r.Valid {
				t.Errorf("a byte %s at %d unseen", name, i)
			}
		}
	}
}

func TestEventsThatAreNotTheSignedOnesAreFound(t *testing.T) {
	for name, c := range map[string]struct {
		bend func([]ledger.Event) []ledger.Event
		want string
	}{
		"one left out":    {func(e []ledger.Event) []ledger.Event { return slices.Delete(e, 4, 5) }, "index_gap"},
		"one twice":       {func(e []ledger.Event) []ledger.Event { return slices.Insert(e, 5, e[4]) }, "index_gap"},
		"two swapped":     {func(e []ledger.Event) []ledger.Event { e[4], e[5] = e[5], e[4]; return e }, "index_gap"},
		"renumbered":      {func(e []ledger.Event) []ledger.Event { e[4].Code = "note.added"; return e }, "root_other"},
		"another salt":    {func(e []ledger.Event) []ledger.Event { e[4].Salt = make([]byte, 16); return e }, "root_other"},
		"time goes back":  {func(e []ledger.Event) []ledger.Event { e[4].Time = e[0].Time.Add(-time.Hour); return e }, "time_back"},
		"another hearing": {func(e []ledger.Event) []ledger.Event { e[4].Hearing = "h2"; return e }, "hearing_other"},
		"one after closing": {func(e []ledger.Event) []ledger.Event {
			x := e[4]
			x.Index = 13
			x.Time = e[11].Time
			return append(e, x)
		}, "after_closing"},
		"end cut off": {func(e []ledger.Event) []ledger.Event { return e[:11] }, "not_sealed"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			s.events = c.bend
			r, err := verify.Verify(s.write(), "")
			if err != nil || r.Valid || !has(r, c.want) {
				t.Errorf("want %s, got %v %+v", c.want, err, r.Problems)
			}
		})
	}
}

func TestCommandExitStatus(t *testing.T) {
	path := newScene(t).write()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	broken := path + ".broken"
	b[len(b)/2] ^= 1
	if err := os.WriteFile(broken, b, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		want int
		says string
	}{
		"valid":   {[]string{path}, 0, "VALID"},
		"json":    {[]string{"-json", path}, 0, `"valid": true`},
		"broken":  {[]string{broken}, 1, "NOT VALID"},
		"missing": {[]string{path + ".none"}, 1, ""},
		"no file": {nil, 2, ""},
	} {
		var out, errs bytes.Buffer
		if got := verify.Run(c.args, &out, &errs); got != c.want || !strings.Contains(out.String(), c.says) {
			t.Errorf("%s: exit %d, says %s%s", name, got, out.String(), errs.String())
		}
	}
}
