package proceeding

import (
	"crypto/ed25519"
	"slices"

	"parda/gateway/hearing"
	"parda/media/attest"
	"parda/signaling"
)

// ModeKey implements signaling.Room: the key that the station signs with. It came over the station's own authenticated connection; its fingerprint is entered,
// so that whoever reads the ledger knows which key said what the masks made.
func (p *Proceeding) ModeKey(s *signaling.Session, key []byte) error {
	if len(key) != ed25519.PublicKeySize {
		return signaling.Refuse("bad_message", "This is no Ed25519 key.", nil)
	}
	own := ed25519.PublicKey(slices.Clone(key))
	p.post(func() {
		if !p.isStation(s) {
			return
		}
		p.enter(hearing.KeyOfStation(p.state, attest.Fingerprint(own)))
		p.modeKey.Store(&own)
		p.changed()
	})
	return nil
}

// ModeSegment implements signaling.Room: what the station signed of one publication. One that cannot be verified says nothing, and the relay holds what
// nobody signs.
func (p *Proceeding) ModeSegment(s *signaling.Session, m signaling.ModeSegment) error {
	key := p.modeKey.Load()
	if key == nil {
		return signaling.Refuse("signature_invalid", "No key was announced.", nil)
	}
	segment := attest.Segment{Hearing: p.cfg.ID, Publication: m.Publication, Rendering: m.Rendering, Number: m.Number}
	for _, t := range m.Tracks {
		hashes, err := attest.Unpack(t.Hashes)
		if err != nil {
			return signaling.Refuse("bad_message", "A track's hashes cannot be read.", err)
		}
		segment.Tracks = append(segment.Tracks, attest.Track{Media: t.Media, First: t.First, Hashes: hashes})
	}
	if err := segment.Verify(*key, m.Signature); err != nil {
		return signaling.Refuse("signature_invalid", "The segment is not signed by the station's key.", err)
	}
	p.post(func() {
		if p.isStation(s) {
			p.cfg.Media.Attest(m.Publication, "witness/"+m.Rendering, m.Number, segment.Tracks)
		}
	})
	return nil
}

// isStation says whether a session is the shielded room's.
func (p *Proceeding) isStation(s *signaling.Session) bool {
	seat, _ := p.state.Seat(s.Seat)
	return p.sessions[s] != nil && seat.Role == hearing.ProtectedWitness
}
