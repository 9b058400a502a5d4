package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"parda/media/mask"
	"parda/media/mask/voice"
)

// mapKeyring is a keyring in this process. broken refuses to take keys.
type mapKeyring struct {
	keys   map[string][]byte
	broken bool
}

func (k *mapKeyring) put(name string, key []byte, _ time.Time) error {
	if k.broken {
		return errors.New("no keyring")
	}
	k.keys[name] = bytes.Clone(key)
	return nil
}

func (k *mapKeyring) get(name string) ([]byte, error) {
	if key, ok := k.keys[name]; ok && !k.broken {
		return bytes.Clone(key), nil
	}
	return nil, errNoKey
}

func (k *mapKeyring) revoke(name string) error { delete(k.keys, name); return nil }

// under is an order in force, as the station has checked it.
func under(t *testing.T, j *judge, changes ...func(map[string]any)) (*order, *orderTrust) {
	t.Helper()
	trust := &orderTrust{hearing: "demo"}
	o, err := trust.check(j.sign(t, testOrder(t, changes...)), testNow)
	if err != nil {
		t.Fatal(err)
	}
	return o, trust
}

func TestTheSameTestimonyGetsItsParametersBackAndNoOtherDoes(t *testing.T) {
	j := newJudge(t)
	long := set("valid_until", testNow.Add(24*time.Hour).Format(wireTime))
	for name, c := range map[string]struct {
		judge  *judge
		order  []func(map[string]any)
		now    time.Time
		break_ func(t *testing.T, v *vault, k *mapKeyring)
		same   bool
		notice string
	}{
		"the same order":               {same: true},
		"a newer order":                {order: []func(map[string]any){set("version", 3), set("reason", "another")}, same: true},
		"an older order":               {order: []func(map[string]any){set("version", 1)}, notice: noticeSessionFresh},
		"another order of the version": {order: []func(map[string]any){set("version", 2), set("reason", "another")}, notice: noticeSessionFresh},
		"another person's pseudonym":   {order: []func(map[string]any){set("version", 3), set("pseudonym", "Nigar")}, notice: noticeSessionFresh},
		"another judge's key":          {judge: newJudge(t), notice: noticeSessionFresh},
		"after the order has run out":  {now: testNow.Add(24 * time.Hour), notice: noticeSessionFresh},
		"the key is gone":              {break_: func(t *testing.T, _ *vault, k *mapKeyring) { clear(k.keys) }, notice: noticeSessionFresh},
		"the file was changed": {break_: func(t *testing.T, v *vault, _ *mapKeyring) {
			edit(t, v.file, func(b []byte) []byte { b[len(b)/2] ^= 1; return b })
		},
			notice: noticeSessionFresh},
		"the file was cut":         {break_: func(t *testing.T, v *vault, _ *mapKeyring) { edit(t, v.file, func(b []byte) []byte { return b[:7] }) }, notice: noticeSessionFresh},
		"the file is gone":         {break_: func(t *testing.T, v *vault, _ *mapKeyring) { os.Remove(v.file) }},
		"the keyring is gone":      {break_: func(t *testing.T, _ *vault, k *mapKeyring) { k.broken = true }, notice: noticeSessionUnsealed},
		"bound to another hearing": {break_: func(t *testing.T, v *vault, _ *mapKeyring) { v.hear = "other" }, notice: noticeSessionFresh},
	} {
		t.Run(name, func(t *testing.T) {
			keys := &mapKeyring{keys: map[string][]byte{}}
			v := newVault(t.TempDir(), "demo", keys)
			o, trust := under(t, j, set("version", 2), long)
			first, notice := v.sessionFor(o, trust, testNow)
			if notice != "" || *first == (session{}) {
				t.Fatalf("at first: %q", notice)
			}
			if sealed, _ := os.ReadFile(v.file); bytes.Contains(sealed, first.seed[:8]) || bytes.Contains(sealed, []byte("Lal")) || len(sealed) == 0 {
				t.Fatal("the file can be read")
			}
			if info, err := os.Stat(v.file); err != nil || info.Mode().Perm() != 0o600 {
				t.Fatalf("%v, %v", info.Mode(), err)
			}
			if c.break_ != nil {
				c.break_(t, v, keys)
			}
			if c.judge == nil {
				c.judge = j
			}
			if c.now.IsZero() {
				c.now = testNow
			}
			o, trust = under(t, c.judge, append([]func(map[string]any){set("version", 2), long}, c.order...)...)
			again, notice := v.sessionFor(o, trust, c.now)
			if (*again == *first) != c.same || notice != c.notice {
				t.Errorf("the same parameters: %v, notice %q; want %v, %q", *again == *first, notice, c.same, c.notice)
			}
		})
	}
}

func edit(t *testing.T, path string, change func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, change(b), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestAStationThatWasKilledGoesOnToTrustTheKeyThatItHadPinned(t *testing.T) {
	keys, folder, j := &mapKeyring{keys: map[string][]byte{}}, t.TempDir(), newJudge(t)
	v := newVault(folder, "demo", keys)
	o, trust := under(t, j, set("version", 2))
	v.sessionFor(o, trust, testNow)
	after := orderTrust{hearing: "demo"}
	if !newVault(folder, "demo", keys).remember(&after, testNow) {
		t.Fatal("nothing is remembered")
	}
	for name, c := range map[string]struct {
		order signedOrder
		code  string
	}{
		"the same":       {j.sign(t, testOrder(t, set("version", 2))), ""},
		"another key":    {newJudge(t).sign(t, testOrder(t, set("version", 9))), "signature_invalid"},
		"an older order": {j.sign(t, testOrder(t, set("version", 1))), "order_invalid"},
	} {
		trust := after
		_, err := trust.check(c.order, testNow)
		if got := ""; c.code != "" {
			if got = refusalCode(err); err == nil || got != c.code {
				t.Errorf("%s: %v", name, err)
			}
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	other := newJudge(t)
	named := orderTrust{hearing: "demo", want: keyCode(other.spki)}
	if newVault(folder, "demo", keys).remember(&named, testNow) || len(keys.keys) != 0 {
		t.Error("a key that the operator named did not end what was kept")
	}
}

func TestADestroyedSessionLeavesNothing(t *testing.T) {
	keys := &mapKeyring{keys: map[string][]byte{}}
	v := newVault(t.TempDir(), "demo", keys)
	o, trust := under(t, newJudge(t))
	v.sessionFor(o, trust, testNow)
	if err := v.destroy(); err != nil || len(keys.keys) != 0 {
		t.Errorf("%v, %d keys", err, len(keys.keys))
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(v.file), "*")); len(left) != 0 {
		t.Errorf("left behind: %d files", len(left))
	}
	if err := v.destroy(); err != nil {
		t.Errorf("twice: %v", err)
	}
}

// stationHelper runs in a process of its own, which TestMain starts this program as: a station in the middle of a testimony. It says in JSON what it
// made of a fixed sound, and lives until it is killed, or releases the witness where it is told to.
func stationHelper() {
	var in struct {
		Folder  string
		Order   signedOrder
		Release bool
	}
	if json.NewDecoder(os.Stdin).Decode(&in) != nil {
		os.Exit(3)
	}
	r := &room{log: quiet, health: newHealth(), trust: orderTrust{hearing: "demo"}, vault: newVault(in.Folder, "demo", kernelKeyring{}), rec: &rehearsal{}, kept: newKept("", "demo", kernelKeyring{}, quiet)}
	r.judgeOrder(&in.Order)
	if r.order == nil {
		os.Exit(4)
	}
	r.keepSession()
	m, err := newMasks(r.order.maskConfig(64, 64), r.session)
	if err != nil {
		os.Exit(5)
	}
	sum := sha256.New()
	var raw mask.RawSound
	var out voice.Masked
	for n := 0; n < 100*mask.BlockSamples; {
		n = buzzBlock(&raw, n)
		if err := m.voice.Next(&raw, &out); err != nil {
			os.Exit(6)
		}
		for _, v := range out.PCM() {
			sum.Write([]byte{byte(v), byte(v >> 8)})
		}
	}
	status, _ := r.health.status()
	if in.Release {
		r.release()
	}
	fmt.Printf("{\"masked\":\"%x\",\"notices\":%q}\n", sum.Sum(nil), string(status.Notices))
	io.Copy(io.Discard, os.Stdin) // until it is killed, or its parent is gone
}

type helped struct{ Masked, Notices string }

// runStation starts a station on the testimony and ends it by SIGKILL once it has masked.
func runStation(t *testing.T, folder string, s signedOrder, release bool) helped {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), helperEnv+"=1")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := json.NewEncoder(stdin).Encode(map[string]any{"Folder": folder, "Order": s, "Release": release}); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	var h helped
	if err != nil || json.Unmarshal(line, &h) != nil {
		cmd.Process.Kill()
		t.Fatalf("the station said nothing: %v, %v", err, cmd.Wait())
	}
	cmd.Process.Signal(syscall.SIGKILL)
	state, _ := cmd.Process.Wait()
	if w, ok := state.Sys().(syscall.WaitStatus); !ok || w.Signal() != syscall.SIGKILL {
		t.Fatalf("it was not killed: %v", state)
	}
	return h
}

// The whole of it, with the kernel's own keyring and kill -9: an attacker gets one mask of a voice from one testimony, and the court one voice.
func TestAKilledStationMasksTheSameTestimonyTheSameUntilRelease(t *testing.T) {
	probe := kernelKeyring{}
	if err := probe.put("parda-test", []byte("x"), time.Now().Add(time.Minute)); err != nil {
		t.Skipf("this kernel gives no keyring (%v): the station then draws fresh parameters, which TestTheSameTestimony... holds", err)
	}
	probe.revoke("parda-test")
	folder, j := t.TempDir(), newJudge(t)
	now := time.Now().UTC()
	signed := func(changes ...func(map[string]any)) signedOrder {
		return j.sign(t, testOrder(t, append(changes, set("valid_from", now.Add(-time.Hour).Format(wireTime)), set("valid_until", now.Add(time.Hour).Format(wireTime)))...))
	}
	t.Cleanup(func() { newVault(folder, "demo", kernelKeyring{}).destroy() })
	order := signed()
	first := runStation(t, folder, order, false)
	if again := runStation(t, folder, order, false); again != first || first.Notices != "" {
		t.Fatalf("after kill -9: %+v, before %+v", again, first)
	}
	if newer := runStation(t, folder, signed(set("version", 2), set("reason", "varied")), false); newer != first {
		t.Errorf("under a newer order: %+v", newer)
	}
	file := newVault(folder, "demo", kernelKeyring{}).file
	stolen, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if last := runStation(t, folder, signed(set("version", 2), set("reason", "varied")), true); last != first {
		t.Errorf("released: %+v", last)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("after release the file is still there")
	}
	if err := os.WriteFile(file, stolen, 0o600); err != nil { // a copy that somebody made before
		t.Fatal(err)
	}
	after := runStation(t, folder, signed(set("version", 3)), false)
	if after.Masked == first.Masked || !strings.Contains(after.Notices, noticeSessionFresh) {
		t.Errorf("a copy of the released testimony was opened: %+v", after)
	}
}
