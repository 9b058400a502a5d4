package evidence

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"filippo.io/age"
)

// Errors of the locker, to be told apart with errors.Is.
var (
	// ErrChanged: a file at rest is not what was sealed. Nothing of it was given.
	ErrChanged = errors.New("evidence: a sealed file is not what was sealed")
	// ErrErased: the key is not there. The content cannot be read by anybody any more.
	ErrErased = errors.New("evidence: the content was erased")
	// ErrTooLarge: more came than is taken.
	ErrTooLarge = errors.New("evidence: too large")
)

// Locker keeps every piece of evidence of a gateway, sealed, in one folder: {id}.sealed under an age identity of its own (age-encryption.org/v1), and {id}.key, which is
// that identity sealed to the gateway's evidence key. Without its {id}.key a sealed file is noise, whoever kept a copy of it. Files are 0600, the folder 0700.
type Locker struct {
	dir  string
	key  *age.X25519Identity
	open func(path string) (file, error) // of the disk; tests put a failing one here
}

// file is what the locker writes to.
type file interface {
	io.WriteCloser
	Sync() error
}

const (
	sealedSuffix = ".sealed"
	copySuffix   = ".copy.sealed"
	keySuffix    = ".key"
	partSuffix   = ".part"
	metaSuffix   = ".json"
	takenSuffix  = ".taken" // a file that came in, and that no book may have yet
	tempSuffix   = ".temp"
)

// idPattern is what a piece is called. It is in file names, so nothing else gets that far.
var idPattern = regexp.MustCompile(`^e-[0-9a-f]{16}$`)

// OpenLocker opens the folder, and makes it and the key at the first start. keyFile may lie elsewhere, so that who takes the disk does not take the key with it. A key file
// that others can read is refused, and so is one that is lost while there are pieces under it.
func OpenLocker(dir, keyFile string) (*Locker, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("evidence: folder: %w", err)
	}
	l := &Locker{dir: dir, open: createFile}
	var err error
	if l.key, err = l.loadKey(keyFile); err != nil {
		return nil, fmt.Errorf("evidence: key: %w", err)
	}
	temps, err := filepath.Glob(filepath.Join(dir, "*"+tempSuffix))
	for _, t := range temps {
		err = errors.Join(err, os.Remove(t))
	}
	return l, err
}

func (l *Locker) loadKey(path string) (*age.X25519Identity, error) {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		kept, err := filepath.Glob(filepath.Join(l.dir, "*"+keySuffix))
		if err != nil || len(kept) > 0 {
			return nil, errors.Join(err, fmt.Errorf("%s is not there, and %d pieces of evidence are sealed to it", filepath.Base(path), len(kept)))
		}
		identity, err := age.GenerateX25519Identity()
		if err != nil {
			return nil, err
		}
		return identity, writeSynced(createFile, path, []byte(identity.String()+"\n"))
	}
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("others can read %s: set its mode to 0600", filepath.Base(path))
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	identity, err := age.ParseX25519Identity(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, fmt.Errorf("%s is damaged", filepath.Base(path))
	}
	return identity, nil
}

func createFile(path string) (file, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
}

// writeSynced writes a whole file: temporary, sync, rename, sync of the folder. nil means durable.
func writeSynced(open func(string) (file, error), path string, content []byte) error {
	return writeThrough(open, path, func(w io.Writer) error { _, err := w.Write(content); return err })
}

func writeThrough(open func(string) (file, error), path string, fill func(io.Writer) error) error {
	var random [8]byte
	_, _ = rand.Read(random[:]) // a name of its own: two that write the same file write it one after the other, each whole
	temp := path + "." + hex.EncodeToString(random[:]) + tempSuffix
	f, err := open(temp)
	if err != nil {
		return err
	}
	err = fill(f)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		return errors.Join(err, removed(temp))
	}
	return syncDir(filepath.Dir(path))
}

func removed(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func (l *Locker) path(id, suffix string) string { return filepath.Join(l.dir, id+suffix) }

// newPiece draws an id and makes its key durable. What is sealed for it is sealed to the recipient: who writes need not be able to read.
func (l *Locker) newPiece() (id string, to *age.X25519Recipient, err error) {
	var random [8]byte
	_, _ = rand.Read(random[:]) // crypto/rand never fails: it ends the program instead
	id = "e-" + hex.EncodeToString(random[:])
	own, err := age.GenerateX25519Identity()
	if err != nil {
		return "", nil, err
	}
	var wrapped bytes.Buffer
	if err := sealTo(&wrapped, l.key.Recipient(), func(w io.Writer) error { _, err := io.WriteString(w, own.String()); return err }); err != nil {
		return "", nil, err
	}
	if err := writeSynced(l.open, l.path(id, keySuffix), wrapped.Bytes()); err != nil {
		return "", nil, err
	}
	return id, own.Recipient(), nil
}

// identity is the key of one piece. Errors: ErrErased.
func (l *Locker) identity(id string) (*age.X25519Identity, error) {
	if !idPattern.MatchString(id) {
		return nil, ErrErased
	}
	wrapped, err := os.ReadFile(l.path(id, keySuffix))
	if errors.Is(err, os.ErrNotExist) {
		return nil, ErrErased
	}
	if err != nil {
		return nil, err
	}
	r, err := age.Decrypt(bytes.NewReader(wrapped), l.key)
	if err != nil {
		return nil, fmt.Errorf("%w: its key: %w", ErrChanged, err)
	}
	text, err := io.ReadAll(io.LimitReader(r, 256))
	if err != nil {
		return nil, fmt.Errorf("%w: its key: %w", ErrChanged, err)
	}
	return age.ParseX25519Identity(string(text))
}

func sealTo(w io.Writer, to age.Recipient, fill func(io.Writer) error) error {
	sealed, err := age.Encrypt(w, to)
	if err != nil {
		return err
	}
	if err := fill(sealed); err != nil {
		return err
	}
	return sealed.Close()
}

// Sealed says what was sealed: the hashes, hexadecimal, of the content and of the file at rest, and the length of the content.
type Sealed struct {
	SHA256, SealedSHA256 string
	Bytes                int64
}

// seal writes what fill gives into the sealed file of a piece. nil means durable. The content is never on disk in clear.
func (l *Locker) seal(id, suffix string, to age.Recipient, fill func(io.Writer) error) (s Sealed, err error) {
	clear, rest, n := sha256.New(), sha256.New(), counter(0)
	err = writeThrough(l.open, l.path(id, suffix), func(f io.Writer) error {
		return sealTo(io.MultiWriter(f, rest), to, func(w io.Writer) error { return fill(io.MultiWriter(w, clear, &n)) })
	})
	return Sealed{hex.EncodeToString(clear.Sum(nil)), hex.EncodeToString(rest.Sum(nil)), int64(n)}, err
}

type counter int64

func (c *counter) Write(b []byte) (int, error) { *c += counter(len(b)); return len(b), nil }

// Take seals a file as it comes, at most `most` bytes of it, as a new piece, which Taken names until Entered is called. Nothing looks into it. Errors: ErrTooLarge, r's, the
// disk's; then nothing stays.
func (l *Locker) Take(r io.Reader, most int64) (id string, s Sealed, err error) {
	id, to, err := l.newPiece()
	if err != nil {
		return "", Sealed{}, err
	}
	if err := writeSynced(l.open, l.path(id, takenSuffix), nil); err != nil {
		return "", Sealed{}, errors.Join(err, l.destroy(id))
	}
	s, err = l.seal(id, sealedSuffix, to, func(w io.Writer) error {
		n, err := io.Copy(w, io.LimitReader(r, most+1))
		if err == nil && n > most {
			err = ErrTooLarge
		}
		return err
	})
	if err != nil {
		return "", Sealed{}, errors.Join(err, l.destroy(id))
	}
	return id, s, nil
}

// Entered says that a book has a piece that was taken: nothing but Erase removes it from now on.
func (l *Locker) Entered(id string) error { return removed(l.path(id, takenSuffix)) }

// Taken lists what a crash left: pieces of which it is not known that a book has them, and keys to which nothing is sealed. It is asked at the start, before anything comes in.
func (l *Locker) Taken() (ids []string, err error) {
	keys, err := filepath.Glob(filepath.Join(l.dir, "e-*"+keySuffix))
	for _, key := range keys {
		id := strings.TrimSuffix(filepath.Base(key), keySuffix)
		if idPattern.MatchString(id) && (l.has(id, takenSuffix) || !l.has(id, sealedSuffix) && !l.has(id, partSuffix) && !l.has(id, metaSuffix)) {
			ids = append(ids, id)
		}
	}
	return ids, err
}

func (l *Locker) has(id, suffix string) bool {
	_, err := os.Lstat(l.path(id, suffix))
	return !errors.Is(err, os.ErrNotExist)
}

// Has says whether a piece's key and file are there.
func (l *Locker) Has(id string) bool {
	return idPattern.MatchString(id) && l.has(id, keySuffix) && l.has(id, sealedSuffix)
}

// SealCopy seals what was rendered of a piece, under the piece's own key: who erases one erases both.
func (l *Locker) SealCopy(id string, content []byte) (Sealed, error) {
	own, err := l.identity(id)
	if err != nil {
		return Sealed{}, err
	}
	return l.seal(id, copySuffix, own.Recipient(), func(w io.Writer) error { _, err := w.Write(content); return err })
}

// Open gives the content of a piece, or of its copy, after the whole file at rest was found to be what was sealed: with one changed byte not one byte of it is given. The
// file is read twice; if it changes in between, the reader ends with an error (age authenticates each 64 KiB). Errors: ErrErased, ErrChanged.
func (l *Locker) Open(id string, ofCopy bool, sealedSHA256 string) (io.ReadCloser, error) {
	own, err := l.identity(id)
	if err != nil {
		return nil, err
	}
	suffix := sealedSuffix
	if ofCopy {
		suffix = copySuffix
	}
	f, err := os.Open(l.path(id, suffix))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w: it is not there", ErrChanged)
	}
	if err != nil {
		return nil, err
	}
	r, err := verified(f, own, sealedSHA256)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return struct {
		io.Reader
		io.Closer
	}{r, f}, nil
}

func verified(f *os.File, own age.Identity, sealedSHA256 string) (io.Reader, error) {
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return nil, err
	}
	if hex.EncodeToString(sum.Sum(nil)) != sealedSHA256 {
		return nil, ErrChanged
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	r, err := age.Decrypt(f, own)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrChanged, err)
	}
	return r, nil
}

// Erase destroys the key of a piece and then what was sealed with it. Done twice it is no error. The hashes stand in the register, and stay.
//
// The key's file is overwritten before it is removed. A file system or a disk that writes elsewhere than where it is told (copy on write, flash) may keep the old bytes until
// it uses them again, and a backup has them until it is erased too; they are sealed to the gateway's evidence key.
func (l *Locker) Erase(id string) error {
	if !idPattern.MatchString(id) {
		return fmt.Errorf("evidence: %q is no piece", id)
	}
	return l.destroy(id)
}

func (l *Locker) destroy(id string) error {
	path := l.path(id, keySuffix)
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return err
	default:
		info, err := f.Stat()
		if err == nil {
			noise := make([]byte, info.Size())
			_, _ = rand.Read(noise)
			_, err = f.WriteAt(noise, 0)
		}
		if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
			return err
		}
	}
	for _, suffix := range []string{keySuffix, sealedSuffix, copySuffix, partSuffix, metaSuffix, takenSuffix} {
		err = errors.Join(ignoreAbsent(err), removed(l.path(id, suffix)))
	}
	return errors.Join(err, syncDir(l.dir))
}

func ignoreAbsent(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// Size is how many bytes lie in the locker.
func (l *Locker) Size() (total int64, err error) {
	entries, err := os.ReadDir(l.dir)
	for _, e := range entries {
		if info, err := e.Info(); err == nil { // one that went meanwhile counts nothing
			total += info.Size()
		}
	}
	return total, err
}
