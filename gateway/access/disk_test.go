package access_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// search fails if a file below dir holds one of the secrets.
func search(t *testing.T, dir string, secrets []string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		b, err := os.ReadFile(path)
		for _, s := range secrets {
			if s == "" || bytes.Contains(b, []byte(s)) {
				t.Errorf("%s holds a secret", d.Name())
			}
		}
		return err
	})
	if err != nil || files == 0 {
		t.Fatal(files, err)
	}
}
