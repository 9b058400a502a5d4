package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The kernel's keys (Documentation/input/input.rst): a device below /dev/input, read as a row of struct input_event. 80 lines of our own over x/sys, because the
// libraries for it bring the whole of evdev's tables and cgo or a second way of opening files.

// eventBytes is the size of struct input_event: a time, which is not used, then type, code and value.
const (
	eventBytes = timeBytes + 8
	timeBytes  = int(unsafe.Sizeof(unix.Timeval{}))
)

// ioctl requests of linux/input.h, in the generic encoding of asm-generic/ioctl.h (amd64, arm64).
const (
	eviocGrab    = 0x40044590 // EVIOCGRAB: the device is this program's alone
	eviocGetKeys = 0x80004518 // EVIOCGKEY, less the length: which keys are down
	eviocHasKeys = 0x80004521 // EVIOCGBIT(EV_KEY), less the length: which keys there are
	keyBits      = (keyCodeMost + 8) / 8
)

// errNotGrabbed is a device that another program holds for itself.
var errNotGrabbed = errors.New("the device could not be taken for this program alone")

// evdev is an open device of keys, or a pipe that speaks as one.
type evdev struct {
	file *os.File
	in   *bufio.Reader
	pipe bool
}

// openEvdev opens a device, takes it for this program alone and looks whether it has the keys. A named pipe is taken for what it says, without any of that: it is for
// tests and demonstrations, and -require-exclusive refuses one.
func openEvdev(path string, codes []uint16) (keyDevice, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	pipe, how := info.Mode()&os.ModeNamedPipe != 0, os.O_RDONLY
	if pipe {
		how = os.O_RDWR // so that a writer may come and go
	}
	f, err := os.OpenFile(path, how|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	d := &evdev{file: f, in: bufio.NewReaderSize(f, 64*eventBytes), pipe: pipe}
	if pipe {
		return d, nil
	}
	if err := d.takeAlone(codes); err != nil {
		f.Close()
		return nil, err
	}
	return d, nil
}

func (d *evdev) takeAlone(codes []uint16) error {
	var has [keyBits]byte
	if err := d.bits(eviocHasKeys, &has); err != nil {
		return err
	}
	for _, c := range codes {
		if has[c/8]&(1<<(c%8)) == 0 {
			return errNoSuchKey
		}
	}
	raw, err := d.file.SyscallConn()
	if err != nil {
		return err
	}
	var refused error
	if err := raw.Control(func(fd uintptr) { refused = unix.IoctlSetInt(int(fd), eviocGrab, 1) }); err != nil {
		return err
	}
	if refused != nil {
		return errors.Join(errNotGrabbed, refused)
	}
	return nil
}

// bits asks for one bit for each key, without taking the file from the runtime's poller as Fd would.
func (d *evdev) bits(request uintptr, into *[keyBits]byte) error {
	raw, err := d.file.SyscallConn()
	if err != nil {
		return err
	}
	var errno syscall.Errno
	if err := raw.Control(func(fd uintptr) {
		_, _, errno = unix.Syscall(unix.SYS_IOCTL, fd, request|keyBits<<16, uintptr(unsafe.Pointer(into)))
	}); err != nil {
		return err
	}
	if errno != 0 {
		return errno
	}
	return nil
}

func (d *evdev) next() (inputEvent, error) { return readEvent(d.in) }

func (d *evdev) down(code uint16) bool {
	var bits [keyBits]byte
	return !d.pipe && d.bits(eviocGetKeys, &bits) == nil && bits[code/8]&(1<<(code%8)) != 0
}

func (d *evdev) Close() error { return d.file.Close() } // which gives the device back as well

// readEvent reads one struct input_event.
func readEvent(r io.Reader) (inputEvent, error) {
	var b [eventBytes]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return inputEvent{}, err
	}
	e := b[timeBytes:]
	return inputEvent{Type: binary.NativeEndian.Uint16(e), Code: binary.NativeEndian.Uint16(e[2:]), Value: int32(binary.NativeEndian.Uint32(e[4:]))}, nil
}
