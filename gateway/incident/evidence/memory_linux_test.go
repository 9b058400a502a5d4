//go:build linux && !race

package evidence

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"parda/media/relay"
)

// A thief of memory (a core dump, a swapped page) finds of the ring what its keys open: while a segment lives its key is there to be found, and after it was forgotten neither the
// key nor what was kept. The process that is searched is this one, and the needle is never whole in what searches for it.
func TestTheMemoryHoldsNoKeyOfWhatWasForgotten(t *testing.T) {
	r := newRing("court/hall")
	in := &inlet{ring: r, media: relay.Audio}
	var pool pool
	now := time.Now()
	masked := func(b []byte) []byte {
		out := bytes.Clone(b)
		for i := range out {
			out[i] ^= 0x5a
		}
		return out
	}
	payload := masked(masked([]byte("WORDS-OF-THE-DOCK-91d4")))
	secret := masked(payload)
	in.Packet(relay.Packet{Payload: payload, Arrived: now})
	clear(payload)
	if inMemory(t, secret) == 0 {
		t.Fatal("what was given is not in memory: the search finds nothing")
	}
	r.turn(now, &pool, func(relay.Media, relay.Packet) {})
	r.turn(now, &pool, func(relay.Media, relay.Packet) {})
	if n := inMemory(t, secret); n != 0 {
		t.Errorf("after the ring has turned the words are in clear in memory %d times", n)
	}
	key := masked(r.segments[0].key[:])
	if inMemory(t, key) == 0 {
		t.Fatal("the key of a segment that lives is not in memory: the search finds nothing")
	}
	r.turn(now.Add(Forget+time.Second), &pool, func(relay.Media, relay.Packet) {})
	runtime.GC()
	if n := inMemory(t, key); n != 0 {
		t.Errorf("the key of a segment that was forgotten is in memory %d times", n)
	}
}

// inMemory counts a needle, given as each byte XOR 0x5a, in every writable page of this process.
func inMemory(t *testing.T, masked []byte) (n int) {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Skipf("SKIPPED: this process's memory is not to be read here: %v", err)
	}
	mem, err := os.Open("/proc/self/mem")
	if err != nil {
		t.Skipf("SKIPPED: this process's memory is not to be read here: %v", err)
	}
	defer mem.Close()
	buf := make([]byte, 1<<20)
	defer clear(buf)
	for lines := bufio.NewScanner(bytes.NewReader(maps)); lines.Scan(); {
		var from, to uint64
		var rights string
		if _, err := fmt.Sscanf(lines.Text(), "%x-%x %s", &from, &to, &rights); err != nil || !strings.HasPrefix(rights, "rw") || strings.Contains(lines.Text(), "[v") {
			continue
		}
		for at := from; at < to; at += uint64(len(buf) - 64) {
			m, err := mem.ReadAt(buf[:min(uint64(len(buf)), to-at)], int64(at))
			for i := range buf[:m] {
				if i+len(masked) <= m && buf[i]^0x5a == masked[0] && matches(buf[i:], masked) {
					n++
				}
			}
			clear(buf[:m])
			if err != nil {
				break
			}
		}
	}
	return n
}

func matches(b, masked []byte) bool {
	for i, v := range masked {
		if b[i]^0x5a != v {
			return false
		}
	}
	return true
}
