// Command courtroom sends the court's own picture and sound, in clear, to the gateway: one camera and one microphone as one view
// (bench, counsel, hall or dock).
//
//	courtroom enrol -gateway URL -code C                                              makes this camera known to its court, once
//	courtroom -gateway URL -hearing H -view bench -camera X -microphone Y
//
// It is the one program that publishes unmasked media, and it is a program: the station cannot import it. It comes in as a device that the court has
// enrolled as a camera and placed at this view (media/enrol), so that it can never publish as the witness; -token stands in for that in the demonstration. What a camera or microphone may be is said in
// media/capture. It tries again when the link is lost, ends with 0 on SIGINT and SIGTERM (or when a clip ends that
// does not loop), and with 1 and a sentence on stderr when trying again cannot help.
package main

import (
	"context"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"parda/media/enrol"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stderr)
	stop()
	os.Exit(code)
}

// run is the program without its process: its arguments, its error stream and its exit status.
func run(ctx context.Context, args []string, stderr io.Writer) int {
	if len(args) > 0 && args[0] == "enrol" {
		if err := enrolCamera(ctx, args[1:], stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintf(stderr, "courtroom: %s\n", sentence(err))
			return 1
		}
		return 0
	}
	cfg, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err == nil {
		cfg.log = slog.New(slog.NewTextHandler(stderr, nil))
		err = show(ctx, cfg)
	}
	if err != nil && ctx.Err() == nil {
		fmt.Fprintf(stderr, "courtroom: %s\n", sentence(err))
		return 1
	}
	return 0
}

// config is what the command line says.
type config struct {
	gateway, token, hearing, view string
	camera, microphone            string
	loop                          bool
	width, height, fps            int
	state                         string
	roots                         *x509.CertPool
	admission                     *enrol.Admission
	log                           *slog.Logger
}

func parse(args []string, stderr io.Writer) (*config, error) {
	cfg := &config{}
	flags := flag.NewFlagSet("courtroom", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&cfg.gateway, "gateway", "", "the gateway's `URL`, such as https://gateway.example:8443")
	flags.StringVar(&cfg.token, "token", "", "a bearer `token` in place of an enrolled device's pass, for the demonstration; $PARDA_TOKEN if not given, which other users of the machine cannot read")
	flags.StringVar(&cfg.state, "state", os.Getenv("STATE_DIRECTORY"), "`folder` of the enrolled device")
	flags.StringVar(&cfg.hearing, "hearing", "demo", "the hearing's `id`")
	flags.StringVar(&cfg.view, "view", "", "bench, counsel, hall or dock")
	flags.StringVar(&cfg.camera, "camera", "", "a V4L2 device, a clip, or demo:bench (counsel, hall, dock); empty for none")
	flags.StringVar(&cfg.microphone, "microphone", "", "pulse:NAME, alsa:NAME, a clip, or demo:bench (counsel, hall, dock); empty for none")
	flags.BoolVar(&cfg.loop, "loop", false, "start a clip anew at its end")
	size := flags.String("size", "640x480", "`WIDTHxHEIGHT` of the picture")
	flags.IntVar(&cfg.fps, "fps", 25, "pictures per second, 1 to 60")
	cert := flags.String("gateway-cert", "", "PEM `file` with the gateway's certificate, if no known authority signed it")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if cfg.token == "" {
		cfg.token = os.Getenv("PARDA_TOKEN")
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("the argument %q is not understood", flags.Arg(0))
	}
	if n, err := fmt.Sscanf(*size, "%dx%d", &cfg.width, &cfg.height); n != 2 || err != nil || fmt.Sprintf("%dx%d", cfg.width, cfg.height) != *size {
		return nil, errors.New("-size must be like 640x480")
	}
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if *cert == "" {
		return cfg, cfg.admit()
	}
	pem, err := os.ReadFile(*cert)
	if err != nil {
		return nil, errors.New("the file of -gateway-cert cannot be read")
	}
	cfg.roots = x509.NewCertPool()
	if !cfg.roots.AppendCertsFromPEM(pem) {
		return nil, errors.New("the file of -gateway-cert holds no certificate")
	}
	return cfg, cfg.admit()
}

func (c *config) check() error {
	views := []string{"bench", "counsel", "hall", "dock"}
	switch {
	case c.gateway == "":
		return errors.New("-gateway is needed")
	case c.token == "" && c.state == "":
		return errors.New("-state of an enrolled device is needed, or -token for the demonstration")
	case c.hearing == "":
		return errors.New("-hearing is needed")
	case !slices.Contains(views, c.view):
		return fmt.Errorf("-view must be one of %s", strings.Join(views, ", "))
	case c.camera == "" && c.microphone == "":
		return errors.New("-camera or -microphone is needed")
	case c.camera == "demo:witness" || c.microphone == "demo:witness":
		return errors.New("the witness is never shown from the courtroom")
	}
	return nil
}

// admit finds by what this camera comes in.
func (c *config) admit() error {
	if c.token != "" {
		c.admission = enrol.ByToken(c.token, c.roots)
		return nil
	}
	d, err := enrol.Open(c.state, enrol.Keeper(""))
	if err == nil {
		c.admission = enrol.ByDevice(d, c.gateway, c.hearing, "court/"+c.view)
	}
	return err
}

// enrolCamera makes this camera known to its court, as `station enrol` does for a room.
func enrolCamera(ctx context.Context, args []string, stderr io.Writer) error {
	flags := flag.NewFlagSet("courtroom enrol", flag.ContinueOnError)
	flags.SetOutput(stderr)
	gateway := flags.String("gateway", "", "the gateway's `URL`, https://HOST:PORT")
	code := flags.String("code", "", "the one-time `code` that the court gave for this camera")
	state := flags.String("state", os.Getenv("STATE_DIRECTORY"), "`folder` for the device's certificate and key")
	key := flags.String("key", "", "where the key is to be: tpm, wrapped or file; without it the best of what is here, and never file")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *gateway == "" || *code == "" || *state == "" {
		return errors.New("-gateway, -code and -state are needed")
	}
	j, err := enrol.Join(ctx, *gateway, *code, *state, enrol.Keeper(*key), false)
	if err != nil {
		return err
	}
	fmt.Fprintf(stderr, "Read this short code to the court's administrator over the telephone:\n\n    %s\n\nWaiting until it is confirmed there.\n", j.ShortCode)
	d, err := j.Wait(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(stderr, "Enrolled as %s, with its key kept as: %s.\n", d.ID(), d.Kept())
	return nil
}

// sentence makes an error a sentence.
func sentence(err error) string {
	text := strings.TrimPrefix(strings.TrimPrefix(err.Error(), "wire: "), "capture: ")
	if text != "" && !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}
