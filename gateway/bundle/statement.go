package bundle

import (
	"encoding/hex"

	"parda/gateway/ledger"
)

// Statement gives the bytes that the presiding judge and the court clerk sign:
// canonical JSON that names the hearing, the protocol in both its forms, and
// the checkpoint of the record as it stood when the protocol was rendered.
// It goes into protocol.rendered as it is.
func Statement(hearing string, c ledger.Checkpoint, pdfSHA256, jsonSHA256 string) ([]byte, error) {
	return ledger.Canonical(map[string]any{
		"format":  "parda-protocol-statement/1",
		"hearing": hearing,
		"checkpoint": map[string]any{
			"size": c.Size,
			"root": hex.EncodeToString(c.Root[:]),
		},
		"pdf_sha256":  pdfSHA256,
		"json_sha256": jsonSHA256,
	})
}
