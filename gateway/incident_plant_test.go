package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// What people write of an incident, each with a word of its own: whatever of it is found where only numbers and codes belong says which field leaked.
var writtenOfIncidents = map[string]string{
	"pseudonym of the order": "Zq7Pseudonym", "pseudonym of a filed incident": "Zq7FiledPseudonym", "source": "Zq7SourceName", "note": "Zq7NoteOfTheFlag", "target": "Zq7TargetName",
	"note of a filed incident": "Zq7FiledNote", "source of a filed incident": "Zq7FiledSource", "case number": "Zq7CaseNumber", "measure": "Zq7MeasureAskedFor",
	"note of a request": "Zq7NoteOfTheRequest", "reason of a ruling": "Zq7ReasonOfTheRuling", "reason of a refusal": "Zq7ReasonOfTheRefusal", "answer": "Zq7AnswerOfThePerson",
	"label of a source": "Zq7LabelOfTheSource", "note added": "Zq7NoteAdded", "file's name": "Zq7FileName.png", "file's text": "Zq7TextOfTheFile", "name of a person": "Zq7PersonName",
	"reason of a referral": "Zq7ReasonOfTheReferral", "search": "Zq7SearchedFor", "an answer's gist": "Zq7GistPut", "kind that is none": "Zq7KindThatIsNone",
}

// Whatever people write of an incident stands in its books and its sheets, and in no log, metric, statistic, operator's answer or address.
func TestNothingWrittenOfAnIncidentIsInAnyLogMetricOrStatistic(t *testing.T) {
	dir := t.TempDir()
	w, sinks := writtenOfIncidents, &haystack{all: map[string][]byte{}}
	config := testConfig(dir)
	config.Hearings[0].Pseudonym, config.Hearings[0].CaseNo = w["pseudonym of the order"], w["case number"]
	c := assembleAt(t, config)
	lawyer := sit(t, c.app.App, "lawyer")
	flag := writeAFlag(t, c, lawyer, w)
	incident := "/api/demo/incidents/" + incidentOf("demo", flag)
	for i, r := range []struct {
		by   *page
		path string
		body map[string]any
	}{
		{lawyer, "/api/demo/incidents", map[string]any{"key": "k1", "kind": "contact_outside", "when": time.Now().Add(-hour).UTC(), "endangered": "relative", "pseudonym": w["pseudonym of a filed incident"],
			"source": w["source of a filed incident"], "note": w["note of a filed incident"], "case_no": w["case number"]}},
		{c.judge, incident + "/notes", map[string]any{"text": w["note added"]}},
		{c.judge, incident + "/source", map[string]any{"source": w["label of a source"]}},
		{c.judge, incident + "/requests", map[string]any{"measures": []string{w["measure"]}, "note": w["note of a request"], "own_motion": true}},
		{lawyer, incident + "/agreement", map[string]any{"agree": true, "by": "lawyer"}},
		{c.judge, incident + "/rulings", map[string]any{"ruling": "refer", "reason": w["reason of a ruling"]}},
		// What is refused is refused with a cause that is logged.
		{lawyer, "/api/demo/incidents", map[string]any{"key": "k2", "kind": w["kind that is none"], "note": w["note of a filed incident"]}},
		{lawyer, "/api/demo/incidents", map[string]any{w["note of a filed incident"]: 1}},
		{c.judge, incident + "/referrals", map[string]any{"to": w["measure"], "lang": "az", "measures": []string{w["measure"]}, "danger_to_life": true, "reason": w["reason of a referral"], "way": "print"}},
		{c.judge, incident + "/requests/" + w["label of a source"] + "/decide", map[string]any{"granted": false, "reason": w["reason of a refusal"]}},
	} {
		status, answer := postAs(t, c.app, r.by, r.path+"?seat="+r.by.seat, r.body)
		if i < 6 && status >= 300 {
			t.Errorf("%s %s: %d %v: it was not planted", r.by.seat, r.path, status, answer)
		}
	}
	attachAFile(t, c, lawyer, incident, w)
	getAs(t, c.app, c.judge, "/api/demo/incidents?seat=judge&q="+w["search"]+"&source="+w["label of a source"])
	for _, path := range []string{"/metrics", "/healthz", "/api/" + w["search"] + "/incidents", incident + "/evidence/" + w["search"]} {
		res, err := http.Get(c.app.URL() + path)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(res.Body)
		res.Body.Close()
		sinks.add("GET "+strings.ReplaceAll(path, w["search"], "_"), b)
	}
	_, whole := getAs(t, c.app, c.judge, incident+"?seat=judge")
	told, _ := json.Marshal(whole)
	c.app.log.Info(passesInTheLog)
	c.app.end()
	sinks.add("log", []byte(c.app.logged()))
	stored := &haystack{all: map[string][]byte{}}
	stored.addFolder(t, dir)
	if !sinks.hold("log", passesInTheLog) || !sinks.hold("GET /metrics", "parda_publications") {
		t.Error("the search would find nothing where it looks")
	}
	for _, kind := range []string{"note", "label of a source", "target", "note added", "measure"} {
		if !bytes.Contains(told, []byte(w[kind])) {
			t.Errorf("the judge does not read the %s: nothing would be proved: %s", kind, told)
		}
	}
	for kind, word := range w {
		for where := range sinks.all {
			if sinks.hold(where, word) {
				t.Errorf("%s holds the %s", where, kind)
			}
		}
		// Files' names and the paths of folders are seen by whoever sees the disk's index.
		for where := range stored.all {
			if strings.HasSuffix(where, "(name)") && stored.hold(where, word) {
				t.Errorf("a file is named after the %s: %s", kind, where)
			}
		}
	}
	for _, kind := range []string{"file's text", "file's name"} { // sealed, and the name is never taken
		for where := range stored.all {
			if stored.hold(where, w[kind]) {
				t.Errorf("%s holds the %s in clear", where, kind)
			}
		}
	}
}

// writeAFlag raises one with every text that a flag can have, puts it, has it answered, and has it ruled on.
func writeAFlag(t *testing.T, c *cast, lawyer *page, w map[string]string) string {
	t.Helper()
	var r struct{ Flag string }
	if err := json.Unmarshal(lawyer.must("flag.raise", map[string]any{"kind": w["kind that is none"], "concerns": "defence"})["result"], &r); err != nil {
		t.Fatal(err)
	}
	lawyer.must("flag.detail", map[string]any{"flag": r.Flag, "kind": "words", "target": w["target"], "source": w["source"], "note": w["note"]})
	c.judge.must("flag.put", map[string]any{"flag": r.Flag, "seat": "defence", "form": "gist", "gist": w["an answer's gist"]})
	c.defence.must("flag.answer", map[string]any{"flag": r.Flag, "text": w["answer"]})
	c.judge.must("flag.rule", map[string]any{"flag": r.Flag, "ruling": "enter", "reason": w["reason of a ruling"]})
	return r.Flag
}

// attachAFile sends a PNG with a text in it and a name around it, as a careless client does.
func attachAFile(t *testing.T, c *cast, lawyer *page, incident string, w map[string]string) {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 16, 16))); err != nil {
		t.Fatal(err)
	}
	// A tEXt chunk after the header (PNG, third edition, section 11.3.3): the original is sealed with it, the copy has none.
	file := slices.Concat(b.Bytes()[:33], textChunk("Comment", w["file's text"]), b.Bytes()[33:])
	req, err := http.NewRequest("POST", c.app.URL()+incident+"/attachments?seat=lawyer", bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "image/png")
	req.Header.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", w["file's name"]))
	req.AddCookie(lawyer.cookie)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, _ := io.ReadAll(res.Body)
	if res.StatusCode >= 300 {
		t.Errorf("the attachment: %d %s", res.StatusCode, answer)
	}
}

// textChunk is one chunk of a PNG.
func textChunk(keyword, text string) []byte {
	data := append([]byte(keyword+"\x00"), text...)
	out := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	out = append(append(out, "tEXt"...), data...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(append([]byte("tEXt"), data...)))
}
