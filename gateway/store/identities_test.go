package store_test

import (
	"database/sql"
	"errors"
	"path/filepath"
	"testing"

	"parda/gateway/store"
)

func vaultPerson(t *testing.T, s *store.Store, id, court, folded string) error {
	t.Helper()
	return s.PutVaultPerson(t.Context(), store.VaultRecord{ID: id, Court: court, Body: []byte(`{}`)}, store.VaultPseudonym{Pseudonym: folded, Folded: folded})
}

func TestAPseudonymIsGivenOnceInACourtForEver(t *testing.T) {
	s := open(t, t.TempDir())
	for _, c := range []struct {
		id, court, name string
		want            error
	}{{"v-1", "baku", "zanomum", nil}, {"v-2", "baku", "zanomum", store.ErrExists}, {"v-3", "ganja", "zanomum", nil}, {"v-4", "baku", "bepovon", nil}} {
		if err := vaultPerson(t, s, c.id, c.court, c.name); !errors.Is(err, c.want) {
			t.Errorf("%s in %s: %v", c.name, c.court, err)
		}
	}
	if _, err := s.VaultPerson(t.Context(), "v-2"); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("a person without a pseudonym is kept: %v", err)
	}
	if err := s.GivePseudonym(t.Context(), "baku", store.VaultPseudonym{Pseudonym: "Bepövön", Folded: "bepovon"}); !errors.Is(err, store.ErrExists) {
		t.Errorf("given elsewhere: %v", err)
	}
	record := store.VaultRecord{ID: "v-1", Court: "baku", Body: []byte(`{"state":"ended"}`)}
	if err := s.OrderVaultPerson(t.Context(), record, store.VaultRecord{ID: "r-1", Court: "baku", Body: []byte(`{}`)}, &store.VaultPseudonym{Pseudonym: "x", Folded: "bepovon"}); !errors.Is(err, store.ErrExists) {
		t.Errorf("a variation to another's: %v", err)
	}
	if err := s.OrderVaultPerson(t.Context(), record, store.VaultRecord{ID: "r-1", Court: "baku", Body: []byte(`{}`)}, nil); err != nil {
		t.Errorf("the refused order was kept, or the right one is not: %v", err)
	}
	if err := vaultPerson(t, s, "v-5", "baku", "zanomum"); !errors.Is(err, store.ErrExists) {
		t.Errorf("after the end of the measure: %v", err)
	}
}

func share(half int, holder, key string) store.VaultShare {
	return store.VaultShare{Half: half, Holder: holder, Key: key, Share: []byte("sealed " + key)}
}

func TestASealedVersionIsTheNextOneAndIsNeverChanged(t *testing.T) {
	s := open(t, t.TempDir())
	if err := vaultPerson(t, s, "v-1", "baku", "zanomum"); err != nil {
		t.Fatal(err)
	}
	r := store.VaultRecord{ID: "v-1", Court: "baku", Body: []byte(`{}`)}
	for _, c := range []struct {
		version int
		want    error
	}{{2, store.ErrExists}, {1, nil}, {1, store.ErrExists}, {3, store.ErrExists}, {2, nil}} {
		if err := s.PutVaultVersion(t.Context(), r, c.version, []byte(`{}`), []byte("payload"), []store.VaultShare{share(1, "judge", "a")}); !errors.Is(err, c.want) {
			t.Errorf("version %d: %v", c.version, err)
		}
	}
	if err := s.ReplaceVaultShare(t.Context(), "v-1", 2, share(2, "prosecutor", "b")); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("in the place of none: %v", err)
	}
	if err := s.ReplaceVaultShare(t.Context(), "v-1", 2, share(1, "judge", "b")); err != nil {
		t.Error(err)
	}
	for version, want := range map[int]string{1: "a", 2: "b"} {
		if got, err := s.VaultShares(t.Context(), "v-1", version); err != nil || len(got) != 1 || got[0].Key != want || string(got[0].Share) != "sealed "+want {
			t.Errorf("version %d: %+v %v", version, got, err)
		}
	}
}

func TestAnAccountHasOneActiveKeyAndAKeyOneOwner(t *testing.T) {
	s := open(t, t.TempDir())
	key := func(id, court, owner string, active bool) store.VaultKey {
		return store.VaultKey{VaultRecord: store.VaultRecord{ID: id, Court: court, Body: []byte(`{}`)}, Owner: owner, Active: active}
	}
	put := func(rule string, want bool, keys ...store.VaultKey) {
		t.Helper()
		if err := s.PutVaultKeys(t.Context(), keys...); (err == nil) != want {
			t.Errorf("%s: %v", rule, err)
		}
	}
	put("the first", true, key("a", "baku", "p-1", true))
	put("a second beside it", false, key("b", "baku", "p-1", true))
	put("a second in its place, whatever the order", true, key("b", "baku", "p-1", true), key("a", "baku", "p-1", false))
	put("another's", false, key("b", "baku", "p-2", true))
	put("in another court", false, key("b", "ganja", "p-1", true))
	if all, err := s.VaultKeys(t.Context(), "baku"); err != nil || len(all) != 2 {
		t.Error(len(all), err)
	}
}

func TestAnOpeningThatEndedStaysEndedAndKeepsNoRelease(t *testing.T) {
	s := open(t, t.TempDir())
	r := store.VaultRecord{ID: "o-1", Court: "baku", Body: []byte(`{"state":"ordered"}`)}
	for _, half := range []int{1, 2} {
		if err := s.PutVaultOpening(t.Context(), r, true, store.VaultRelease{Half: half, Share: []byte("x")}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.PutVaultOpening(t.Context(), r, true, store.VaultRelease{Half: 2, Share: []byte("y")}); err == nil {
		t.Error("a half was released twice")
	}
	if err := s.PutVaultOpening(t.Context(), store.VaultRecord{ID: "o-1", Court: "ganja", Body: r.Body}, true); !errors.Is(err, store.ErrExists) {
		t.Errorf("by another court: %v", err)
	}
	if err := s.PutVaultOpening(t.Context(), r, false); err != nil {
		t.Fatal(err)
	}
	if left, err := s.VaultReleases(t.Context(), "o-1"); err != nil || len(left) != 0 {
		t.Error(left, err)
	}
	if err := s.PutVaultOpening(t.Context(), r, true); !errors.Is(err, store.ErrExists) {
		t.Errorf("it runs again: %v", err)
	}
	if running, err := s.VaultOpenings(t.Context(), ""); err != nil || len(running) != 0 {
		t.Error(running, err)
	}
}

// The tables themselves refuse what no method does, so that another program, or a fault of this one, cannot either.
func TestTheVaultsTablesForgetAndChangeNothing(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if err := vaultPerson(t, s, "v-1", "baku", "zanomum"); err != nil {
		t.Fatal(err)
	}
	if err := s.PutVaultVersion(t.Context(), store.VaultRecord{ID: "v-1", Court: "baku", Body: []byte(`{}`)}, 1, []byte(`{}`), []byte("payload"), nil); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, "parda.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range []string{
		"DELETE FROM vault_pseudonyms", "UPDATE vault_pseudonyms SET folded = 'x'", "DELETE FROM vault_persons", "DELETE FROM vault_versions",
		"UPDATE vault_versions SET payload = x'00'", "INSERT INTO vault_versions VALUES ('v-1', 3, x'00', x'00')",
	} {
		if _, err := db.Exec(statement); err == nil {
			t.Errorf("%s was done", statement)
		}
	}
	if _, err := db.Exec("UPDATE vault_persons SET body = x'7b7d'"); err != nil {
		t.Errorf("what may change cannot: %v", err)
	}
}
