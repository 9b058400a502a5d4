package hearing

import "encoding/json"

// StepUpProvedPayload is the fresh touch of a passkey that a command asked for (NeedsStepUp), whole, so that whoever has the ledger can check years later that the key of
// that account touched exactly this act: signaling/ACCOUNTS.md says how the challenge is computed from it. It stands before the command's own events, in the same
// write. It holds what an authenticator signs and no name.
type StepUpProvedPayload struct {
	Act    string          `json:"act"`            // the command's name; of a request: its method and path
	ID     string          `json:"id,omitempty"`   // the command's id
	Args   json.RawMessage `json:"args,omitempty"` // the command's arguments, canonical (RFC 8785)
	Body   string          `json:"body_sha256"`    // of the arguments, or of the request's body; hex
	Person string          `json:"person"`         // the account
	Nonce  []byte          `json:"nonce"`

	Credential        []byte `json:"credential"`         // id of the passkey
	PublicKey         []byte `json:"public_key"`         // COSE_Key (RFC 9052)
	AuthenticatorData []byte `json:"authenticator_data"` // WebAuthn, section 6.1
	ClientData        []byte `json:"client_data"`        // JSON, with the challenge
	Signature         []byte `json:"signature"`          // over AuthenticatorData and SHA-256(ClientData)
	RP                string `json:"rp"`
}

// Proved enters the touch of a seat's holder.
func Proved(seat string, p StepUpProvedPayload) Draft {
	return Draft{Code: StepUpProved, Actor: seat, Payload: p}
}
