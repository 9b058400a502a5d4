package proceeding

import (
	"context"
	"path/filepath"

	"parda/gateway/hearing"
	"parda/gateway/leakreport"
)

// leakFiles are the files of the leak report, as they stand beside the protocol and in the bundle's annex.
func leakFiles() []string {
	names := []string{"leak-report.json"}
	for _, lang := range leakreport.Languages() {
		names = append(names, "leak-report."+lang+".html")
	}
	return names
}

// writeLeakReport writes the annex when the protocol is rendered: what it says is then fixed, as the protocol is, and sealed with it.
func (p *Proceeding) writeLeakReport(ctx context.Context) error {
	kept, err := p.cfg.Ledger.Load(ctx, p.cfg.ID)
	if err != nil {
		return err
	}
	events := make([]hearing.Event, len(kept))
	for i, e := range kept {
		events[i] = asHearing(e)
	}
	var facts leakreport.Facts
	if p.cfg.Leaks != nil {
		facts = p.cfg.Leaks()
	}
	facts.Now = p.cfg.Now()
	if facts.Counted.IsZero() {
		facts.Counted = facts.Now
	}
	report, err := leakreport.New(p.cfg.ID, events, facts)
	if err != nil {
		return err
	}
	asJSON, err := report.JSON()
	if err != nil {
		return err
	}
	if err := writeSynced(filepath.Join(p.protocolFolder(), leakFiles()[0]), asJSON); err != nil {
		return err
	}
	for i, lang := range leakreport.Languages() {
		page, err := report.Page(lang)
		if err != nil {
			return err
		}
		if err := writeSynced(filepath.Join(p.protocolFolder(), leakFiles()[i+1]), page); err != nil {
			return err
		}
	}
	return nil
}
