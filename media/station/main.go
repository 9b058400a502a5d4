// Command station runs in the shielded room. It reads the witness's camera and microphone, masks both, and publishes the masked
// renderings that a signed order names; nothing else ever leaves it.
//
//	station testify -gateway URL -token T -camera X -microphone Y   the testimony itself, with the kiosk page for the witness
//	station mask -in CLIP -out CLIP                                 the very same masks, on a file
//
// The witness path is readable top to bottom in testimony.go. Also here: the station's own check of the judge's order (order.go), the
// conversation with the gateway (link.go), what the witness may do (witness.go), the kiosk's door on localhost (kiosk.go) and the rehearsal.
// Not here: the masks (media/mask), devices (media/capture), encoders and the connection (media/publish), and any code of the gateway:
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
)

// Exit codes, for service managers and scripts.
const (
	exitOK      = 0
	exitFailed  = 1
	exitUsage   = 2
	exitToken   = 3 // the gateway does not accept the token
	exitHearing = 4 // the gateway knows no such hearing
	exitDevice  = 5 // the camera or the microphone cannot be opened
)

const usage = `usage:
  station testify -gateway URL -token T [-hearing ID] -camera X -microphone Y [flags]
  station mask -in CLIP -out CLIP [-voice MODE] [-strength STRENGTH] [-face MODE] [-session SEED]

"station testify -h" and "station mask -h" list the flags.
`

func main() {
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
	command := map[string]func(context.Context, []string, io.Writer, io.Writer) error{"testify": testify, "mask": maskClip}[args[0]]
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
