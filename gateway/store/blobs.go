package store

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// blobName keeps a name inside the folder: no separators, no dots in front.
var blobName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)

// ErrName is returned for a blob name that could leave its folder.
var ErrName = errors.New("store: bad blob name")

// PutBlob writes what r holds under name, in place of what was there. A reader
// sees the old content or the new, never a part: the bytes go to a temporary
// file that is synced, renamed, and its folder synced. nil means durable.
func (s *Store) PutBlob(name string, r io.Reader) error {
	if !blobName.MatchString(name) {
		return ErrName
	}
	s.mu.Lock()
	fault := s.fault
	s.mu.Unlock()
	ask := func(step string) error {
		if fault == nil {
			return nil
		}
		return fault.Before(step)
	}
	folder := filepath.Join(s.dir, "blobs")
	var random [8]byte
	_, _ = rand.Read(random[:]) // crypto/rand never fails: it ends the program instead
	temporary := filepath.Join(folder, ".tmp-"+hex.EncodeToString(random[:]))
	if err := writeSynced(temporary, r, ask); err != nil {
		_ = os.Remove(temporary)
		return notDurable(err)
	}
	if err := ask(StepBlobRename); err != nil {
		_ = os.Remove(temporary)
		return notDurable(err)
	}
	if err := os.Rename(temporary, filepath.Join(folder, name)); err != nil {
		_ = os.Remove(temporary)
		return notDurable(err)
	}
	if err := ask(StepBlobFolder); err != nil {
		return notDurable(err)
	}
	if err := syncFolder(folder); err != nil {
		return notDurable(err)
	}
	return nil
}

func writeSynced(path string, r io.Reader, ask func(string) error) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := ask(StepBlobWrite); err != nil {
		return err
	}
	if _, err := io.Copy(f, r); err != nil {
		return err
	}
	if err := ask(StepBlobSync); err != nil {
		return err
	}
	return f.Sync()
}

// Blob opens a blob for reading, or ErrUnknown.
func (s *Store) Blob(name string) (*os.File, error) {
	if !blobName.MatchString(name) {
		return nil, ErrName
	}
	f, err := os.Open(filepath.Join(s.dir, "blobs", name))
	if errors.Is(err, os.ErrNotExist) {
		return nil, ErrUnknown
	}
	if err != nil {
		return nil, fmt.Errorf("store: blob: %w", err)
	}
	return f, nil
}

// Blobs lists the names of the blobs that begin with prefix, in order.
func (s *Store) Blobs(prefix string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(s.dir, "blobs"))
	if err != nil {
		return nil, fmt.Errorf("store: blobs: %w", err)
	}
	var names []string
	for _, e := range entries {
		if name := e.Name(); strings.HasPrefix(name, prefix) && blobName.MatchString(name) {
			names = append(names, name)
		}
	}
	return names, nil
}

// RemoveBlob removes a blob; one that is not there is no error. nil means that it stays away after a crash.
func (s *Store) RemoveBlob(name string) error {
	if !blobName.MatchString(name) {
		return ErrName
	}
	folder := filepath.Join(s.dir, "blobs")
	if err := os.Remove(filepath.Join(folder, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return notDurable(err)
	}
	if err := syncFolder(folder); err != nil {
		return notDurable(err)
	}
	return nil
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
