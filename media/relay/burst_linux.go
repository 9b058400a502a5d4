package relay

import (
	"encoding/binary"
	"errors"
	"net"
	"unsafe"

	"golang.org/x/sys/unix"
)

// newCarrier picks the fast path.
func newCarrier(c *net.UDPConn) carrier { return newTogether(c) }

// cutsTrains tells whether the kernel knows UDP_SEGMENT (Linux 4.18).
func cutsTrains(c *net.UDPConn) bool {
	raw, err := c.SyscallConn()
	if err != nil {
		return false
	}
	known := false
	err = raw.Control(func(fd uintptr) {
		_, err := unix.GetsockoptInt(int(fd), unix.SOL_UDP, unix.UDP_SEGMENT)
		known = err == nil
	})
	return err == nil && known
}

// segmentSize appends the control message that says how long each packet of a train is.
func segmentSize(oob []byte, size int) []byte {
	const want = 2 // a uint16
	space := unix.CmsgSpace(want)
	if cap(oob) < space {
		oob = make([]byte, space)
	}
	oob = oob[:space]
	clear(oob)
	h := (*unix.Cmsghdr)(unsafe.Pointer(&oob[0]))
	h.Level, h.Type = unix.SOL_UDP, unix.UDP_SEGMENT
	h.SetLen(unix.CmsgLen(want))
	binary.NativeEndian.PutUint16(oob[unix.CmsgLen(0):], uint16(size))
	return oob
}

// refusesTrains tells the errors of a route that cannot cut trains, or whose packets are too small for them.
func refusesTrains(err error) bool { return errors.Is(err, unix.EIO) || errors.Is(err, unix.EINVAL) }
