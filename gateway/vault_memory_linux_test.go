package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// memoryOf is every readable page of a process, as a core dump would have it (proc(5), maps and mem). A process that was started by this one may be read where the
// kernel lets a parent; it is stopped meanwhile, so that what is read is one moment.
func memoryOf(t *testing.T, pid int) []byte {
	t.Helper()
	maps, err := os.Open(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		t.Skipf("SKIPPED: the memory of another process is not to be read here: %v", err)
	}
	defer maps.Close()
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		t.Skipf("SKIPPED: the memory of another process is not to be read here: %v", err)
	}
	defer mem.Close()
	if err := unix.Kill(pid, unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	defer unix.Kill(pid, unix.SIGCONT)
	var out bytes.Buffer
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		var from, to uint64
		var rights string
		if _, err := fmt.Sscanf(lines.Text(), "%x-%x %s", &from, &to, &rights); err != nil || !strings.HasPrefix(rights, "r") || strings.Contains(lines.Text(), "[v") {
			continue
		}
		if shadowed && from >= 0x2000_0000_0000 && to <= 0x4000_0000_0000 {
			continue
		}
		if rights[1] != 'w' && strings.Contains(lines.Text(), "/") {
			continue // the program's own text and constants, as they are on the disk
		}
		readPages(&out, mem, from, to)
	}
	if out.Len() < 4<<20 {
		t.Fatalf("only %d bytes of memory were read", out.Len())
	}
	return out.Bytes()
}

func readPages(out *bytes.Buffer, mem *os.File, from, to uint64) {
	b, zero := make([]byte, 1<<20), make([]byte, 4096)
	for at := from; at < to; at += uint64(len(b)) {
		n, err := mem.ReadAt(b[:min(uint64(len(b)), to-at)], int64(at))
		for page := range slices.Chunk(b[:n], len(zero)) {
			if !bytes.Equal(page, zero[:len(page)]) { // a page that was never written to says nothing, and most are so
				out.Write(page)
			}
		}
		if err != nil {
			return
		}
	}
}

// wiretap keeps what goes over a TCP port of the loopback device, each direction in its order.
type wiretap struct {
	mu   sync.Mutex
	fd   int
	flow map[uint32]*bytes.Buffer
	done chan struct{}
}

// captureLoopback starts one; nil, said aloud, where no packet socket is to be had.
func captureLoopback(t *testing.T, port int) *wiretap {
	t.Helper()
	all := binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, unix.ETH_P_ALL)) // in network order
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, int(all))
	if err != nil {
		t.Logf("NOT DONE: the wire is not searched, no packet socket is to be had here: %v", err)
		return nil
	}
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: lo.Index}); err != nil {
		t.Fatal(err)
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 64<<20)
	timeout := unix.NsecToTimeval(int64(100 * time.Millisecond))
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout); err != nil {
		t.Fatal(err)
	}
	w := &wiretap{fd: fd, flow: map[uint32]*bytes.Buffer{}, done: make(chan struct{})}
	stop := make(chan struct{})
	var once sync.Once
	t.Cleanup(func() { once.Do(func() { close(stop) }); <-w.done })
	go w.read(uint16(port), stop)
	return w
}

func (w *wiretap) read(port uint16, stop chan struct{}) {
	defer close(w.done)
	defer unix.Close(w.fd)
	b := make([]byte, 1<<17)
	for {
		select {
		case <-stop:
			return
		default:
		}
		n, from, err := unix.Recvfrom(w.fd, b, 0)
		if err != nil {
			continue // the timeout, so that stop is seen
		}
		if link, ok := from.(*unix.SockaddrLinklayer); ok && link.Pkttype != unix.PACKET_OUTGOING {
			w.packet(b[:n], port)
		}
	}
}

// packet takes the payload of a TCP segment (RFC 791, RFC 9293) from or to the port.
func (w *wiretap) packet(b []byte, port uint16) {
	if len(b) < 14+20+20 || binary.BigEndian.Uint16(b[12:]) != unix.ETH_P_IP || b[23] != unix.IPPROTO_TCP {
		return
	}
	tcp := b[14+int(b[14]&15)*4:]
	if len(tcp) < 20 {
		return
	}
	source, target := binary.BigEndian.Uint16(tcp), binary.BigEndian.Uint16(tcp[2:])
	if source != port && target != port || len(tcp) < int(tcp[12]>>4)*4 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	key := uint32(source)<<16 | uint32(target)
	if w.flow[key] == nil {
		w.flow[key] = &bytes.Buffer{}
	}
	w.flow[key].Write(tcp[int(tcp[12]>>4)*4:])
}

// stop gives all that went by, one flow after the other.
func (w *wiretap) stop() []byte {
	time.Sleep(300 * time.Millisecond) // what is still in the socket
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []byte
	for _, flow := range w.flow {
		out = append(append(out, flow.Bytes()...), '\n')
	}
	return out
}
