// Package device says which machines a court has enrolled, and lets them into the hearings where the court placed them: the court's own CA for devices, the
// enrolment by a one-time code and a short code that two people compare, entry by a proof with the device's key, and revocation at once.
//
// What a device and the gateway have in common is in media/enrol/form, the device's side in media/enrol, HTTP in gateway/devices.go. Which seat a device
// speaks for and what ends with it is not known here: Revoke says where it was placed, and its caller ends what is open there.
//
// A certificate alone opens nothing. The register is asked at each entry: it knows each device's key, whether it is revoked, and where it is placed. Open
// enrolments and tokens are kept in memory only, so that a thief of the disk (A3) finds none, and a restart ends them: a device enters anew by itself.
package device

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"parda/gateway/access/audit"
	"parda/gateway/store"
	"parda/media/enrol/form"
)

// Error is a refusal in the words of the wire (signaling/ACCOUNTS.md, Devices).
type Error struct {
	Code    string // stable; the page translates it
	Message string // an English sentence that is safe to show
	cause   error
}

func (e *Error) Error() string {
	if e.cause != nil {
		return "device: " + e.Code + ": " + e.cause.Error()
	}
	return "device: " + e.Code
}

func (e *Error) Unwrap() error { return e.cause }

// Is lets errors.Is(err, device.ErrRevoked) compare by code.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Code == e.Code
}

func (e *Error) because(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// The refusals of this package. Compare with errors.Is.
var (
	ErrUnknown     = &Error{Code: "device_unknown", Message: "There is no such device in this court."}
	ErrRevoked     = &Error{Code: "device_revoked", Message: "This device was revoked by the court."}
	ErrExpired     = &Error{Code: "device_expired", Message: "This device's certificate has run out. It must be enrolled anew."}
	ErrNotAssigned = &Error{Code: "device_not_assigned", Message: "This device has no such place in this hearing."}
	ErrKind        = &Error{Code: "device_kind", Message: "A device of this kind cannot take this place."}
	ErrTaken       = &Error{Code: "device_taken", Message: "This device has a place in this hearing already, or it was enrolled before."}
	ErrProof       = &Error{Code: "device_proof", Message: "The device's proof is not right."}
	ErrBetween     = &Error{Code: "device_between", Message: "The device saw another certificate than this gateway shows. Somebody may stand between."}
	ErrNoEnrolment = &Error{Code: "enrolment_unknown", Message: "There is no such enrolment. Ask the court for a new code."}
	ErrOver        = &Error{Code: "enrolment_over", Message: "This enrolment is over. Ask the court for a new code."}
	ErrWaits       = &Error{Code: "enrolment_waits", Message: "No device has come with this code yet."}
	ErrShortCode   = &Error{Code: "short_code_wrong", Message: "This is not the short code of the device that came. The enrolment is ended: somebody may stand between."}
	ErrLabel       = &Error{Code: "label_wrong", Message: "A room needs a short name, of at most 40 characters."}
	ErrTooMany     = &Error{Code: "too_many", Message: "Too many enrolments are open. End one first."}
	ErrNotDurable  = &Error{Code: "not_durable", Message: "This could not be saved. Nothing was changed."}
	ErrInternal    = &Error{Code: "internal", Message: "Something went wrong in the gateway."}
)

// Config is what the register needs. All fields but Now are required.
type Config struct {
	Store  *store.Store
	Audit  *audit.Book
	Dir    string   // for the CAs' keys and certificates; for the gateway alone
	Courts []string // each gets a CA
	// CourtOf is the court of a hearing, "" for one that is not there.
	CourtOf func(ctx context.Context, hearing string) string
	// Shown says whether this is the SHA-256 of a TLS certificate that this gateway, or the proxy before it, shows.
	Shown func(sum [32]byte) bool
	Now   func() time.Time // nil: time.Now
}

// Register is safe for concurrent use.
type Register struct {
	cfg  Config
	cas  map[string]*authority
	room *nonces

	mu         sync.Mutex // held over a check and what follows from it, so that nobody enters in the middle of a revocation
	voucher    *voucher
	enrolments map[string]*enrolment // by id
	noted      map[string]time.Time  // refusals that were audited lately
	barred     map[string]bool       // devices whose revocation could not be written

	// A hearing asks for tokens in its own goroutine, which must not wait until the book of somebody's entry is on the disk.
	held   sync.Mutex // taken after mu, and for no longer than a look at the map
	tokens map[[32]byte]*token
}

// Open loads the courts' CAs, and makes those that are not there.
func Open(cfg Config) (*Register, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	r := &Register{cfg: cfg, cas: map[string]*authority{}, room: newNonces(), enrolments: map[string]*enrolment{}, tokens: map[[32]byte]*token{}, noted: map[string]time.Time{}, barred: map[string]bool{}}
	for _, court := range cfg.Courts {
		ca, err := openAuthority(filepath.Clean(cfg.Dir), court, cfg.Now())
		if err != nil {
			return nil, err
		}
		r.cas[court] = ca
	}
	var err error
	r.voucher, err = newVoucher(r.cas, cfg.Now())
	return r, err
}

// Places are where a device may be placed in a hearing, by kind.
var places = map[string][]string{
	form.Room:   {form.Witness},
	form.Camera: {"court/bench", "court/counsel", "court/hall", "court/dock"},
}

// States of a device.
const (
	Certified = "certified"
	Expired   = "expired"
	Revoked   = "revoked"
)

// State is what a device is now.
func State(d store.Device, now time.Time) string {
	switch {
	case !d.Revoked.IsZero():
		return Revoked
	case !now.Before(d.Until):
		return Expired
	}
	return Certified
}

// Devices lists a court's devices.
func (r *Register) Devices(ctx context.Context, court string) ([]store.Device, error) {
	all, err := r.cfg.Store.Devices(ctx, court)
	return all, fromStore(err)
}

// PlacesOfDevice lists where a device is placed.
func (r *Register) PlacesOfDevice(ctx context.Context, id string) ([]store.DevicePlace, error) {
	all, err := r.cfg.Store.PlacesOfDevice(ctx, id)
	return all, fromStore(err)
}

// PlacesOfHearing lists who is placed in a hearing.
func (r *Register) PlacesOfHearing(ctx context.Context, hearing string) ([]store.DevicePlace, error) {
	all, err := r.cfg.Store.PlacesOfHearing(ctx, hearing)
	return all, fromStore(err)
}

// RevokedIn says whether a revoked device still has the place in a hearing: then the bench is told until another one is put there.
func (r *Register) RevokedIn(ctx context.Context, hearing, place string) (bool, error) {
	all, err := r.PlacesOfHearing(ctx, hearing)
	if err != nil {
		return false, err
	}
	for _, p := range all {
		if p.Place == place {
			d, err := r.cfg.Store.Device(ctx, p.Device)
			return err == nil && !d.Revoked.IsZero(), fromStore(err)
		}
	}
	return false, nil
}

// of is a court's device. One of another court is unknown: not even that there is one is told.
func (r *Register) of(ctx context.Context, court, id string) (store.Device, error) {
	d, err := r.cfg.Store.Device(ctx, id)
	if err == nil && d.Court != court {
		err = store.ErrUnknown
	}
	return d, fromStore(err)
}

// Place gives a device of the hearing's court a place in it, by order of a person (its id), and returns the device that had it, "" for none: the caller ends
// what that one has open.
func (r *Register) Place(ctx context.Context, by, court, hearing, place, id string) (before string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.cfg.Now()
	d, err := r.of(ctx, court, id)
	switch {
	case err != nil:
		return "", err
	case r.cfg.CourtOf(ctx, hearing) != court:
		return "", ErrUnknown
	case !slices.Contains(places[d.Kind], place):
		return "", ErrKind
	case State(d, now) == Revoked, r.barred[id]:
		return "", ErrRevoked
	case State(d, now) == Expired:
		return "", ErrExpired
	}
	all, err := r.PlacesOfHearing(ctx, hearing)
	if err != nil {
		return "", err
	}
	for _, p := range all {
		switch {
		case p.Device == id && p.Place == place:
			return "", nil
		case p.Device == id:
			return "", ErrTaken
		case p.Place == place:
			before = p.Device
		}
	}
	if err := r.enter(ctx, court, audit.DeviceAssigned, by, entry{Device: id, Hearing: hearing, Place: place}); err != nil {
		return "", err
	}
	if err := r.cfg.Store.PlaceDevice(ctx, store.DevicePlace{Hearing: hearing, Place: place, Device: id, Since: now}); err != nil {
		return "", fromStore(err)
	}
	r.void(func(t *token) bool { return t.hearing == hearing && t.place == place })
	return before, nil
}

// Unplace empties a place. The caller ends what the device that had it has open. A revoked device keeps the place of the witness until another one is put there
// (ErrRevoked): the bench is told for as long, after a restart too, and the plain token opens nothing meanwhile.
func (r *Register) Unplace(ctx context.Context, by, court, hearing, place string) (before string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cfg.CourtOf(ctx, hearing) != court {
		return "", ErrUnknown
	}
	all, err := r.PlacesOfHearing(ctx, hearing)
	if err != nil {
		return "", err
	}
	at := slices.IndexFunc(all, func(p store.DevicePlace) bool { return p.Place == place })
	if at < 0 {
		return "", ErrNotAssigned
	}
	before = all[at].Device
	if place == form.Witness {
		d, err := r.of(ctx, court, before)
		if err != nil {
			return "", err
		}
		if State(d, r.cfg.Now()) == Revoked || r.barred[before] {
			return "", ErrRevoked
		}
	}
	if err := r.enter(ctx, court, audit.DeviceUnassigned, by, entry{Device: before, Hearing: hearing, Place: place}); err != nil {
		return "", err
	}
	if err := r.cfg.Store.UnplaceDevice(ctx, hearing, place); err != nil {
		return "", fromStore(err)
	}
	r.void(func(t *token) bool { return t.hearing == hearing && t.place == place })
	return before, nil
}

// Why a device is revoked.
var reasons = []string{"stolen", "lost", "replaced", "other"}

// Revoke ends a device for ever: its tokens are void when this returns, and its certificate is refused. It says where the device was placed; the caller ends
// what is open there and tells the bench.
func (r *Register) Revoke(ctx context.Context, by, court, id, why string) ([]store.DevicePlace, error) {
	if !slices.Contains(reasons, why) {
		why = "other"
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	d, err := r.of(ctx, court, id)
	if err != nil {
		return nil, err
	}
	if !d.Revoked.IsZero() {
		return nil, ErrRevoked
	}
	// A revocation tightens (I8): the device is out, for as long as this gateway runs, even if nothing can be written now; the refusal says that it must be asked
	// again.
	r.barred[id] = true
	r.void(func(t *token) bool { return t.device == id })
	at, err := r.PlacesOfDevice(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := r.enter(ctx, court, audit.DeviceRevoked, by, entry{Device: id, Why: why}); err != nil {
		return at, err
	}
	return at, fromStore(r.cfg.Store.RevokeDevice(ctx, id, why, r.cfg.Now()))
}

// entry is the payload of every audit event of this room: ids and fixed words, never a label or an address.
type entry struct {
	Enrolment string `json:"enrolment,omitempty"`
	Device    string `json:"device,omitempty"`
	Hearing   string `json:"hearing,omitempty"`
	Place     string `json:"place,omitempty"`
	Kind      string `json:"kind,omitempty"`
	Kept      string `json:"kept,omitempty"`
	Why       string `json:"why,omitempty"`
}

func (r *Register) enter(ctx context.Context, court string, code audit.Code, actor string, e entry) error {
	if err := r.cfg.Audit.Enter(ctx, court, code, actor, e); err != nil {
		return ErrNotDurable.because(err)
	}
	return nil
}

// checkLabel refuses what is no name for a room in a list. It cannot know an address when it sees one: the page says that none belongs there.
func checkLabel(label string) error {
	if label == "" || utf8.RuneCountInString(label) > 40 || !utf8.ValidString(label) {
		return ErrLabel
	}
	for _, c := range label {
		if !unicode.IsPrint(c) {
			return ErrLabel
		}
	}
	return nil
}

// keyHash is how the register knows a key.
func keyHash(public any) (store.Hash, error) {
	spki, err := x509.MarshalPKIXPublicKey(public)
	return sha256.Sum256(spki), err
}

func fromStore(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrUnknown):
		return ErrUnknown
	case errors.Is(err, store.ErrExists):
		return ErrTaken
	case errors.Is(err, store.ErrNotDurable):
		return ErrNotDurable.because(err)
	}
	return ErrInternal.because(err)
}
