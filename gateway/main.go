// Command gateway is the court's server: it takes the masked testimony from the station, forwards to each seat what the judge's order
// allows and nothing else, keeps the hearing's protocol and its tamper-evident ledger, and serves the pages.
//
//	gateway serve  -config FILE [-json]            run the server
//	gateway verify [-trust KEY] [-json] FILE.zip   check a bundle offline; exit 1 on any defect
//	gateway admin-code -config FILE -court COURT [-person ID]   a one-time code where a court's administrators cannot help themselves
//	gateway demo   -station PATH -courtroom PATH   a whole hearing on this machine
//
// This folder wires; the rules live in the folders below it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"parda/gateway/incident/evidence/render"
)

const usage = `usage:
  gateway serve  -config FILE [-json]            run the server
  gateway verify [-trust KEY] [-lang L] [-json] FILE.zip   check a bundle offline
  gateway verify -audit [-trust KEY] FILE.jsonl            check a court's exported audit offline
  gateway admin-code -config FILE -court COURT [-person ID]   a one-time code where a court's administrators cannot help themselves
  gateway demo   -station PATH -courtroom PATH   a whole hearing on this machine
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, errSaid) {
			fmt.Fprintln(os.Stderr, "parda: "+err.Error())
		}
		os.Exit(1)
	}
}

// errSaid ends the program with 1 when what is wrong has been printed already.
var errSaid = errors.New("")

func run(ctx context.Context, args []string, out, errOut io.Writer) error {
	if len(args) == 0 {
		fmt.Fprint(errOut, usage)
		return errSaid
	}
	switch args[0] {
	case "serve":
		return serve(ctx, args[1:], out, errOut)
	case "verify":
		return verifyBundle(args[1:], out, errOut)
	case "admin-code":
		return adminCode(ctx, args[1:], out, errOut)
	case "demo":
		return demo(ctx, args[1:], out, errOut)
	case renderCommand: // the gateway calls itself by it: a process that can do nothing else looks into an attachment
		os.Exit(render.Child(os.Stdin, os.Stdout))
	}
	fmt.Fprint(errOut, usage)
	return errSaid
}

func serve(ctx context.Context, args []string, out, errOut io.Writer) error {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.SetOutput(errOut)
	file := flags.String("config", "", "TOML `FILE`; deploy/gateway.toml explains each setting")
	asJSON := flags.Bool("json", false, "print links and tokens as one line of JSON")
	redraw := flags.Bool("redraw", false, "draw new links for the seats that nobody took yet, and new tokens; the old ones end")
	if err := flags.Parse(args); err != nil {
		return errSaid
	}
	if *file == "" {
		return errors.New("serve needs -config FILE; deploy/gateway.toml is a sample that explains each setting")
	}
	config, err := loadConfig(*file)
	if err != nil {
		return err
	}
	config.Redraw = *redraw
	app, err := Open(config, operatorLog(errOut))
	if err != nil {
		return err
	}
	links := app.Links()
	links.Tokens = app.tokens // for whoever starts stations and cameras; a token is printed once and kept nowhere in clear
	printLinks(out, links, *asJSON)
	return app.Run(ctx)
}

// operatorLog is for the operator of the machine. Nothing in it names a person, a room or an address, so that it may be kept and shown.
func operatorLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelInfo}))
}
