package audit

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"parda/gateway/ledger"
)

// Page gives at most limit entries of a court's book below the index before (0: the newest), the newest first, and whether there are older ones.
func (b *Book) Page(ctx context.Context, court string, before uint64, limit int) (events []ledger.Event, more bool, err error) {
	n, err := b.ledger.Count(ctx, Of(court))
	if err != nil {
		return nil, false, err
	}
	if before == 0 || before > n+1 {
		before = n + 1
	}
	after := uint64(0)
	if before-1 > uint64(limit) {
		after = before - 1 - uint64(limit)
	}
	if events, err = b.ledger.Part(ctx, Of(court), after, before-1); err != nil {
		return nil, false, err
	}
	slices.Reverse(events)
	return events, after > 0, nil
}

// Format names the file of an exported book. FORMAT.md of gateway/ledger fixes its bytes.
const Format = "parda-audit/1"

// Export is a book as it leaves the court: every entry that its checkpoint covers, with the checkpoint's signed note and the court's key.
type Export struct {
	head struct {
		Format     string `json:"format"`
		Book       string `json:"book"`
		Key        string `json:"key"`        // C2SP verifier key
		Checkpoint string `json:"checkpoint"` // C2SP tlog-checkpoint, signed note
	}
	events []ledger.Event

	withheld func(ledger.Event) bool
}

// Withhold has entries leave as their index and the bytes of their leaf alone, so that the tree is verified and nothing of them is told: each has a salt of its own. The others
// leave whole.
func (x *Export) Withhold(which func(ledger.Event) bool) { x.withheld = which }

// checkpointWithin bounds the wait for a checkpoint that covers all entries.
const checkpointWithin = 10 * time.Second

// Export reads the book of a court.
func (b *Book) Export(ctx context.Context, court string) (*Export, error) {
	return b.ExportBook(ctx, Of(court), Format)
}

// ExportBook reads another book that a court keeps beside its hearings (gateway/incident/register), under its own format.
func (b *Book) ExportBook(ctx context.Context, book, format string) (*Export, error) {
	ctx, cancel := context.WithTimeout(ctx, checkpointWithin)
	defer cancel()
	c, err := b.ledger.Checkpoint(ctx, book)
	if err != nil {
		return nil, err
	}
	x := &Export{}
	x.head.Format, x.head.Book, x.head.Key, x.head.Checkpoint = format, book, b.ledger.VerifierKey(book), string(c.Note)
	if x.events, err = b.ledger.Part(ctx, book, 0, c.Size); err != nil {
		return nil, err
	}
	if uint64(len(x.events)) != c.Size {
		return nil, fmt.Errorf("audit: %d entries, the checkpoint covers %d", len(x.events), c.Size)
	}
	return x, nil
}

type withheldLine struct {
	Withheld withheldEvent `json:"withheld"`
}

type withheldEvent struct {
	Data  []byte `json:"data"`
	Index uint64 `json:"index"`
}

// Write writes the head and then one line for each entry, as in a bundle's events.jsonl.
func (x *Export) Write(w io.Writer) error {
	out := bufio.NewWriterSize(w, 64<<10)
	head, err := ledger.Canonical(x.head)
	if err != nil {
		return err
	}
	out.Write(append(head, '\n'))
	for _, e := range x.events {
		canonical, err := e.CanonicalBytes()
		if err != nil {
			return err
		}
		if x.withheld != nil && x.withheld(e) {
			line, err := ledger.Canonical(withheldLine{withheldEvent{ledger.LeafData(canonical, e.Salt), e.Index}})
			if err != nil {
				return err
			}
			out.Write(append(line, '\n'))
			continue
		}
		line, err := ledger.Canonical(struct {
			Event json.RawMessage `json:"event"`
			Salt  []byte          `json:"salt"`
		}{canonical, e.Salt})
		if err != nil {
			return err
		}
		out.Write(append(line, '\n'))
	}
	return out.Flush()
}
