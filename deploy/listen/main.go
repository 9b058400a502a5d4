// Command listen makes a folder with a page on which a court can hear what each voice mask does: sentences in Azerbaijani, spoken by espeak-ng as a
// woman and as a man, before the mask and after it, in every mode and strength that the station knows, each with its spectrogram.
//
//	go run ./deploy/listen -station bin/station -out var/listen        (make listen)
//
// The page stands alone (open index.html; no network, no server) and is no part of the product: no route of the gateway serves it. A robot speaks,
// so it tells how clear the words stay and nothing of how well a person is hidden.
package main

import (
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"html/template"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// sentences hold what must not turn: a negation, numbers, a date, var and yox.
var sentences = []string{
	"Mən həmin gün onu görmədim, amma səsini eşitdim.",
	"Oktyabrın on beşində, axşam saat yeddidə bizi başqa evə apardılar.",
	"Xeyr, pulu mənə vermədilər. Qapıda qıfıl var idi, pəncərə yox idi.",
}

var speakers = []struct{ id, voice string }{{"woman", "az+f3"}, {"man", "az+m3"}}

var (
	modes     = []string{"neutral", "synthetic"}
	strengths = []string{"gentle", "standard", "strong"}
	languages = []string{"az", "en", "ru"}
)

//go:embed page.html
var page string

// words are a label in each language.
type words map[string]string

type cell struct{ Sound, Picture string }

type row struct {
	Mode, Strength words
	Before, First  bool
	Cells          []cell
}

type sentence struct {
	Text string
	Rows []row
}

func main() {
	station := flag.String("station", "bin/station", "`PROGRAM` of the shielded room")
	out := flag.String("out", "var/listen", "`FOLDER` to write")
	locales := flag.String("locales", "courtroom-ui/locales", "`FOLDER` of the interface's words")
	flag.Parse()
	if err := run(*station, *out, *locales); err != nil {
		fmt.Fprintln(os.Stderr, "listen:", err)
		os.Exit(1)
	}
}

func run(station, out, locales string) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	labels, err := readLabels(locales)
	if err != nil {
		return err
	}
	var made []sentence
	missing := map[string]bool{}
	for i, text := range sentences {
		s, err := maskedSentence(station, out, labels, i, text, missing)
		if err != nil {
			return err
		}
		made = append(made, *s)
	}
	f, err := os.Create(filepath.Join(out, "index.html"))
	if err != nil {
		return err
	}
	t := template.Must(template.New("page").Parse(page))
	data := map[string]any{"Sentences": made, "Words": ownWords, "Languages": languages}
	if err := errors.Join(t.Execute(f, data), f.Close()); err != nil {
		return err
	}
	for m := range missing {
		fmt.Println("this station has no voice", m)
	}
	fmt.Println("open", filepath.Join(out, "index.html"))
	return nil
}

// maskedSentence speaks one sentence by each speaker and masks it in each mode.
func maskedSentence(station, out string, labels map[string]words, i int, text string, missing map[string]bool) (*sentence, error) {
	before := row{Mode: ownWords["before"], Before: true, First: true}
	for _, who := range speakers {
		name := fmt.Sprintf("%d-%s-before", i+1, who.id)
		raw := filepath.Join(out, name+".wav")
		if b, err := exec.Command("espeak-ng", "-v", who.voice, "-s", "150", "-w", raw, "--", text).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("espeak-ng: %w %s", err, b)
		}
		c, err := shown(out, name)
		if err != nil {
			return nil, err
		}
		before.Cells = append(before.Cells, c)
	}
	s := &sentence{Text: text, Rows: []row{before}}
	for _, mode := range modes {
		for k, strength := range strengths {
			r := row{Mode: labels["voice."+mode], Strength: labels["strength."+strength], First: k == 0}
			for _, who := range speakers {
				name := fmt.Sprintf("%d-%s-%s-%s", i+1, who.id, mode, strength)
				if !mask(station, filepath.Join(out, fmt.Sprintf("%d-%s-before.wav", i+1, who.id)), filepath.Join(out, name+".wav"), mode, strength, who.id) {
					missing[mode+" "+strength] = true
					continue
				}
				c, err := shown(out, name)
				if err != nil {
					return nil, err
				}
				r.Cells = append(r.Cells, c)
			}
			if len(r.Cells) == len(speakers) {
				s.Rows = append(s.Rows, r)
			}
		}
	}
	return s, nil
}

// mask lets the station mask a clip offline; false when it has no such mode. The session is fixed, so that the page comes out again.
func mask(station, in, out, mode, strength, session string) bool {
	args := []string{"mask", "-in", in, "-out", out, "-voice", mode, "-session", "listen " + session}
	if strength != "standard" {
		args = append(args, "-strength", strength)
	}
	return exec.Command(station, args...).Run() == nil
}

// shown draws the spectrogram of a clip.
func shown(out, name string) (cell, error) {
	b, err := os.ReadFile(filepath.Join(out, name+".wav"))
	if err != nil {
		return cell{}, err
	}
	x, rate, err := readWAV(b)
	if err != nil {
		return cell{}, fmt.Errorf("%s: %w", name, err)
	}
	return cell{name + ".wav", name + ".png"}, drawSpectrogram(filepath.Join(out, name+".png"), x, rate)
}

// readLabels takes the names of the modes and strengths from the interface's own words, so that the court finds the same ones on both.
func readLabels(folder string) (map[string]words, error) {
	out := map[string]words{}
	for _, lang := range languages {
		raw, err := os.ReadFile(filepath.Join(folder, lang+".json"))
		if err != nil {
			return nil, err
		}
		var all map[string]json.RawMessage
		if err := json.Unmarshal(raw, &all); err != nil {
			return nil, fmt.Errorf("%s: %w", lang, err)
		}
		var keys []string
		for _, m := range modes {
			keys = append(keys, "voice."+m)
		}
		for _, s := range strengths {
			keys = append(keys, "strength."+s)
		}
		for _, k := range keys {
			text, err := label(all[k])
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", lang, k, err)
			}
			if out[k] == nil {
				out[k] = words{}
			}
			out[k][lang] = text
		}
	}
	return out, nil
}

// label is a word of a locale file: a string, or an object whose field text is one.
func label(raw json.RawMessage) (string, error) {
	var whole struct {
		Text string `json:"text"`
	}
	text := ""
	if json.Unmarshal(raw, &text) != nil {
		if err := json.Unmarshal(raw, &whole); err != nil {
			return "", err
		}
		text = whole.Text
	}
	if strings.TrimSpace(text) == "" {
		return "", errors.New("no text")
	}
	return text, nil
}
