package store

import (
	"fmt"
	"testing"
)

// LimitPages makes the database full, or gives it room again.
func LimitPages(t *testing.T, s *Store, full bool) {
	t.Helper()
	pages := 1 << 30
	if full {
		if err := s.write.QueryRow("PRAGMA page_count").Scan(&pages); err != nil {
			t.Fatal(err)
		}
	}
	var got int
	if err := s.write.QueryRow(fmt.Sprintf("PRAGMA max_page_count = %d", pages)).Scan(&got); err != nil {
		t.Fatal(err)
	}
}
