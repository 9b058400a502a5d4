package recording

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	partSuffix = ".webm.part"
	tempSuffix = ".webm.temp"
	doneSuffix = ".webm"
	cueEvery   = 2 * time.Second // between cues of a recording without picture
)

// errEmpty: there is not one whole cluster.
var errEmpty = errors.New("recording: nothing was recorded")

// remux makes dir/NNNN.webm out of dir/NNNN.webm.part: true track entries, duration, cues, known sizes; the clusters byte by byte as they were synced. The same part gives the
// same file, so a crash at any point is answered by doing it again. The part goes last, when the file and its name are synced.
func remux(dir, base string) (Segment, error) {
	part := filepath.Join(dir, base+partSuffix)
	in, err := os.Open(part)
	if err != nil {
		return Segment{}, err
	}
	defer in.Close()
	c, err := scan(in)
	if err != nil {
		return Segment{}, err
	}
	if len(c.clusters) == 0 {
		return Segment{}, errEmpty
	}
	temp := filepath.Join(dir, base+tempSuffix)
	out, err := os.OpenFile(temp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return Segment{}, err
	}
	defer os.Remove(temp) // gone by rename when all went well
	sum := sha256.New()
	size, err := writeFinal(io.MultiWriter(out, sum), in, c)
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		return Segment{}, err
	}
	if err := os.Rename(temp, filepath.Join(dir, base+doneSuffix)); err != nil {
		return Segment{}, err
	}
	if err := syncDir(dir); err != nil {
		return Segment{}, err
	}
	if err := os.Remove(part); err != nil {
		return Segment{}, err
	}
	return c.segment(base+doneSuffix, hex.EncodeToString(sum.Sum(nil)), size), nil
}

// writeFinal writes the finished file: head, seek head, info, tracks, cues, clusters.
func writeFinal(w io.Writer, in io.ReaderAt, c *content) (int64, error) {
	info := infoElement(c.label, c.start, c.end)
	tracks := tracksElement(c.format)
	seekLen, cuesLen := len(seekElement(0, 0, 0)), len(c.cues(0)) // sizes do not depend on the values
	tracksAt := seekLen + len(info)
	cuesAt := tracksAt + len(tracks)
	body := cuesAt + cuesLen
	size := int64(body)
	for _, cl := range c.clusters {
		size += cl.size
	}
	head := ebmlHeader()
	head = appendSize(appendID(head, idSegment), uint64(size))
	head = append(head, seekElement(seekLen, tracksAt, cuesAt)...)
	head = append(head, info...)
	head = append(head, tracks...)
	head = append(head, c.cues(body)...)
	b := bufio.NewWriterSize(w, 1<<18)
	if _, err := b.Write(head); err != nil {
		return 0, err
	}
	total := int64(len(head))
	for _, cl := range c.clusters {
		n, err := io.Copy(b, io.NewSectionReader(in, cl.offset, cl.size))
		total += n
		if err == nil && n != cl.size {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return total, err
		}
	}
	return total, b.Flush()
}

func seekElement(info, tracks, cues int) []byte {
	var all []byte
	for _, e := range []struct {
		id uint32
		at int
	}{{idInfo, info}, {idTracks, tracks}, {idCues, cues}} {
		one := appendElement(nil, idSeekID, appendID(nil, e.id))
		one = appendUint(one, idSeekPosition, uint64(e.at))
		all = appendElement(all, idSeek, one)
	}
	return appendElement(nil, idSeekHead, all)
}

// cues point at every cluster with a key frame; without picture, at a cluster every cueEvery. first is the first cluster's place in the segment.
func (c *content) cues(first int) []byte {
	var all []byte
	place, last := int64(first), -cueEvery
	for _, cl := range c.clusters {
		at, track, want := cl.key, uint64(videoTrack), cl.hasKey
		if !c.format.video {
			at, track, want = cl.at, audioTrack, cl.at-last >= cueEvery
		}
		if want {
			last = at
			pos := appendUint(nil, idCueTrack, track)
			pos = appendUint(pos, idCueCluster, uint64(place))
			point := appendUint(nil, idCueTime, uint64(max(at, 0).Milliseconds()))
			all = appendElement(all, idCuePoint, appendElement(point, idCuePositions, pos))
		}
		place += cl.size
	}
	return appendElement(nil, idCues, all)
}

// segment is what is told about a finished file.
func (c *content) segment(file, sum string, size int64) Segment {
	slices.Sort(c.times)
	s := Segment{File: file, SHA256: sum, Size: size, Label: c.label, Start: c.start.Add(c.times[0]).UTC(), Duration: c.end - c.times[0]}
	for i := 1; i < len(c.times); i++ {
		if d := c.times[i] - c.times[i-1]; d > MinGap {
			s.Gaps = append(s.Gaps, Gap{Start: c.start.Add(c.times[i-1]).UTC(), Duration: d})
		}
	}
	return s
}

// Recover repairs what a crash left in dir: every part becomes a finished segment, up to its last whole cluster; a part without one is removed. It returns
// the segments that it finished, in order; gaps inside them are told, and the gap after each is the caller's to see (from its end to now). Call it before New, once no Recorder
// writes there. A file that cannot be repaired is left alone and told in the error, beside the segments that could.
func Recover(dir string) ([]Segment, error) {
	names, err := list(dir, partSuffix)
	if err != nil {
		return nil, err
	}
	var out []Segment
	var failed error
	for _, base := range names {
		s, err := remux(dir, base)
		switch {
		case err == nil:
			out = append(out, s)
		case errors.Is(err, errEmpty), errors.Is(err, ErrNotOurs) && small(filepath.Join(dir, base+partSuffix)):
			failed = errors.Join(failed, os.Remove(filepath.Join(dir, base+partSuffix)))
		default:
			failed = errors.Join(failed, fmt.Errorf("recording: %s cannot be repaired: %w", base, err))
		}
	}
	temps, err := list(dir, tempSuffix)
	failed = errors.Join(failed, err)
	for _, base := range temps {
		failed = errors.Join(failed, os.Remove(filepath.Join(dir, base+tempSuffix)))
	}
	return out, failed
}

// small tells whether a file is too short to hold a head and anything worth hearing: one that was just begun.
func small(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.Size() <= 1024
}

// Segments describes every finished segment in dir, in order, from the files alone.
func Segments(dir string) ([]Segment, error) { return Missed(dir, func(string) bool { return false }) }

// Missed describes the finished segments in dir whose file name the caller does not know, in order: a crash may have come after a segment was finished and before
// the caller noted it. Only these are read.
func Missed(dir string, known func(file string) bool) ([]Segment, error) {
	names, err := list(dir, doneSuffix)
	if err != nil {
		return nil, err
	}
	var out []Segment
	var failed error
	for _, base := range names {
		if known(base + doneSuffix) {
			continue
		}
		s, err := Describe(filepath.Join(dir, base+doneSuffix))
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		out = append(out, s)
	}
	return out, failed
}

// Describe reads one finished segment.
func Describe(path string) (Segment, error) {
	f, err := os.Open(path)
	if err != nil {
		return Segment{}, err
	}
	defer f.Close()
	sum := sha256.New()
	size, err := io.Copy(sum, f)
	if err != nil {
		return Segment{}, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return Segment{}, err
	}
	c, err := scan(f)
	if err != nil {
		return Segment{}, err
	}
	if c.torn || len(c.clusters) == 0 {
		return Segment{}, fmt.Errorf("%w: it is not whole", ErrNotOurs)
	}
	return c.segment(filepath.Base(path), hex.EncodeToString(sum.Sum(nil)), size), nil
}

// list returns the numbers of the files NNNN+suffix in dir, in order. A folder that is not there has none.
func list(dir, suffix string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		base, ok := strings.CutSuffix(e.Name(), suffix)
		if ok && number(base) > 0 {
			out = append(out, base)
		}
	}
	return out, nil
}

// number reads a file's number; 0 means that the name is none of ours.
func number(base string) int {
	n := 0
	for _, d := range base {
		if d < '0' || d > '9' || n > 1e8 {
			return 0
		}
		n = 10*n + int(d-'0')
	}
	if len(base) < 4 {
		return 0
	}
	return n
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
