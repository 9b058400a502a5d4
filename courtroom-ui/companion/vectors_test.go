package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"io"
	"os"
	"testing"

	"filippo.io/age"
)

// The vectors of gateway/identity/testdata are read here with filippo.io/age and by the page's own tests with age-encryption: what one side seals the other opens.

var write = flag.Bool("write-vectors", false, "write gateway/identity/testdata/vectors-go.json anew")

const testdata = "../../gateway/identity/testdata/"

type share struct {
	Half   int    `json:"half"`
	Holder string `json:"holder,omitempty"`
	Key    string `json:"key,omitempty"`
	Share  []byte `json:"share"`
}

type envelope struct {
	Vault   int     `json:"parda_vault"`
	Person  string  `json:"person"`
	Court   string  `json:"court"`
	Version int     `json:"version"`
	Payload []byte  `json:"payload"`
	Shares  []share `json:"shares"`
}

type sharePlain struct {
	Share     int    `json:"parda_share,omitempty"`
	Release   int    `json:"parda_release,omitempty"`
	Opening   string `json:"opening,omitempty"`
	Person    string `json:"person"`
	Pseudonym string `json:"pseudonym"`
	Court     string `json:"court"`
	Version   int    `json:"version"`
	Half      int    `json:"half"`
	Secret    []byte `json:"secret"`
	Payload   string `json:"payload"`
	Reader    string `json:"reader,omitempty"`
}

type vectorKey struct {
	Seed  string `json:"seed"`
	Card  card   `json:"card"`
	Key   string `json:"key"`
	Code  string `json:"code"`
	Paper string `json:"paper"`
	Act   []byte `json:"act"`
}

type vectors struct {
	Keys     map[string]vectorKey `json:"keys"`
	Record   map[string]string    `json:"record"`
	Opening  string               `json:"opening"`
	Envelope envelope             `json:"envelope"`
	Releases []share              `json:"releases"`
}

var people = []string{"judge", "prosecutor", "recovery1", "recovery2", "reader"}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func opened(t *testing.T, id age.Identity, file []byte) []byte {
	t.Helper()
	r, err := age.Decrypt(bytes.NewReader(file), id)
	if err != nil {
		t.Fatal(err)
	}
	return must[[]byte](t)(io.ReadAll(r))
}

func sealedTo(t *testing.T, to string, plain []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := must[io.WriteCloser](t)(age.Encrypt(&out, must[*age.HybridRecipient](t)(age.ParseHybridRecipient(to))))
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func keyFrom(t *testing.T, seed []byte) *vaultKey {
	t.Helper()
	return must[*vaultKey](t)(keyOf([32]byte(seed)))
}

func marshal(t *testing.T, v any) []byte { t.Helper(); return must[[]byte](t)(json.Marshal(v)) }

func act(k *vaultKey) []byte {
	return ed25519.Sign(k.sign, []byte("parda-vault-act-v1\nchallenge\nbody"))
}

// makeVectors seals with Go what the page's tests open.
func makeVectors(t *testing.T) vectors {
	v := vectors{Keys: map[string]vectorKey{}, Opening: "o-vector", Record: map[string]string{"name": "Mərcan Ələkbərova", "birth": "1999-04-12", "address": "Şəki, Dağ küç. 7",
		"documents": "AZE 1234567", "relatives": "ana: Gövhər", "text": "«<b>»", "photo": ""}}
	keys := map[string]*vaultKey{}
	for i, name := range people {
		var seed [32]byte
		for j := range seed {
			seed[j] = byte(i*50 + j*11 + 3)
		}
		k := keyFrom(t, seed[:])
		keys[name] = k
		v.Keys[name] = vectorKey{hex.EncodeToString(seed[:]), k.card, k.card.id(), k.card.code(), k.paper(), act(k)}
	}
	record := map[string]any{"person": "v-vector0002", "pseudonym": "Daşlıq", "court": "sheki", "version": 3, "at": "2026-11-23T10:00:00.000Z"}
	for k, s := range v.Record {
		record[k] = s
	}
	text := string(marshal(t, record))
	inside := marshal(t, map[string]any{"record": text, "key": keys["judge"].card.id(), "verify": keys["judge"].card.Verify,
		"signature": ed25519.Sign(keys["judge"].sign, []byte("parda-vault-record-v1\n"+text))})
	plain := make([]byte, 64<<10)
	binary.BigEndian.PutUint32(plain, uint32(len(inside)))
	copy(plain[4:], inside)
	secret, s1, s2 := sha256.Sum256([]byte("R")), sha256.Sum256([]byte("s1")), [32]byte{}
	for i := range s2 {
		s2[i] = secret[i] ^ s1[i]
	}
	v.Envelope = envelope{Vault: 1, Person: "v-vector0002", Court: "sheki", Version: 3, Payload: sealedTo(t, keyFrom(t, secret[:]).card.Recipient, plain)}
	sum := sha256.Sum256(v.Envelope.Payload)
	for _, s := range []struct {
		half        int
		holder, who string
	}{{1, "judge", "judge"}, {2, "prosecutor", "prosecutor"}, {1, "recovery", "recovery1"}, {2, "recovery", "recovery2"}} {
		p := sharePlain{Share: 1, Person: v.Envelope.Person, Pseudonym: "Daşlıq", Court: v.Envelope.Court, Version: 3, Half: s.half, Secret: s1[:], Payload: hex.EncodeToString(sum[:])}
		if s.half == 2 {
			p.Secret = s2[:]
		}
		v.Envelope.Shares = append(v.Envelope.Shares, share{s.half, s.holder, keys[s.who].card.id(), sealedTo(t, keys[s.who].card.Recipient, marshal(t, p))})
		if s.holder != "recovery" {
			p.Share, p.Release, p.Opening, p.Reader = 0, 1, v.Opening, keys["reader"].card.id()
			v.Releases = append(v.Releases, share{Half: s.half, Share: sealedTo(t, keys["reader"].card.Recipient, marshal(t, p))})
		}
	}
	return v
}

func TestWhatTheSeatSealedIsOpenedByGo(t *testing.T) {
	if *write {
		b := must[[]byte](t)(json.MarshalIndent(makeVectors(t), "", " "))
		if err := os.WriteFile(testdata+"vectors-go.json", append(b, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, side := range []string{"vectors-seat", "vectors-go"} {
		var v vectors
		if err := json.Unmarshal(must[[]byte](t)(os.ReadFile(testdata+side+".json")), &v); err != nil {
			t.Fatal(err)
		}
		keys := map[string]*vaultKey{}
		for _, name := range people {
			want := v.Keys[name]
			k := keyFrom(t, must[[]byte](t)(hex.DecodeString(want.Seed)))
			keys[name] = k
			if k.card != want.Card || k.card.id() != want.Key || k.card.code() != want.Code || k.paper() != want.Paper || !bytes.Equal(act(k), want.Act) {
				t.Errorf("%s: the key of %s comes out otherwise in Go", side, name)
			}
		}
		halves := map[int][]byte{}
		sum := sha256.Sum256(v.Envelope.Payload)
		for _, r := range v.Releases {
			var p sharePlain
			if err := json.Unmarshal(opened(t, keys["reader"].age, r.Share), &p); err != nil {
				t.Fatal(err)
			}
			if p.Opening != v.Opening || p.Person != v.Envelope.Person || p.Payload != hex.EncodeToString(sum[:]) || p.Reader != v.Keys["reader"].Key {
				t.Errorf("%s: a release does not say what it is for", side)
			}
			halves[r.Half] = p.Secret
		}
		var seed [32]byte
		for i := range seed {
			seed[i] = halves[1][i] ^ halves[2][i]
		}
		plain := opened(t, keyFrom(t, seed[:]).age, v.Envelope.Payload)
		var inside struct {
			Record            string
			Verify, Signature []byte
		}
		if err := json.Unmarshal(plain[4:4+binary.BigEndian.Uint32(plain)], &inside); err != nil {
			t.Fatal(err)
		}
		if !ed25519.Verify(inside.Verify, []byte("parda-vault-record-v1\n"+inside.Record), inside.Signature) {
			t.Errorf("%s: the record's signature does not verify", side)
		}
		var record map[string]any
		if err := json.Unmarshal([]byte(inside.Record), &record); err != nil || record["name"] != v.Record["name"] || record["person"] != v.Envelope.Person {
			t.Errorf("%s: the record reads otherwise in Go: %v %v", side, record, err)
		}
	}
}
