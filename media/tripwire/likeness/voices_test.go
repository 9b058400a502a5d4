package likeness

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// speechIn is how long somebody has spoken: frames that are loud enough to say anything. It is what "within 3 s of speech" counts.
type speechIn struct {
	frames, cutAt int // cutAt: frames of speech when it was cut, 0: not
	all           int // frames, silence included
	cutAll        int
	most          float64
}

func listen(t *testing.T, pcm []int16) (s speechIn) {
	t.Helper()
	j, err := NewJudge()
	if err != nil {
		t.Fatal(err)
	}
	s.most = math.Inf(-1)
	for ; len(pcm) >= FrameSamples; pcm = pcm[FrameSamples:] {
		before := j.n
		cut := j.Hear(pcm[:FrameSamples])
		s.all++
		s.frames += int(j.n - before)
		if j.seen >= looks {
			s.most = max(s.most, j.Score())
		}
		if cut && s.cutAt == 0 {
			s.cutAt, s.cutAll = s.frames, s.all
		}
	}
	return s
}

// readers are the ten of the evaluation set, whom no fit has seen, each with all files.
func readers(t *testing.T) (names []string, files map[string][]string) {
	return speakers(t, filepath.Join(voiceKit(t), "eval", "transcripts.tsv"))
}

func measuresAll() bool { return os.Getenv("PARDA_TRIPWIRE") == "full" }

func TestVoicesInClearAreCutWithinThreeSecondsOfSpeech(t *testing.T) {
	names, files := readers(t)
	starts := 1
	if measuresAll() {
		starts = 100
	}
	var took []float64
	runs, missed := 0, 0
	if raced {
		names = names[:1]
	}
	for i, who := range names {
		for from := range min(starts, len(files[who])) {
			said := slices.Concat(files[who][from:], files[who][:from])[:2]
			s := listen(t, heard(t, said, treatment{}, uint64(100*i+from)))
			runs++
			if s.cutAt == 0 || s.cutAt > 3*50 {
				missed++
				t.Logf("reader %d from sentence %d: cut after %.1f s of speech (0: never), most %.1f", i, from, float64(s.cutAt)/50, s.most)
				continue
			}
			took = append(took, float64(s.cutAt)/50)
		}
	}
	slices.Sort(took)
	if len(took) == 0 {
		t.Fatal("nobody was cut")
	}
	t.Logf("%d of %d cut within 3 s of speech; after p50 %.2f s, p95 %.2f s", runs-missed, runs, took[len(took)/2], took[len(took)*95/100])
	if 100*missed > 5*runs {
		t.Errorf("%d of %d voices in clear were not cut within 3 s of speech", missed, runs)
	}
}

// TestVoicesMaskedAreNotCut listens to masked speech: each reader in each mode and strength, under a new session for each, as long as the
// budget lasts; an hour with PARDA_TRIPWIRE=full.
func TestVoicesMaskedAreNotCut(t *testing.T) {
	names, files := readers(t)
	budget := 50 * 40
	if raced {
		budget = 50
	}
	if measuresAll() {
		budget = 50 * 3600
	}
	r := rand.New(rand.NewPCG(9, 9))
	total, alarms := 0, 0
	worst := map[string]float64{}
	for round := 0; total < budget; round++ {
		for i, who := range names {
			if total >= budget {
				break
			}
			m := treatments[(round+i)%len(treatments)]
			said := slices.Clone(files[who])
			r.Shuffle(len(said), func(a, b int) { said[a], said[b] = said[b], said[a] })
			if !measuresAll() {
				said = said[:2]
			}
			s := listen(t, heard(t, said, m, uint64(1000+100*round+i)))
			total += s.all
			if w, ok := worst[m.String()]; !ok || s.most > w {
				worst[m.String()] = s.most
			}
			if s.cutAt > 0 {
				alarms++
				t.Errorf("reader %d, %s, session %d: cut after %.1f s of sound, score %.1f", i, m, round, float64(s.cutAll)/50, s.most)
			}
		}
	}
	t.Logf("%v of masked sound, %d false alarms; highest score by mask %v", (time.Duration(total) * 20 * time.Millisecond).Round(time.Second), alarms, worst)
}

func TestSilenceAndNoiseSayNothing(t *testing.T) {
	j, err := NewJudge()
	if err != nil {
		t.Fatal(err)
	}
	quiet := make([]int16, FrameSamples)
	for range 500 {
		if j.Hear(quiet) || j.Hear(nil) {
			t.Fatal("silence was cut")
		}
	}
	if j.n != 0 {
		t.Errorf("%d frames of silence count as speech", j.n)
	}
}

func BenchmarkHear(b *testing.B) {
	j, err := NewJudge()
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	pcm := make([]int16, FrameSamples)
	for i := range pcm {
		pcm[i] = int16(r.IntN(8000) - 4000)
	}
	b.ReportAllocs()
	for b.Loop() {
		j.Hear(pcm)
	}
}
