package identity

import (
	"context"
	"errors"
	"slices"
	"time"

	"parda/gateway/access/audit"
	"parda/gateway/access/rights"
	"parda/gateway/hearing"
	"parda/gateway/store"
)

type openingEntry struct {
	Opening string `json:"opening"`
	Kind    string `json:"kind,omitempty"`
	Person  string `json:"person,omitempty"`
	Version int    `json:"version,omitempty"`
	Reader  string `json:"reader,omitempty"`
	Key     string `json:"key,omitempty"`
	Ground  string `json:"ground,omitempty"`
	From    string `json:"from,omitempty"`
	Until   string `json:"until,omitempty"`
	Hearing string `json:"hearing,omitempty"`
	Half    int    `json:"half,omitempty"`
	Holder  string `json:"holder,omitempty"`
	Read    string `json:"read,omitempty"`
	Why     string `json:"why,omitempty"` // a code

	Referral string `json:"referral,omitempty"`
}

// OrderOpening is a judge's order that somebody may read an identity.
func (v *Vault) OrderOpening(ctx context.Context, who Visitor, order OpeningOrder) (Opening, error) {
	order.From, order.Until = order.From.UTC().Truncate(time.Millisecond), order.Until.UTC().Truncate(time.Millisecond)
	now := v.now()
	if err := order.check(now); err != nil {
		return Opening{}, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	p, err := v.person(ctx, who.Court, order.Person)
	switch {
	case err != nil:
		return Opening{}, err
	case p.State != Protected:
		return Opening{}, errMeasureEnded
	case p.Version == 0:
		return Opening{}, errPersonUnknown // nothing is sealed that could be opened
	}
	order.Hearing = v.toldIn(p, order)
	if err := v.checkHearing(p, order); err != nil {
		return Opening{}, err
	}
	reader, readerRole, err := v.reader(ctx, who.Court, order.Reader)
	if err != nil {
		return Opening{}, err
	}
	o := Opening{ID: newID("o-"), Kind: order.Kind, Court: who.Court, Person: p.ID, Pseudonym: p.Pseudonym, Version: p.Version, Reader: reader, OrderedBy: who.Account,
		OrderedAt: now, Why: order.Why, Ground: order.Ground, From: order.From, Until: order.Until, TellLawyer: order.TellLawyer, Hearing: order.Hearing,
		Recovery: slices.Compact(slices.Sorted(slices.Values(order.Recovery))), State: Ordered, Released: []ReleasedBy{}, Referral: order.Referral}
	entry := openingEntry{Opening: o.ID, Kind: o.Kind, Person: o.Person, Version: o.Version, Reader: reader.Person, Key: reader.Key, Ground: o.Ground,
		From: moment(o.From), Until: moment(o.Until), Hearing: o.Hearing, Referral: o.Referral}
	if err := v.enter(ctx, o.Court, audit.VaultOpeningOrdered, who.Account, entry); err != nil {
		return Opening{}, err
	}
	told := v.about(o, who)
	told.Kind, told.Ground, told.Reader, told.Until = o.Kind, o.Ground, readerRole, moment(o.Until)
	if err := v.tell(ctx, o, hearing.VaultOpeningOrdered, told); err != nil {
		return Opening{}, err
	}
	return o, v.put(ctx, o)
}

func moment(t time.Time) string { return t.UTC().Format(hearing.TimeLayout) }

// toldIn is the hearing that is told of an opening: the one that the order names, else the newest in which the person testifies and whose record is not sealed. So nobody (A6)
// opens an identity past the bench that hears her by leaving the hearing out (I7).
func (v *Vault) toldIn(p Person, order OpeningOrder) string {
	if order.Hearing != "" {
		return order.Hearing
	}
	for _, h := range slices.Backward(p.Hearings) {
		if v.cfg.Hearings.Takes(h) {
			return h
		}
	}
	return ""
}

// checkHearing: what is told of an opening is told in a hearing in which the person testifies, and a lawyer is told there or nowhere.
func (v *Vault) checkHearing(p Person, order OpeningOrder) error {
	if order.Hearing == "" {
		if order.TellLawyer {
			return refuse("bad_argument", "The lawyer is told in a hearing: name it.")
		}
		return nil
	}
	if court, known := v.cfg.Hearings.Court(order.Hearing); !known || court != p.Court || !slices.Contains(p.Hearings, order.Hearing) {
		return refuse("hearing_unknown", "The person does not testify in such a hearing.")
	}
	return nil
}

// reader is an account that may read, with the key that it has at this moment.
func (v *Vault) reader(ctx context.Context, court, account string) (Reader, string, error) {
	roles, err := v.cfg.People.Roles(ctx, court, account)
	if err != nil || !rights.Has(roles, rights.VaultRead) {
		return Reader{}, "", refuseBecause("reader_invalid", "This account may not read, or has no key.", err)
	}
	ring, _, err := v.ring(ctx, court)
	if err != nil {
		return Reader{}, "", err
	}
	k, ok := ring.activeOf(account)
	if !ok {
		return Reader{}, "", refuse("reader_invalid", "This account may not read, or has no key.")
	}
	return Reader{account, k.ID}, string(roleIn(roles)), nil
}

// roleIn is the role by which an account takes part in the vault, as the protocol names it.
func roleIn(roles []rights.Role) rights.Role {
	for _, r := range []rights.Role{rights.Judge, rights.Prosecutor, rights.Investigator} {
		if slices.Contains(roles, r) {
			return r
		}
	}
	return ""
}

// about is what every event of an opening says in a hearing's ledger: an id, roles and codes. No account, no person, no reason and no name.
func (v *Vault) about(o Opening, by Visitor) hearing.VaultPayload {
	return hearing.VaultPayload{Opening: o.ID, By: string(roleIn(by.Roles)), TellLawyer: o.TellLawyer}
}

// tell enters an event in the hearing that the order names.
func (v *Vault) tell(ctx context.Context, o Opening, code hearing.Code, p hearing.VaultPayload) error {
	if o.Hearing == "" {
		return nil
	}
	return v.cfg.Hearings.VaultEvent(ctx, o.Hearing, code, p)
}

func (v *Vault) put(ctx context.Context, o Opening, released ...store.VaultRelease) error {
	err := v.cfg.Store.PutVaultOpening(ctx, store.VaultRecord{ID: o.ID, Court: o.Court, Body: body(o)}, o.Running(), released...)
	if errors.Is(err, store.ErrExists) {
		return errOpeningOver
	}
	return kept(err)
}

// OpeningShares is what a holder needs to release her half.
type OpeningShares struct {
	Opening       string      `json:"opening"`
	Person        string      `json:"person"`
	Court         string      `json:"court"`
	Version       int         `json:"version"`
	PayloadSHA256 string      `json:"payload_sha256"`
	Shares        []Share     `json:"shares"`
	Reader        OpeningSeat `json:"reader"`
}

// OpeningSeat is the reader with her card.
type OpeningSeat struct {
	Person string `json:"person"`
	Key    string `json:"key"`
	Card   Card   `json:"card"`
}

// ShareFor gives a holder the shares that she may release in an opening: those under a key of hers, and recovery's of the halves that the order lets
// recovery release. Only while the order's time runs; and it is entered.
func (v *Vault) ShareFor(ctx context.Context, who Visitor, id string) (OpeningShares, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	o, err := v.opening(ctx, who.Court, id)
	if err == nil {
		err = o.inTime(v.now())
	}
	if err != nil {
		return OpeningShares{}, err
	}
	p, ring, err := v.stands(ctx, o)
	if err != nil {
		return OpeningShares{}, err
	}
	shares, err := v.cfg.Store.VaultShares(ctx, o.Person, o.Version)
	if err != nil {
		return OpeningShares{}, kept(err)
	}
	reader, _ := ring.key(o.Reader.Key)
	out := OpeningShares{Opening: o.ID, Person: o.Person, Court: o.Court, Version: o.Version, Shares: []Share{}, Reader: OpeningSeat{o.Reader.Person, reader.ID, reader.Card}}
	for _, s := range shares {
		if _, done := o.half(s.Half); !done && v.mayRelease(o, p, ring, who, Share(s)) == nil {
			out.Shares = append(out.Shares, Share(s))
		}
	}
	if len(out.Shares) == 0 {
		return OpeningShares{}, errNotAllowed
	}
	if err := v.enter(ctx, o.Court, audit.VaultShareTaken, who.Account, openingEntry{Opening: o.ID, Person: o.Person, Version: o.Version}); err != nil {
		return OpeningShares{}, err
	}
	out.PayloadSHA256, err = v.payloadSum(ctx, o.Person, o.Version)
	return out, err
}

// stands gives what a running opening hangs on: a measure that has not ended, and a reader's key that nobody reported lost. Both end the opening when they end; but a gateway
// that was killed between the one and the other must not find it running.
func (v *Vault) stands(ctx context.Context, o Opening) (Person, keyring, error) {
	ring, _, err := v.ring(ctx, o.Court)
	if err != nil {
		return Person{}, ring, err
	}
	p, err := v.person(ctx, o.Court, o.Person)
	if k, ok := ring.key(o.Reader.Key); err == nil && (p.State != Protected || !ok || k.State == KeyLost) {
		err = errOpeningOver
	}
	return p, ring, err
}

// mayRelease: the share stands under a key of hers that counts, or it is recovery's and the order names that half. She still has the role that holds, and she
// is the holder now: whom an order replaced releases nothing, though her share is not sealed anew yet.
func (v *Vault) mayRelease(o Opening, p Person, ring keyring, who Visitor, s Share) error {
	if s.Holder == HolderRecovery {
		if slices.Contains(o.Recovery, s.Half) && who.has(rights.VaultRelease) {
			return nil
		}
		return errNotAllowed
	}
	k, ok := ring.key(s.Key)
	if !ok || k.Owner != who.Account || p.Holders[s.Half] != who.Account || k.State == KeyLost || v.cfg.Policy.HalfOf(who.Roles) != s.Half {
		return errNotAllowed
	}
	return nil
}

// Release keeps one half, sealed by its holder in her seat to the reader's key. The gateway cannot tell whether it is the right half: the reader can.
func (v *Vault) Release(ctx context.Context, who Visitor, id string, half int, holder string, share []byte) (string, error) {
	if err := checkSmall(share); err != nil {
		return "", err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	o, err := v.opening(ctx, who.Court, id)
	if err != nil {
		return "", err
	}
	p, ring, err := v.stands(ctx, o)
	if err != nil {
		return "", err
	}
	shares, err := v.cfg.Store.VaultShares(ctx, o.Person, o.Version)
	if err != nil {
		return "", kept(err)
	}
	i := slices.IndexFunc(shares, func(s store.VaultShare) bool {
		return s.Half == half && s.Holder == holder && v.mayRelease(o, p, ring, who, Share(s)) == nil
	})
	if i < 0 {
		return "", errNotAllowed
	}
	if err := o.release(half, who.Account, holder, v.now()); err != nil {
		return "", err
	}
	if err := v.enter(ctx, o.Court, audit.VaultShareReleased, who.Account, openingEntry{Opening: o.ID, Half: half, Holder: holder}); err != nil {
		return "", err
	}
	told := v.about(o, who)
	told.Half, told.Holder = half, holder
	if err := v.tell(ctx, o, hearing.VaultShareReleased, told); err != nil {
		return "", err
	}
	return o.State, v.put(ctx, o, store.VaultRelease{Half: half, Share: share})
}

// Taken is what the reader opens in her seat.
type Taken struct {
	Opening  string         `json:"opening"`
	Envelope Envelope       `json:"envelope"`
	Releases []ReleasedHalf `json:"releases"`
}

// ReleasedHalf is a half that is sealed to the reader.
type ReleasedHalf struct {
	Half  int    `json:"half"`
	Share []byte `json:"share"`
}

// Take gives the reader the envelope and both halves. From this moment she can read, so that this is what the ledger calls opened, and it is entered
// before she gets anything; what she says of it afterwards (Read) is her word.
func (v *Vault) Take(ctx context.Context, who Visitor, id string) (Taken, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	o, err := v.opening(ctx, who.Court, id)
	if err != nil {
		return Taken{}, err
	}
	if err := o.take(who.Account, v.now()); err != nil {
		return Taken{}, err
	}
	if _, _, err := v.stands(ctx, o); err != nil {
		return Taken{}, err
	}
	out := Taken{Opening: o.ID, Envelope: Envelope{Format: 1, Person: o.Person, Court: o.Court, Version: o.Version, Shares: []Share{}}}
	if out.Envelope.Payload, err = v.cfg.Store.VaultPayload(ctx, o.Person, o.Version); err != nil {
		return Taken{}, kept(err)
	}
	releases, err := v.cfg.Store.VaultReleases(ctx, o.ID)
	if err != nil || len(releases) != 2 {
		return Taken{}, kept(errors.Join(err, errors.New("two releases are not there")))
	}
	for _, r := range releases {
		out.Releases = append(out.Releases, ReleasedHalf(r))
	}
	if err := v.enter(ctx, o.Court, audit.VaultOpened, who.Account, openingEntry{Opening: o.ID, Person: o.Person, Version: o.Version}); err != nil {
		return Taken{}, err
	}
	if err := v.tell(ctx, o, hearing.VaultOpened, v.about(o, who)); err != nil {
		return Taken{}, err
	}
	return out, v.put(ctx, o)
}

// Read enters what the reader says: whether she could read it.
func (v *Vault) Read(ctx context.Context, who Visitor, id string, could bool) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	o, err := v.opening(ctx, who.Court, id)
	if err != nil {
		return err
	}
	if err := o.read(who.Account, could, v.now()); err != nil {
		return err
	}
	if err := v.enter(ctx, o.Court, audit.VaultRead, who.Account, openingEntry{Opening: o.ID, Read: o.Read}); err != nil {
		return err
	}
	return v.put(ctx, o)
}

// Done is the reader's word that she needs it no more.
func (v *Vault) Done(ctx context.Context, who Visitor, id string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	o, err := v.opening(ctx, who.Court, id)
	switch {
	case err != nil:
		return err
	case o.Reader.Person != who.Account:
		return errNotAllowed
	}
	return v.end(ctx, o, Over, who, "done")
}

// Stop ends an opening at once, by a judge or a prosecutor. Who else had access has it no more, whatever right she has.
func (v *Vault) Stop(ctx context.Context, who Visitor, id string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !who.has(rights.VaultStop) {
		return errNotAllowed
	}
	o, err := v.opening(ctx, who.Court, id)
	if err != nil {
		return err
	}
	return v.end(ctx, o, Stopped, who, "stopped")
}

// end protects, so the order is the other way round: access ends first (in memory, then on the disk with the releases erased), and then it is entered.
// An event that cannot be entered is tried again until it is.
func (v *Vault) end(ctx context.Context, o Opening, state string, by Visitor, why string) error {
	v.ended[o.ID] = true
	if !o.end(state, by.Account, why, v.now()) {
		return nil
	}
	failed := v.put(ctx, o)
	told := v.about(o, by)
	told.Why = why
	for _, event := range []func(context.Context) error{
		func(ctx context.Context) error {
			return v.enter(ctx, o.Court, audit.VaultOpeningEnded, by.Account, openingEntry{Opening: o.ID, Why: why})
		},
		func(ctx context.Context) error { return v.tell(ctx, o, hearing.VaultOpeningEnded, told) },
	} {
		if err := event(ctx); err != nil {
			v.owed = append(v.owed, event)
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

func (v *Vault) endAll(ctx context.Context, court, by, why string, which func(Opening) bool) error {
	all, err := v.openings(ctx, court)
	for _, o := range all {
		if o.Running() && which(o) {
			err = errors.Join(err, v.end(ctx, o, Stopped, Visitor{Account: by, Court: court}, why))
		}
	}
	return err
}

// Sweep ends what time has ended, and enters what could not be entered before. The gateway calls it every second; that an opening is over is seen
// at each use in any case.
func (v *Vault) Sweep(ctx context.Context) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	owed := v.owed
	v.owed = nil
	for _, event := range owed {
		if event(ctx) != nil {
			v.owed = append(v.owed, event)
		}
	}
	records, err := v.cfg.Store.VaultOpenings(ctx, "")
	all, err := readAll[Opening](records, err)
	if err != nil {
		return err
	}
	for i, o := range all {
		o.Court = records[i].Court
		switch {
		case v.ended[o.ID]: // the disk could not be told
			err = errors.Join(err, v.end(ctx, o, Stopped, Visitor{Account: "system"}, "stopped"))
		case !v.now().Before(o.Until):
			err = errors.Join(err, v.end(ctx, o, Expired, Visitor{Account: "system"}, "expired"))
		}
	}
	return err
}
