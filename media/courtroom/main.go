// Command courtroom sends the court's own picture and sound, in clear, to the gateway: one camera and one microphone as one view
// (bench, counsel, hall or dock).
//
//	go run ./media/courtroom -gateway URL -token T -hearing H -view bench -camera X -microphone Y
//
// It is the one program that publishes unmasked media, and it is a program: the station cannot import it. The token names the one
// publication that it may make, so that a court's token can never publish as the witness. What a camera or microphone may be is said in
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
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stderr)
	stop()
	os.Exit(code)
}

// run is the program without its process: its arguments, its error stream and its exit status.
func run(ctx context.Context, args []string, stderr io.Writer) int {
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
	roots                         *x509.CertPool
	log                           *slog.Logger
}

func parse(args []string, stderr io.Writer) (*config, error) {
	cfg := &config{}
	flags := flag.NewFlagSet("courtroom", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&cfg.gateway, "gateway", "", "the gateway's `URL`, such as https://gateway.example:8443")
	flags.StringVar(&cfg.token, "token", "", "the bearer `token` of this view; $PARDA_TOKEN if not given, which other users of the machine cannot read")
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
		return cfg, nil
	}
	pem, err := os.ReadFile(*cert)
	if err != nil {
		return nil, errors.New("the file of -gateway-cert cannot be read")
	}
	cfg.roots = x509.NewCertPool()
	if !cfg.roots.AppendCertsFromPEM(pem) {
		return nil, errors.New("the file of -gateway-cert holds no certificate")
	}
	return cfg, nil
}

func (c *config) check() error {
	views := []string{"bench", "counsel", "hall", "dock"}
	switch {
	case c.gateway == "":
		return errors.New("-gateway is needed")
	case c.token == "":
		return errors.New("-token is needed")
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

// sentence makes an error a sentence.
func sentence(err error) string {
	text := strings.TrimPrefix(strings.TrimPrefix(err.Error(), "wire: "), "capture: ")
	if text != "" && !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}
