package main

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// keyring keeps small secrets outside this process and off every disk. get gives errNoKey where there is none.
type keyring interface {
	put(name string, key []byte, until time.Time) error
	get(name string) ([]byte, error)
	revoke(name string) error
}

var errNoKey = errors.New("no such key")

// kernelKeyring keeps them in the memory of the kernel (keyrings(7)): they outlive a crash of this program and end with the machine's boot. The
// persistent keyring of the user is used where the kernel has one, because a user's own ring may go when the last process of that user does.
type kernelKeyring struct{}

// ring is the ring to use. A possessor of the ring possesses what is in it, so it is linked to this process each time.
func (kernelKeyring) ring() int {
	if id, err := unix.KeyctlInt(unix.KEYCTL_GET_PERSISTENT, -1, unix.KEY_SPEC_PROCESS_KEYRING, 0, 0); err == nil {
		return id
	}
	return unix.KEY_SPEC_USER_KEYRING
}

// possessorOnly lets nobody but a holder of the ring see, read or search the key (keyctl_setperm(3)).
const possessorOnly = 0x3f000000

func (k kernelKeyring) put(name string, key []byte, until time.Time) error {
	id, err := unix.AddKey("user", name, key, k.ring())
	if err != nil {
		return err
	}
	seconds := max(1, int(time.Until(until)/time.Second))
	if err := unix.KeyctlSetperm(id, possessorOnly); err != nil {
		return errors.Join(err, k.revoke(name))
	}
	if _, err := unix.KeyctlInt(unix.KEYCTL_SET_TIMEOUT, id, seconds, 0, 0); err != nil {
		return errors.Join(err, k.revoke(name))
	}
	return nil
}

func (k kernelKeyring) get(name string) ([]byte, error) {
	id, err := unix.KeyctlSearch(k.ring(), "user", name, 0)
	if err != nil {
		return nil, errNoKey
	}
	key := make([]byte, 64)
	n, err := unix.KeyctlBuffer(unix.KEYCTL_READ, id, key, 0)
	if err != nil || n > len(key) {
		clear(key)
		return nil, errNoKey
	}
	return key[:n], nil
}

// revoke ends a key for everybody, at once. A key that is not there is revoked.
func (k kernelKeyring) revoke(name string) error {
	ring := k.ring()
	id, err := unix.KeyctlSearch(ring, "user", name, 0)
	if err != nil {
		return nil
	}
	_, err = unix.KeyctlInt(unix.KEYCTL_REVOKE, id, 0, 0, 0)
	if _, also := unix.KeyctlInt(unix.KEYCTL_UNLINK, id, ring, 0, 0); err != nil && also != nil {
		return err
	}
	return nil
}
