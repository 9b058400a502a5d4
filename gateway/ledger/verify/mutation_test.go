package verify_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

// mutations is how many bent bundles the verifier must find, of every kind together.
const mutations = 10_000

// archive is what a bundle holds, in its order, for a forger to bend and to put together again: with right check sums, and, where the
// forger goes on, with a bundle.json that names what is there now. What no forger can do without the court's key is sign.
type archive []archived

type archived struct {
	name    string
	content []byte
}

func unpack(t *testing.T, b []byte) archive {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var a archive
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		a = append(a, archived{f.Name, content})
	}
	return a
}

func (a archive) clone() archive {
	b := slices.Clone(a)
	for i := range b {
		b[i].content = bytes.Clone(b[i].content)
	}
	return b
}

func (a archive) at(name string) *archived {
	for i := range a {
		if a[i].name == name {
			return &a[i]
		}
	}
	return nil
}

// pack writes the one form that FORMAT.md allows.
func (a archive) pack() []byte {
	var out, directory bytes.Buffer
	put := func(w *bytes.Buffer, values ...any) {
		for _, v := range values {
			_ = binary.Write(w, binary.LittleEndian, v) // a buffer takes everything
		}
	}
	for _, f := range a {
		both := func(w *bytes.Buffer) {
			put(w, uint16(10), uint16(0), uint16(0), uint16(0), uint16(0x21), crc32.ChecksumIEEE(f.content), uint32(len(f.content)), uint32(len(f.content)), uint16(len(f.name)), uint16(0))
		}
		put(&directory, uint32(0x02014b50), uint16(10))
		both(&directory)
		put(&directory, [10]byte{}, uint32(out.Len()))
		directory.WriteString(f.name)
		put(&out, uint32(0x04034b50))
		both(&out)
		out.WriteString(f.name)
		out.Write(f.content)
	}
	start := out.Len()
	out.Write(directory.Bytes())
	put(&out, uint32(0x06054b50), uint32(0), uint16(len(a)), uint16(len(a)), uint32(directory.Len()), uint32(start), uint16(0))
	return out.Bytes()
}

// indexed makes bundle.json name what the archive holds now.
func (a archive) indexed() archive {
	type file struct {
		Path   string `json:"path"`
		SHA256 string `json:"sha256"`
		Size   int    `json:"size"`
	}
	index := struct {
		Files   []file `json:"files"`
		Format  string `json:"format"`
		Hearing string `json:"hearing"`
	}{Format: "parda-bundle/1", Hearing: hearingID}
	for _, f := range a {
		if f.name != "bundle.json" && !strings.HasPrefix(f.name, "ledger/") {
			index.Files = append(index.Files, file{f.name, hexSum(f.content), len(f.content)})
		}
	}
	if f := a.at("bundle.json"); f != nil {
		f.content, _ = json.Marshal(index) // strings and numbers alone
	}
	return a
}

// bendBytes changes a piece of bytes in one of the ways in which storage, transport and forgers do.
func bendBytes(r *rand.Rand, b []byte) ([]byte, string) {
	if len(b) < 2 {
		return append(b, byte(r.Uint32())), "put in"
	}
	from := r.IntN(len(b) - 1)
	to := from + 1 + r.IntN(min(64, len(b)-from-1))
	piece := bytes.Clone(b[from:to])
	switch r.IntN(7) {
	case 0:
		b[from] ^= 1 << r.IntN(8)
		return b, "flipped"
	case 1:
		return slices.Delete(b, from, to), "dropped"
	case 2:
		return slices.Insert(b, from, piece...), "duplicated"
	case 3:
		return slices.Insert(b, from, byte(r.Uint32())), "put in"
	case 4:
		other := r.IntN(len(b))
		b[from], b[other] = b[other], b[from]
		return b, "swapped"
	case 5:
		return b[:from], "cut off"
	default:
		clear(b[from:to])
		return b, "zeroed"
	}
}

// bendLines drops, doubles, swaps and moves whole lines: the entries of the record, and the lines of its proofs.
func bendLines(r *rand.Rand, b []byte) ([]byte, string) {
	lines := bytes.SplitAfter(bytes.TrimSuffix(b, []byte("\n")), []byte("\n"))
	lines[len(lines)-1] = append(bytes.Clone(lines[len(lines)-1]), '\n')
	i, j := r.IntN(len(lines)), r.IntN(len(lines))
	kind := ""
	switch r.IntN(5) {
	case 0:
		lines, kind = slices.Delete(lines, i, i+1), "line dropped"
	case 1:
		lines, kind = slices.Insert(lines, j, lines[i]), "line duplicated"
	case 2:
		lines[i], lines[j], kind = lines[j], lines[i], "lines swapped"
	case 3:
		lines, kind = lines[:i], "lines cut off"
	default:
		lines[i], kind = bytes.Replace(lines[i], []byte("2026"), []byte("2027"), 1), "line edited"
	}
	return bytes.Join(lines, nil), kind
}

// bendFiles treats whole parts so: recordings, the protocol, the proofs.
func bendFiles(r *rand.Rand, a archive) (archive, string) {
	i, j := r.IntN(len(a)), r.IntN(len(a))
	switch r.IntN(4) {
	case 0:
		return slices.Delete(a, i, i+1), "part dropped"
	case 1:
		return slices.Insert(a, j, a[i]), "part duplicated"
	case 2:
		a[i].content, a[j].content = a[j].content, a[i].content
		return a, "contents of parts swapped"
	default:
		a[i], a[j] = a[j], a[i]
		return a, "order of parts swapped"
	}
}

func TestTenThousandBentBundlesAreAllFound(t *testing.T) {
	t.Parallel()
	whole, err := os.ReadFile(newScene(t).write())
	if err != nil {
		t.Fatal(err)
	}
	original := unpack(t, whole)
	if !bytes.Equal(original.pack(), whole) || !bytes.Equal(original.clone().indexed().pack(), whole) {
		t.Fatal("the forger's tools do not give the same bundle back: what they bend would be found for that")
	}
	const seed = 20261123
	r := rand.New(rand.NewPCG(seed, 1))
	kinds := map[string]int{}
	for done := 0; done < mutations; {
		bent, kind := mutate(r, whole, original)
		if bytes.Equal(bent, whole) {
			continue // two equal lines swapped, a zero zeroed
		}
		done++
		kinds[kind]++
		if report := verifyBytes(t, bent); report.Valid || len(report.Problems) == 0 {
			t.Fatalf("mutation %d of seed %d (%s) is not found", done, seed, kind)
		}
	}
	t.Logf("%d mutations of %d kinds, all found: %v", mutations, len(kinds), kinds)
	if len(kinds) < 40 {
		t.Errorf("only %d kinds were tried", len(kinds))
	}
}

// mutate bends one thing: raw bytes, or a part of the archive, which is then put together again with right check sums and, every other time, a right index.
func mutate(r *rand.Rand, whole []byte, original archive) ([]byte, string) {
	if r.IntN(4) == 0 {
		bent, kind := bendBytes(r, bytes.Clone(whole))
		return bent, "archive: " + kind
	}
	a := original.clone()
	kind := ""
	if r.IntN(4) == 0 {
		a, kind = bendFiles(r, a)
	} else {
		f := &a[r.IntN(len(a))]
		how := bendBytes
		if strings.HasPrefix(f.name, "ledger/") && r.IntN(2) == 0 {
			how = bendLines
		}
		f.content, kind = how(r, f.content)
		kind = fmt.Sprintf("%s: %s", strings.SplitN(f.name, "/", 2)[0], kind)
	}
	if r.IntN(2) == 0 {
		return a.indexed().pack(), kind + ", indexed anew"
	}
	return a.pack(), kind
}
