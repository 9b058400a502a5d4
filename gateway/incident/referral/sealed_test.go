package referral

import (
	"bytes"
	"testing"

	"filippo.io/age"
)

func TestOnlyAFileThatIsSealedToOneKeyGoesAlongAsAnIdentity(t *testing.T) {
	one, _ := aKey(t)
	two, _ := aKey(t)
	seal := func(to ...age.Recipient) []byte {
		var out bytes.Buffer
		w, err := age.Encrypt(&out, to...)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write([]byte("Plantəd Ad Soyad"))
		_ = w.Close()
		return out.Bytes()
	}
	word, err := age.NewScryptRecipient("a word")
	if err != nil {
		t.Fatal(err)
	}
	word.SetWorkFactor(10)
	good := seal(one.Recipient())
	if sum, err := CheckSealed(good); err != nil || len(sum) != 64 {
		t.Errorf("an identity that is sealed: %v", err)
	}
	for name, bad := range map[string][]byte{"two keys": seal(one.Recipient(), two.Recipient()), "a word in place of a key": seal(word), "clear text": bytes.Repeat([]byte("Plantəd Ad Soyad "), 40),
		"nothing": nil, "a header alone": good[:150], "the header's first line and clear text": append([]byte("age-encryption.org/v1\n"), bytes.Repeat([]byte("x"), 400)...)} {
		if _, err := CheckSealed(bad); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
