package capture

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

const y4mMagic = "YUV4MPEG2"

// errForeign means a clip of a known container in a form that is not read here; ffmpeg may know it.
var errForeign = errors.New("a form of the format that is not read natively")

// y4mClip reads YUV4MPEG2, 8 bits, 4:2:0, 4:2:2, 4:4:4 or mono.
type y4mClip struct {
	r        *bufio.Reader
	rate     float64 // pictures per second
	picture  yuv
	numPlane int
}

// maxSide bounds what a header may make us allocate.
const maxSide = 4096

func newY4M(r *bufio.Reader) (*y4mClip, error) {
	line, err := readLine(r, 512)
	if err != nil || !strings.HasPrefix(line, y4mMagic) {
		return nil, fmt.Errorf("%w: no Y4M header", ErrNoClip)
	}
	c := &y4mClip{r: r, rate: 25}
	width, height, space := 0, 0, "420"
	for _, field := range strings.Fields(line)[1:] {
		value := field[1:]
		switch field[0] {
		case 'W':
			width, err = strconv.Atoi(value)
		case 'H':
			height, err = strconv.Atoi(value)
		case 'F':
			c.rate, err = parseRate(value)
		case 'C':
			space = value
		}
		if err != nil {
			return nil, fmt.Errorf("%w: Y4M header with a broken field", ErrNoClip)
		}
	}
	if width < 1 || width > maxSide || height < 1 || height > maxSide {
		return nil, fmt.Errorf("%w: Y4M picture of %dx%d", ErrNoClip, width, height)
	}
	return c, c.allocate(width, height, space)
}

func (c *y4mClip) allocate(w, h int, space string) error {
	cw, ch := 0, 0
	switch space {
	case "420", "420jpeg", "420mpeg2", "420paldv":
		cw, ch = (w+1)/2, (h+1)/2
	case "422":
		cw, ch = (w+1)/2, h
	case "444":
		cw, ch = w, h
	case "mono":
		c.picture = yuv{newPlane(w, h), {[]byte{128}, 1, 1, 1}, {[]byte{128}, 1, 1, 1}}
		c.numPlane = 1
		return nil
	default:
		return fmt.Errorf("Y4M colour space: %w", errForeign)
	}
	c.picture = yuv{newPlane(w, h), newPlane(cw, ch), newPlane(cw, ch)}
	c.numPlane = 3
	return nil
}

// next reads one picture, valid until the next call. io.EOF at a clean end; a picture cut short also ends the clip.
func (c *y4mClip) next() (*yuv, error) {
	line, err := readLine(c.r, 512)
	if err != nil {
		return nil, io.EOF
	}
	if line != "FRAME" && !strings.HasPrefix(line, "FRAME ") {
		return nil, fmt.Errorf("%w: Y4M picture without its header", ErrNoClip)
	}
	for i := range c.numPlane {
		if _, err := io.ReadFull(c.r, c.picture[i].pix); err != nil {
			return nil, io.EOF
		}
	}
	return &c.picture, nil
}

func parseRate(value string) (float64, error) {
	num, den, ok := strings.Cut(value, ":")
	n, err1 := strconv.Atoi(num)
	d, err2 := strconv.Atoi(den)
	if !ok || err1 != nil || err2 != nil || n < 1 || d < 1 || n/d > 1000 || d/n > 60 {
		return 0, errors.New("broken frame rate")
	}
	return float64(n) / float64(d), nil
}

// readLine reads up to a newline, at most limit bytes.
func readLine(r *bufio.Reader, limit int) (string, error) {
	var line []byte
	for len(line) < limit {
		b, err := r.ReadByte()
		if err != nil {
			return "", err
		}
		if b == '\n' {
			return string(line), nil
		}
		line = append(line, b)
	}
	return "", errors.New("line too long")
}
