// Package register keeps the incidents of a court, in and out of its hearings, for as long as the court has them: the flags of its hearings, mirrored; what is filed before and
// after them; requests for protection with their clock; agreements, referrals, evidence and who saw it; sources, and who may see which incident.
//
// Each court has a book of its own in the ledger (Book), as it has one for its audit: durable before it is acknowledged, signed, and deletable by nobody. Texts are kept beside
// the book and named in it by salted hashes, so that a retention policy can erase words without touching the record, and the book can be verified by who may read none of them.
//
// What does not live here: what a flag does in its hearing (gateway/hearing), the clips and files themselves (gateway/incident/evidence), the sheets that leave the court
// (gateway/incident/referral), counting (gateway/incident/statistics), and HTTP.
package register

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"parda/gateway/incident"
	"parda/gateway/ledger"
	"parda/gateway/store"
	"parda/signaling"
)

// prefix begins the names of the books. No hearing may be called so.
const prefix = "incidents-"

// Book is the name of a court's book: the place of a hearing's id in the ledger.
func Book(court string) string { return prefix + court }

// Format names the file of an exported book. FORMAT.md of gateway/ledger fixes its bytes.
const Format = "parda-incidents/1"

// IsBook says whether a hearing's id would be the name of a book.
func IsBook(id string) bool { return strings.HasPrefix(id, prefix) }

// IncidentOf is the id of the incident that a hearing's flag becomes: the same for ever, so that mirroring twice makes one.
func IncidentOf(hearing, flag string) string { return derived("i-", hearing, flag) }

func derived(prefix string, parts ...string) string {
	sum := sha256.Sum256([]byte("parda incident\n" + strings.Join(parts, "\n")))
	return prefix + hex.EncodeToString(sum[:])[:16]
}

// Config is what a register needs.
type Config struct {
	Ledger    *ledger.Ledger
	Store     *store.Store
	Courts    []string
	Deadlines incident.Deadlines
	AlarmHour int           // hours after receipt from which a hearing's console shows that a decision is due; 0: the first warning of the deadlines
	Keep      time.Duration // how long after the last event of a settled incident its words are kept; 0: for ever
	// Sealed says whether a hearing is sealed: until then no words of its flags are erased. It is called while the register is held, and calls neither it nor a hearing. nil: none is.
	Sealed func(hearing string) bool
	Log    *slog.Logger
	Now    func() time.Time // nil: time.Now
}

// Register holds the incidents of all courts of a gateway. It is safe for concurrent use.
type Register struct {
	cfg   Config
	mu    sync.Mutex // guards books; held over an append, so that a book's order is the ledger's
	books map[string]*book
	wakes chan struct{}

	mirroring sync.Mutex // guards mirrors; taken before mu
	mirrors   map[string]*mirror
}

// Open folds the book of each court.
func Open(ctx context.Context, cfg Config) (*Register, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	r := &Register{cfg: cfg, books: map[string]*book{}, wakes: make(chan struct{}, 1), mirrors: map[string]*mirror{}}
	for _, court := range cfg.Courts {
		b := newBook(court)
		texts, err := cfg.Store.IncidentTexts(ctx, court)
		if err != nil {
			return nil, err
		}
		for _, t := range texts {
			b.texts[Said(t.ID)] = t.Text
		}
		events, err := cfg.Ledger.Load(ctx, Book(court))
		if err != nil {
			return nil, fmt.Errorf("the register of %s cannot be read: %w", court, err)
		}
		for _, e := range events {
			if err := b.apply(e); err != nil {
				return nil, fmt.Errorf("the register of %s: event %d: %w", court, e.Index, err)
			}
		}
		r.books[court] = b
	}
	return r, r.finishErasing(ctx)
}

// The refusals of the register.
func errIncident() error {
	return signaling.Refuse("incident_unknown", "There is no such incident here.", nil)
}
func errRequest() error {
	return signaling.Refuse("request_unknown", "There is no such request for protection here.", nil)
}
func errNotDurable(cause error) error {
	if errors.Is(cause, ledger.ErrDraft) {
		return cause
	}
	return signaling.Refuse("not_durable", "This could not be saved. Nothing was changed.", cause)
}

// textMost bounds one text, in bytes.
const textMost = 256 << 10

// Keep makes texts durable and gives their names, in order; "" for an empty one. It comes before the event that names them: a crash between leaves words that nobody names.
func (r *Register) Keep(ctx context.Context, court string, texts ...string) ([]Said, error) {
	said, rows := make([]Said, len(texts)), []store.IncidentText{}
	for i, text := range texts {
		if text == "" {
			continue
		}
		if len(text) > textMost {
			return nil, signaling.Refuse("too_large", "This is too large.", nil)
		}
		salt := make([]byte, 16)
		_, _ = rand.Read(salt) // crypto/rand never fails: it ends the program instead
		sum := sha256.Sum256(append(slices.Clone(salt), text...))
		said[i] = Said(hex.EncodeToString(sum[:]))
		rows = append(rows, store.IncidentText{ID: string(said[i]), Salt: salt, Text: text})
	}
	if len(rows) == 0 {
		return said, nil
	}
	if err := r.cfg.Store.PutIncidentTexts(context.WithoutCancel(ctx), court, rows...); err != nil {
		return nil, errNotDurable(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.books[court]
	if b == nil {
		return nil, errIncident()
	}
	for _, row := range rows {
		b.texts[Said(row.ID)] = row.Text
	}
	return said, nil
}

// Text is what a name stands for; "" where it was erased.
func (r *Register) Text(court string, said Said) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if b := r.books[court]; b != nil {
		return b.texts[said]
	}
	return ""
}

// Texts is Text of several.
func (r *Register) Texts(court string, said []Said) []string {
	all := make([]string, len(said))
	for i, s := range said {
		all[i] = r.Text(court, s)
	}
	return all
}

// Get is an incident of a court as it stands. The caller may keep it: it does not change any more.
func (r *Register) Get(court, id string) (*Incident, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if b := r.books[court]; b != nil && b.incidents[id] != nil {
		return b.incidents[id].snapshot(), true
	}
	return nil, false
}

// All gives the incidents of a court, in the order in which they came in. The caller may keep them.
func (r *Register) All(court string) []*Incident {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.books[court]
	if b == nil {
		return nil
	}
	all := make([]*Incident, len(b.order))
	for n, id := range b.order {
		all[n] = b.incidents[id].snapshot()
	}
	return all
}

// Courts lists the courts that have a book here.
func (r *Register) Courts() []string { return slices.Clone(r.cfg.Courts) }

// Deadlines are the periods that the clock goes by.
func (r *Register) Deadlines() incident.Deadlines { return r.cfg.Deadlines }

// Now is the register's clock, in whole milliseconds.
func (r *Register) Now() time.Time { return stamped(r.cfg.Now()) }

// Enter makes events about incidents of a court durable, in order, all or none, and gives the index of the first. nil means durable. An incident that is not there is refused. Who may do
// so is the caller's to have asked (May).
func (r *Register) Enter(ctx context.Context, court string, payloads ...Payload) (uint64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.enter(ctx, court, payloads)
}

// EnterIf is Enter that asks check about each payload's incident, as it stands at that moment, and enters nothing where it refuses. check must not call the register.
func (r *Register) EnterIf(ctx context.Context, court, id string, check func(*Incident) error, payloads ...Payload) (uint64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.books[court]
	if b == nil || b.incidents[id] == nil {
		return 0, errIncident()
	}
	if err := check(b.incidents[id].snapshot()); err != nil {
		return 0, err
	}
	return r.enter(ctx, court, payloads)
}

// EnterNew files an incident that is not there; fresh is false, and nothing is entered, where it is: the same press or key came twice, also at once.
func (r *Register) EnterNew(ctx context.Context, court string, p *IncidentFiledPayload) (fresh bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if b := r.books[court]; b == nil {
		return false, errIncident()
	} else if b.incidents[p.Incident] != nil {
		return false, nil
	}
	_, err = r.enter(ctx, court, []Payload{p})
	return err == nil, err
}

// enter is Enter; r.mu is held.
func (r *Register) enter(ctx context.Context, court string, payloads []Payload) (uint64, error) {
	b := r.books[court]
	if b == nil {
		return 0, errIncident()
	}
	if len(payloads) == 0 {
		return 0, nil
	}
	drafts, fresh := make([]ledger.Draft, len(payloads)), map[string]bool{}
	for i, p := range payloads {
		about := p.about()
		if about.At.IsZero() {
			about.At = r.cfg.Now()
		}
		about.At = stamped(about.At)
		if about.By.Role == "" {
			return 0, fmt.Errorf("register: nobody is said to have done %s", p.code())
		}
		switch p.code() {
		case IncidentFlagged, IncidentFiled:
			fresh[about.Incident] = true
		default:
			if b.incidents[about.Incident] == nil && !fresh[about.Incident] {
				return 0, errIncident()
			}
		}
		drafts[i] = ledger.Draft{Code: string(p.code()), Actor: about.By.actor(), Payload: p}
	}
	events, err := r.cfg.Ledger.Append(context.WithoutCancel(ctx), Book(court), drafts...)
	if err != nil {
		return 0, errNotDurable(err)
	}
	for _, e := range events {
		if err := b.apply(e); err != nil {
			return 0, err // a fault of the program: what Enter wrote its own fold cannot read
		}
	}
	r.Wake() // consoles show what changed
	return events[0].Index, nil
}
