package enrol

import (
	"context"
	"errors"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// gateOf counts how often a pass is asked for, by a clock that the test turns.
func gateOf(answer func() (*Pass, error)) (a *Admission, asked *int, now *time.Time) {
	asked, now = new(int), new(time.Time)
	*now = noon
	return By(func(context.Context) (*Pass, error) { *asked++; return answer() }, func() time.Time { return *now }), asked, now
}

func TestAPassIsAskedForOnceAndAgainWhenTheGatewayDoesNotTakeIt(t *testing.T) {
	a, asked, now := gateOf(func() (*Pass, error) { return &Pass{Token: "T", Until: noon.Add(4 * time.Hour)}, nil })
	for range 3 {
		if p, err := a.Get(t.Context()); err != nil || p.Token != "T" {
			t.Fatal(err)
		}
	}
	if *asked != 1 {
		t.Fatalf("asked %d times", *asked)
	}
	a.Lost()
	if _, err := a.Get(t.Context()); !errors.Is(err, ErrSoon) || *asked != 1 {
		t.Errorf("each entry is one of the court's audit, and it is asked at once: %v, %d", err, *asked)
	}
	*now = now.Add(EntersEvery)
	if _, err := a.Get(t.Context()); err != nil || *asked != 2 {
		t.Errorf("%v, %d", err, *asked)
	}
}

func TestAPassIsRenewedBeforeItEndsAndNotUsedAfter(t *testing.T) {
	a, asked, now := gateOf(func() (*Pass, error) { return &Pass{Token: "T", Until: noon.Add(4 * time.Hour)}, nil })
	if _, err := a.Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	for at, old := range map[time.Duration]bool{time.Hour: false, 2*time.Hour + time.Second: true} {
		*now = noon.Add(at)
		if a.old() != old {
			t.Errorf("after %v of four hours: %v", at, !old)
		}
	}
	*now = noon.Add(4 * time.Hour)
	if _, err := a.Get(t.Context()); err != nil || *asked != 2 {
		t.Errorf("a pass that ended is used: %v", err)
	}
}

func TestAPassThatCannotBeRenewedIsUsedToItsEnd(t *testing.T) {
	fails := false
	a, _, now := gateOf(func() (*Pass, error) {
		if fails {
			return nil, errors.New("the link broke")
		}
		return &Pass{Token: "T", Until: noon.Add(4 * time.Hour)}, nil
	})
	if _, err := a.Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	fails, *now = true, noon.Add(3*time.Hour)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { a.Keep(ctx, time.Millisecond); close(done) }()
	if p, err := a.Get(t.Context()); err != nil || p.Token != "T" {
		t.Errorf("a room goes dark because of one broken link: %v", err)
	}
	stop()
	<-done
}

func TestATokenOfTheDemonstrationIsNeverRenewed(t *testing.T) {
	a := ByToken("T", nil)
	a.Lost()
	if p, err := a.Get(t.Context()); err != nil || p.Token != "T" || a.old() || a.Enrolled() {
		t.Error(err)
	}
}
