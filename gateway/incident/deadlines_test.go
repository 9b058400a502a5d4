package incident

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

// lawful reads the shipped deadlines, changed as a court's own file would.
func lawful(t *testing.T, change map[string]any) Deadlines {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(DefaultDeadlines(), &m); err != nil {
		t.Fatal(err)
	}
	for k, v := range change {
		m[k] = v
	}
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	d, err := ReadDeadlines(b)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func moment(t *testing.T, zone, local string) time.Time {
	t.Helper()
	z, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", local, z)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func marks(d Deadlines, r Request, zone string) []string {
	z, _ := time.LoadLocation(zone)
	var all []string
	for _, m := range d.Marks(r) {
		all = append(all, string(m.Mark)+" "+m.At.In(z).Format("2006-01-02 15:04"))
	}
	return all
}

func TestTheClockOfARequest(t *testing.T) {
	const baku = "Asia/Baku"
	at := func(s string) time.Time { return moment(t, baku, s) }
	for name, c := range map[string]struct {
		change map[string]any
		r      Request
		want   []string
	}{
		"nobody does anything": {nil, Request{Received: at("2026-11-22 14:30")},
			[]string{"warn 2026-11-24 14:30", "warn 2026-11-25 08:30", "overrun 2026-11-25 14:30", "court_route 2026-11-29 00:00"}},
		"granted in time": {nil, Request{Received: at("2026-11-22 14:30"), Decided: at("2026-11-23 10:00")}, nil},
		"granted after one warning": {nil, Request{Received: at("2026-11-22 14:30"), Decided: at("2026-11-24 20:00")},
			[]string{"warn 2026-11-24 14:30"}},
		"granted to the minute is in time": {nil, Request{Received: at("2026-11-22 14:30"), Decided: at("2026-11-25 14:30")},
			[]string{"warn 2026-11-24 14:30", "warn 2026-11-25 08:30"}},
		"granted a minute late": {nil, Request{Received: at("2026-11-22 14:30"), Decided: at("2026-11-25 14:31")},
			[]string{"warn 2026-11-24 14:30", "warn 2026-11-25 08:30", "overrun 2026-11-25 14:30"}},
		"refused and served on a Wednesday: five days end on the Monday": {nil,
			Request{Received: at("2026-11-22 14:30"), Decided: at("2026-11-24 10:00"), Refused: true, CopyServed: at("2026-11-25 16:00")},
			[]string{"complaint_end 2026-12-01 00:00"}},
		"served on a Monday: the Saturday moves to the Monday": {nil,
			Request{Received: at("2026-11-22 14:30"), Decided: at("2026-11-23 10:00"), Refused: true, CopyServed: at("2026-11-23 23:59")},
			[]string{"complaint_end 2026-12-01 00:00"}},
		"and past a holiday": {map[string]any{"holidays": []string{"2026-11-30"}},
			Request{Received: at("2026-11-22 14:30"), Decided: at("2026-11-23 10:00"), Refused: true, CopyServed: at("2026-11-23 09:00")},
			[]string{"complaint_end 2026-12-02 00:00"}},
		"where the law moves nothing": {map[string]any{"moved_from_weekend": false},
			Request{Received: at("2026-11-22 14:30"), Decided: at("2026-11-23 10:00"), Refused: true, CopyServed: at("2026-11-23 09:00")},
			[]string{"complaint_end 2026-11-29 00:00"}},
		"where the first day counts": {map[string]any{"first_day_counts": true}, Request{Received: at("2026-11-22 14:30")},
			[]string{"warn 2026-11-24 14:30", "warn 2026-11-25 08:30", "overrun 2026-11-25 14:30", "court_route 2026-11-28 00:00"}},
		"refused and never served: silence goes on": {nil,
			Request{Received: at("2026-11-22 14:30"), Decided: at("2026-11-23 10:00"), Refused: true},
			[]string{"court_route 2026-11-29 00:00"}},
		"served after the way to the court was open: both stand": {nil,
			Request{Received: at("2026-11-22 14:30"), Decided: at("2026-11-23 10:00"), Refused: true, CopyServed: at("2026-11-30 10:00")},
			[]string{"court_route 2026-11-29 00:00", "complaint_end 2026-12-08 00:00"}},
		"received a minute before midnight": {nil, Request{Received: at("2026-11-22 23:59"), Decided: at("2026-11-23 08:00"), Refused: true},
			[]string{"court_route 2026-11-29 00:00"}},
		"received a minute after midnight": {nil, Request{Received: at("2026-11-23 00:01"), Decided: at("2026-11-23 08:00"), Refused: true},
			[]string{"court_route 2026-11-30 00:00"}},
		"over the end of a year and a leap day": {nil, Request{Received: at("2028-02-27 12:00")},
			[]string{"warn 2028-02-29 12:00", "warn 2028-03-01 06:00", "overrun 2028-03-01 12:00", "court_route 2028-03-05 00:00"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := marks(lawful(t, c.change), c.r, baku); !reflect.DeepEqual(got, c.want) {
				t.Errorf("\ngot  %v\nwant %v", got, c.want)
			}
		})
	}
}

// Hours pass at one speed wherever the clocks are turned; days are the calendar's, 23 or 25 hours long.
func TestClocksThatAreTurnedMoveNoHourAndNoDay(t *testing.T) {
	for name, c := range map[string]struct{ zone, received, overrun, court string }{
		"forward in Baku, which did so until 2015": {"Asia/Baku", "2015-03-28 12:00", "2015-03-31 13:00", "2015-04-04 00:00"},
		"back in Baku":               {"Asia/Baku", "2015-10-24 12:00", "2015-10-27 11:00", "2015-10-31 00:00"},
		"not any more in Baku":       {"Asia/Baku", "2026-03-28 12:00", "2026-03-31 12:00", "2026-04-04 00:00"},
		"forward in Berlin":          {"Europe/Berlin", "2026-03-28 12:00", "2026-03-31 13:00", "2026-04-04 00:00"},
		"back in Berlin":             {"Europe/Berlin", "2026-10-24 12:00", "2026-10-27 11:00", "2026-10-31 00:00"},
		"a zone that skips midnight": {"America/Asuncion", "2023-09-30 12:00", "2023-10-03 13:00", "2023-10-07 00:00"},
		"a zone of a quarter hour":   {"Asia/Kathmandu", "2026-11-22 12:00", "2026-11-25 12:00", "2026-11-29 00:00"},
	} {
		t.Run(name, func(t *testing.T) {
			d := lawful(t, map[string]any{"zone": c.zone, "warn_hours": []int{}})
			got := marks(d, Request{Received: moment(t, c.zone, c.received)}, c.zone)
			if want := []string{"overrun " + c.overrun, "court_route " + c.court}; !reflect.DeepEqual(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

// The court may be asked from a laptop in another zone, and the gateway may run in UTC: the same moments come out.
func TestTheZoneOfWhoAsksChangesNothing(t *testing.T) {
	d := lawful(t, nil)
	received := moment(t, "Asia/Baku", "2026-11-22 02:30")
	want := d.Marks(Request{Received: received})
	for _, zone := range []string{"UTC", "America/Los_Angeles", "Asia/Tokyo", "Pacific/Apia"} {
		z, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Marks(Request{Received: received.In(z)}); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", zone, got, want)
		}
	}
}

func TestAClockThatSleptNamesWhatItSleptThrough(t *testing.T) {
	d := lawful(t, nil)
	received := moment(t, "Asia/Baku", "2026-11-22 14:30")
	for after, want := range map[time.Duration]int{0: 0, 48*time.Hour - 1: 0, 48 * time.Hour: 1, 66 * time.Hour: 2, 72 * time.Hour: 3, 30 * 24 * time.Hour: 4} {
		passed, next := d.Passed(Request{Received: received}, received.Add(after))
		if len(passed) != want || (next == nil) != (want == 4) {
			t.Errorf("after %v: %d passed, next %v", after, len(passed), next)
		}
	}
}

func TestAFileOfDeadlinesThatIsNotUnderstoodIsRefused(t *testing.T) {
	if d, err := ReadDeadlines(DefaultDeadlines()); err != nil || d.ConfirmedBy != "" {
		t.Errorf("the shipped file: %v; a lawyer's confirmation (%q) is the court's to write", err, d.ConfirmedBy)
	}
	good := string(DefaultDeadlines())
	for name, bad := range map[string]string{
		"no JSON": "{", "two": good + good, "an unknown field": strings.Replace(good, `"zone"`, `"hours": 1, "zone"`, 1),
		"another format": strings.Replace(good, `"parda_deadlines": 1`, `"parda_deadlines": 2`, 1), "no zone": strings.Replace(good, "Asia/Baku", "", 1),
		"an unknown zone": strings.Replace(good, "Asia/Baku", "Asia/Bakuu", 1), "a warning after the end": strings.Replace(good, "[48, 66]", "[48, 72]", 1),
		"warnings that go back": strings.Replace(good, "[48, 66]", "[66, 48]", 1), "no hours": strings.Replace(good, `"decide_hours": 72`, `"decide_hours": 0`, 1),
		"days below nothing": strings.Replace(good, `"complain_days": 5`, `"complain_days": -5`, 1), "a slip of the hand": strings.Replace(good, `"court_day": 7`, `"court_day": 70000`, 1),
		"a holiday that is no date": strings.Replace(good, `"holidays": []`, `"holidays": ["31.12.2026"]`, 1),
	} {
		if bad == good {
			t.Fatalf("%s: nothing was changed", name)
		}
		if _, err := ReadDeadlines([]byte(bad)); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func FuzzDeadlines(f *testing.F) {
	f.Add(DefaultDeadlines())
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := ReadDeadlines(b)
		if err != nil {
			return
		}
		received := time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC)
		all := d.Marks(Request{Received: received, Decided: received.Add(time.Hour), Refused: true, CopyServed: received.Add(2 * time.Hour)})
		for i, m := range all {
			if m.At.Before(received.Add(-48*time.Hour)) || i > 0 && m.At.Before(all[i-1].At) {
				t.Errorf("%v comes out of order: %s", m, bytes.TrimSpace(b))
			}
		}
	})
}
