// Command companion is the seat's own program for the vault: it serves the page that handles vault keys from inside its binary, on this machine alone, and
// carries between that page and one gateway what the vault's routes allow.
//
// It is there because the gateway serves the court's other pages, and whoever runs the gateway could serve others (A3): code that touches a key or a name
// must come from elsewhere. The page and its signed list of files are in the binary; no script, markup or redirect of the gateway reaches the page. Keys are
// made and used in the page; this program stores them wrapped and never sees one in clear, except for the recovery pair, which it makes offline.
//
//	companion -gateway https://court.example [-gateway-cert FILE | -pin SHA256]
//	companion recovery -court baku -public recovery.json
package main

import (
	"bufio"
	"context"
	"embed"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"parda/courtroom-ui/companion/manifest"
)

// version is this program's; the page has its own hash.
const version = "0.1.0"

//go:embed all:page
var pageFiles embed.FS

//go:embed page.manifest
var pageManifest []byte

// releaseKey verifies releases: a line as deploy/sign-release -new prints it. Empty in the repository: who releases for a court puts it here.
//
//go:embed release.pub
var releaseKey string

type options struct {
	gateway, cert, pin, state, port string
	development                     bool
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("companion: ")
	args := os.Args[1:]
	var err error
	if len(args) > 0 && args[0] == "recovery" {
		f := flag.NewFlagSet("recovery", flag.ExitOnError)
		court := f.String("court", "", "the `COURT`, such as baku")
		public := f.String("public", "recovery.json", "`FILE` for the two public cards")
		_ = f.Parse(args[1:])
		err = recovery(*court, *public, os.Stdout)
	} else {
		var o options
		f := flag.NewFlagSet("companion", flag.ExitOnError)
		f.StringVar(&o.gateway, "gateway", "", "address of the court's gateway, https `URL`")
		f.StringVar(&o.cert, "gateway-cert", "", "PEM `FILE` of the gateway's certificate, where it is its own")
		f.StringVar(&o.pin, "pin", "", "`SHA256` of the certificate that the gateway must show")
		f.StringVar(&o.state, "state", "", "`FOLDER` for the keyring (default: the user's state folder)")
		f.StringVar(&o.port, "port", "7440", "`PORT` on localhost; a passkey and the saved link belong to it")
		f.BoolVar(&o.development, "development", false, "serve a page that is signed by the development key, whose private half everybody has")
		_ = f.Parse(args)
		err = run(o)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func run(o options) error {
	files, err := fs.Sub(pageFiles, "page")
	if err != nil {
		return err
	}
	page, err := manifest.Open(files, pageManifest, strings.TrimSpace(releaseKey), o.development)
	if err != nil {
		return err
	}
	g, err := newGateway(o.gateway, o.cert, o.pin)
	if err != nil {
		return err
	}
	r, err := ringOf(o.state, g.base.Host)
	if err != nil {
		return err
	}
	listeners, port, err := loopback(o.port)
	if err != nil {
		return err
	}
	d := &door{port: port, page: page.Files}
	server := &http.Server{Handler: serve(d, g, r, page), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: time.Minute, WriteTimeout: time.Minute, MaxHeaderBytes: 16 << 10}
	failed := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() { failed <- server.Serve(l) }()
	}
	fmt.Printf("parda companion %s\nSHA-256 of the page: %s\n", version, page.SHA256)
	if page.Development {
		fmt.Println("This page is signed by the development key: it is for trying out, not for a protected person.")
	}
	fmt.Println(d.newLink())
	go links(d)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	_ = server.Close()
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return err
}

// links prints a fresh link for each line that is typed: a link enters one browser, once.
func links(d *door) {
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		fmt.Println(d.newLink())
	}
}

type localState struct {
	Version     string `json:"version"`
	SHA256      string `json:"sha256"`
	Development bool   `json:"development"`
	Gateway     string `json:"gateway"`
	Paired      bool   `json:"paired"`
}

// serve is every route of this program.
func serve(d *door, g *gateway, r *ring, page *manifest.Page) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", d.file)
	mux.HandleFunc("POST /local/enter", d.own(false, d.enter))
	mux.HandleFunc("GET /local/state", d.own(true, func(w http.ResponseWriter, _ *http.Request) {
		_, paired := g.bearer()
		answer(w, http.StatusOK, localState{version, page.SHA256, page.Development, g.base.Host, paired})
	}))
	mux.HandleFunc("POST /local/pair", d.own(true, func(w http.ResponseWriter, req *http.Request) {
		var body struct {
			Code string `json:"code"`
		}
		if err := readJSON(req.Body, 1024, &body); err != nil {
			fail(w, errBody)
			return
		}
		if refusal := g.pair(req.Context(), body.Code, version, page.SHA256); refusal != nil {
			fail(w, refusal)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	mux.HandleFunc("POST /local/unpair", d.own(true, func(w http.ResponseWriter, _ *http.Request) {
		g.unpair()
		w.WriteHeader(http.StatusNoContent)
	}))
	mux.HandleFunc("GET /local/keyring", d.own(true, r.give))
	mux.HandleFunc("PUT /local/keyring", d.own(true, r.take))
	for _, route := range vaultRoutes {
		mux.HandleFunc(route.pattern, d.own(true, g.forward(route)))
	}
	return d.guard(mux)
}
