// Package enrol is a device's side of being known to its court: the key that it made itself, the certificate of the court's CA, the enrolment by a code, and
// the entry into a hearing. Both the shielded room's station and the courtroom's cameras use it.
//
// What it has in common with the gateway is in media/enrol/form; the gateway's side is gateway/access/device, which nothing here imports. It opens no
// camera and carries no media.
//
// A device trusts the court's CA that it was enrolled with and no other authority. The web's authorities are not asked at all: before anything is said to a
// gateway, it proves with a key that the court's CA has certified that the TLS certificate of this very connection is its own (Enter). So a network
// attacker with a public certificate for the gateway's name gets nothing (A2), and a proxy that ends TLS before the gateway must be the court's own, known
// to the gateway by its certificate.
//
// At rest there is one folder: device.json (the certificates: an id and public keys) and, without a TPM, device.key. No hearing, no name, no address.
package enrol

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"parda/media/enrol/form"
)

// Errors, for errors.Is. Those of a refusal by the gateway are Refused with its code.
var (
	ErrNotEnrolled = errors.New("this device is not enrolled: the court gives a code for `station enrol`")
	ErrEnrolled    = errors.New("this device is enrolled already")
	ErrNoKeeper    = errors.New("there is no TPM here and no secret to wrap the device's key with: set the credential device-secret or PARDA_DEVICE_SECRET; -key file keeps it in a plain file, for a demonstration")
	ErrKey         = errors.New("the device's key cannot be opened: the TPM was cleared, or the secret is another one")
	ErrGateway     = errors.New("this is not the court's gateway: it does not prove that it is, with the court's own CA (or this machine's clock is wrong)")
	ErrTLS         = errors.New("an enrolled device speaks to its gateway over TLS only: the URL must be https")
	ErrCode        = errors.New("this is no code of the court: it has five groups of five characters")
)

// Refused is a refusal by the gateway, by its code (signaling/ACCOUNTS.md, Devices).
type Refused struct{ Code string }

func (r *Refused) Error() string {
	if s := sentences[r.Code]; s != "" {
		return s
	}
	return "the gateway refuses this device (" + r.Code + ")"
}

// Is lets errors.Is compare by code.
func (r *Refused) Is(target error) bool {
	other, ok := target.(*Refused)
	return ok && other.Code == r.Code
}

// Refusals that a caller tells apart.
var (
	ErrRevoked     = &Refused{"device_revoked"}
	ErrExpired     = &Refused{"device_expired"}
	ErrNotAssigned = &Refused{"device_not_assigned"}
)

// sentences are for the operator of the room, who has no page of the gateway.
var sentences = map[string]string{
	"device_revoked":      "the court has revoked this device",
	"device_expired":      "this device's certificate has run out: it must be enrolled anew",
	"device_not_assigned": "the court has not assigned this device to this hearing: ask the clerk",
	"device_unknown":      "the gateway does not know this device: it must be enrolled anew",
	"device_between":      "this device saw another certificate than the gateway shows: somebody may stand between",
	"enrolment_unknown":   "the gateway knows no such code, or it has run out: ask the court for a new one",
	"enrolment_over":      "this code was used already: tell the court at once, and ask for a new one",
	"too_many":            "the gateway is busy: try again in a moment",
}

const (
	stateFile = "device.json"
	keyFile   = "device.key"
)

// identity is what device.json holds. Nothing in it is secret.
type identity struct {
	Version     int    `json:"parda_device"`
	Certificate []byte `json:"certificate"`
	CA          []byte `json:"ca"`
	Kept        string `json:"kept"`
	Unique      []byte `json:"unique,omitempty"` // of the TPM's key
}

// Device is an enrolled one. It is for one goroutine at a time.
type Device struct {
	folder string
	is     identity
	ca     *x509.Certificate
	key    key
	now    func() time.Time
}

// Open reads the folder of an enrolled device and finds its key.
func Open(folder string, keep Keep) (*Device, error) {
	b, err := os.ReadFile(filepath.Join(folder, stateFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotEnrolled
	}
	if err != nil {
		return nil, errors.New("the device's state cannot be read")
	}
	d := &Device{folder: folder, now: time.Now}
	if json.Unmarshal(b, &d.is) != nil || d.is.Version != 1 {
		return nil, errors.New("the device's state is damaged: it must be enrolled anew")
	}
	if d.ca, err = form.CheckCA(d.is.CA); err != nil {
		return nil, errors.New("the device's state is damaged: it must be enrolled anew")
	}
	cert, err := x509.ParseCertificate(d.is.Certificate)
	if err != nil || form.DeviceOf(cert) == "" {
		return nil, errors.New("the device's state is damaged: it must be enrolled anew")
	}
	if d.key, err = keep.open(folder, d.is); err != nil {
		return nil, err
	}
	// A cleared TPM derives another key of the same template: told here, and not by a refusal that nobody understands.
	if public, ok := cert.PublicKey.(*ecdsa.PublicKey); !ok || !public.Equal(d.key.Public()) {
		return nil, ErrKey
	}
	return d, nil
}

// ID is "d-...".
func (d *Device) ID() string {
	cert, err := x509.ParseCertificate(d.is.Certificate)
	if err != nil {
		return ""
	}
	return form.DeviceOf(cert)
}

// Kept says where the key is: one of form.Kept*.
func (d *Device) Kept() string { return d.is.Kept }

// Until is the end of the certificate.
func (d *Device) Until() time.Time {
	cert, err := x509.ParseCertificate(d.is.Certificate)
	if err != nil {
		return time.Time{}
	}
	return cert.NotAfter
}

// take puts a new certificate in the place of the old one, if it is one: for this device, this key, of this CA.
func (d *Device) take(der []byte) error {
	cert, public, err := form.Check(der, d.ca, form.UseDevice, d.now())
	if err != nil || form.DeviceOf(cert) != d.ID() || !public.Equal(d.key.Public()) {
		return errors.New("the gateway sent a certificate that is not this device's")
	}
	next := d.is
	next.Certificate = der
	if err := save(d.folder, next); err != nil {
		return err
	}
	d.is = next
	return nil
}

func save(folder string, is identity) error {
	b, err := json.Marshal(is)
	if err != nil {
		return err
	}
	if err := writeWhole(filepath.Join(folder, stateFile), b); err != nil {
		return errors.New("the device's state cannot be written: is the disk full?")
	}
	return nil
}

// writeWhole puts a file in place whole, for this user alone.
func writeWhole(path string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".device-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
