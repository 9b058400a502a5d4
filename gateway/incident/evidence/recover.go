package evidence

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Waiting is a flag of which the hearing's ledger says nothing yet: neither a clip nor that there is none.
type Waiting struct {
	Flag   string
	Raised time.Time
}

// onItsWay is how long after a flag its clip may not have reached the disk yet.
const onItsWay = 3 * time.Second

// Recover finishes what the last run left of this hearing, before Start: clips that were being made are sealed as far as they go, and what is missing of them is entered as
// failed; clips that were sealed and not entered are entered; of a flag that was raised at the very end of the last run and has nothing it is entered that it failed. last is
// when that run last wrote something: what was raised well before it and has no clip carried nothing. enter is as in Start. What cannot be entered is tried again once the keeper was started.
func (k *Keeper) Recover(last time.Time, waiting []Waiting, enter func(Outcome) error) error {
	l := k.cfg.Locker
	metas, err := filepath.Glob(filepath.Join(l.dir, "e-*"+metaSuffix))
	if err != nil {
		return err
	}
	served := map[string]bool{}
	for _, path := range metas {
		m, err := readMeta(path)
		if err != nil {
			return err
		}
		if m.Hearing != k.cfg.Hearing {
			continue
		}
		for _, f := range m.Flags {
			served[f] = true
		}
		for _, o := range k.remains(strings.TrimSuffix(filepath.Base(path), metaSuffix), m) {
			k.disk.owe(o)
		}
	}
	var lost []string
	for _, w := range waiting {
		if !served[w.Flag] && w.Raised.Add(onItsWay).After(last) {
			lost = append(lost, w.Flag)
		}
	}
	if len(lost) > 0 {
		k.disk.owe(Outcome{Failed: &Failed{Flags: lost, Why: Stopped}})
	}
	k.disk.enter = enter
	k.disk.enterOwed()
	return nil
}

// remains is what became of one clip of the last run.
func (k *Keeper) remains(id string, m meta) []Outcome {
	if m.Frozen != nil {
		return []Outcome{{Frozen: m.Frozen}}
	}
	if m.Short == "" {
		m.Short = Stopped
	}
	all := k.disk.sealPart(id, m)
	if f := all[0].Frozen; f != nil && m.Until.Sub(f.To) > settle {
		all = append(all, Outcome{Failed: &Failed{Flags: m.Flags, Label: m.Label, Why: Stopped, From: f.To, To: m.Until}})
	}
	return all
}

func readMeta(path string) (m meta, err error) {
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil {
		return m, errors.Join(errors.New("evidence: a description of a clip cannot be read"), err)
	}
	return m, nil
}
