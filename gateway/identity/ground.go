package identity

import (
	_ "embed"
	"encoding/json"
	"slices"
)

// Ground is a legal ground that an order names. Grounds are data (grounds.json): the law changes, and a lawyer confirms each; until then Confirmed is
// false and pages say so.
type Ground struct {
	ID        string            `json:"id"`
	Article   string            `json:"article"`
	Confirmed bool              `json:"confirmed"`
	Text      map[string]string `json:"text"` // az, en, ru
}

//go:embed grounds.json
var groundData []byte

var grounds = func() []Ground {
	var g []Ground
	if err := json.Unmarshal(groundData, &g); err != nil {
		panic("identity: grounds.json: " + err.Error()) // embedded: a test would have found it
	}
	return g
}()

// Grounds lists the legal grounds of orders. The slice is the caller's.
func Grounds() []Ground { return slices.Clone(grounds) }

func groundExists(id string) bool {
	return slices.ContainsFunc(grounds, func(g Ground) bool { return g.ID == id })
}
