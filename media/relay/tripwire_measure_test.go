package relay

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp/codecs"

	"parda/media/mask"
	"parda/media/mask/face"
	"parda/media/publish/wire"
)

// What TRIPWIRE.md says of the picture's tripwire is measured here: real people, encoded by the station's own encoder at the shipped rate, packet by packet
// through an ingest with its gate. Time is that of the packets, so a run takes as long as its encoding. PARDA_TRIPWIRE=full measures everything (some
// minutes), PARDA_TRIPWIRE_CLIP of one clip alone; without them a few runs of each kind stand for all.

const (
	measureW, measureH = 640, 480
	measureFPS         = 25
	cutWithin          = 5 * time.Second
)

// clips is where the clips of real people lie, outside this repository.
func clips(t *testing.T) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "attack", "face", "clips")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("SKIPPED: the clips of real people (../shared/attack/face/clips) are not here, so nothing is proved about real faces")
	}
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("SKIPPED: ffmpeg is not here, which reads the clips")
	}
	return dir
}

func measuresAll() bool { return os.Getenv("PARDA_TRIPWIRE") == "full" }

// variants are how a camera may see the person: ffmpeg's filters, on 640x480.
var variants = []struct{ name, filter string }{
	{"as filmed", "null"},
	{"mirrored", "hflip"},
	{"face half as large", "scale=320:240,pad=640:480:200:120:gray"},
	{"face a third as large", "scale=212:160,pad=640:480:260:150:gray"},
	{"half as large, at the edge", "scale=320:240,pad=640:480:0:240:gray"},
	{"cropped to the face", "crop=448:336,scale=640:480"},
	{"dark", "eq=gamma=0.45"},
	{"very dark", "eq=gamma=0.35:brightness=-0.15"},
	{"bright", "eq=gamma=1.8:brightness=0.1"},
	{"low contrast", "eq=contrast=0.4"},
	{"rolled 12 degrees left", "rotate=-12*PI/180:c=gray"},
	{"rolled 12 degrees right", "rotate=12*PI/180:c=gray"},
	{"rolled 25 degrees left", "rotate=-25*PI/180:c=gray"},
	{"rolled 25 degrees right", "rotate=25*PI/180:c=gray"},
	{"out of focus", "gblur=sigma=3"},
	{"noisy", "noise=alls=25:allf=t"},
	{"low resolution", "scale=160:120,scale=640:480"},
}

// film reads pictures of a clip from a moment on, again from its beginning when it ends. stop ends it.
func film(t *testing.T, path, filter string, from float64, fps int) (next func() *mask.RawPicture, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "ffmpeg", "-hide_banner", "-nostdin", "-v", "error", "-threads", "1", "-stream_loop", "-1", "-i", path,
		"-ss", fmt.Sprint(from), "-vf", fmt.Sprintf("fps=%d,scale=%d:%d,%s", fps, measureW, measureH, filter), "-pix_fmt", "yuv420p", "-f", "rawvideo", "pipe:1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	const luma, chroma = measureW * measureH, measureW * measureH / 4
	buf := make([]byte, luma+2*chroma)
	next = func() *mask.RawPicture {
		if _, err := io.ReadFull(out, buf); err != nil {
			t.Fatal("the clip cannot be read: ", err)
		}
		return &mask.RawPicture{Width: measureW, Height: measureH, StrideY: measureW, StrideC: measureW / 2, Y: buf[:luma], Cb: buf[luma : luma+chroma], Cr: buf[luma+chroma:]}
	}
	return next, func() { cancel(); io.Copy(io.Discard, out); cmd.Wait() }
}

// lens sends pictures to a watched ingest as the station would: at 25 pictures a second, a key frame when one is asked for.
type lens struct {
	t       *testing.T
	in      *ingest
	enc     *wire.VP8
	payload codecs.VP8Payloader
	wanted  atomic.Bool
	at      time.Time
	seq     uint16
}

func newLens(t *testing.T, in *ingest) *lens {
	t.Helper()
	enc, err := wire.NewVP8(wire.VP8Config{Width: measureW, Height: measureH})
	if err != nil {
		t.Fatal(err)
	}
	l := &lens{t: t, in: in, enc: enc, at: time.Now()}
	in.ask = func() { l.wanted.Store(true) }
	return l
}

func (l *lens) send(y, cb, cr []byte, strideY, strideC int) {
	frame, key, err := l.enc.Encode(y, cb, cr, strideY, strideC, l.wanted.Swap(false))
	if err != nil {
		l.t.Fatal(err)
	}
	parts := l.payload.Payload(1188, frame)
	for i, part := range parts {
		l.seq++
		l.in.forward(&packet{seq: l.seq, key: key && i == 0, marker: i == len(parts)-1, payload: part, arrived: l.at})
	}
	if key {
		looked(l.t, l.in)
	}
	before := l.at
	l.at = l.at.Add(time.Second / measureFPS)
	if before.Truncate(beat) != l.at.Truncate(beat) {
		l.in.beatKeyFrame(l.at)
	}
}

// unmask is one run: a masked picture that was found clean turns, between two looks, into a person in clear. It returns after how long the publication was
// cut, and for how long pictures of the person went on before they were held; cut is below 0 where it was not within cutWithin.
func unmask(t *testing.T, path, filter string, from float64, phase time.Duration) (cutAfter, shown time.Duration) {
	in, tap, cut := watchedIngest(t, face.FindFaces)
	l := newLens(t, in)
	defer l.enc.Close()
	black := readFrame(t, "black.vp8")
	l.seq++
	in.forward(keyFrame(l.seq, l.at, black))
	looked(t, in)
	l.at = l.at.Add(phase)
	next, stop := film(t, path, filter, from, measureFPS)
	defer stop()
	began, seen := l.at, tap.n.Load()
	for l.at.Sub(began) < cutWithin {
		p := next()
		l.send(p.Y, p.Cb, p.Cr, p.StrideY, p.StrideC)
		if n := tap.n.Load(); n > seen {
			seen, shown = n, l.at.Sub(began)
		}
		if cut.Load() {
			return l.at.Sub(began), shown
		}
	}
	return -1, shown
}

// hasFace says whether the clip's truth shows a face in most pictures of the five seconds from a moment on.
func hasFace(truth [][]json.RawMessage, from float64) bool {
	with, all := 0, 0
	for i := int(from * 25); i < int(from*25)+125; i++ {
		all++
		if len(truth[i%len(truth)]) > 0 {
			with++
		}
	}
	return 2*with > all
}

func TestAPersonInClearIsCutWithinFiveSeconds(t *testing.T) {
	dir := clips(t)
	var truth map[string]struct {
		Faces [][]json.RawMessage `json:"faces"`
	}
	b, err := os.ReadFile(filepath.Join(dir, "truth.json"))
	if err == nil {
		err = json.Unmarshal(b, &truth)
	}
	if err != nil || len(truth) == 0 {
		t.Fatal("the clips' truth: ", err)
	}
	names := make([]string, 0, len(truth))
	for n := range truth {
		if strings.Contains(n, os.Getenv("PARDA_TRIPWIRE_CLIP")) {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	if raced {
		names = names[len(names)-1:]
	}
	r := rand.New(rand.NewPCG(2026, 11))
	starts, kinds := 4, variants
	if !measuresAll() {
		starts, kinds = 1, variants[:1]
	}
	var took, shown []time.Duration
	runs := 0
	for _, v := range kinds {
		done, missed := 0, []string{}
		for _, n := range names {
			for range starts {
				from := r.Float64() * (float64(len(truth[n].Faces))/25 - .2)
				phase := time.Duration(r.Int64N(int64(lookEvery)))
				if !hasFace(truth[n].Faces, from) {
					from = 0
				}
				after, open := unmask(t, filepath.Join(dir, n), v.filter, from, phase)
				runs++
				shown = append(shown, open)
				if after < 0 {
					missed = append(missed, fmt.Sprintf("%s+%.1fs", strings.TrimSuffix(n, "_640x480.mp4"), from))
					continue
				}
				done++
				took = append(took, after)
			}
		}
		t.Logf("%-28s cut %d of %d %s", v.name, done, done+len(missed), strings.Join(missed, " "))
	}
	slices.Sort(took)
	slices.Sort(shown)
	if len(took) == 0 {
		t.Fatal("nobody was cut")
	}
	t.Logf("all: cut %d of %d within %v; after p50 %v p95 %v; shown for p50 %v p95 %v", len(took), runs, cutWithin, took[len(took)/2], took[len(took)*95/100],
		shown[len(shown)/2], shown[len(shown)*95/100])
	if 100*len(took) < 95*runs {
		t.Errorf("%d of %d persons in clear were cut within %v", len(took), runs, cutWithin)
	}
}

// TestNoMaskedPictureIsTakenForAFace looks at masked pictures as the relay does, at the pace of one in 1.5 s: an hour is 2,400 looks. The figure is moved by
// real people, in all modes, under a new session for each minute.
func TestNoMaskedPictureIsTakenForAFace(t *testing.T) {
	dir := clips(t)
	paths, err := filepath.Glob(filepath.Join(dir, "*.mp4"))
	if err != nil || len(paths) == 0 {
		t.Fatal("no clips: ", err)
	}
	minutes := 1
	if measuresAll() {
		minutes = 60
	}
	r := rand.New(rand.NewPCG(2027, 1))
	each := 40 // looks in a minute
	if raced {
		each = 4
	}
	looks, hits := 0, 0
	var scores []float64
	watch := &watch{find: func(luma []byte, w, h, stride int) int {
		s := face.Likeness(luma, w, h, stride, false)
		scores = append(scores, s)
		return int(s)
	}}
	for minute := range minutes {
		mode := face.Modes()[min(minute%5, 2)%3]
		if minute%5 > 2 {
			mode = face.Puppet
		}
		var session [32]byte
		session[0], session[1] = byte(minute), byte(minute>>8)
		f, err := face.New(face.Config{Mode: mode, Width: measureW, Height: measureH, Pseudonym: []string{"Lalə", "", "Şahid 7"}[minute%3], Session: session})
		if err != nil {
			t.Fatal(err)
		}
		enc, err := wire.NewVP8(wire.VP8Config{Width: measureW, Height: measureH})
		if err != nil {
			t.Fatal(err)
		}
		next, stop := film(t, paths[minute%len(paths)], variants[minute%2].filter, r.Float64(), 8)
		for look := range each {
			if look%20 == 7 {
				f.Hand(look%40 == 7)
			}
			var m face.Masked
			for range 4 {
				f.Observe(next())
				m = f.Draw(r.Float32())
			}
			y, cb, cr, sy, sc := m.Planes()
			frame, key, err := enc.Encode(y, cb, cr, sy, sc, true)
			if err != nil || !key {
				t.Fatal("no key frame: ", err)
			}
			n, ok := watch.look(bytes.Clone(frame))
			looks++
			if !ok || n > 0 {
				hits++
				t.Errorf("minute %d look %d of %s: %d faces, readable %v", minute, look, mode, n, ok)
			}
		}
		stop()
		enc.Close()
	}
	slices.Sort(scores)
	t.Logf("%d looks, %d hits; likeness p50 %.2f p99 %.2f most %.2f (a face is from 1)", looks, hits, scores[len(scores)/2], scores[len(scores)*99/100], scores[len(scores)-1])
}

func BenchmarkLook(b *testing.B) {
	f, err := face.New(face.Config{Mode: face.Puppet, Width: measureW, Height: measureH})
	if err != nil {
		b.Fatal(err)
	}
	enc, err := wire.NewVP8(wire.VP8Config{Width: measureW, Height: measureH})
	if err != nil {
		b.Fatal(err)
	}
	defer enc.Close()
	m := f.Draw(.5)
	y, cb, cr, sy, sc := m.Planes()
	frame, _, err := enc.Encode(y, cb, cr, sy, sc, true)
	if err != nil {
		b.Fatal(err)
	}
	w := &watch{find: face.FindFaces}
	for b.Loop() {
		if n, ok := w.look(frame); n != 0 || !ok {
			b.Fatal(n, ok)
		}
	}
}
