package referral

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"parda/gateway/incident/register"
	"parda/gateway/minutes"
)

// Post carries the letters that the register says are waiting. Its queue is the register: what waits, how often it was tried and how that ended stand there and nowhere else,
// so that a letter that is queued is found again after a crash, and one that may have gone twice is entered as such. One goroutine runs it.
//
// A try is entered before anything of the letter is said to the server, and its outcome after the server's answer. Between the two a crash leaves a try without an outcome:
// then the letter is sent again, under the same Message-ID, so that the body can tell that it is the same, and the entry of the new try says `again`.
type Post struct {
	cfg  PostConfig
	wake chan struct{}

	mu   sync.Mutex
	next map[letterOf]waiting // when it is tried again
}

// letterOf is one letter of a referral: its first, or one that was queued after it, by the number that the register counts.
type letterOf struct {
	referral string
	number   int
}

type waiting struct {
	tries int
	at    time.Time
}

// PostConfig is what a post needs.
type PostConfig struct {
	Register *register.Register
	Server   Server
	Bodies   Bodies
	Words    map[string]minutes.Words                // by language
	Identity func(register.Referral) ([]byte, error) // the ciphertext whose hash stands in the register, or ErrIdentity
	Log      *slog.Logger
	Now      func() time.Time // nil: time.Now

	taken func() // tests: called when the server has taken a letter and that is not entered yet
}

// NewPost makes a post.
func NewPost(cfg PostConfig) *Post {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Post{cfg: cfg, wake: make(chan struct{}, 1), next: map[letterOf]waiting{}}
}

// Wake has the post look at once: something was queued.
func (p *Post) Wake() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// lookEach is how often the post looks by itself.
const lookEach = 15 * time.Second

// Run carries letters until ctx ends.
func (p *Post) Run(ctx context.Context) {
	tick := time.NewTicker(lookEach)
	defer tick.Stop()
	for {
		p.Tend(ctx)
		select {
		case <-ctx.Done():
			return
		case <-p.wake:
		case <-tick.C:
		}
	}
}

// Tend tries every letter whose time has come, once.
func (p *Post) Tend(ctx context.Context) {
	for _, court := range p.cfg.Register.Courts() {
		for _, i := range p.cfg.Register.All(court) {
			for _, r := range i.Referrals {
				if ctx.Err() == nil && mailed(r.Way) && r.Waits() && p.due(letterOf{r.ID, r.Queued}) {
					p.try(ctx, court, i, r)
				}
			}
		}
	}
}

func mailed(way string) bool { return way == WayMail || way == WayMailClear }

func (p *Post) due(l letterOf) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.cfg.Now().Before(p.next[l].at)
}

// pauses between tries. The last goes on for ever: a letter is never given up because a server is down.
var (
	pauses  = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour}
	urgents = []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute} // danger to life
)

func (p *Post) later(r register.Referral) {
	p.mu.Lock()
	defer p.mu.Unlock()
	steps := pauses
	if r.DangerToLife {
		steps = urgents
	}
	l := letterOf{r.ID, r.Queued}
	w := p.next[l]
	w.at = p.cfg.Now().Add(steps[min(w.tries, len(steps)-1)])
	w.tries++
	p.next[l] = w
}

func (p *Post) forget(r register.Referral) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.next, letterOf{r.ID, r.Queued})
}

// errPassed ends a try whose letter is not the one that waits any more: nothing of it was said.
var errPassed = errors.New("referral: another letter was queued while this one was composed")

// try sends one letter, as the referral stood when the try was entered: where it is another one by then, nothing is said, and the next look composes anew. What it says to the log names neither server nor body nor incident.
func (p *Post) try(ctx context.Context, court string, i *register.Incident, r register.Referral) {
	letter, err := p.letter(court, r)
	entered := false
	if err == nil {
		words := p.cfg.Words[r.Lang]
		err = p.cfg.Server.deliver(ctx, letter, words, func() error {
			err := p.begin(ctx, court, i, r)
			entered = err == nil
			return err
		})
	}
	if err == nil {
		if p.cfg.taken != nil {
			p.cfg.taken()
		}
		err = p.enter(ctx, court, &register.ReferralSentPayload{About: about(i), Referral: r.ID, State: "sent", Letter: r.Queued, Way: r.Way, Tries: r.Tries + 1, SHA256: r.SHA256})
		if err == nil {
			p.forget(r)
			return
		}
	}
	if errors.Is(err, errPassed) {
		p.forget(r)
		p.Wake()
		return
	}
	p.later(r)
	var f *failure
	if !errors.As(err, &f) {
		p.cfg.Log.Error("a referral's mail could not be entered; it is tried again", "err", err)
		return
	}
	p.cfg.Log.Warn("a referral's mail did not go", "why", f.why, "final", f.final)
	if !entered && !f.final && r.Why == f.why {
		return // a server that is down fills no book: the first time was entered
	}
	tries := r.Tries
	if entered {
		tries++
	}
	if err := p.enter(ctx, court, &register.ReferralFailedPayload{About: about(i), Referral: r.ID, Letter: r.Queued, Why: f.why, Tries: tries, Final: f.final}); err != nil {
		p.cfg.Log.Error("the outcome of a referral's mail could not be entered", "err", err)
	}
}

// begin enters that a letter is about to be said to the server, if it is still the one that waits.
func (p *Post) begin(ctx context.Context, court string, i *register.Incident, r register.Referral) error {
	_, err := p.cfg.Register.EnterIf(context.WithoutCancel(ctx), court, i.ID, func(now *register.Incident) error {
		for _, o := range now.Referrals {
			if o.ID == r.ID && o.Waits() && o.Queued == r.Queued && (o.Identity == nil) == (r.Identity == nil) {
				return nil
			}
		}
		return errPassed
	}, &register.ReferralSentPayload{About: about(i), Referral: r.ID, State: "trying", Letter: r.Queued, Way: r.Way, Tries: r.Tries + 1, Again: r.Mail == "trying"})
	return err
}

// enter makes an event durable though the gateway is stopping: what was done is done.
func (p *Post) enter(ctx context.Context, court string, payload register.Payload) error {
	_, err := p.cfg.Register.Enter(context.WithoutCancel(ctx), court, payload)
	return err
}

func about(i *register.Incident) register.About {
	return register.About{Incident: i.ID, By: register.System()}
}

// letter makes the letter of a referral from its frozen sheet.
func (p *Post) letter(court string, r register.Referral) (Letter, error) {
	body, ok := p.cfg.Bodies.Find(r.To)
	if !ok || body.Mail == "" {
		return Letter{}, &failure{WhyUnmade, true, errors.New("the body is not in the configuration any more")}
	}
	sheet, frozen, err := p.Sheet(court, r)
	if err != nil {
		return Letter{}, &failure{WhyUnmade, true, err}
	}
	words := p.cfg.Words[r.Lang]
	var pdf bytes.Buffer
	if err := RenderPDF(&pdf, sheet, r.SHA256, r.Lang, words); err != nil {
		return Letter{}, &failure{WhyUnmade, true, err}
	}
	l := Letter{ID: fmt.Sprintf("%s.%d", r.ID, r.Queued), Number: r.Number, Court: words("court."+court, nil), Date: r.QueuedAt, To: body, Clear: r.Way == WayMailClear, JSON: frozen, PDF: pdf.Bytes()}
	if r.Identity != nil {
		if l.Identity, err = p.cfg.Identity(r); err != nil {
			return Letter{}, &failure{WhyUnmade, errors.Is(err, ErrIdentity), err} // a disk may answer later
		}
	}
	return l, nil
}

// ErrIdentity is returned for a sealed identity that is not the one whose hash stands in the register. It is neither sent nor given.
var ErrIdentity = errors.New("referral: the sealed identity is not the one that was attached")

// ErrErased is returned for a sheet whose words were erased by the retention policy.
var ErrErased = errors.New("referral: the sheet's words were erased")

// Sheet gives a referral's sheet as it was frozen.
func (p *Post) Sheet(court string, r register.Referral) (Sheet, []byte, error) {
	return FrozenSheet(p.cfg.Register, court, r)
}

// FrozenSheet reads a referral's sheet from the register.
func FrozenSheet(reg *register.Register, court string, r register.Referral) (Sheet, []byte, error) {
	text := reg.Text(court, r.Sheet)
	if text == "" {
		return Sheet{}, nil, ErrErased
	}
	s, err := Thaw([]byte(text))
	return s, []byte(text), err
}
