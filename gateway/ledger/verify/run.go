package verify

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"time"
)

// Run is the command "verify [-trust KEY] [-lang az|en|ru] [-json] [-audit] FILE". KEY
// is a key as ParseTrust reads it, or the name of a file that holds one. It
// returns the exit status: 0 valid, 1 not valid or not readable, 2 wrong use.
func Run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("verify", flag.ContinueOnError)
	flags.SetOutput(stderr)
	trust := flags.String("trust", "", "the court's `key` as known from elsewhere: fingerprint, base64 key, verifier key, or a file that holds one")
	lang := flags.String("lang", "en", "language of the report: az, en or ru")
	asJSON := flags.Bool("json", false, "print the report as JSON")
	audit := flags.Bool("audit", false, "the file is a court's exported audit, not a bundle")
	flags.Usage = func() {
		_, _ = fmt.Fprintln(stderr, "usage: gateway verify [-trust KEY] [-lang az|en|ru] [-json] [-audit] FILE")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if flags.NArg() != 1 {
		flags.Usage()
		return 2
	}
	if text, err := os.ReadFile(*trust); err == nil {
		*trust = string(text)
	}
	check := Verify
	if *audit {
		check = Audit
	}
	report, err := check(flags.Arg(0), *trust)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, err)
		return 1
	}
	if *asJSON {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(report)
	} else {
		_, err = io.WriteString(stdout, report.Text(*lang))
	}
	if err != nil || !report.Valid {
		return 1
	}
	return 0
}

// Text is the report for people, in a language: az, en or ru.
func (r Report) Text(lang string) string {
	t := text{lang: lang}
	verdict := sayInvalid
	if r.Valid {
		verdict = sayValid
	}
	t.line("%s: %s", r.File, verdict.in(lang))
	for _, p := range r.Problems {
		t.line("  %s: %s", sayProblem.in(lang), p.Text(lang))
	}
	if r.Hearing != "" {
		t.line("  %s: %s", sayHearing.in(lang), r.Hearing)
	}
	if r.CaseNo != "" {
		t.line("  %s: %s", sayCase.in(lang), r.CaseNo)
	}
	if r.Events > 0 {
		t.line("  %s: %d", sayEntries.in(lang), r.Events)
	}
	if r.Withheld > 0 {
		t.line("  %s: %d", sayWithheld.in(lang), r.Withheld)
	}
	if r.Sealed != nil {
		t.line("  %s: %s", saySealed.in(lang), r.Sealed.Format(timeFormat))
	}
	for _, s := range r.Signatures {
		t.line("  %s: %s, %s, %s", saySignature.in(lang), s.What, s.Role, s.At.Format(timeFormat))
	}
	for _, s := range r.Recordings {
		t.line("  %s: %s, %s, %s, %s %s", sayRecording.in(lang), s.File, s.Label, s.Start.Format(timeFormat), seconds(s.DurationMS), saySeconds.in(lang))
	}
	for _, g := range r.Gaps {
		how := sayGapFound
		if g.Entered {
			how = sayGapEntered
		}
		t.line("  %s: %s, %s, %s %s, %s", sayGap.in(lang), g.Label, g.Start.Format(timeFormat), seconds(g.DurationMS), saySeconds.in(lang), how.in(lang))
	}
	if r.Fingerprint != "" {
		how := sayNotCompared
		if r.KeyCompared {
			how = sayCompared
		}
		t.line("  %s: %s, %s", sayKey.in(lang), r.Fingerprint, how.in(lang))
	}
	return t.out
}

type text struct {
	lang string
	out  string
}

func (t *text) line(format string, args ...any) {
	t.out += printable(fmt.Sprintf(format, args...)) + "\n"
}

// printable keeps what a stranger's bundle says from steering the terminal.
func printable(s string) string {
	out := []rune(s)
	for i, r := range out {
		if r < 0x20 || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			out[i] = '?'
		}
	}
	return string(out)
}

func seconds(ms int64) string {
	return fmt.Sprintf("%.1f", (time.Duration(ms) * time.Millisecond).Seconds())
}
