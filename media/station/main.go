// Command station runs in the shielded room. It reads the witness's camera and microphone, masks both, and publishes the masked
// renderings that a signed order names; nothing else ever leaves it.
//
//	station testify -gateway URL -camera X -microphone Y   the testimony itself, with the kiosk page for the witness
//	station enrol -gateway URL -code C                     makes this room known to its court, which is needed once
//	station renew -gateway URL                             renews the room's certificate, where it seldom testifies
//	station mask -in CLIP -out CLIP                        the very same masks, on a file
//
// The witness path is readable top to bottom in testimony.go. Also here: the station's own check of the judge's order (order.go), the
// conversation with the gateway (link.go), what the witness may do (witness.go), the kiosk's door on localhost (kiosk.go) and the rehearsal.
// How the room proves itself to its court and the court's gateway to the room is in media/enrol. Not here: the masks (media/mask), devices (media/capture), encoders and the connection (media/publish), and any code of the gateway:
// deps_test.go holds that, because the gateway is not trusted by this program.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"parda/media/enrol"
)

// Exit codes, for service managers and scripts.
const (
	exitOK      = 0
	exitFailed  = 1
	exitUsage   = 2
	exitToken   = 3 // the gateway does not accept the token
	exitHearing = 4 // the gateway knows no such hearing
	exitDevice  = 5 // the camera or the microphone cannot be opened
	exitRevoked = 6 // the court has revoked this device, or its certificate has run out: it must be enrolled anew
)

const usage = `usage:
  station testify -gateway URL [-hearing ID] -camera X -microphone Y [flags]
  station enrol -gateway URL -code CODE [-state FOLDER] [-key tpm|wrapped|file]
  station renew -gateway URL [-state FOLDER]
  station mask -in CLIP -out CLIP [-voice MODE] [-strength STRENGTH] [-face MODE] [-session SEED]

"station testify -h" and the same with the other commands list the flags.
`

func main() {
	confineTestify(os.Args[1:])
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run does one command and returns its exit code. What went wrong is one sentence on stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		io.WriteString(stderr, usage)
		return exitUsage
	}
	command := map[string]func(context.Context, []string, io.Writer, io.Writer) error{"testify": testify, "enrol": enrolStation, "renew": renewStation, "mask": maskClip}[args[0]]
	if command == nil {
		io.WriteString(stderr, usage)
		return exitUsage
	}
	err := command(ctx, args[1:], stdout, stderr)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return exitOK
	case errors.Is(err, errUsage):
		fmt.Fprintln(stderr, "station: "+err.Error())
		return exitUsage
	}
	fmt.Fprintln(stderr, "station: "+err.Error())
	switch {
	case errors.Is(err, errTokenWrong):
		return exitToken
	case errors.Is(err, errHearingUnknown):
		return exitHearing
	case errors.Is(err, errDevice):
		return exitDevice
	case errors.Is(err, enrol.ErrRevoked), errors.Is(err, enrol.ErrExpired):
		return exitRevoked
	}
	return exitFailed
}

// errUsage marks a slip in the command line.
var errUsage = errors.New("wrong use")

// flagSet is a set of flags that reports its errors to stderr and returns them.
func flagSet(name string, stderr io.Writer) *flag.FlagSet {
	fs := flag.NewFlagSet("station "+name, flag.ContinueOnError)
	fs.SetOutput(stderr)
	return fs
}

func parseFlags(fs *flag.FlagSet, args []string) error {
	switch err := fs.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return err
	case err != nil:
		return fmt.Errorf("%w: see the flags above", errUsage)
	case fs.NArg() > 0:
		return fmt.Errorf("%w: %q is not a flag", errUsage, fs.Arg(0))
	}
	return nil
}
