package capture

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// wavClip reads RIFF WAVE: PCM of 8, 16, 24 or 32 bits and float of 32 or 64, 1 to 8 channels (mixed to one by their mean),
// 4,000 to 192,000 Hz.
type wavClip struct {
	r        io.Reader // the data chunk
	rate     int
	channels int
	size     int // bytes of one sample of one channel
	float    bool
	buf      []byte
}

const (
	wavPCM        = 1
	wavFloat      = 3
	wavExtensible = 0xFFFE
)

func newWAV(r *bufio.Reader) (*wavClip, error) {
	var head [12]byte
	if _, err := io.ReadFull(r, head[:]); err != nil || string(head[:4]) != "RIFF" || string(head[8:]) != "WAVE" {
		return nil, fmt.Errorf("%w: no WAV header", ErrNoClip)
	}
	c := &wavClip{}
	for {
		var chunk [8]byte
		if _, err := io.ReadFull(r, chunk[:]); err != nil {
			return nil, fmt.Errorf("%w: WAV without sound", ErrNoClip)
		}
		size := int64(binary.LittleEndian.Uint32(chunk[4:]))
		switch string(chunk[:4]) {
		case "fmt ":
			if err := c.readFormat(r, size); err != nil {
				return nil, err
			}
		case "data":
			if c.rate == 0 {
				return nil, fmt.Errorf("%w: WAV sound before its format", ErrNoClip)
			}
			c.r = r
			if size < math.MaxUint32-64 && size != 0 { // writers to a pipe leave 0 or all ones: up to the end of the file then
				c.r = io.LimitReader(r, size)
			}
			return c, nil
		default:
			if _, err := io.CopyN(io.Discard, r, size+size&1); err != nil {
				return nil, fmt.Errorf("%w: WAV cut short", ErrNoClip)
			}
		}
	}
}

func (c *wavClip) readFormat(r io.Reader, size int64) error {
	if size < 16 || size > 4096 {
		return fmt.Errorf("%w: WAV format chunk of %d bytes", ErrNoClip, size)
	}
	body := make([]byte, size+size&1)
	if _, err := io.ReadFull(r, body); err != nil {
		return fmt.Errorf("%w: WAV cut short", ErrNoClip)
	}
	format := binary.LittleEndian.Uint16(body)
	if format == wavExtensible && size >= 26 {
		format = binary.LittleEndian.Uint16(body[24:])
	}
	c.channels = int(binary.LittleEndian.Uint16(body[2:]))
	c.rate = int(binary.LittleEndian.Uint32(body[4:]))
	bits := int(binary.LittleEndian.Uint16(body[14:]))
	c.size, c.float = bits/8, format == wavFloat
	if c.channels < 1 || c.channels > 8 || c.rate < 4000 || c.rate > 192000 {
		return fmt.Errorf("%w: WAV of %d channels at %d Hz", ErrNoClip, c.channels, c.rate)
	}
	known := format == wavPCM && (bits == 8 || bits == 16 || bits == 24 || bits == 32) || format == wavFloat && (bits == 32 || bits == 64)
	if !known {
		return fmt.Errorf("WAV format %d: %w", format, errForeign)
	}
	return nil
}

// read fills out with mono samples, -1 to 1, and returns how many; io.EOF with the last ones or after them.
func (c *wavClip) read(out []float32) (int, error) {
	frame := c.size * c.channels
	if len(c.buf) < len(out)*frame {
		c.buf = make([]byte, len(out)*frame)
	}
	n, err := io.ReadFull(c.r, c.buf[:len(out)*frame])
	n /= frame
	for i := range n {
		var sum float32
		for ch := range c.channels {
			sum += c.sample(c.buf[i*frame+ch*c.size:])
		}
		out[i] = sum / float32(c.channels)
	}
	if err != nil {
		return n, io.EOF
	}
	return n, nil
}

func (c *wavClip) sample(b []byte) float32 {
	var v float32
	switch {
	case c.float && c.size == 4:
		v = math.Float32frombits(binary.LittleEndian.Uint32(b))
	case c.float:
		v = float32(math.Float64frombits(binary.LittleEndian.Uint64(b)))
	case c.size == 1:
		return (float32(b[0]) - 128) / 128
	case c.size == 2:
		return float32(int16(binary.LittleEndian.Uint16(b))) / (1 << 15)
	case c.size == 3:
		return float32(int32(uint32(b[0])<<8|uint32(b[1])<<16|uint32(b[2])<<24)>>8) / (1 << 23)
	default:
		return float32(int32(binary.LittleEndian.Uint32(b))) / (1 << 31)
	}
	if v != v || v > 1 || v < -1 { // not a number, or over full scale
		if v > 1 {
			return 1
		} else if v < -1 {
			return -1
		}
		return 0
	}
	return v
}

// decodeWAV reads a whole clip at 48 kHz.
func decodeWAV(b []byte) ([]float32, error) {
	clip, err := newWAV(bufio.NewReader(bytes.NewReader(b)))
	if err != nil {
		return nil, err
	}
	rs := newResampler(clip.rate)
	var out []float32
	buf := make([]float32, 4096)
	for {
		n, err := clip.read(buf)
		out = rs.write(out, buf[:n])
		if err != nil {
			return rs.flush(out), nil
		}
	}
}
