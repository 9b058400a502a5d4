package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"
)

// haystack keeps all that was given out, by where it was got.
type haystack struct {
	mu  sync.Mutex
	all map[string][]byte
}

func (h *haystack) add(where string, b []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all[where] = append(append(h.all[where], b...), '\n')
}

func (h *haystack) pump(where string, read func([]byte) (int, error)) {
	b := make([]byte, 1600)
	for {
		n, err := read(b)
		if err != nil {
			return
		}
		h.add(where, b[:n])
	}
}

func (h *haystack) size(where string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.all[where])
}

func (h *haystack) grows(t *testing.T, where string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); h.size(where) < 100; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s got %d bytes: nothing would be proved", where, h.size(where))
		}
	}
}

func (h *haystack) until(t *testing.T, what, where, word string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !h.hold(where, word); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s never came", what)
		}
	}
}

// hold tells whether a place whose name begins so holds the word in any form.
func (h *haystack) hold(where, word string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, b := range h.all {
		if strings.HasPrefix(name, where) && slices.ContainsFunc(forms(word), func(f form) bool { return bytes.Contains(b, f.bytes) }) {
			return true
		}
	}
	return false
}

// form is one way in which something may be written.
type form struct {
	name  string
	bytes []byte
}

// forms of a word: plain, UTF-16, hexadecimal, escaped as JSON may, and base64 at each of its three offsets.
func forms(word string) []form {
	var le, be []byte
	for _, u := range utf16.Encode([]rune(word)) {
		le, be = binary.LittleEndian.AppendUint16(le, u), binary.BigEndian.AppendUint16(be, u)
	}
	out := []form{{"plain", []byte(word)}, {"lower case", []byte(strings.ToLower(word))}, {"UTF-16LE", le}, {"UTF-16BE", be},
		{"hex", []byte(hex.EncodeToString([]byte(word)))}, {"HEX", []byte(strings.ToUpper(hex.EncodeToString([]byte(word))))}}
	if escaped := strings.Trim(strconv.QuoteToASCII(word), `"`); escaped != word {
		out = append(out, form{"JSON with escapes", []byte(escaped)})
	}
	for shift := range 3 {
		for name, e := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding, "base64url": base64.RawURLEncoding} {
			// What lies before and after the word spoils the characters that it shares with them.
			text := e.EncodeToString(append(make([]byte, shift), word...))
			out = append(out, form{name, []byte(text[[]int{0, 2, 3}[shift] : len(text)-2])})
		}
	}
	return out
}

// numberForms of 32 bits: as on the wire, as in a small machine's memory, and written out.
func numberForms(n uint32) []form {
	wire := binary.BigEndian.AppendUint32(nil, n)
	return []form{{"4 bytes", wire}, {"4 bytes, little end first", binary.LittleEndian.AppendUint32(nil, n)}, {"decimal", []byte(strconv.FormatUint(uint64(n), 10))},
		{"hex", []byte(hex.EncodeToString(wire))}, {"HEX", []byte(strings.ToUpper(hex.EncodeToString(wire)))}}
}

// mustNotHold searches every place for every plant in every form.
func (h *haystack) mustNotHold(t *testing.T) {
	t.Helper()
	needles := map[string][]form{"SDP o= session": {{"decimal", []byte(fmt.Sprint(plantedSession))}, {"8 bytes", binary.BigEndian.AppendUint64(nil, plantedSession)}}}
	for name, word := range plantedWords {
		needles[name] = forms(word)
	}
	for name, n := range plantedNumbers {
		needles[name] = numberForms(n)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	total := 0
	for where, b := range h.all {
		total += len(b)
		for name, ways := range needles {
			for _, f := range ways {
				if len(f.bytes) >= 4 && bytes.Contains(b, f.bytes) {
					t.Errorf("%s holds the publisher's %s (%s)", where, name, f.name)
				}
			}
		}
	}
	t.Logf("%d plants in their forms, searched in %d places, %d bytes", len(needles), len(h.all), total)
}
