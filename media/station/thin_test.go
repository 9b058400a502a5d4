package main

import (
	"testing"
	"time"
)

func TestOnlyWhatHoldsIsToldAndNeverInABurst(t *testing.T) {
	card := maskStatus{Picture: modeCard, Voice: "ok", Notice: faultOverload}
	for name, c := range map[string]struct {
		at   func(ms int) maskStatus
		secs int
		most int
		last maskStatus // what the court was told last
	}{
		"all is well":                           {func(int) maskStatus { return allWell }, 60, 0, allWell},
		"one hiccup":                            {func(ms int) maskStatus { return when(ms > 5000 && ms < 6000, card) }, 60, 0, allWell},
		"a fault that stays":                    {func(ms int) maskStatus { return when(ms > 5000, card) }, 60, 1, card},
		"a fault that is over":                  {func(ms int) maskStatus { return when(ms > 5000 && ms < 9000, card) }, 60, 2, allWell},
		"a starved machine, every second":       {func(ms int) maskStatus { return when(ms/1000%2 == 0, card) }, 3600, 0, allWell},
		"a starved machine, every two":          {func(ms int) maskStatus { return when(ms/2000%2 == 0 && ms < 3_590_000, card) }, 3600, thinBurst + 360, allWell},
		"the last of many is told all the same": {func(ms int) maskStatus { return when(ms/2000%2 == 0 || ms > 600_000, card) }, 640, thinBurst + 64, card},
	} {
		t.Run(name, func(t *testing.T) {
			var thin thinner
			began := time.Unix(1000, 0)
			told, last := 0, allWell
			for ms := 0; ms < c.secs*1000; ms += int(watchEvery / time.Millisecond) {
				if s := c.at(ms); thin.due(s, false, began.Add(time.Duration(ms)*time.Millisecond)) {
					told, last = told+1, s
				}
			}
			if told > c.most || c.most > 0 && told == 0 || last != c.last {
				t.Errorf("%d told, at most %d wanted; last %+v", told, c.most, last)
			}
		})
	}
}

func when(yes bool, s maskStatus) maskStatus {
	if yes {
		return s
	}
	return allWell
}

func TestWhatIsSureIsToldAtOnce(t *testing.T) {
	var thin thinner
	refused := maskStatus{Picture: modeCard, Voice: modeSilence, Notice: "order_refused"}
	if !thin.due(refused, true, time.Unix(1000, 0)) {
		t.Error("a refused order waits")
	}
}
