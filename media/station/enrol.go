package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"slices"

	"parda/media/enrol"
	"parda/media/enrol/form"
)

// enrolConfig is the command line of enrol and renew.
type enrolConfig struct {
	gateway, code, state, key string
	again                     bool
}

// enrolStation makes this room known to its court: it makes a key, comes to the gateway with the code that the court gave, and shows the short code that
// is read out over the telephone.
func enrolStation(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var c enrolConfig
	fs := flagSet("enrol", stderr)
	fs.StringVar(&c.code, "code", "", "the one-time `CODE` that the court gave for this room")
	fs.StringVar(&c.key, "key", "", "where the key is to be: tpm, wrapped (by the credential device-secret or PARDA_DEVICE_SECRET) or file; without it the best of what is here, and never file")
	fs.BoolVar(&c.again, "again", false, "enrol a device anew that is enrolled already")
	if err := c.parse(fs, args); err != nil {
		return err
	}
	if c.code == "" || c.key != "" && !slices.Contains([]string{form.KeptTPM, form.KeptWrapped, form.KeptFile}, c.key) {
		return fmt.Errorf("%w: -code is needed, and -key is tpm, wrapped or file", errUsage)
	}
	if err := keepMemoryPrivate(slog.New(slog.NewTextHandler(stderr, nil)), false); err != nil {
		return errCoreDumps
	}
	j, err := enrol.Join(ctx, c.gateway, c.code, c.state, enrol.Keeper(c.key), c.again)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "The device's key is kept %s.\nRead this short code to the court's administrator over the telephone (call the number that you know, not one that was sent with the code):\n\n    %s\n\nWaiting until it is confirmed there.\n",
		keptWords[j.Kept], j.ShortCode)
	d, err := j.Wait(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "Enrolled as %s; the certificate is good until %s and renews itself.\n", d.ID(), d.Until().Format("2006-01-02"))
	return nil
}

var keptWords = map[string]string{
	form.KeptTPM:     "in this machine's TPM, which never gives it out",
	form.KeptWrapped: "in a file that does not open without this machine's secret",
	form.KeptFile:    "in a file that whoever takes the disk can read: for a demonstration, not for a witness",
}

// renewStation asks for the next certificate: for a room that seldom testifies, by a timer (deploy/systemd).
func renewStation(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var c enrolConfig
	if err := c.parse(flagSet("renew", stderr), args); err != nil {
		return err
	}
	if err := keepMemoryPrivate(slog.New(slog.NewTextHandler(stderr, nil)), false); err != nil {
		return errCoreDumps
	}
	d, err := enrol.Open(c.state, enrol.Keeper(""))
	if err != nil {
		return err
	}
	if err := d.Renew(ctx, c.gateway); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%s: the certificate is good until %s.\n", d.ID(), d.Until().Format("2006-01-02"))
	return nil
}

func (c *enrolConfig) parse(fs *flag.FlagSet, args []string) error {
	fs.StringVar(&c.gateway, "gateway", "", "the gateway's `URL`, https://HOST:PORT")
	fs.StringVar(&c.state, "state", stateFolder(), "`FOLDER` for the device's certificate and key")
	if err := parseFlags(fs, args); err != nil {
		return err
	}
	if c.gateway == "" || c.state == "" {
		return fmt.Errorf("%w: -gateway and -state are needed", errUsage)
	}
	return nil
}
