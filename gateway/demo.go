package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// demoHearing is the id of the demonstration's hearing.
const demoHearing = "demo"

// demoViews are the courtroom cameras of the demonstration: enough to show that the dock and the hall go to some and never to the witness.
var demoViews = []string{"bench", "hall", "dock"}

// demo runs a whole hearing on this machine: the gateway in this process, the station and the courtroom cameras as children. It keeps what
// it did in a folder of its own, and goes on with it when that folder is named again.
func demo(ctx context.Context, args []string, out, errOut io.Writer) error {
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(errOut)
	var o demoOptions
	flags.StringVar(&o.station, "station", "bin/station", "`PATH` of the station's program")
	flags.StringVar(&o.courtroom, "courtroom", "bin/courtroom", "`PATH` of the courtroom camera's program")
	flags.StringVar(&o.tripwire, "tripwire", "", "`PATH` of the audio tripwire's program; none: beside this one")
	flags.StringVar(&o.data, "data", "", "`FOLDER` to keep the hearing in, or to go on with; none: a new one under demo-data")
	flags.StringVar(&o.camera, "camera", "", "the witness's camera: V4L2 device or clip; none: a face made on the spot")
	flags.StringVar(&o.microphone, "microphone", "", "the witness's microphone: ALSA or Pulse device or clip; none: testimony spoken by espeak-ng")
	flags.IntVar(&o.port, "port", 8470, "first of the four `PORT`s that are used; 0 takes free ones")
	flags.BoolVar(&o.small, "small", false, "small pictures of the witness, and small and slow ones of the courtroom, for a machine on which the browsers run, too")
	flags.BoolVar(&o.json, "json", false, "print the links as one line of JSON")
	flags.StringVar(&o.template, "template", "identity_hidden", "template of the order: no_confrontation, identity_hidden, anonymous_to_defence")
	if err := flags.Parse(args); err != nil {
		return errSaid
	}
	if err := o.prepare(); err != nil {
		return err
	}
	log, closeLog, err := o.openLog()
	if err != nil {
		return err
	}
	defer closeLog()
	app, err := Open(o.config(), log)
	if err != nil {
		return err
	}
	return o.play(ctx, app, log, out)
}

type demoOptions struct {
	station, courtroom, tripwire, data, camera, microphone, template string
	port                                                             int
	json, small                                                      bool
	logFile                                                          *os.File
}

func (o *demoOptions) prepare() error {
	for _, p := range []string{o.station, o.courtroom} {
		if _, err := os.Stat(p); err != nil {
			return fmt.Errorf("%s is not there; `make build` makes it", p)
		}
	}
	if o.data == "" {
		o.data = filepath.Join("demo-data", time.Now().UTC().Format("20060102-150405"))
	}
	if o.camera == "" {
		o.camera = "demo:witness"
	}
	if o.microphone == "" {
		o.microphone = "demo:witness"
	}
	return os.MkdirAll(o.data, 0o700)
}

// openLog puts the operator's log into the hearing's folder, so that the links stay readable in the terminal.
func (o *demoOptions) openLog() (*slog.Logger, func() error, error) {
	f, err := os.OpenFile(filepath.Join(o.data, "demo.log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, err
	}
	o.logFile = f
	return operatorLog(f), f.Close, nil
}

func (o *demoOptions) config() Config {
	at := func(offset int) string {
		if o.port == 0 {
			return "127.0.0.1:0"
		}
		return fmt.Sprintf("127.0.0.1:%d", o.port+offset)
	}
	return Config{
		Data: o.data,
		// The demonstration's programs are new ones at each start, and its links are read off the terminal.
		Redraw:   true,
		HTTP:     HTTPConfig{Local: at(0), Listen: at(1)},
		Media:    MediaConfig{UDP: at(2), TCP: at(2), Addresses: []string{"127.0.0.1"}},
		TURN:     TURNConfig{UDP: at(3), TCP: at(3), Realm: "parda"},
		Tripwire: TripwireConfig{Audio: o.tripwire},
		Access:   AccessConfig{Seats: SeatsByLink}, // nobody has an account in a demonstration
		// Nobody answers there: the demonstration shows where the number stands.
		Emergency: EmergencyConfig{Telephone: "+994 00 000 00 00", Body: "Nümayiş xidməti"},
		Hearings: []HearingConfig{{
			ID: demoHearing, CaseNo: "1(101)-1/2026", Court: "baku", Pseudonym: "Lalə", Template: o.template,
			Reason: "Nümayiş üçün qərar: şahid insan alverindən zərər çəkmiş şəxsdir və məhkəmədən əvvəl hədələnib.",
			Views:  demoViews, Room: "NR-12",
		}},
	}
}

// play starts the children once the gateway listens, prints the links, and ends all of it together.
func (o *demoOptions) play(ctx context.Context, app *App, log *slog.Logger, out io.Writer) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var all sync.WaitGroup
	links := app.Links()
	kiosk := make(chan string, 8)
	station := o.stationChild(app, kiosk)
	children := append([]*child{station}, o.courtroomChildren(app)...)
	for _, c := range children {
		all.Go(func() { c.run(ctx, log, o.logFile) })
	}
	all.Go(func() {
		select {
		case <-ctx.Done():
			return
		case links.Kiosk = <-kiosk:
		}
		for _, c := range children {
			links.Processes = append(links.Processes, ProcessLink{Name: c.name, PID: c.process()})
		}
		links.Folder = o.data
		links.OfficerCode = app.officerCode(ctx, demoHearing)
		printLinks(out, links, o.json)
		for ctx.Err() == nil { // a station that was started again has a new page for the witness
			select {
			case <-ctx.Done():
			case again := <-kiosk:
				printLinks(out, Links{Kiosk: again, Folder: o.data, Processes: []ProcessLink{{Name: station.name, PID: station.process()}}}, o.json)
			}
		}
	})
	err := app.Run(ctx)
	stop()
	all.Wait()
	return err
}

func (o *demoOptions) stationChild(app *App, kiosk chan<- string) *child {
	width, height := "640", "480"
	if o.small {
		width, height = "320", "240"
	}
	return &child{name: "station", path: o.station, token: app.Token(demoHearing, "witness"), args: []string{"testify", "-width", width, "-height", height,
		"-gateway", app.TLSURL(), "-gateway-cert", app.CertificateFile(), "-hearing", demoHearing,
		"-camera", o.camera, "-microphone", o.microphone, "-speaker-microphone", "demo:counsel", "-state", filepath.Join(o.data, "station"), "-loop", "-kiosk", "127.0.0.1:0", "-json"},
		onLine: func(line string) {
			var first struct {
				Kiosk string `json:"kiosk"`
			}
			if json.Unmarshal([]byte(line), &first) == nil && first.Kiosk != "" {
				kiosk <- first.Kiosk
			}
		}}
}

func (o *demoOptions) courtroomChildren(app *App) []*child {
	var all []*child
	for _, view := range demoViews {
		size, fps := "320x240", "10"
		if view == "bench" && !o.small {
			size = "640x480"
		}
		if o.small {
			fps = "5"
		}
		all = append(all, &child{name: "courtroom-" + view, path: o.courtroom, token: app.Token(demoHearing, "court/"+view), args: []string{
			"-gateway", app.TLSURL(), "-gateway-cert", app.CertificateFile(), "-hearing", demoHearing, "-view", view, "-camera", "demo:" + view, "-microphone", "demo:" + view, "-size", size, "-fps", fps, "-loop"}})
	}
	return all
}

// Links is what a person, or a script, needs to take part: one link for each seat that is free.
type Links struct {
	Gateway        string              `json:"gateway,omitempty"`
	TLS            string              `json:"tls,omitempty"`
	Seats          []SeatLink          `json:"seats,omitempty"`
	Kiosk          string              `json:"kiosk,omitempty"`
	Tokens         map[string]string   `json:"tokens,omitempty"` // publication -> bearer token; printed by serve only, for whoever starts stations and cameras
	Administrators []AdministratorLink `json:"administrators,omitempty"`
	Processes      []ProcessLink       `json:"processes,omitempty"`
	Folder         string              `json:"folder,omitempty"`

	// OfficerCode is what the officer of the shielded room types on the kiosk; printed by the demonstration only, where nobody issues one.
	OfficerCode string `json:"officer_code,omitempty"`
}

// AdministratorLink is the one-time code by which a court's first administrator makes her account.
type AdministratorLink struct {
	Court string    `json:"court"`
	Code  string    `json:"code"`
	Link  string    `json:"link"`
	Ends  time.Time `json:"ends"`
}

// SeatLink is the way into one seat. Link is empty where the seat is taken; the clerk can issue another.
type SeatLink struct {
	Hearing string `json:"hearing"`
	Seat    string `json:"seat"`
	Role    string `json:"role"`
	Link    string `json:"link,omitempty"`
}

// ProcessLink names a child of the demonstration.
type ProcessLink struct {
	Name string `json:"name"`
	PID  int    `json:"pid"`
}

func printLinks(out io.Writer, l Links, asJSON bool) {
	if asJSON {
		json.NewEncoder(out).Encode(l)
		return
	}
	var b strings.Builder
	if len(l.Seats) > 0 {
		b.WriteString("\nOne link for each seat. The first browser that opens it gets the seat.\n\n")
	}
	for _, s := range l.Seats {
		link := s.Link
		if link == "" {
			link = "issued before; the clerk can issue another"
		}
		fmt.Fprintf(&b, "  %-22s %s\n", strings.ReplaceAll(s.Role, "_", " "), link)
	}
	if len(l.Administrators) > 0 {
		b.WriteString("\nNo administrator yet. Whoever opens this link first makes that court's first administrator; it is good once, until the time beside it.\n\n")
	}
	for _, first := range l.Administrators {
		fmt.Fprintf(&b, "  %-22s %s   %s\n", first.Court, first.Link, first.Ends.UTC().Format("2006-01-02 15:04 UTC"))
	}
	for _, label := range slices.Sorted(maps.Keys(l.Tokens)) {
		fmt.Fprintf(&b, "  token of %-22s %s\n", label, l.Tokens[label])
	}
	if l.Kiosk != "" {
		fmt.Fprintf(&b, "  %-22s %s\n", "witness's kiosk", l.Kiosk)
	}
	if l.OfficerCode != "" {
		fmt.Fprintf(&b, "  %-22s %s\n", "room officer's code", l.OfficerCode)
	}
	if l.Folder != "" {
		fmt.Fprintf(&b, "\nEverything is kept in %s. Ctrl-C ends the hearing's programs; `bin/gateway demo -data %s` goes on with it.\n", l.Folder, l.Folder)
	}
	io.WriteString(out, b.String())
}

// portTaken turns the operating system's words into the operator's.
func portTaken(what, address string, err error) error {
	var op *net.OpError
	if errors.As(err, &op) && strings.Contains(err.Error(), "address already in use") {
		return fmt.Errorf("%s: port %s is taken by another program; name another port or end that program", what, address)
	}
	return fmt.Errorf("%s: %w", what, err)
}
