package proceeding

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"parda/gateway/bundle"
	"parda/gateway/hearing"
	"parda/gateway/ledger"
	"parda/gateway/minutes"
	"parda/gateway/visibility"
)

// The closing of a hearing, step by step, each of which is found and done again after a crash: the recordings end; a checkpoint is taken and
// the protocol rendered with it; bench and clerk sign; the closing entry binds the bundle's index; the last checkpoint covers that; the bundle
// is written.

const (
	pdfName  = "protocol.pdf"
	jsonName = "protocol.json"
)

func (p *Proceeding) recordingFolder() string { return filepath.Join(p.cfg.Folder, "recordings") }
func (p *Proceeding) protocolFolder() string  { return filepath.Join(p.cfg.Folder, "protocol") }

// tickClosing does the next step of the closing, if there is one to do.
func (p *Proceeding) tickClosing(ctx context.Context) {
	var err error
	now := p.cfg.Now()
	p.tickAside()
	switch {
	case now.Before(p.closeAfter):
		return
	case p.state.Phase == hearing.Concluded && p.state.Signing == nil && p.record.idle() && p.record.torn:
		p.repairTorn()
	case p.state.Phase == hearing.Concluded && p.state.Signing == nil && p.record.idle():
		err = p.render(ctx)
	case p.state.Phase == hearing.Signed:
		err = p.seal(ctx)
	case p.state.Phase == hearing.Sealed && p.bundle == nil:
		err = p.writeBundle(ctx)
	default:
		return
	}
	if err != nil {
		p.closeAfter = now.Add(closeAgain)
		p.cfg.Log.Error("the closing does not go on", "phase", string(p.state.Phase), "err", err)
	}
	if p.alarm("closing_failed", err != nil, now) || err == nil {
		p.changed()
	}
}

// closeAgain is how long a step of the closing that failed waits before it is tried again: a full disk is not emptied by trying.
const closeAgain = 5 * time.Second

// checkpointWithin bounds how long a step waits for the ledger's signed checkpoint.
const checkpointWithin = 10 * time.Second

// render writes the protocol with the closing checkpoint and enters what is to be signed.
func (p *Proceeding) render(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, checkpointWithin)
	defer cancel()
	c, err := p.cfg.Ledger.Checkpoint(ctx, p.cfg.ID)
	if err != nil {
		return err
	}
	document, err := p.document(ctx, c)
	if err != nil {
		return err
	}
	asJSON, err := document.JSON()
	if err != nil {
		return fmt.Errorf("the protocol as JSON: %w", err)
	}
	var page bytes.Buffer
	if err := minutes.RenderPDF(&page, document, "az", p.cfg.Words); err != nil {
		return fmt.Errorf("the protocol as PDF: %w", err)
	}
	pdf := page.Bytes()
	for name, b := range map[string][]byte{pdfName: pdf, jsonName: asJSON} {
		if err := writeSynced(filepath.Join(p.protocolFolder(), name), b); err != nil {
			return err
		}
	}
	if err := p.writeLeakReport(ctx); err != nil {
		return err
	}
	rendered := hearing.ProtocolRenderedPayload{PDFSHA256: hexSum(pdf), JSONSHA256: hexSum(asJSON)}
	if rendered.Checkpoint, err = json.Marshal(map[string]any{"size": c.Size, "root": hex.EncodeToString(c.Root[:])}); err != nil {
		return err
	}
	if rendered.Statement, err = bundle.Statement(p.cfg.ID, c, rendered.PDFSHA256, rendered.JSONSHA256); err != nil {
		return err
	}
	return p.append(ctx, nil, hearing.Rendered(rendered))
}

// document is the protocol as the parties may read it, with the checkpoint that covers it.
func (p *Proceeding) document(ctx context.Context, c ledger.Checkpoint) (minutes.Document, error) {
	kept, err := p.cfg.Ledger.Load(ctx, p.cfg.ID)
	if err != nil {
		return minutes.Document{}, err
	}
	events := make([]hearing.Event, len(kept))
	for i, e := range kept {
		events[i] = asHearing(e)
	}
	signers := []hearing.Role{hearing.PresidingJudge}
	for _, clerk := range p.state.SeatsOf(hearing.CourtClerk) {
		if clerk.Key != nil {
			signers = append(signers, hearing.CourtClerk)
		}
	}
	return minutes.NewDocument(events, p.protocol.Entries(), c, signers)
}

// seal enters the closing entry, which binds the index of the bundle.
func (p *Proceeding) seal(ctx context.Context) error {
	m, err := p.manifest()
	if err != nil {
		return err
	}
	if err := p.append(ctx, nil, hearing.Seal(p.state, m.SHA256())); err != nil {
		return err
	}
	return p.writeBundle(ctx)
}

func (p *Proceeding) manifest() (*bundle.Manifest, error) {
	files := []bundle.File{
		{Name: "protocol/" + jsonName, Path: filepath.Join(p.protocolFolder(), jsonName)},
		{Name: "protocol/" + pdfName, Path: filepath.Join(p.protocolFolder(), pdfName)},
	}
	for _, name := range leakFiles() {
		path := filepath.Join(p.protocolFolder(), name)
		if _, err := os.Stat(path); err != nil {
			if errors.Is(err, os.ErrNotExist) {
				continue // a hearing that was closed before there was such a report
			}
			return nil, err
		}
		files = append(files, bundle.File{Name: "annex/" + name, Path: path})
	}
	for _, s := range p.record.segments {
		files = append(files, bundle.File{Name: "recordings/" + s.File, Path: filepath.Join(p.recordingFolder(), s.File)})
	}
	return bundle.NewManifest(p.cfg.ID, files)
}

// writeBundle writes the ZIP. What it holds is fixed by the closing entry, so writing it again after a crash gives the same bytes.
func (p *Proceeding) writeBundle(ctx context.Context) error {
	m, err := p.manifest()
	if err != nil {
		return err
	}
	events, err := p.cfg.Ledger.Load(ctx, p.cfg.ID)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, checkpointWithin)
	defer cancel()
	c, err := p.cfg.Ledger.Checkpoint(ctx, p.cfg.ID)
	if err != nil {
		return err
	}
	info, err := bundle.Write(p.cfg.Folder, m, bundle.Record{Events: events, Checkpoint: c, VerifierKey: p.cfg.Ledger.VerifierKey(p.cfg.ID)})
	if err != nil {
		return err
	}
	p.bundle = &visibility.BundleView{Name: info.Name, SHA256: info.SHA256, Size: info.Size}
	return nil
}

// Bundle is the path of the ZIP for a seat that may have it; "" before it is written.
func (p *Proceeding) Bundle(ctx context.Context, seat string) (path string, err error) {
	err = p.do(ctx, func() {
		if p.bundle != nil && p.mayTake(seat, visibility.MayTakeBundle) {
			path = filepath.Join(p.cfg.Folder, p.bundle.Name)
		}
	})
	return path, err
}

// ProtocolPDF is the path of the protocol as it is to be signed, for a seat that may have it; "" before the hearing was closed.
func (p *Proceeding) ProtocolPDF(ctx context.Context, seat string) (path string, err error) {
	err = p.do(ctx, func() {
		if p.state.Signing != nil && p.mayTake(seat, visibility.MayTakeProtocol) {
			path = filepath.Join(p.protocolFolder(), pdfName)
		}
	})
	return path, err
}

func (p *Proceeding) mayTake(id string, may func(hearing.Role) bool) bool {
	seat, ok := p.state.Seat(id)
	return ok && may(seat.Role) && p.state.Attends(id)
}

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// writeSynced puts a file in place whole: nil means that it survives a power cut.
func writeSynced(path string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path+".part", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".part", path); err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
