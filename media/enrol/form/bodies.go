package form

import "time"

// Where a device says that it keeps its key. The gateway cannot check it: it is told to the administrator, who knows the machine.
const (
	KeptTPM     = "tpm"     // in a TPM 2.0, which never gives it out
	KeptWrapped = "wrapped" // in a file, under a key that is not on the same disk in clear
	KeptFile    = "file"    // in a file that this program's user can read: for the demonstration
)

// Kinds of device.
const (
	Room   = "room"   // a shielded room's station: its place is "witness"
	Camera = "camera" // a courtroom's camera: its places are "court/..."
)

// Witness is the place of a room in a hearing.
const Witness = "witness"

// The bodies of the routes for devices. []byte is base64 in JSON.

// BeginRequest opens an enrolment.
type BeginRequest struct {
	EnrolmentOf string `json:"enrolment_of"`
	Commit      []byte `json:"commit"`
}

// BeginAnswer is the gateway's part.
type BeginAnswer struct {
	Nonce []byte `json:"nonce"`
	CA    []byte `json:"ca"`
}

// RevealRequest is the device's part, which it was bound to.
type RevealRequest struct {
	EnrolmentOf string `json:"enrolment_of"`
	CSR         []byte `json:"csr"`
	Nonce       []byte `json:"nonce"`
	Kept        string `json:"kept"`
	MAC         []byte `json:"mac"`
}

// RevealAnswer proves that the gateway holds the code.
type RevealAnswer struct {
	MAC []byte `json:"mac"`
}

// TakeRequest asks for the certificate.
type TakeRequest struct {
	EnrolmentOf string `json:"enrolment_of"`
	Signature   []byte `json:"signature"`
}

// States of TakeAnswer.
const (
	StateWaiting   = "waiting"
	StateCertified = "certified"
)

// TakeAnswer is the certificate, once an administrator has confirmed the short code.
type TakeAnswer struct {
	State       string `json:"state"`
	Device      string `json:"device,omitempty"`
	Certificate []byte `json:"certificate,omitempty"`
}

// ChallengeRequest asks the gateway to prove that it shows this TLS certificate.
type ChallengeRequest struct {
	Nonce []byte `json:"nonce"`
	Seen  []byte `json:"seen"`
}

// ChallengeAnswer is the proof. Certificates holds one of each court's CA, all for the key of Signature.
type ChallengeAnswer struct {
	Nonce        []byte   `json:"nonce"`
	Certificates [][]byte `json:"certificates"`
	Signature    []byte   `json:"signature"`
}

// EnterRequest takes a place in a hearing.
type EnterRequest struct {
	Hearing     string `json:"hearing"`
	Place       string `json:"place"`
	Nonce       []byte `json:"nonce"`
	Seen        []byte `json:"seen"`
	Certificate []byte `json:"certificate"`
	Signature   []byte `json:"signature"`
}

// EnterAnswer is a bearer token for it, and the next certificate where it is time.
type EnterAnswer struct {
	Device      string    `json:"device"`
	Token       string    `json:"token"`
	Until       time.Time `json:"until"`
	Certificate []byte    `json:"certificate,omitempty"`
}

// RenewRequest asks for the next certificate.
type RenewRequest struct {
	Nonce       []byte `json:"nonce"`
	Seen        []byte `json:"seen"`
	Certificate []byte `json:"certificate"`
	Signature   []byte `json:"signature"`
}

// RenewAnswer is it.
type RenewAnswer struct {
	Certificate []byte `json:"certificate"`
}
