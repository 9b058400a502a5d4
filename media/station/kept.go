package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// kept is what must not be lost over a restart of this program: the signs that the gateway has not acknowledged (a flag, fear, duress, an emergency), an emergency that
// is not ended, and the card with the room's code and the telephone. It lies in one file, sealed as the parameters of a testimony are (vault.go): the key is in the kernel's
// memory alone, so after a power cut the file cannot be opened by anybody, this program included, and the bench is told that (noticeKeptUnread).
//
// The file is of one size until very much is kept, and holds the card from the first state on, so neither its size nor that it is there tells that something was pressed.
//
// Without a folder everything is kept in memory.
type kept struct {
	seal *vault // for its file, name, keyring and bounds; never for a deposit
	log  *slog.Logger

	writing sync.Mutex // one writer at a time, over the whole of a write

	mu      sync.Mutex
	holds   keptState
	changed uint64 // counts changes
	written uint64 // the last change that is on the disk
	poke    chan struct{}
}

// keptState is what the file holds.
type keptState struct {
	Signs     []keptSign     `json:"signs"`
	Emergency *emergency     `json:"emergency,omitempty"`
	Card      *emergencyCard `json:"card,omitempty"`
}

// keptSign is one command that waits for its acknowledgement, under the id and with the time of its press.
type keptSign struct {
	ID    string          `json:"id"`
	Name  string          `json:"name"`
	Args  json.RawMessage `json:"args"`
	At    string          `json:"at"`
	Quiet bool            `json:"quiet,omitempty"`
	// Refused is the code with which the gateway refused a flag for good: it is not sent again, and is here until the end of what is kept.
	Refused string `json:"refused,omitempty"`
}

const (
	keptMost   = 1000 // flags; a page that floods gets too_many, and what was kept stays. Duress and an emergency are always kept
	keptBlock  = 8 << 10
	keptFor    = 30 * 24 * time.Hour
	keptRetry  = 5 * time.Second
	keptFormat = "parda station kept 1\x00"
)

// noticeKeptUnread: something that was pressed here did not reach the court and never will by itself: before a power cut, if anything was, or a flag that the gateway
// refused for good. The bench asks the room.
const noticeKeptUnread = "kept_unread"

func newKept(folder, hearing string, keys keyring, log *slog.Logger) *kept {
	v := newVault(folder, hearing, keys)
	if v.file != "" {
		v.file = filepath.Join(filepath.Dir(v.file), "kept"+filepath.Base(v.file)[len("testimony"):])
		v.name = "parda-kept" + v.name[len("parda-testimony"):]
	}
	return &kept{seal: v, log: log, poke: make(chan struct{}, 1)}
}

// open reads what an earlier run left. errNotOpened: something is there that cannot be read, and it is of no use to anybody any more.
func (k *kept) open() error {
	if k.seal.file == "" {
		return nil
	}
	b, err := os.ReadFile(k.seal.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return errNotOpened
	}
	plain, err := k.unsealed(b)
	if err != nil {
		return errNotOpened
	}
	defer clear(plain)
	var s keptState
	if json.Unmarshal(plain, &s) != nil {
		return errNotOpened
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.holds = s
	return nil
}

func (k *kept) unsealed(b []byte) ([]byte, error) {
	key, err := k.seal.keys.get(k.seal.name)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	aead, err := newAEAD(key)
	if err != nil || len(b) < aead.NonceSize() {
		return nil, errNotOpened
	}
	return aead.Open(nil, b[:aead.NonceSize()], b[aead.NonceSize():], []byte(keptFormat+k.seal.hear))
}

// state is a copy of what is kept.
func (k *kept) state() keptState {
	k.mu.Lock()
	defer k.mu.Unlock()
	s := k.holds
	s.Signs = slices.Clone(s.Signs)
	return s
}

// change changes what is kept and has it written soon; flush waits for that.
func (k *kept) change(f func(*keptState)) {
	k.mu.Lock()
	f(&k.holds)
	k.changed++
	k.mu.Unlock()
	select {
	case k.poke <- struct{}{}:
	default:
	}
}

// add keeps a sign until it is answered. It says false of a flag where there are too many: a flood of flags must not cost a sign of duress.
func (k *kept) add(s keptSign) bool {
	if s.Name == "flag.raise" {
		k.mu.Lock()
		flags := 0
		for _, o := range k.holds.Signs {
			if o.Name == s.Name {
				flags++
			}
		}
		k.mu.Unlock()
		if flags >= keptMost {
			return false
		}
	}
	k.change(func(st *keptState) { st.Signs = append(st.Signs, s) })
	return true
}

// has says whether a sign waits for its answer.
func (k *kept) has(id string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.ContainsFunc(k.holds.Signs, func(s keptSign) bool { return s.ID == id })
}

// quiet says whether a sign that waits is one of which no log tells.
func (k *kept) quiet(id string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.ContainsFunc(k.holds.Signs, func(s keptSign) bool { return s.ID == id && s.Quiet })
}

// answered lets go of a sign.
func (k *kept) answered(id string) {
	if k.has(id) {
		k.change(func(st *keptState) {
			st.Signs = slices.DeleteFunc(st.Signs, func(s keptSign) bool { return s.ID == id })
		})
	}
}

// refused marks a flag that the gateway will not take, whatever is tried, and says whether it is one. Any other sign is let go of.
func (k *kept) refused(id, code string) (flag bool) {
	k.change(func(st *keptState) {
		for i, s := range st.Signs {
			if s.ID == id && s.Name == "flag.raise" {
				st.Signs[i].Refused, flag = code, true
			}
		}
	})
	if !flag {
		k.answered(id)
	}
	return flag
}

// waiting are the signs that are still to be sent; refused tells whether others lie here.
func (k *kept) waiting() (list []keptSign, refused bool) {
	for _, s := range k.state().Signs {
		if s.Refused == "" {
			list = append(list, s)
		} else {
			refused = true
		}
	}
	return list, refused
}

// run writes what changed until stop is closed, and at the end once more.
func (k *kept) run(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			k.settle()
			return
		case <-k.poke:
		}
		if k.flush() == nil {
			continue
		}
		select { // a full disk: what is kept is in memory still
		case <-stop:
		case <-time.After(keptRetry):
			k.change(func(*keptState) {})
		}
	}
}

// settle leaves a file only where something waits: after a clean end a file that cannot be opened says that something was lost.
func (k *kept) settle() {
	if s := k.state(); len(s.Signs) > 0 || s.Emergency != nil {
		if k.flush() != nil {
			k.log.Error("what waits for the gateway could not be kept over the end of this program")
		}
		return
	}
	k.destroy()
}

// flush writes what is kept, unless the disk has it: sealed, beside the older file, synced and renamed.
func (k *kept) flush() error {
	if k.seal.file == "" {
		return nil
	}
	k.writing.Lock()
	defer k.writing.Unlock()
	k.mu.Lock()
	change, done := k.changed, k.changed == k.written
	plain, err := json.Marshal(k.holds)
	k.mu.Unlock()
	if done || err != nil {
		return err
	}
	defer clear(plain)
	if err := k.write(plain); err != nil {
		return err
	}
	k.mu.Lock()
	k.written = max(k.written, change)
	k.mu.Unlock()
	return nil
}

func (k *kept) write(plain []byte) error {
	padded := make([]byte, (len(plain)/keptBlock+1)*keptBlock)
	defer clear(padded)
	for i := copy(padded, plain); i < len(padded); i++ {
		padded[i] = ' ' // JSON may end in blanks
	}
	return k.seal.write(padded, []byte(keptFormat+k.seal.hear), time.Now().Add(keptFor))
}

// destroy ends what is kept on the disk: the key first.
func (k *kept) destroy() {
	k.writing.Lock()
	defer k.writing.Unlock()
	if k.seal.destroy() != nil {
		k.log.Error("what was kept of this room could not be destroyed")
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.written = k.changed // it is not written anew
}
