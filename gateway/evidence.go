package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"parda/gateway/incident/evidence"
	"parda/gateway/incident/evidence/render"
	"parda/gateway/incident/register"
)

// Evidence of incidents: the locker, a keeper of clips for each hearing, what the register is told, and the erasure that follows the register's retention policy. The routes
// are in evidence_routes.go.

// EvidenceConfig is how evidence is kept.
type EvidenceConfig struct {
	KeyFile string `toml:"key_file"` // the key that the keys of all pieces are sealed to; "": evidence.key in the data folder
	MostGB  int    `toml:"most_gb"`  // what all pieces together may take on the disk; 0: 50
}

const defaultMostGB = 50

func (c EvidenceConfig) check() error {
	if c.MostGB < 0 || c.MostGB > 1<<20 {
		return errors.New("evidence.most_gb: a number of gigabytes, or 0 for the default")
	}
	return nil
}

func (c EvidenceConfig) most() int64 {
	if c.MostGB == 0 {
		return defaultMostGB << 30
	}
	return int64(c.MostGB) << 30
}

// renderCommand is the word by which this program is the one that looks into attachments.
const renderCommand = "render-attachment"

func (a *App) openEvidence() (err error) {
	key := a.config.Evidence.KeyFile
	if key == "" {
		key = filepath.Join(a.config.Data, "evidence.key")
	}
	if a.locker, err = evidence.OpenLocker(filepath.Join(a.config.Data, "evidence"), key); err != nil {
		return err
	}
	own, err := os.Executable()
	a.renders = render.NewProgram(own, renderCommand)
	return err
}

// keeperOf keeps the clips of one hearing.
func (a *App) keeperOf(hearing, court string) *evidence.Keeper {
	return evidence.New(evidence.Config{Hearing: hearing, Locker: a.locker, Source: line{a.board, hearing}, Most: a.config.Evidence.most(), Log: a.log,
		Register: func(o evidence.Outcome) error { return a.registerClip(context.Background(), court, hearing, o) }})
}

// registerClip enters what became of a clip with every incident that asked for it. Those that have it already, because a crash came in between, are passed over.
func (a *App) registerClip(ctx context.Context, court, hearing string, o evidence.Outcome) error {
	if err := a.incidents.Mirror(ctx, court, hearing, a.seatedAt); err != nil {
		return err
	}
	var all []register.Payload
	if f := o.Frozen; f != nil {
		for _, about := range a.aboutFlags(court, hearing, f.Flags, f.ID) {
			all = append(all, &register.EvidenceFrozenPayload{About: about, Evidence: f.ID, Track: f.Label, Type: "video/webm", From: f.From, To: f.To, Size: f.Sealed.Bytes,
				SHA256: f.Sealed.SHA256, SealedSHA256: f.Sealed.SealedSHA256, Gaps: f.Gaps, Why: f.Short})
		}
	}
	if f := o.Failed; f != nil {
		var random [8]byte
		_, _ = rand.Read(random[:]) // crypto/rand never fails: it ends the program instead
		id := "e-" + hex.EncodeToString(random[:])
		for _, about := range a.aboutFlags(court, hearing, f.Flags, id) {
			all = append(all, &register.EvidenceFailedPayload{About: about, Evidence: id, Track: f.Label, Why: f.Why})
		}
	}
	_, err := a.incidents.Enter(ctx, court, all...)
	return err
}

// aboutFlags are the incidents of flags that do not have a piece of evidence yet.
func (a *App) aboutFlags(court, hearing string, flags []string, piece string) (all []register.About) {
	for _, flag := range flags {
		id := register.IncidentOf(hearing, flag)
		if i, ok := a.incidents.Get(court, id); ok && pieceOf(i, piece) != nil {
			continue
		}
		all = append(all, register.About{Incident: id, By: register.System()})
	}
	return all
}

// pieceOf finds a piece of evidence of an incident.
func pieceOf(i *register.Incident, id string) *register.Evidence {
	at := slices.IndexFunc(i.Evidence, func(e register.Evidence) bool { return e.ID == id })
	if at < 0 {
		return nil
	}
	return &i.Evidence[at]
}

// holders are the incidents of a court that have a piece: flags that overlap share a clip.
func (a *App) holders(court, piece string) (all []*register.Incident) {
	for _, i := range a.incidents.All(court) {
		if pieceOf(i, piece) != nil {
			all = append(all, i)
		}
	}
	return all
}

// eraseEvery is how often it is looked for evidence whose time is over.
const eraseEvery = time.Hour

// tendEvidence erases what the register's policy has erased the words of, until ctx ends.
func (a *App) tendEvidence(ctx context.Context) {
	tick := time.NewTicker(eraseEvery)
	defer tick.Stop()
	for {
		if err := a.eraseEvidence(ctx); err != nil && ctx.Err() == nil {
			a.log.Error("evidence whose time is over is not erased; it is tried again", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// eraseEvidence destroys the keys of all evidence whose incidents' words a retention policy has erased. That it is erased is durable in every incident before the key is gone; what an
// event says is erased and a crash left is erased now. A clip stays as long as one of its incidents does.
func (a *App) eraseEvidence(ctx context.Context) error {
	var all []error
	for _, court := range a.incidents.Courts() {
		waits := map[string]bool{} // pieces that some incident still needs
		erased := map[string][]register.Payload{}
		for _, i := range a.incidents.All(court) {
			for _, e := range i.Evidence {
				switch {
				case e.State == "erased":
					if _, there := erased[e.ID]; !there {
						erased[e.ID] = nil
					}
				case e.State != "kept":
				case i.Erased.IsZero() || i.Held:
					waits[e.ID] = true
				default:
					erased[e.ID] = append(erased[e.ID], &register.EvidenceErasedPayload{About: register.About{Incident: i.ID, By: register.System()}, Evidence: e.ID, Why: "policy"})
				}
			}
		}
		for id, events := range erased {
			if waits[id] {
				continue
			}
			_, err := a.incidents.Enter(ctx, court, events...)
			if err == nil {
				err = a.locker.Erase(id)
			}
			if err != nil {
				all = append(all, fmt.Errorf("evidence %s: %w", id, err))
			}
		}
	}
	return errors.Join(all...)
}
