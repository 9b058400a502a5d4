package proceeding

// RoomRevoked says whether the device that the court put in the witness's place is revoked: then the bench is told until another one is there. What the device
// has open ends by its hold (Recheck).
func (p *Proceeding) RoomRevoked(on bool) {
	p.post(func() {
		p.revoked = on
		p.refreshAlarms(p.cfg.Now())
	})
}
