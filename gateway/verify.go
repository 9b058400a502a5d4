package main

import (
	"io"

	"parda/gateway/ledger/verify"
)

// verifyBundle checks a bundle offline. It needs no configuration and no key; verify says what it found in words.
func verifyBundle(args []string, out, errOut io.Writer) error {
	if verify.Run(args, out, errOut) != 0 {
		return errSaid
	}
	return nil
}
