// Command tally reads `go test -json` on standard input, prints one line for each package, the output of each failed test and the reason
// of each skipped one (a check that is skipped in silence is a defect), and appends the counts to a file for the last line of `make test`.
//
//	go test -json ./... | go run ./deploy/tally COUNTS
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

type event struct {
	Action, Package, Test, Output string
	Elapsed                       float64
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: tally COUNTS")
		os.Exit(2)
	}
	passed, failed, skipped := count()
	fmt.Printf("Go: %d passed, %d failed, %d skipped\n", passed, failed, skipped)
	line := fmt.Sprintf("%d %d %d\n", passed, failed, skipped)
	f, err := os.OpenFile(os.Args[1], os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err == nil {
		_, err = f.WriteString(line)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if failed > 0 || passed == 0 {
		os.Exit(1)
	}
}

func count() (passed, failed, skipped int) {
	output := map[string][]string{}
	broken := map[string]bool{} // packages in which a test failed: that the package failed is then no news
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 16<<20)
	for in.Scan() {
		var e event
		if json.Unmarshal(in.Bytes(), &e) != nil {
			fmt.Println(in.Text()) // a build error is not JSON
			continue
		}
		key := e.Package + " " + e.Test
		switch e.Action {
		case "output", "build-output":
			output[key] = append(output[key], e.Output)
		case "pass", "fail", "skip":
			report(e, strings.Join(output[key], ""))
			delete(output, key)
			switch {
			case e.Test != "" && e.Action == "pass":
				passed++
			case e.Test != "" && e.Action == "skip":
				skipped++
			case e.Test != "": // failed
				failed++
				broken[e.Package] = true
			case e.Action == "fail" && !broken[e.Package]: // it does not build, or ended outside of a test
				failed++
			}
		}
	}
	return passed, failed, skipped
}

func report(e event, output string) {
	switch {
	case e.Action == "fail":
		fmt.Printf("FAIL  %s %s\n%s", e.Package, e.Test, output)
	case e.Test == "" && e.Action == "pass":
		fmt.Printf("ok    %s  %.1f s\n", e.Package, e.Elapsed)
	case e.Test != "" && e.Action == "skip":
		fmt.Printf("SKIP  %s %s\n%s", e.Package, e.Test, output)
	}
}
