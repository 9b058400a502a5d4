package hearing

// VaultPayload is what a hearing's ledger says of an opening of a protected person's identity (gateway/identity). It names the opening by an id drawn
// at random, and roles; no account, no person, no pseudonym, no reason in words and nothing of what was read: the ledger is sealed, bundled and kept
// for decades, and a name in it could not be taken back.
type VaultPayload struct {
	Opening    string `json:"opening"`
	By         string `json:"by,omitempty"`           // role of the account that did it; "" for the system
	Kind       string `json:"opening_kind,omitempty"` // open, rotation
	Ground     string `json:"ground,omitempty"`       // id of the legal ground
	Reader     string `json:"reader,omitempty"`       // role
	Until      string `json:"until,omitempty"`        // TimeLayout
	Half       int    `json:"half,omitempty"`
	Holder     string `json:"holder,omitempty"` // judge, prosecutor, recovery
	Why        string `json:"ended,omitempty"`  // code of an end: done, stopped, expired, key_ended, measure_ended, holder_changed
	TellLawyer bool   `json:"tell_lawyer,omitempty"`
}

// VaultOrderPayload is what a hearing's ledger says of an order about the protected person who testifies in it: bench, clerk and her lawyer must know that
// the measure ended, or that she has another pseudonym from now on.
type VaultOrderPayload struct {
	Order   string `json:"order"`   // "r-" and ten characters
	Measure string `json:"measure"` // variation, reuse, end
	Ground  string `json:"ground"`
}

// Vault makes the entry of a step of the vault: a VaultPayload, or a VaultOrderPayload. A sealed hearing takes none.
func Vault(s *State, code Code, payload any) []Draft {
	if s.Phase == Sealed {
		return nil
	}
	return []Draft{bySystem(code, payload)}
}
