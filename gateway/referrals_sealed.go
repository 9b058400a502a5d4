package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"time"

	"parda/gateway/incident/referral"
	"parda/gateway/incident/register"
)

// The files of sealed identities that go along with referrals: ciphertext to a body's key. A file is called by its referral and its SHA-256, so that a second attempt, which is refused,
// cannot take the place of the first; what is read is compared with the hash that stands in the register; and it goes when the retention policy erased the words of its incident.

const identityBlobs = "referral-identity-"

func identityBlob(referral, sum string) string { return identityBlobs + referral + "-" + sum }

// sealedIdentity is the ciphertext that goes along with a referral: store.ErrUnknown where it was erased, referral.ErrIdentity where it is another than the one that was attached.
func (a *App) sealedIdentity(r register.Referral) ([]byte, error) {
	f, err := a.store.Blob(identityBlob(r.ID, r.Identity.SHA256))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sealed, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(sealed); hex.EncodeToString(sum[:]) != r.Identity.SHA256 {
		return nil, referral.ErrIdentity
	}
	return sealed, nil
}

// eraseIdentities removes the files that nothing needs any more: of incidents whose words the retention policy erased, which is durable before, and those that no entry names, of an
// attempt that was refused or a crash.
func (a *App) eraseIdentities() error {
	a.referrals.attaching.Lock()
	defer a.referrals.attaching.Unlock()
	names, err := a.store.Blobs(identityBlobs)
	if err != nil || len(names) == 0 {
		return err
	}
	needed := map[string]bool{}
	for _, court := range a.incidents.Courts() {
		for _, i := range a.incidents.All(court) {
			for _, r := range i.Referrals {
				if r.Identity != nil && r.Identity.At.After(i.Erased) {
					needed[identityBlob(r.ID, r.Identity.SHA256)] = true
				}
			}
		}
	}
	for _, name := range names {
		if !needed[name] {
			if err := a.store.RemoveBlob(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// tendIdentities erases sealed identities whose time is over, until ctx ends.
func (a *App) tendIdentities(ctx context.Context) {
	tick := time.NewTicker(eraseEvery)
	defer tick.Stop()
	for {
		if err := a.eraseIdentities(); err != nil {
			a.log.Error("sealed identities whose time is over are not erased; it is tried again", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
