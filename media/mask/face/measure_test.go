//go:build measure

// What measured/frontier.py and measured/detectors.py drive: programs in a test's clothes, because what they draw with is not exported. No part of the tests.

package face

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"parda/media/mask"
)

// manners are the points of the frontier in MEASURED.md: what is shown, and whether each session has a scene of its own.
var manners = map[string]func() (m manner, mode Mode, scenes bool){
	"default":                  func() (manner, Mode, bool) { return asShown, Puppet, true },
	"one scene for all":        func() (manner, Mode, bool) { return asShown, Puppet, false },
	"posture lasts 0.7 s":      func() (manner, Mode, bool) { m := asShown; m.leak = .7; return m, Puppet, true },
	"posture lasts 20 s":       func() (manner, Mode, bool) { m := asShown; m.leak = 20; return m, Puppet, true },
	"no common spread":         func() (manner, Mode, bool) { m := asShown; m.most, m.least = 1, 1; return m, Puppet, true },
	"no dead zone, no steps":   func() (manner, Mode, bool) { m := asShown; m.dead, m.steps = 0, 127; return m, Puppet, true },
	"three steps to each side": func() (manner, Mode, bool) { m := asShown; m.steps = 3; return m, Puppet, true },
	"eyes never shut":          func() (manner, Mode, bool) { m := asShown; m.lids = 0; return m, Puppet, true },
	"no sway, no lean": func() (manner, Mode, bool) {
		m := asShown
		m.show = [channels]float64{1, 1, 1, 0, 0}
		return m, Puppet, true
	},
	"nod and shake alone": func() (manner, Mode, bool) {
		m := asShown
		m.show = [channels]float64{1, 1, 0, 0, 0}
		return m, Puppet, true
	},
	"blob": func() (manner, Mode, bool) { return asShown, Blob, true },
	"nothing normalised at all": func() (manner, Mode, bool) {
		m := asShown
		m.leak, m.most, m.least, m.dead, m.steps = 20, 1, 1, 0, 127
		return m, Puppet, false
	},
}

// TestFrontier is no test of its own: measured/frontier.py drives it. It reads lines "Y4M<tab>seed" and writes the drawn pictures, 640 by 480.
func TestFrontier(t *testing.T) {
	var err error
	name := os.Getenv("PARDA_FRONTIER")
	if name == "" {
		t.Fatal("measured/frontier.py runs this, with PARDA_FRONTIER set to a point of the frontier")
	}
	make, ok := manners[name]
	if !ok {
		t.Fatalf("no point %q", name)
	}
	as, mode, scenes := make()
	busts := map[int]*bust{} // a scene costs more to draw than a take: where PARDA_SCENES is set, sessions share so many of them
	sessions, _ := strconv.Atoi(os.Getenv("PARDA_SCENES"))
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		var path string
		var seed int
		if _, err := fmt.Sscan(in.Text(), &path, &seed); err != nil {
			t.Fatal(err)
		}
		s := newScene(sha256.Sum256(fmt.Append(nil, "frontier", seed)))
		shared := seed
		if sessions > 0 {
			shared %= sessions
		}
		if busts[shared] == nil {
			at := middle
			if scenes {
				at = newScene(sha256.Sum256(fmt.Append(nil, "scene", shared)))
			}
			busts[shared] = newBust(640, 480, at)
		}
		f := &Figure{mode: mode, bust: busts[shared], follow: newFollower(s)}
		if f.read, err = newReader(); err != nil {
			t.Fatal(err)
		}
		for i := range f.ring {
			f.ring[i] = newPlate(640, 480)
		}
		f.follow.as = as
		pictures := y4m640(t, path)
		fmt.Fprintf(out, "TAKE %d\n", len(pictures))
		for i := range len(pictures) + smoothingFrames {
			f.Observe(&mask.RawPicture{Width: 640, Height: 480, StrideY: 640, StrideC: 320, Y: pictures[min(i, len(pictures)-1)][:640*480],
				Cb: pictures[0][640*480 : 640*480*5/4], Cr: pictures[0][640*480*5/4:], Captured: time.Unix(1, int64(i)*4e7)})
			if m := f.Draw(0); i >= smoothingFrames {
				if _, err := out.Write(m.AppendI420(nil)); err != nil {
					t.Fatal(err)
				}
			}
		}
		out.Flush()
	}
}

func y4m640(t *testing.T, path string) (pictures [][]byte) {
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r := bufio.NewReaderSize(file, 1<<20)
	if _, err := r.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := r.ReadString('\n'); err == io.EOF {
			return pictures
		}
		b := make([]byte, 640*480*3/2)
		if _, err := io.ReadFull(r, b); err != nil {
			t.Fatal(err)
		}
		pictures = append(pictures, b)
	}
}

// TestPosesForDetectors is no test of its own: measured/detectors.py drives it. It writes luma planes of 640 by 480: each state that was looked at,
// puppet and blob, in several scenes, and then as many random poses.
func TestPosesForDetectors(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("PARDA_POSES"))
	if err != nil {
		t.Fatal("measured/detectors.py runs this, with PARDA_POSES set to a number of random poses")
	}
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	r := rand.New(rand.NewPCG(21, 22))
	dst := newPlate(640, 480)
	for i := range 8 {
		b := newBust(640, 480, newScene([32]byte{byte(100 + i)}))
		draw := func(kind string, p pose, plain bool) {
			b.draw(dst, p, plain)
			fmt.Fprintf(out, "FRAME %s\n", kind)
			out.Write(dst.y)
		}
		for _, name := range slices.Sorted(maps.Keys(poses)) {
			draw(name, poses[name], false)
			draw("blob-"+name, poses[name], true)
		}
		for range n / 8 {
			p := randomPose(r)
			p.presence = 3
			draw("random", p, false)
			for _, v := range []*int8{&p.pitch, &p.yaw, &p.roll, &p.sway, &p.lean} { // what a figure reaches
				*v = int8(float64(*v) * reachOut)
			}
			draw("random within reach", p, false)
		}
	}
	if err := out.Flush(); err != nil {
		t.Fatal(err)
	}
}
