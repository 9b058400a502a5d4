package account

// Matched is how many passwords were compared with a hash.
func (a *Accounts) Matched() int64 { return a.hashing.matched.Load() }
