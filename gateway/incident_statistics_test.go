package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"parda/gateway/access/rights"
)

// The statistics of a court in which every free text is planted: neither the table nor the file that is taken away holds one of them, and no cell of few is told.
func TestThePublishedNumbersHoldNothingThatAnybodyWroteAndNoCellOfFew(t *testing.T) {
	w := writtenOfIncidents
	config := personsConfig(t.TempDir())
	for i := range config.Hearings {
		config.Hearings[i].Pseudonym, config.Hearings[i].CaseNo = w["pseudonym of the order"], w["case number"]
	}
	clock := &traveller{}
	app := runMoved(t, config, clock)
	p := newPeople(t, app.App)
	judge, lawyer := p.person("baku", "judge", rights.Judge), p.person("baku", "lawyer", rights.VictimsLawyer)
	for i := range 7 { // seven of a kind and three of another: the three must not be told, nor be found by taking away
		kind := "words"
		if i%2 == 1 {
			kind = "look"
		}
		status, answer, _ := lawyer.asks("POST", "/api/incidents", map[string]any{"key": fmt.Sprint("k", i), "kind": kind, "when": time.Now().Add(-hour).UTC(), "endangered": "witness",
			"pseudonym": w["pseudonym of a filed incident"], "source": w["source"], "note": w["note"], "case_no": w["case number"]})
		if status != http.StatusCreated {
			t.Fatalf("filed: %d %v", status, answer)
		}
	}
	year := time.Now().UTC().Year()
	clock.move(120 * 24 * hour) // a quarter is published when it is over
	span := fmt.Sprintf("?from=%dQ1&to=%dQ4", year, year)
	read := map[string]string{}
	for _, path := range []string{"/api/statistics", "/api/statistics.csv"} {
		req, _ := http.NewRequest("GET", app.URL()+path+span, nil)
		req.AddCookie(&http.Cookie{Name: "parda_person", Value: judge.cookie})
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != http.StatusOK || len(b) < 20 {
			t.Fatalf("%s: %d %s", path, res.StatusCode, b)
		}
		read[path] = string(b)
	}
	for where, text := range read {
		for kind, word := range w {
			if strings.Contains(text, word) {
				t.Errorf("%s holds the %s", where, kind)
			}
		}
		if !strings.Contains(text, "baku") {
			t.Errorf("%s names no court: nothing would be proved: %s", where, text)
		}
	}
	var table struct {
		Cells []struct {
			Kind, Measure string
			N             *int
			Suppressed    bool
		}
	}
	if err := json.Unmarshal([]byte(read["/api/statistics"]), &table); err != nil || len(table.Cells) == 0 {
		t.Fatalf("%v %s", err, read["/api/statistics"])
	}
	for _, cell := range table.Cells {
		if cell.N != nil && *cell.N > 0 && *cell.N < 5 {
			t.Errorf("a cell of %d is published: %+v", *cell.N, cell)
		}
		if cell.Kind == "look" && cell.N != nil && !cell.Suppressed && *cell.N == 3 {
			t.Errorf("the three are told: %+v", cell)
		}
	}
	if status, _, _ := lawyer.asks("GET", "/api/statistics"+span, nil); status == http.StatusOK {
		t.Log("a lawyer reads the statistics: they are safe for everybody")
	}
}
