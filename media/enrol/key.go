package enrol

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/go-tpm/tpm2/transport"
	"golang.org/x/crypto/argon2"

	"parda/media/enrol/form"
)

// key signs for a device (ECDSA P-256).
type key = crypto.Signer

// Keep says how a device's key is kept. The zero value is the safe default: a TPM if there is one, else a file that the Secret wraps, else none at all.
type Keep struct {
	// As is one of form.Kept*, or "" to choose.
	As string
	// Secret wraps the key's file: what the service manager decrypted with this machine's own key (systemd-creds), or a passphrase. It lies on no disk in clear.
	Secret []byte
	// TPM opens the TPM; nil: /dev/tpmrm0. Tests open swtpm.
	TPM func() (transport.TPMCloser, error)
}

const tpmDevice = "/dev/tpmrm0"

func (k Keep) choose() (string, error) {
	switch {
	case k.As != "":
		return k.As, nil
	case k.TPM != nil || exists(tpmDevice):
		return form.KeptTPM, nil // one that is there and does not work is an error: falling back would weaken the room in silence
	case len(k.Secret) > 0:
		return form.KeptWrapped, nil
	}
	return "", ErrNoKeeper
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// draw makes a new key, which keep writes when the device is certified.
func (k Keep) draw() (as string, unique []byte, made key, err error) {
	if as, err = k.choose(); err != nil {
		return "", nil, nil, err
	}
	if as == form.KeptTPM {
		unique = make([]byte, 32)
		rand.Read(unique) // never fails: crypto/rand ends the process instead
		made, err = openTPM(k.TPM, unique)
		return as, unique, made, err
	}
	if as == form.KeptWrapped && len(k.Secret) == 0 {
		return "", nil, nil, ErrNoKeeper
	}
	made, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	return as, nil, made, err
}

// keep writes a key that is kept in a file.
func (k Keep) keep(folder, as string, made key) error {
	if as == form.KeptTPM {
		return nil
	}
	private, ok := made.(*ecdsa.PrivateKey)
	if !ok {
		return ErrKey
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return err
	}
	defer clear(der)
	f := keptKey{Version: 1, Key: der}
	if as == form.KeptWrapped {
		if f, err = wrap(k.Secret, der); err != nil {
			return err
		}
	}
	b, err := json.Marshal(f)
	if err != nil {
		return err
	}
	defer clear(b)
	return writeWhole(filepath.Join(folder, keyFile), b)
}

// open finds a device's key.
func (k Keep) open(folder string, is identity) (key, error) {
	if is.Kept == form.KeptTPM {
		return openTPM(k.TPM, is.Unique)
	}
	path := filepath.Join(folder, keyFile)
	info, err := os.Stat(path)
	if err != nil {
		return nil, ErrKey
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, errors.New("others may read the device's key: it must have mode 0600")
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, ErrKey
	}
	defer clear(b)
	var f keptKey
	if json.Unmarshal(b, &f) != nil || f.Version != 1 {
		return nil, ErrKey
	}
	der := f.Key
	if is.Kept == form.KeptWrapped {
		if der, err = f.unwrap(k.Secret); err != nil {
			return nil, err
		}
	}
	defer clear(der)
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, ErrKey
	}
	private, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, ErrKey
	}
	return private, nil
}

// keptKey is what device.key holds: the key itself, or sealed with AES-256-GCM under a key from the secret.
type keptKey struct {
	Version int    `json:"parda_key"`
	Key     []byte `json:"key,omitempty"` // PKCS #8
	Salt    []byte `json:"salt,omitempty"`
	Sealed  []byte `json:"sealed,omitempty"` // nonce, ciphertext
}

const wrapBound = "parda device key 1"

// wrapping is argon2id with RFC 9106's second recommended setting: the secret may be a passphrase, and a thief of the disk has all the time he wants (A5).
func wrapping(secret, salt []byte) (cipher.AEAD, error) {
	k := argon2.IDKey(secret, salt, 3, 64<<10, 4, 32)
	defer clear(k)
	block, err := aes.NewCipher(k)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func wrap(secret, der []byte) (keptKey, error) {
	f := keptKey{Version: 1, Salt: make([]byte, 16)}
	rand.Read(f.Salt)
	aead, err := wrapping(secret, f.Salt)
	if err != nil {
		return keptKey{}, err
	}
	nonce := make([]byte, aead.NonceSize())
	rand.Read(nonce)
	f.Sealed = aead.Seal(nonce, nonce, der, []byte(wrapBound))
	return f, nil
}

func (f keptKey) unwrap(secret []byte) ([]byte, error) {
	if len(secret) == 0 || len(f.Salt) != 16 {
		return nil, ErrKey
	}
	aead, err := wrapping(secret, f.Salt)
	if err != nil || len(f.Sealed) < aead.NonceSize() {
		return nil, ErrKey
	}
	der, err := aead.Open(nil, f.Sealed[:aead.NonceSize()], f.Sealed[aead.NonceSize():], []byte(wrapBound))
	if err != nil {
		return nil, ErrKey
	}
	return der, nil
}
