package recording

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"time"
)

// ErrNotOurs means that a file is not a WebM that this package wrote.
var ErrNotOurs = errors.New("recording: not a recording of parda's")

// maxElement bounds what the scanner takes into memory at once.
const maxElement = 64 << 20

// cluster is one whole cluster of a file.
type cluster struct {
	offset, size int64         // of the element, its head included
	at           time.Duration // of its first block
	key          time.Duration // of its first video key frame, if hasKey
	hasKey       bool
}

// content is what the scanner found in a file: everything up to the first byte that is not whole.
type content struct {
	label    string
	start    time.Time // the time of zero
	format   format    // as the blocks show it
	clusters []cluster
	times    []time.Duration // of all blocks
	end      time.Duration   // of the last block
	torn     bool            // something followed that is not whole, and was left out
}

// scanner reads elements and knows where it is.
type scanner struct {
	r   *bufio.Reader
	pos int64
}

// scan reads a file of ours. It fails only when the head is not whole: a torn tail ends the scan, and what came before counts.
func scan(r io.Reader) (*content, error) {
	s := &scanner{r: bufio.NewReaderSize(r, 1<<16)}
	if id, size, err := s.head(); err != nil || id != idEBML || size > 1024 {
		return nil, ErrNotOurs
	} else if err := s.skip(size); err != nil {
		return nil, ErrNotOurs
	}
	if id, _, err := s.head(); err != nil || id != idSegment {
		return nil, ErrNotOurs
	}
	c := &content{}
	for {
		at := s.pos
		id, size, err := s.head()
		if err == io.EOF && s.pos == at {
			return c.check()
		}
		if err == nil {
			err = c.element(s, id, size, at)
		}
		if err != nil {
			c.torn = true
			return c.check()
		}
	}
}

func (c *content) check() (*content, error) {
	if c.start.IsZero() {
		return nil, fmt.Errorf("%w: its head is not whole", ErrNotOurs)
	}
	return c, nil
}

func (c *content) element(s *scanner, id uint32, size uint64, at int64) error {
	switch id {
	case idInfo, idCluster:
		data, err := s.take(size)
		if err != nil {
			return err
		}
		if id == idInfo {
			return c.info(data)
		}
		return c.cluster(data, cluster{offset: at, size: s.pos - at})
	case idTracks, idSeekHead, idCues:
		return s.skip(size)
	}
	return errTorn
}

var errTorn = errors.New("recording: an element is not whole")

func (c *content) info(data []byte) error {
	return children(data, func(id uint32, d []byte) error {
		switch {
		case id == idDateUTC && len(d) == 8:
			c.start = dateEpoch.Add(time.Duration(binary.BigEndian.Uint64(d)))
		case id == idTitle:
			c.label = string(d)
		}
		return nil
	})
}

// cluster takes a cluster's blocks in, or nothing of it.
func (c *content) cluster(data []byte, cl cluster) error {
	const crcLen = 1 + 8 + 4
	if len(data) < crcLen || data[0] != idCRC32 || binary.LittleEndian.Uint32(data[9:]) != crc32.ChecksumIEEE(data[crcLen:]) {
		return errTorn
	}
	var base uint64
	blocks := 0
	f, end, had := c.format, c.end, len(c.times)
	err := children(data[crcLen:], func(id uint32, d []byte) error {
		switch {
		case id == idTimestamp && len(d) == 8:
			base = binary.BigEndian.Uint64(d)
			if base > uint64(1000*time.Hour/time.Millisecond) {
				return errTorn
			}
		case id == idSimpleBlock && len(d) > 4:
			at := time.Duration(int64(base)+int64(int16(binary.BigEndian.Uint16(d[1:])))) * time.Millisecond
			if blocks++; blocks == 1 {
				cl.at = at
			}
			if f.note(d) && !cl.hasKey {
				cl.key, cl.hasKey = at, true
			}
			long := audioBlock
			if d[0] == 0x80|videoTrack {
				long = videoBlock
			}
			end = max(end, at+long)
			c.times = append(c.times, at)
		default:
			return errTorn
		}
		return nil
	})
	if err != nil || blocks == 0 {
		c.times = c.times[:had]
		return errTorn
	}
	c.format, c.end = f, end
	c.clusters = append(c.clusters, cl)
	return nil
}

// note learns the format from a block and tells whether it is a video key frame.
func (f *format) note(d []byte) bool {
	data := d[4:]
	switch d[0] {
	case 0x80 | videoTrack:
		key := d[3]&0x80 != 0 && len(data) >= 10
		if key && !f.video {
			f.video = true
			f.width, f.height = pictureSize(data)
		}
		return key
	case 0x80 | audioTrack:
		if !f.audio {
			f.audio, f.channels = true, 1
			if data[0]&0x04 != 0 { // the stereo bit of the TOC, RFC 6716 section 3.1
				f.channels = 2
			}
		}
	}
	return false
}

// pictureSize reads width and height of a VP8 key frame (RFC 6386 section 9.1); at least 1 each.
func pictureSize(data []byte) (w, h int) {
	w = int(binary.LittleEndian.Uint16(data[6:])) & 0x3fff
	h = int(binary.LittleEndian.Uint16(data[8:])) & 0x3fff
	return max(w, 1), max(h, 1)
}

// head reads an id and a size.
func (s *scanner) head() (id uint32, size uint64, err error) {
	b, err := s.r.ReadByte()
	if err != nil {
		return 0, 0, err
	}
	s.pos++
	n := 1
	for n <= 4 && b&(0x80>>(n-1)) == 0 {
		n++
	}
	if n > 4 {
		return 0, 0, errTorn
	}
	id = uint32(b)
	rest, err := s.take(uint64(n - 1))
	if err != nil {
		return 0, 0, err
	}
	for _, x := range rest {
		id = id<<8 | uint32(x)
	}
	rest, err = s.take(8)
	if err != nil {
		return 0, 0, err
	}
	if rest[0] != 1 { // ours are always on eight bytes
		return 0, 0, errTorn
	}
	return id, binary.BigEndian.Uint64(rest) & unknownSize, nil
}

// take reads n bytes. It grows with what is there, not with what is claimed.
func (s *scanner) take(n uint64) ([]byte, error) {
	if n > maxElement {
		return nil, errTorn
	}
	if n <= 1<<16 {
		b := make([]byte, n)
		m, err := io.ReadFull(s.r, b)
		s.pos += int64(m)
		return b, err
	}
	b, err := io.ReadAll(io.LimitReader(s.r, int64(n)))
	s.pos += int64(len(b))
	if err == nil && uint64(len(b)) < n {
		err = io.ErrUnexpectedEOF
	}
	return b, err
}

func (s *scanner) skip(n uint64) error {
	if n > maxElement {
		return errTorn
	}
	m, err := s.r.Discard(int(n))
	s.pos += int64(m)
	return err
}

// children calls f for each element in data, which they must fill.
func children(data []byte, f func(id uint32, d []byte) error) error {
	for len(data) > 0 {
		n := 1
		for n <= 4 && data[0]&(0x80>>(n-1)) == 0 {
			n++
		}
		if n > 4 || len(data) < n+8 || data[n] != 1 {
			return errTorn
		}
		id := uint32(0)
		for _, x := range data[:n] {
			id = id<<8 | uint32(x)
		}
		size := binary.BigEndian.Uint64(data[n:]) & unknownSize
		data = data[n+8:]
		if size > uint64(len(data)) {
			return errTorn
		}
		if err := f(id, data[:size]); err != nil {
			return err
		}
		data = data[size:]
	}
	return nil
}
