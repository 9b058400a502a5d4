package enrol

import (
	"crypto"
	"crypto/ecdsa"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"math/big"

	"github.com/google/go-tpm/tpm2"
	"github.com/google/go-tpm/tpm2/transport"
	"github.com/google/go-tpm/tpm2/transport/linuxtpm"

	"parda/media/enrol/form"
)

// errTPM says that there is a TPM and it does not work for this program.
var errTPM = errors.New("the TPM cannot be used: is this user in the group tss, and is TPM 2.0 switched on?")

// tpmKey is a signing key that lives in a TPM 2.0: a primary object under the owner hierarchy, which the TPM derives anew each time from its own seed, a
// template and a number that is no secret. It has no form in which it could leave the chip (fixedTPM, fixedParent), nothing of it lies on a disk, and only
// signatures cross the bus between chip and processor, so that listening there yields nothing (A5). Clearing the TPM ends it.
//
// A thief who takes the machine as it is has the key's use, not the key: that is what revocation is for. It is not bound to the state of the boot (PCRs): an
// update of the firmware on the morning of a hearing must not lock the witness's room out.
type tpmKey struct {
	open   func() (transport.TPMCloser, error)
	unique []byte // 32 bytes
	public *ecdsa.PublicKey
}

// openTPM derives the key once to learn its public half. The TPM itself is opened for each use and left free between.
func openTPM(open func() (transport.TPMCloser, error), unique []byte) (key, error) {
	if len(unique) != 32 {
		return nil, ErrKey
	}
	if open == nil {
		open = func() (transport.TPMCloser, error) { return linuxtpm.Open(tpmDevice) }
	}
	k := &tpmKey{open: open, unique: unique}
	err := k.with(func(_ transport.TPM, made *tpm2.CreatePrimaryResponse) error {
		public, err := made.OutPublic.Contents()
		if err != nil {
			return err
		}
		got, err := tpm2.Pub(*public)
		if err != nil {
			return err
		}
		p, ok := form.P256(got)
		if !ok {
			return errTPM
		}
		k.public = p
		return nil
	})
	if err != nil {
		return nil, err
	}
	return k, nil
}

// template is what the TPM derives the key from: it may sign a digest that it did not make itself, and do nothing else.
func (k *tpmKey) template() tpm2.TPMTPublic {
	return tpm2.TPMTPublic{
		Type: tpm2.TPMAlgECC, NameAlg: tpm2.TPMAlgSHA256,
		ObjectAttributes: tpm2.TPMAObject{FixedTPM: true, FixedParent: true, SensitiveDataOrigin: true, UserWithAuth: true, NoDA: true, SignEncrypt: true},
		Parameters: tpm2.NewTPMUPublicParms(tpm2.TPMAlgECC, &tpm2.TPMSECCParms{
			Scheme:  tpm2.TPMTECCScheme{Scheme: tpm2.TPMAlgECDSA, Details: tpm2.NewTPMUAsymScheme(tpm2.TPMAlgECDSA, &tpm2.TPMSSigSchemeECDSA{HashAlg: tpm2.TPMAlgSHA256})},
			CurveID: tpm2.TPMECCNistP256,
		}),
		Unique: tpm2.NewTPMUPublicID(tpm2.TPMAlgECC, &tpm2.TPMSECCPoint{X: tpm2.TPM2BECCParameter{Buffer: k.unique}, Y: tpm2.TPM2BECCParameter{Buffer: make([]byte, 32)}}),
	}
}

// with loads the key for one use.
func (k *tpmKey) with(use func(transport.TPM, *tpm2.CreatePrimaryResponse) error) error {
	t, err := k.open()
	if err != nil {
		return fmt.Errorf("%w (%w)", errTPM, err)
	}
	defer t.Close()
	made, err := tpm2.CreatePrimary{PrimaryHandle: tpm2.TPMRHOwner, InPublic: tpm2.New2B(k.template())}.Execute(t)
	if err != nil {
		return fmt.Errorf("%w (%w)", errTPM, err)
	}
	defer tpm2.FlushContext{FlushHandle: made.ObjectHandle}.Execute(t) // a transient object of a TPM that cannot flush goes with the connection
	return use(t, made)
}

// Public implements crypto.Signer.
func (k *tpmKey) Public() crypto.PublicKey { return k.public }

// Sign implements crypto.Signer, for SHA-256.
func (k *tpmKey) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) (signature []byte, err error) {
	if opts.HashFunc() != crypto.SHA256 || len(digest) != crypto.SHA256.Size() {
		return nil, errors.New("the device's key signs SHA-256 and nothing else")
	}
	err = k.with(func(t transport.TPM, made *tpm2.CreatePrimaryResponse) error {
		signed, err := tpm2.Sign{
			KeyHandle:  tpm2.NamedHandle{Handle: made.ObjectHandle, Name: made.Name},
			Digest:     tpm2.TPM2BDigest{Buffer: digest},
			InScheme:   tpm2.TPMTSigScheme{Scheme: tpm2.TPMAlgECDSA, Details: tpm2.NewTPMUSigScheme(tpm2.TPMAlgECDSA, &tpm2.TPMSSchemeHash{HashAlg: tpm2.TPMAlgSHA256})},
			Validation: tpm2.TPMTTKHashCheck{Tag: tpm2.TPMSTHashCheck},
		}.Execute(t)
		if err != nil {
			return fmt.Errorf("%w (%w)", errTPM, err)
		}
		s, err := signed.Signature.Signature.ECDSA()
		if err != nil {
			return err
		}
		signature, err = asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(s.SignatureR.Buffer), new(big.Int).SetBytes(s.SignatureS.Buffer)})
		return err
	})
	return signature, err
}
