package store

import (
	"archive/zip"
	"database/sql"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// versionOne puts the database of the first release into a folder of a store and gives its path.
func versionOne(t *testing.T) (dir, path string) {
	t.Helper()
	z, err := zip.OpenReader("../testdata/version1.zip")
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	f, err := z.Open("data/store/parda.db")
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	path = filepath.Join(dir, "parda.db")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, path
}

// contents are a database's version, its schema and every row of its tables.
func contents(t *testing.T, path string) (version int, schema string, rows []string) {
	t.Helper()
	db, err := openDB(path, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow("PRAGMA user_version").Scan(&version); err != nil {
		t.Fatal(err)
	}
	tables, lines := []string{}, []string{}
	each(t, db, "SELECT type, name, coalesce(sql, '') FROM sqlite_master ORDER BY type, name", func(cells []any) {
		lines = append(lines, fmt.Sprint(cells...))
		if cells[0] == "table" {
			tables = append(tables, cells[1].(string))
		}
	})
	for _, table := range tables {
		each(t, db, "SELECT * FROM "+table, func(cells []any) { rows = append(rows, table+fmt.Sprintf(" %x", fmt.Sprint(cells...))) })
	}
	slices.Sort(rows)
	return version, strings.Join(lines, "\n"), rows
}

func each(t *testing.T, db *sql.DB, query string, f func(cells []any)) {
	t.Helper()
	r, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	names, _ := r.Columns()
	for r.Next() {
		cells, into := make([]any, len(names)), make([]any, len(names))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := r.Scan(into...); err != nil {
			t.Fatal(err)
		}
		f(cells)
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
}

// migrated runs a migration on the database as Open does.
func migrated(t *testing.T, path string, before func(*sql.DB), with []string) error {
	t.Helper()
	db, err := openDB(path, "&_txlock=immediate", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if before != nil {
		before(db)
	}
	kept := steps
	defer func() { steps = kept }()
	if with != nil {
		steps = with
	}
	return migrate(db)
}

func TestADatabaseOfTheFirstReleaseKeepsEveryRowAndGetsTheNewTables(t *testing.T) {
	dir, path := versionOne(t)
	version, _, before := contents(t, path)
	if version != 1 || len(before) < 20 {
		t.Fatalf("the first release's database has version %d and %d rows: this test holds nothing", version, len(before))
	}
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	version, schema, after := contents(t, path)
	if version != schemaVersion {
		t.Errorf("version %d", version)
	}
	for _, row := range before {
		if !slices.Contains(after, row) {
			t.Errorf("lost or changed: %.60s", row)
		}
	}
	fresh := t.TempDir()
	if s, err = Open(fresh); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, want, _ := contents(t, filepath.Join(fresh, "parda.db")); schema != want {
		t.Errorf("a database that was migrated has another schema than a new one:\n%s\n--- new:\n%s", schema, want)
	}
}

// statements parts a step at the ends of its statements; a trigger's body is none.
func statements(step string) []string { return strings.SplitAfter(step, ";\n\n") }

func TestAMigrationThatFailsAnywhereLeavesTheFirstReleasesDatabaseWhole(t *testing.T) {
	parts := statements(steps[1])
	if len(parts) < 10 {
		t.Fatalf("the step has %d statements: this test holds nothing", len(parts))
	}
	for k := range parts {
		_, path := versionOne(t)
		_, schema, rows := contents(t, path)
		broken := strings.Join(parts[:k], "") + "\nCREATE TABLE events (a TEXT) STRICT;" // is there already
		if err := migrated(t, path, nil, []string{steps[0], broken}); err == nil {
			t.Fatalf("a broken statement %d is taken", k)
		}
		version, schemaAfter, rowsAfter := contents(t, path)
		if version != 1 || schemaAfter != schema || !slices.Equal(rows, rowsAfter) {
			t.Fatalf("after a failure at statement %d the database has version %d, and is not as it was", k, version)
		}
		if err := migrated(t, path, nil, nil); err != nil {
			t.Fatalf("after a failure at statement %d the migration cannot be done any more: %v", k, err)
		}
	}
}

func TestAFullDiskLeavesTheFirstReleasesDatabaseWhole(t *testing.T) {
	_, path := versionOne(t)
	_, schema, rows := contents(t, path)
	for more := range 4 { // pages of room, far fewer than the new tables need
		full := func(db *sql.DB) {
			var pages int
			if err := db.QueryRow("PRAGMA page_count").Scan(&pages); err != nil {
				t.Fatal(err)
			}
			if _, err := db.Exec(fmt.Sprintf("PRAGMA max_page_count = %d", pages+more)); err != nil {
				t.Fatal(err)
			}
		}
		if err := migrated(t, path, full, nil); err == nil || !strings.Contains(err.Error(), "full") {
			t.Fatalf("with %d pages of room: %v", more, err)
		}
		if version, schemaAfter, rowsAfter := contents(t, path); version != 1 || schemaAfter != schema || !slices.Equal(rows, rowsAfter) {
			t.Fatalf("after a full disk the database has version %d, and is not as it was", version)
		}
	}
	if err := migrated(t, path, nil, nil); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

func TestAPowerCutInTheMiddleOfAMigrationLeavesTheFirstReleasesDatabaseWhole(t *testing.T) {
	_, path := versionOne(t)
	_, schema, rows := contents(t, path)
	db, err := openDB(path, "&_txlock=immediate&_pragma=cache_size(1)", 1) // so that pages go to the log before the commit
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.Exec(steps[1]); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec("PRAGMA user_version = 2"); err != nil {
		t.Fatal(err)
	}
	cut := t.TempDir() // what lies on the disk at this moment
	for _, name := range []string{"parda.db", "parda.db-wal"} {
		b, err := os.ReadFile(filepath.Join(filepath.Dir(path), name))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "wal") && len(b) == 0 {
			t.Log("nothing had gone to the log yet")
		}
		if err := os.WriteFile(filepath.Join(cut, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	after := filepath.Join(cut, "parda.db")
	if version, schemaAfter, rowsAfter := contents(t, after); version != 1 || schemaAfter != schema || !slices.Equal(rows, rowsAfter) {
		t.Errorf("after a power cut the database has version %d, and is not as it was", version)
	}
	s, err := Open(cut)
	if err != nil {
		t.Fatalf("after a power cut: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestADatabaseOfANewerProgramIsRefusedAndNotTouched(t *testing.T) {
	dir, path := versionOne(t)
	db, err := openDB(path, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(fmt.Sprintf("PRAGMA user_version = %d", schemaVersion+1)); err != nil {
		t.Fatal(err)
	}
	db.Close()
	_, schema, rows := contents(t, path)
	if s, err := Open(dir); err == nil || !strings.Contains(err.Error(), "this program knows") {
		if s != nil {
			s.Close()
		}
		t.Fatalf("%v", err)
	}
	if version, schemaAfter, rowsAfter := contents(t, path); version != schemaVersion+1 || schemaAfter != schema || !slices.Equal(rows, rowsAfter) {
		t.Error("a newer program's database was changed")
	}
}
