package form

import (
	"bytes"
	"strings"
	"testing"
)

func TestACodeForgivesAHandAndNothingElse(t *testing.T) {
	code := NewCode()
	normal, ok := Normal(code)
	if !ok || len(normal) != 25 || NewCode() == code {
		t.Fatalf("%q %q", code, normal)
	}
	for _, same := range []string{strings.ToLower(code), strings.ReplaceAll(code, "-", " "), "\n" + normal + "\t", strings.ReplaceAll(code, "0", "o"), strings.ReplaceAll(code, "1", "l")} {
		if n, ok := Normal(same); !ok || n != normal {
			t.Errorf("%q is not %q", same, code)
		}
	}
	for _, bad := range []string{"", code[1:], code + "0", strings.Repeat("U", 25), strings.Repeat("ə", 25)} {
		if _, ok := Normal(bad); ok {
			t.Errorf("%q is a code", bad)
		}
	}
	if Lookup(normal) == Lookup(normal[1:]+"0") || strings.Contains(Lookup(normal), normal) || bytes.Equal(Secret(normal), []byte(Lookup(normal))) {
		t.Error("what names an enrolment tells of its code")
	}
}

// Each field of the transcript, the code, and which field a byte belongs to changes what is compared and what is signed.
func TestTheShortCodeHangsOnAllThatWasExchangedAndOnTheCode(t *testing.T) {
	base := Transcript{CSR: []byte("csr"), DeviceNonce: []byte("dn"), GatewayNonce: []byte("gn"), CA: []byte("ca"), Kept: "tpm"}
	secret := Secret("A")
	sums, codes := map[[32]byte]bool{base.Sum(): true}, map[string]bool{ShortCode(secret, base.Sum()): true}
	for _, change := range []func(*Transcript){
		func(x *Transcript) { x.CSR = []byte("csr2") }, func(x *Transcript) { x.DeviceNonce = []byte("dx") }, func(x *Transcript) { x.GatewayNonce = []byte("gx") },
		func(x *Transcript) { x.CA = []byte("cb") }, func(x *Transcript) { x.Kept = "file" },
		func(x *Transcript) { x.CSR, x.DeviceNonce = []byte("csrd"), []byte("n") }, // a byte of one in the other
		func(x *Transcript) { x.DeviceNonce, x.GatewayNonce = x.GatewayNonce, x.DeviceNonce },
	} {
		x := base
		change(&x)
		if sums[x.Sum()] || codes[ShortCode(secret, x.Sum())] {
			t.Errorf("%+v is as the others", x)
		}
		sums[x.Sum()], codes[ShortCode(secret, x.Sum())] = true, true
	}
	if codes[ShortCode(Secret("B"), base.Sum())] {
		t.Error("it does not hang on the code")
	}
	if bytes.Equal(MAC(secret, DeviceSide, base.Sum()), MAC(secret, GatewaySide, base.Sum())) {
		t.Error("what the device sent can be sent back to it as the gateway's answer")
	}
}

func TestAShortCodeHasFiveTimesThreeDigitsAndAtLeastFortyBits(t *testing.T) {
	seen := map[string]bool{}
	digits := [10]int{}
	for i := range 2000 {
		code := ShortCode([]byte{byte(i), byte(i >> 8)}, [32]byte{})
		plain := PlainShortCode(code)
		if len(plain) != ShortCodeDigits || len(strings.Fields(code)) != 3 || seen[plain] {
			t.Fatalf("%q", code)
		}
		seen[plain] = true
		for _, d := range plain {
			digits[d-'0']++
		}
	}
	for d, n := range digits { // 3000 of each are expected, with a deviation of 52
		if n < 2600 || n > 3400 {
			t.Errorf("the digit %d comes %d times", d, n)
		}
	}
}

func TestNoSignatureOfOneThingIsOneOfAnother(t *testing.T) {
	a, b, c := []byte("a"), []byte("b"), []byte("c")
	all := map[[32]byte]string{}
	for what, d := range map[string][32]byte{
		"challenge": ChallengeDigest(a, b, c), "renew": RenewDigest(a, b, c), "enter": EnterDigest("", "", a, b, c), "enter a hearing": EnterDigest("h", "", a, b, c),
		"enter a place": EnterDigest("", "h", a, b, c), "take": TakeDigest([32]byte{}), "commit": Commit(a, b), "commit, otherwise": Commit(append(a, b...), nil),
	} {
		if other, there := all[d]; there {
			t.Errorf("%s is %s", what, other)
		}
		all[d] = what
	}
}
