package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"parda/media/mask"
	"parda/media/mask/face"
)

var errNotY4M = errors.New("-in is no Y4M file of 8-bit 4:2:0, 4:2:2, 4:4:4 or grey")

// y4mReader reads YUV4MPEG2. Whatever the chroma, a picture comes out as I420 (the figure is driven by it and it is shown to nobody, so
// subsampling takes the nearest sample).
type y4mReader struct {
	r             *bufio.Reader
	width, height int
	rate          string // as in the header, "25:1"
	fps           float64
	chromaW       int // of the file's chroma planes
	chromaH       int
	y, c          []byte
	count         int
	raw           mask.RawPicture
}

func newY4MReader(r io.Reader) (*y4mReader, error) {
	y := &y4mReader{r: bufio.NewReaderSize(r, 1<<18), rate: "25:1", fps: mask.FrameRate}
	line, err := readLine(y.r, 4096)
	if err != nil || !strings.HasPrefix(line, "YUV4MPEG2") {
		return nil, errNotY4M
	}
	chroma := "420"
	for _, f := range strings.Fields(line)[1:] {
		switch f[0] {
		case 'W':
			y.width, _ = strconv.Atoi(f[1:])
		case 'H':
			y.height, _ = strconv.Atoi(f[1:])
		case 'F':
			y.takeRate(f[1:])
		case 'C':
			chroma = f[1:]
		}
	}
	if y.width < face.MinSide || y.height < face.MinSide || y.width > face.MaxSide || y.height > face.MaxSide {
		return nil, fmt.Errorf("-in has pictures of %d by %d pixels: %d to %d on each side can be masked", y.width, y.height, face.MinSide, face.MaxSide)
	}
	cw, ch := (y.width+1)/2, (y.height+1)/2
	switch {
	case strings.Contains(chroma, "p1") || strings.Contains(chroma, "alpha"): // 10 to 16 bits; an alpha plane
		return nil, errNotY4M
	case strings.HasPrefix(chroma, "420"):
		y.chromaW, y.chromaH = cw, ch
	case strings.HasPrefix(chroma, "422"):
		y.chromaW, y.chromaH = cw, y.height
	case strings.HasPrefix(chroma, "444"):
		y.chromaW, y.chromaH = y.width, y.height
	case chroma != "mono":
		return nil, errNotY4M
	}
	y.y = make([]byte, y.width*y.height)
	y.c = make([]byte, 2*y.chromaW*y.chromaH)
	y.raw = mask.RawPicture{Width: y.width, Height: y.height, Y: y.y, Cb: bytes.Repeat([]byte{128}, cw*ch), Cr: bytes.Repeat([]byte{128}, cw*ch), StrideY: y.width, StrideC: cw}
	return y, nil
}

func (y *y4mReader) takeRate(s string) {
	num, den, ok := strings.Cut(s, ":")
	n, err1 := strconv.Atoi(num)
	d, err2 := strconv.Atoi(den)
	if ok && err1 == nil && err2 == nil && n > 0 && d > 0 {
		y.rate, y.fps = s, float64(n)/float64(d)
	}
}

// next reads one picture, io.EOF at the end. It is valid until the next call.
func (y *y4mReader) next() (*mask.RawPicture, error) {
	if _, err := y.r.Peek(1); err == io.EOF {
		return nil, io.EOF
	}
	line, err := readLine(y.r, 4096)
	if err != nil || !strings.HasPrefix(line, "FRAME") {
		return nil, errNotY4M
	}
	for _, b := range [][]byte{y.y, y.c} {
		if _, err := io.ReadFull(y.r, b); err != nil {
			return nil, errors.New("-in ends within a picture")
		}
	}
	if len(y.c) > 0 {
		y.subsample(y.c[:len(y.c)/2], y.raw.Cb)
		y.subsample(y.c[len(y.c)/2:], y.raw.Cr)
	}
	y.count++
	y.raw.Captured = time.Unix(1, 0).Add(time.Duration(float64(y.count) / y.fps * float64(time.Second))) // the clip's own clock, for the speed of a movement
	return &y.raw, nil
}

func (y *y4mReader) subsample(from, to []byte) {
	cw, ch := y.raw.StrideC, (y.height+1)/2
	if y.chromaW == cw && y.chromaH == ch {
		copy(to, from)
		return
	}
	stepX, stepY := 1, 1
	if y.chromaW > cw {
		stepX = 2
	}
	if y.chromaH > ch {
		stepY = 2
	}
	for row := range ch {
		for col := range cw {
			to[row*cw+col] = from[row*stepY*y.chromaW+col*stepX]
		}
	}
}

func readLine(r *bufio.Reader, most int) (string, error) {
	var b []byte
	for len(b) < most {
		c, err := r.ReadByte()
		if err != nil {
			return "", err
		}
		if c == '\n' {
			return string(b), nil
		}
		b = append(b, c)
	}
	return "", errNotY4M
}

// y4mWriter writes masked pictures as 4:2:0, with a header that holds size and rate and nothing else.
type y4mWriter struct {
	w      *bufio.Writer
	planes []byte
}

func newY4MWriter(w io.Writer, width, height int, rate string) (*y4mWriter, error) {
	y := &y4mWriter{w: bufio.NewWriterSize(w, 1<<18)}
	_, err := fmt.Fprintf(y.w, "YUV4MPEG2 W%d H%d F%s Ip A1:1 C420jpeg\n", width, height, rate)
	return y, err
}

func (y *y4mWriter) write(p face.Masked) error {
	y.planes = p.AppendI420(y.planes[:0])
	if _, err := y.w.WriteString("FRAME\n"); err != nil {
		return err
	}
	_, err := y.w.Write(y.planes)
	return err
}

func maskY4M(ctx context.Context, c *clipConfig, s *session, out string) (*clipReport, error) {
	f, err := os.Open(c.in)
	if err != nil {
		return nil, errors.New("-in cannot be read")
	}
	defer f.Close()
	in, err := newY4MReader(f)
	if err != nil {
		return nil, err
	}
	m, err := c.masks(s, in.width, in.height)
	if err != nil {
		return nil, err
	}
	o, err := os.Create(out)
	if err != nil {
		return nil, errors.New("the masked pictures could not be written")
	}
	defer o.Close()
	report := &clipReport{LatencyMs: m.pictureDelay.ms, Face: c.face}
	if err := maskPictures(ctx, m, in, o, nil, report); err != nil {
		return nil, err
	}
	return report, o.Close()
}

// maskPictures masks picture by picture, one out for each one in, the figure's own delay cut: its first pictures are dropped and the last
// picture is observed again instead.
func maskPictures(ctx context.Context, m *masks, in *y4mReader, to io.Writer, sound *maskedSound, report *clipReport) error {
	out, err := newY4MWriter(to, in.width, in.height, in.rate)
	if err != nil {
		return errors.New("the masked pictures could not be written")
	}
	lag, n, ended := m.pictureDelay.units, 0, false
	var raw *mask.RawPicture
	for i := 0; !ended || i < n+lag; i++ {
		if !ended {
			next, err := in.next()
			switch {
			case err == io.EOF:
				ended = true
				if n == 0 {
					return errors.New("-in holds no picture")
				}
				if lag == 0 {
					return flushPictures(out, report, n)
				}
			case err != nil:
				return err
			default:
				raw, n = next, n+1
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		began := time.Now()
		saw := m.figure.Observe(raw)
		picture := m.figure.Draw(sound.mouthAt(float64(i-lag)/in.fps, m.soundDelay.units))
		report.spent += time.Since(began)
		if saw == face.Fault || picture.Width() == 0 {
			picture = m.card
			report.Faults++
		}
		if i < lag {
			continue
		}
		if out.write(picture) != nil {
			return errors.New("the masked pictures could not be written")
		}
	}
	return flushPictures(out, report, n)
}

func flushPictures(out *y4mWriter, report *clipReport, n int) error {
	report.Frames = n
	if out.w.Flush() != nil {
		return errors.New("the masked pictures could not be written")
	}
	return nil
}
