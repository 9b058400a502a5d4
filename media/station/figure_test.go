package main

import (
	"slices"
	"testing"
	"time"
)

// What the figure does is told calmly: the pauses between words are one answer, and nothing is told more often than figureGap.
func TestWhatTheFigureDoesIsToldCalmly(t *testing.T) {
	speech := func(ms int) string { // words of 300 ms with pauses of 200
		if ms%500 < 300 {
			return "answering"
		}
		return "still"
	}
	for name, c := range map[string]struct {
		does func(ms int) string
		want []string
	}{
		"sits still": {func(int) string { return "still" }, []string{"still"}},
		"one answer of ten seconds": {func(ms int) string {
			if ms < 10_000 {
				return speech(ms)
			}
			return "still"
		}, []string{"answering", "still"}},
		"goes while she speaks": {func(ms int) string {
			if ms < 5000 {
				return speech(ms)
			}
			return "left_seat"
		}, []string{"answering", "left_seat"}},
		"nothing goes out": {func(int) string { return "" }, nil},
		"the card":         {func(int) string { return "card" }, nil},
		"told anew after a pause": {func(ms int) string {
			if ms > 5000 && ms < 8000 {
				return ""
			}
			return "still"
		}, []string{"still", "still"}},
	} {
		var teller figureTeller
		var told []string
		last := time.Time{}
		for ms := 0; ms < 20_000; ms += 250 {
			now := time.Unix(1000, 0).Add(time.Duration(ms) * time.Millisecond)
			if say := teller.next(c.does(ms), now); say != "" {
				if now.Sub(last) < figureGap {
					t.Errorf("%s: told %v after the last", name, now.Sub(last))
				}
				told, last = append(told, say), now
			}
		}
		if !slices.Equal(told, c.want) {
			t.Errorf("%s: told %v, want %v", name, told, c.want)
		}
	}
}
