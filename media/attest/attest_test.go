package attest

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/vectors.json anew")

// vector is what another implementation needs to check its own: the key's seed, the packets' payloads, the bytes that are signed, and the signature.
type vector struct {
	Seed      string              `json:"seed"`
	Public    string              `json:"public"`
	Print     string              `json:"fingerprint"`
	Segment   Segment             `json:"segment"`
	Payloads  map[string][]string `json:"payloads"`
	Bytes     string              `json:"bytes"`
	Signature string              `json:"signature"`
}

func vectors() []vector {
	seed := bytes.Repeat([]byte{7}, ed25519.SeedSize)
	key := ed25519.NewKeyFromSeed(seed)
	public := key.Public().(ed25519.PublicKey)
	var all []vector
	for _, v := range []vector{
		{Segment: Segment{Hearing: "demo", Publication: "5f2c9b1e", Rendering: "puppet+neutral", Number: 1,
			Tracks: []Track{{Media: "video", First: 65535}, {Media: "audio", First: 7}}}, Payloads: map[string][]string{"video": {"10aabbcc", "00dd"}, "audio": {"f8fffe"}}},
		{Segment: Segment{Hearing: "demo", Publication: "5f2c9b1e", Rendering: "card+synthetic+strong", Number: 18446744073709551615, Tracks: []Track{{Media: "audio", First: 0}}},
			Payloads: map[string][]string{"audio": {}}},
	} {
		for i, t := range v.Segment.Tracks {
			c := NewCollector(t.Media)
			for n, p := range v.Payloads[t.Media] {
				b, _ := hex.DecodeString(p)
				c.Add(t.First+uint16(n), b)
			}
			v.Segment.Tracks[i].Hashes = c.Take().Hashes
		}
		v.Seed, v.Public, v.Print = hex.EncodeToString(seed), hex.EncodeToString(public), Fingerprint(public)
		v.Bytes, v.Signature = string(v.Segment.Bytes()), hex.EncodeToString(v.Segment.Sign(key))
		all = append(all, v)
	}
	return all
}

func TestTheVectorsAreWhatIsSigned(t *testing.T) {
	want, err := json.MarshalIndent(vectors(), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		if err := os.WriteFile("testdata/vectors.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile("testdata/vectors.json"); err != nil || !bytes.Equal(got, want) {
		t.Errorf("the vectors are not what is signed (%v): run go test ./media/attest -update", err)
	}
}

func TestOnlyWhatTheKeySignedIsASegment(t *testing.T) {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	_, other, _ := ed25519.GenerateKey(nil)
	good := func() Segment {
		return Segment{Hearing: "demo", Publication: "p", Rendering: "puppet+neutral", Number: 3, Tracks: []Track{{"video", 5, []uint64{1, 2}}, {"audio", 9, []uint64{3}}}}
	}
	public := key.Public().(ed25519.PublicKey)
	if err := good().Verify(public, good().Sign(key)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*Segment)
		key    ed25519.PrivateKey
	}{
		"another key":         {func(*Segment) {}, other},
		"another hearing":     {func(s *Segment) { s.Hearing = "other" }, key},
		"another publication": {func(s *Segment) { s.Publication = "q" }, key},
		"another rendering":   {func(s *Segment) { s.Rendering = "puppet+natural" }, key},
		"another number":      {func(s *Segment) { s.Number++ }, key},
		"another first":       {func(s *Segment) { s.Tracks[0].First++ }, key},
		"another hash":        {func(s *Segment) { s.Tracks[0].Hashes = []uint64{1, 3} }, key},
		"one hash more":       {func(s *Segment) { s.Tracks[1].Hashes = []uint64{3, 4} }, key},
		"a track less":        {func(s *Segment) { s.Tracks = s.Tracks[:1] }, key},
	} {
		s := good()
		signature := s.Sign(c.key)
		c.change(&s)
		if err := s.Verify(public, signature); !errors.Is(err, ErrSegment) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, change := range map[string]func(*Segment){ // signed by the key, and yet none
		"a line feed in a name": func(s *Segment) { s.Rendering = "puppet\n1\n" },
		"no name":               func(s *Segment) { s.Publication = "" },
		"a long name":           func(s *Segment) { s.Publication = strings.Repeat("p", 129) },
		"a medium there is not": func(s *Segment) { s.Tracks[0].Media = "data" },
		"one medium twice":      func(s *Segment) { s.Tracks[0].Media = "audio" },
		"too many packets":      func(s *Segment) { s.Tracks[0].Hashes = make([]uint64, MaxPackets+1) },
		"too many tracks":       func(s *Segment) { s.Tracks = append(s.Tracks, Track{Media: "video"}) },
	} {
		s := good()
		change(&s)
		if err := s.Verify(public, s.Sign(key)); !errors.Is(err, ErrSegment) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := good().Verify(nil, good().Sign(key)); !errors.Is(err, ErrSegment) {
		t.Error("no key:", err)
	}
}

func TestACollectorForgetsFromTheBeginning(t *testing.T) {
	c := NewCollector("audio")
	for i := range 3 * MaxPackets {
		c.Add(uint16(i), []byte{byte(i), byte(i >> 8)})
	}
	got := c.Take()
	if n := len(got.Hashes); n > MaxPackets || n < MaxPackets/2 || got.First+uint16(n) != uint16(3*MaxPackets) {
		t.Fatalf("%d hashes from %d on", n, got.First)
	}
	for i, h := range got.Hashes {
		if seq := got.First + uint16(i); h != Hash([]byte{byte(seq), byte(seq >> 8)}) {
			t.Fatalf("the hash of %d is another packet's", seq)
		}
	}
	if len(c.Take().Hashes) != 0 {
		t.Error("what was taken is there again")
	}
	if back, err := Unpack(got.Packed()); err != nil || len(back) != len(got.Hashes) || back[3] != got.Hashes[3] {
		t.Error(err)
	}
	for _, b := range [][]byte{make([]byte, 7), make([]byte, 8*(MaxPackets+1))} {
		if _, err := Unpack(b); !errors.Is(err, ErrSegment) {
			t.Error("hashes that are none were unpacked")
		}
	}
}
