package bundle

import (
	_ "embed"
	"strings"
)

//go:embed VERIFY.txt
var verifyText string

// howToVerify is VERIFY.txt for one hearing: how to check a bundle with parda,
// and how with nothing but standard tools.
func howToVerify(hearing string) []byte {
	return []byte(strings.ReplaceAll(verifyText, "{hearing}", hearing))
}
