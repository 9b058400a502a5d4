package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
)

// words are the labels of the interface, which the protocol's PDF uses too: one place for a lawyer to correct them.
type words struct {
	byLang map[string]map[string]string
}

// loadWords reads az.json, en.json and ru.json. A label is a string, or an object that names its source beside its text.
func loadWords(files fs.FS) (*words, error) {
	w := &words{byLang: map[string]map[string]string{}}
	for _, lang := range []string{"az", "en", "ru"} {
		b, err := fs.ReadFile(files, lang+".json")
		if err != nil {
			return nil, fmt.Errorf("labels: %w", err)
		}
		var raw map[string]json.RawMessage
		if err := json.Unmarshal(b, &raw); err != nil {
			return nil, fmt.Errorf("labels in %s: %w", lang, err)
		}
		w.byLang[lang] = map[string]string{}
		for key, value := range raw {
			text, err := label(value)
			if err != nil {
				return nil, fmt.Errorf("label %s in %s: %w", key, lang, err)
			}
			w.byLang[lang][key] = text
		}
	}
	return w, nil
}

func label(value json.RawMessage) (string, error) {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text, nil
	}
	var sourced struct {
		Text string `json:"text"`
	}
	err := json.Unmarshal(value, &sourced)
	return sourced.Text, err
}

// say gives a label in a language, with its parameters in place: {name} is one, and a part in [square brackets] is left out whole when a
// parameter inside it is absent or empty. A label that is missing shows its key, so that it is seen and mended.
func (w *words) say(lang, key string, params map[string]string) string {
	text, ok := w.byLang[lang][key]
	if !ok {
		return key
	}
	var out strings.Builder
	for text != "" {
		open := strings.IndexByte(text, '[')
		if open < 0 {
			break
		}
		length := strings.IndexByte(text[open:], ']')
		if length < 0 {
			break
		}
		plain, _ := fill(text[:open], params)
		out.WriteString(plain)
		if part, whole := fill(text[open+1:open+length], params); whole {
			out.WriteString(part)
		}
		text = text[open+length+1:]
	}
	rest, _ := fill(text, params)
	out.WriteString(rest)
	return out.String()
}

// fill puts parameters in their places and says whether each was there.
func fill(text string, params map[string]string) (filled string, whole bool) {
	whole = true
	var out strings.Builder
	for {
		open := strings.IndexByte(text, '{')
		if open < 0 {
			break
		}
		length := strings.IndexByte(text[open:], '}')
		if length < 0 {
			break
		}
		value := params[text[open+1:open+length]]
		whole = whole && value != ""
		out.WriteString(text[:open])
		out.WriteString(value)
		text = text[open+length+1:]
	}
	out.WriteString(text)
	return out.String(), whole
}
