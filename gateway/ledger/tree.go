package ledger

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/api/layout"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
	"k8s.io/klog/v2"

	"parda/gateway/store"
)

// Checkpoint is a signed tree head: it commits to the first Size events of a
// hearing.
type Checkpoint struct {
	Size uint64
	Root [32]byte  // RFC 6962 tree head
	Note []byte    // C2SP tlog-checkpoint, signed
	At   time.Time // when this process took it up; not part of what is signed
}

const (
	batchSize      = 256
	batchAge       = 50 * time.Millisecond
	checkpointRate = 100 * time.Millisecond // the least that tessera's POSIX driver takes
	checkpointPoll = 20 * time.Millisecond
)

// tessera logs through klog, with the paths of files; what fails reaches us as
// an error, and the operator's log is written by slog alone.
func init() {
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
}

// tree is the Merkle log of one hearing: a folder of tiles (C2SP tlog-tiles)
// kept by tessera. Only the worker of the hearing uses it after openTree.
type tree struct {
	folder   string
	signer   note.Signer
	verifier note.Verifier

	appender *tessera.Appender
	reader   tessera.LogReader
	shutdown func(context.Context) error
	cancel   context.CancelFunc

	factory *compact.RangeFactory
	leaves  *compact.Range      // the store's leaves so far, counted apart from tessera
	roots   map[uint64][32]byte // root of the store's leaves at sizes not yet signed
	size    uint64              // leaves in the log
	signed  uint64              // size of the newest checkpoint that was taken up
	any     bool                // whether one was taken up at all
}

func openTree(dir, hearing string, key ed25519.PrivateKey) (*tree, error) {
	signer, err := newSigner(hearing, key)
	if err != nil {
		return nil, fmt.Errorf("ledger: signer: %w", err)
	}
	public := key.Public().(ed25519.PublicKey)
	verifier, err := note.NewVerifier(encodedKey(Origin(hearing), public, public))
	if err != nil {
		return nil, fmt.Errorf("ledger: verifier: %w", err)
	}
	folder := filepath.Join(dir, "logs", hearing)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("ledger: folder: %w", err)
	}
	// The context of the appender is its life: tessera ends its goroutines
	// when it is cancelled, after shutdown.
	ctx, cancel := context.WithCancel(context.Background())
	driver, err := posix.New(ctx, posix.Config{Path: folder})
	if err != nil {
		cancel()
		return nil, fmt.Errorf("ledger: log: %w", err)
	}
	appender, shutdown, reader, err := tessera.NewAppender(ctx, driver, tessera.NewAppendOptions().
		WithCheckpointSigner(signer).
		WithBatching(batchSize, batchAge).
		WithCheckpointInterval(checkpointRate))
	if err != nil {
		cancel()
		return nil, fmt.Errorf("ledger: log: %w", err)
	}
	factory := &compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}
	return &tree{
		folder: folder, signer: signer, verifier: verifier,
		appender: appender, reader: reader, shutdown: shutdown, cancel: cancel,
		factory: factory, leaves: factory.NewEmptyRange(0), roots: make(map[uint64][32]byte),
	}, nil
}

// compare reads the whole log and finds out whether it holds the store's
// events, in order, and no more; count is the number of events in the store.
func (t *tree) compare(ctx context.Context, s *store.Store, count uint64) error {
	size, err := t.reader.IntegratedSize(ctx)
	if err != nil {
		return err
	}
	if size > count {
		return fmt.Errorf("the log holds %d events, the store %d", size, count)
	}
	note, signed, err := t.published(ctx)
	if err != nil {
		return err
	}
	if note.Size > size {
		return fmt.Errorf("a checkpoint was signed for %d events, the log holds %d", note.Size, size)
	}
	var bundle api.EntryBundle
	stop := errors.New("enough")
	err = s.Events(ctx, t.hearing(), 0, func(e store.Event) error {
		if t.leaves.End() == note.Size && signed {
			if err := t.sameRoot(note); err != nil {
				return err
			}
		}
		n := e.Index - 1
		if n == size {
			return stop
		}
		if n%layout.EntryBundleWidth == 0 {
			if bundle, err = t.bundle(ctx, n, size); err != nil {
				return err
			}
		}
		if !bytes.Equal(bundle.Entries[n%layout.EntryBundleWidth], entryData(e.Canonical, e.Salt)) {
			return fmt.Errorf("event %d is not the one in the log", e.Index)
		}
		return t.leaves.Append(leafHash(e.Canonical, e.Salt), nil)
	})
	if err != nil && !errors.Is(err, stop) {
		return err
	}
	if t.leaves.End() == note.Size && signed {
		if err := t.sameRoot(note); err != nil {
			return err
		}
	}
	t.size = size
	return t.keepRoot()
}

func (t *tree) hearing() string { return filepath.Base(t.folder) }

// bundle reads the entries from n to the end of its bundle.
func (t *tree) bundle(ctx context.Context, n, size uint64) (api.EntryBundle, error) {
	var b api.EntryBundle
	index := n / layout.EntryBundleWidth
	raw, err := t.reader.ReadEntryBundle(ctx, index, layout.PartialTileSize(0, index, size))
	if err != nil {
		return b, fmt.Errorf("entries of the log: %w", err)
	}
	if err := b.UnmarshalText(raw); err != nil {
		return b, fmt.Errorf("entries of the log: %w", err)
	}
	if want := min(size-n, layout.EntryBundleWidth); uint64(len(b.Entries)) < want {
		return b, fmt.Errorf("entries of the log: %d are there, %d should be", len(b.Entries), want)
	}
	return b, nil
}

// add carries one batch of the store's events into the log and waits until it
// is integrated. One batch at a time, smaller than tessera's: its queue may
// hand two batches to its worker in either order, and order is the record.
func (t *tree) add(ctx context.Context, s *store.Store) (int, error) {
	full := errors.New("batch is full")
	var futures []tessera.IndexFuture
	var hashes [][]byte
	err := s.Events(ctx, t.hearing(), t.size, func(e store.Event) error {
		if len(futures) == batchSize-1 {
			return full
		}
		futures = append(futures, t.appender.Add(ctx, tessera.NewEntry(entryData(e.Canonical, e.Salt))))
		hashes = append(hashes, leafHash(e.Canonical, e.Salt))
		return nil
	})
	if err != nil && !errors.Is(err, full) {
		err = fmt.Errorf("ledger: %w", err)
	} else {
		err = nil
	}
	for i, future := range futures {
		index, futureErr := future()
		if futureErr != nil {
			return 0, t.afterFailure(ctx, fmt.Errorf("ledger: log: %w", futureErr))
		}
		if index.Index != t.size+uint64(i) {
			return 0, fmt.Errorf("%w: event %d became leaf %d", ErrUnhealthy, t.size+uint64(i)+1, index.Index)
		}
	}
	for _, h := range hashes {
		if err := t.leaves.Append(h, nil); err != nil {
			return 0, fmt.Errorf("ledger: log: %w", err)
		}
	}
	t.size += uint64(len(futures))
	return len(futures), errors.Join(err, t.keepRoot())
}

// afterFailure makes sure that a batch that failed left nothing in the log; if
// it did, what follows would be in the wrong place.
func (t *tree) afterFailure(ctx context.Context, cause error) error {
	size, err := t.reader.IntegratedSize(ctx)
	if err != nil {
		return errors.Join(cause, err)
	}
	if size != t.size {
		return fmt.Errorf("%w: the log has %d leaves, %d were expected: %w", ErrUnhealthy, size, t.size, cause)
	}
	return cause
}

func (t *tree) keepRoot() error {
	root, err := t.leaves.GetRootHash(nil)
	if err != nil {
		return fmt.Errorf("ledger: log: %w", err)
	}
	if t.leaves.End() == 0 {
		root = rfc6962.DefaultHasher.EmptyRoot()
	}
	t.roots[t.size] = [32]byte(root)
	return nil
}

// checkpoint takes up the published checkpoint. Its root must be the one that
// the store's own leaves give: what the court signed is what the store holds.
func (t *tree) checkpoint(ctx context.Context) (c Checkpoint, newer bool, err error) {
	c, ok, err := t.published(ctx)
	if err != nil || !ok {
		return c, false, err
	}
	if t.any && c.Size == t.signed {
		return c, false, nil
	}
	root, known := t.roots[c.Size]
	switch {
	case !known && c.Size < t.size:
		return c, false, nil // left by an earlier run; compare has checked it
	case !known || root != c.Root:
		return c, false, fmt.Errorf("%w: the checkpoint of size %d has another root than the store", ErrUnhealthy, c.Size)
	}
	t.signed, t.any = c.Size, true
	for size := range t.roots {
		if size < c.Size {
			delete(t.roots, size)
		}
	}
	return c, true, nil
}

func (t *tree) sameRoot(c Checkpoint) error {
	root, err := t.leaves.GetRootHash(nil)
	if err != nil {
		return err
	}
	if t.leaves.End() == 0 {
		root = rfc6962.DefaultHasher.EmptyRoot()
	}
	if !bytes.Equal(root, c.Root[:]) {
		return fmt.Errorf("the checkpoint of size %d has another root than the store", c.Size)
	}
	return nil
}

// published reads and verifies the checkpoint on disk; ok is false when there
// is none.
func (t *tree) published(ctx context.Context) (c Checkpoint, ok bool, err error) {
	raw, err := t.reader.ReadCheckpoint(ctx)
	if errors.Is(err, os.ErrNotExist) {
		return c, false, nil
	}
	if err != nil {
		return c, false, fmt.Errorf("ledger: checkpoint: %w", err)
	}
	n, err := note.Open(raw, note.VerifierList(t.verifier))
	if err != nil {
		return c, false, fmt.Errorf("%w: checkpoint: %w", ErrUnhealthy, err)
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[0] != t.verifier.Name() {
		return c, false, fmt.Errorf("%w: checkpoint of another form", ErrUnhealthy)
	}
	size, sizeErr := strconv.ParseUint(lines[1], 10, 64)
	root, rootErr := base64.StdEncoding.DecodeString(lines[2])
	if sizeErr != nil || rootErr != nil || len(root) != 32 {
		return c, false, fmt.Errorf("%w: checkpoint of another form", ErrUnhealthy)
	}
	return Checkpoint{Size: size, Root: [32]byte(root), Note: raw}, true, nil
}

func (t *tree) close(ctx context.Context) error {
	err := t.shutdown(ctx)
	t.cancel()
	if err != nil {
		return fmt.Errorf("ledger: log: %w", err)
	}
	return nil
}
