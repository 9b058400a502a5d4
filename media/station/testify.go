package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"time"

	courtroomui "parda/courtroom-ui"
	"parda/media/capture"
	"parda/media/enrol"
	"parda/media/enrol/form"
	"parda/media/publish"
)

var errCoreDumps = errors.New("core dumps could not be switched off, so the station does not start")

// errDevice marks a camera or microphone that cannot be opened at the start.
var errDevice = errors.New("device")

// testifyConfig is the command line of testify. It has no field for the masks' session parameters, and must never get one:
// what a clerk can type, somebody can ask for.
type testifyConfig struct {
	gateway, gatewayCert, hearing, token string
	camera, microphone, speaker          string
	state                                string
	width, height                        int
	loop                                 bool
	kiosk                                string
	judgeKey                             string
	json                                 bool
	relayOnly                            bool
	requireLocked, requireConfined       bool
	requireExclusive                     bool

	signalKey, duressKey, emergencyKey string
	roomCode, telephone, body          string // of the emergency's card, where the gateway has never said them
	alarm                              string
}

func testifyFlags(c *testifyConfig, stderr io.Writer) *flag.FlagSet {
	fs := flagSet("testify", stderr)
	fs.StringVar(&c.gateway, "gateway", "", "the gateway's `URL`, https://HOST:PORT (http on this machine only)")
	fs.StringVar(&c.gatewayCert, "gateway-cert", "", "PEM `FILE` of the gateway's certificate, where it is its own")
	fs.StringVar(&c.hearing, "hearing", "demo", "the hearing's `ID`")
	fs.StringVar(&c.token, "token", "", "a bearer `TOKEN` in place of an enrolled device's pass, for the demonstration (or in the environment as PARDA_TOKEN, where other users can list processes)")
	fs.StringVar(&c.camera, "camera", "", "camera: /dev/videoN, a file, or demo:witness; empty for none")
	fs.StringVar(&c.microphone, "microphone", "", "microphone: pulse:NAME, alsa:NAME, a file, or demo:witness; empty for none")
	fs.StringVar(&c.speaker, "speaker-microphone", "", "microphone of a sworn speaker, as -microphone; used only while the order says that one repeats the answers")
	fs.StringVar(&c.state, "state", stateFolder(), "`FOLDER` of the enrolled device, and for the sealed parameters of a testimony that is going on; empty for none")
	fs.BoolVar(&c.loop, "loop", false, "play files again at their end")
	fs.StringVar(&c.kiosk, "kiosk", "127.0.0.1:0", "`ADDRESS` of the witness's page, on this machine only")
	fs.StringVar(&c.judgeKey, "judge-key", "", "short `CODE` (or whole SHA-256) of the judge's key; without it the first key of the hearing is trusted")
	fs.BoolVar(&c.relayOnly, "relay-only", false, "send by the gateway's TURN server and no other way, so that not even the gateway's media port sees this room's address")
	fs.BoolVar(&c.requireLocked, "require-locked", false, "do not start where memory cannot be locked, so that nothing of the witness reaches a swap")
	fs.BoolVar(&c.requireConfined, "require-confined", false, "do not start where the kernel cannot confine this program to its devices, its state and what it must read (Landlock)")
	fs.BoolVar(&c.requireExclusive, "require-exclusive", false, "do not start where another account of this machine, or a sound server, could open the camera or a microphone as well")
	fs.StringVar(&c.signalKey, "signal-key", "", "`DEVICE:CODE` of the witness's silent signal: pressed, the judge alone is told; held for a second, it is a break as well")
	fs.StringVar(&c.duressKey, "duress-key", "", "`DEVICE:CODE` of the key that tells the bench of duress, and changes nothing in the room")
	fs.StringVar(&c.emergencyKey, "emergency-key", "", "`DEVICE:CODE` of the key that ends what this room sends and rings the alarm")
	fs.StringVar(&c.roomCode, "room-code", "", "`CODE` of this room for whoever answers the telephone in an emergency, such as AB-12; the gateway's own word comes first")
	fs.StringVar(&c.telephone, "emergency-telephone", "", "`NUMBER` of the body that holds this room's address under seal")
	fs.StringVar(&c.body, "emergency-body", "", "`NAME` of that body")
	fs.StringVar(&c.alarm, "alarm", alarmSound, "the alarm of an emergency, beside the kiosk's own: sound, none, or the whole path of a `PROGRAM` that runs for as long as it rings")
	fs.BoolVar(&c.json, "json", false, "print the kiosk's link as a line of JSON")
	fs.IntVar(&c.width, "width", 640, "width of the masked picture in pixels")
	fs.IntVar(&c.height, "height", 480, "height of the masked picture in pixels")
	return fs
}

// stateFolder is where a service manager lets this program write (systemd's StateDirectory=), or the user's own place for state; "" where there is none.
func stateFolder() string {
	if dir := os.Getenv("STATE_DIRECTORY"); dir != "" {
		return dir
	}
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "parda-station")
	}
	if home, err := os.UserHomeDir(); err == nil {
		return filepath.Join(home, ".local", "state", "parda-station")
	}
	return ""
}

// roomCode is a code that can be read out and says nothing of the place.
var roomCode = regexp.MustCompile(`^[A-Z]{2}-[0-9]{2,3}$`)

// checkRoom checks the keys, the card and the alarm.
func (c *testifyConfig) checkRoom() error {
	if _, err := c.keys(); err != nil {
		return err
	}
	switch {
	case c.roomCode != "" && !roomCode.MatchString(c.roomCode):
		return fmt.Errorf("%w: -room-code is two capital letters, a hyphen and two or three digits, and says nothing of the place", errUsage)
	case len(c.telephone) > 40 || len(c.body) > 200:
		return fmt.Errorf("%w: -emergency-telephone or -emergency-body is too long to be read out", errUsage)
	case c.alarm != alarmSound && c.alarm != alarmNone && c.alarm != "" && !filepath.IsAbs(c.alarm):
		return fmt.Errorf("%w: -alarm is sound, none or the whole path of a program", errUsage)
	}
	return nil
}

var hearingID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)

// check completes and checks the command line; the URL is the gateway's.
func (c *testifyConfig) check() (*url.URL, error) {
	if c.token == "" {
		c.token = os.Getenv("PARDA_TOKEN")
	}
	os.Unsetenv("PARDA_TOKEN")
	u, err := url.Parse(c.gateway)
	switch {
	case c.gateway == "":
		return nil, fmt.Errorf("%w: -gateway is needed", errUsage)
	case c.token == "" && c.state == "":
		return nil, fmt.Errorf("%w: -state of an enrolled device is needed, or -token for the demonstration", errUsage)
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("%w: -gateway must be a URL such as https://court.example:8443", errUsage)
	case u.Scheme == "http" && !loopbackHost(u.Hostname()):
		return nil, fmt.Errorf("%w: -gateway must be https; http would send the token and the keys of the media in clear", errUsage)
	case !hearingID.MatchString(c.hearing):
		return nil, fmt.Errorf("%w: -hearing is no hearing's id", errUsage)
	case c.token == "" && u.Scheme != "https":
		return nil, fmt.Errorf("%w: an enrolled device speaks to its gateway over TLS only: -gateway must be https", errUsage)
	case c.judgeKey != "" && !validCode(c.judgeKey):
		return nil, fmt.Errorf("%w: -judge-key must be the eight digits that the judge's console shows, or the key's whole SHA-256 in hex", errUsage)
	}
	return u, c.checkRoom()
}

func loopbackHost(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// testify is the command: it runs until it is interrupted, and returns an error for what no waiting heals.
func testify(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var c testifyConfig
	if err := parseFlags(testifyFlags(&c, stderr), args); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(stderr, nil))
	if err := keepMemoryPrivate(log, c.requireLocked); errors.Is(err, errNotLocked) {
		return err
	} else if err != nil {
		return errCoreDumps
	}
	if err := checkConfined(log, c.requireConfined); err != nil {
		return err
	}
	if c.requireExclusive {
		if err := checkExclusive(c.camera, []string{c.microphone, c.speaker}, uint32(os.Getuid()), "/dev"); err != nil {
			return err
		}
		if err := c.checkKeysExclusive(); err != nil {
			return err
		}
	}
	s := &station{config: c, log: log, stdout: stdout}
	return s.run(ctx)
}

// station is the running program: it wires the room's parts and ends them together.
type station struct {
	config testifyConfig
	log    *slog.Logger
	stdout io.Writer
}

func (s *station) run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	gateway, err := s.config.check()
	if err != nil {
		return err
	}
	admission, err := s.admission(gateway)
	if err != nil {
		return err
	}
	camera, microphone, err := s.devices(ctx)
	if err != nil {
		return err
	}
	defer camera.Close()
	defer microphone.Close()
	speaker, err := s.speaker(ctx)
	if err != nil {
		return err
	}

	r := &room{hearing: s.config.hearing, log: s.log, health: newHealth(), width: s.config.width, height: s.config.height, make: newMasks,
		camera: camera, microphone: microphone, speaker: speaker, relayOnly: s.config.relayOnly, ctx: ctx, pending: map[string]bool{}, trust: orderTrust{hearing: s.config.hearing, want: s.config.judgeKey}}
	if r.vault = newVault(s.config.state, s.config.hearing, kernelKeyring{}); r.vault.remember(&r.trust, time.Now()) {
		s.log.Info("a testimony of this hearing was going on when the station ended; its parameters and the judge's key are kept", "key_code", r.trust.code())
	}
	r.publish = func(ctx context.Context, key string) (publication, error) {
		return publishBy(ctx, admission, publish.Config{GatewayURL: gateway.String(), Hearing: s.config.hearing, Rendering: key, Log: s.log,
			RelayOnly: s.config.relayOnly, TURN: r.turnServers()})
	}
	if r.signer, err = newSigner(); err != nil {
		return err
	}
	r.ownCard = emergencyCard{Room: s.config.roomCode, Telephone: s.config.telephone, Body: s.config.body}
	r.kept = newKept(s.config.state, s.config.hearing, kernelKeyring{}, s.log)
	self := newSelfView()
	r.self = self.show
	r.rec = &rehearsal{lasts: rehearsalLasts, newEncoder: func() (maskedEncoder, error) { return publish.NewEncoder() }}
	door, err := newDoor(s.config.kiosk, courtroomui.Dist, self, r.rec.webm, s.log)
	if err != nil {
		return err
	}
	r.kiosk, r.rec.changed = door, door.changed
	r.link = s.linkBy(admission, gateway, r)
	r.siren = newSiren(s.config.alarm, s.log)
	r.remember()
	s.announce(door.link())

	fatal := make(chan error, 2)
	r.workers.Go(func() { fatal <- door.serve(ctx, r) })
	r.workers.Go(func() { fatal <- r.link.run(ctx) })
	r.workers.Go(func() { admission.Keep(ctx, time.Minute) })
	r.workers.Go(func() { r.watch(ctx) })
	r.workers.Go(func() { r.tellFigure(ctx) })
	r.workers.Go(func() { r.kept.run(ctx.Done()) })
	r.workers.Go(func() { s.keys(r).run(ctx) })
	select {
	case <-ctx.Done():
	case err = <-fatal:
	}
	stop()
	camera.Close()
	microphone.Close()
	if m, ok := speaker.(io.Closer); ok {
		m.Close()
	}
	r.close()
	return err
}

// keys follows the bound keys for the room.
func (s *station) keys(r *room) *keyWatch {
	bound, _ := s.config.keys() // checked before
	open := openEvdev
	if s.config.requireExclusive {
		open = func(path string, codes []uint16) (keyDevice, error) {
			if err := keyAlone(path, uint32(os.Getuid())); err != nil {
				return nil, err
			}
			return openEvdev(path, codes)
		}
	}
	return &keyWatch{keys: bound, open: open, pressed: r.keyPressed, held: r.keyHeld, lost: r.keyLost}
}

// admission is by what this station comes in: its enrolment, or, for the demonstration, a token.
func (s *station) admission(gateway *url.URL) (*enrol.Admission, error) {
	if s.config.token != "" {
		roots, err := rootCAs(s.config.gatewayCert)
		if err != nil {
			return nil, err
		}
		s.log.Warn("this station comes with a token and not as an enrolled device: for a demonstration, not for a witness")
		return enrol.ByToken(s.config.token, roots), nil
	}
	d, err := enrol.Open(s.config.state, enrol.Keeper(""))
	if err != nil {
		return nil, err
	}
	s.log.Info("enrolled", "device", d.ID(), "key", d.Kept(), "certificate_until", d.Until().Format(time.DateOnly))
	if d.Kept() == form.KeptFile {
		s.log.Warn("this device's key lies in a file that whoever takes the disk can read")
	}
	return enrol.ByDevice(d, gateway.String(), s.config.hearing, form.Witness), nil
}

// linkBy is the conversation with the gateway under what the station comes in by.
func (s *station) linkBy(a *enrol.Admission, gateway *url.URL, r *room) *link {
	l := newLink(gateway, s.config.hearing, "", nil, r, s.log)
	l.admit, l.lost, l.enrolled = dialer(a), a.Lost, a.Enrolled()
	a.Revoked = func() { r.workers.Go(r.revoked) }
	return l
}

// devices opens camera and microphone, so that a room without them is told before a witness sits down.
func (s *station) devices(ctx context.Context) (*steadyCamera, *steadyMicrophone, error) {
	camera := newCamera(ctx, s.config.camera, s.config.loop, s.config.width, s.config.height)
	if err := camera.start(); err != nil {
		return nil, nil, deviceError("camera", err)
	}
	microphone := newMicrophone(ctx, s.config.microphone, s.config.loop)
	if err := microphone.start(); err != nil {
		camera.Close()
		return nil, nil, deviceError("microphone", err)
	}
	return camera, microphone, nil
}

// speaker is the sworn speaker's microphone. It is opened once, so that a room whose second microphone is broken is told at the start, and rests until an
// order says that a sworn speaker repeats the answers.
func (s *station) speaker(ctx context.Context) (microphone, error) {
	if s.config.speaker == "" {
		return missingMicrophone{}, nil
	}
	m := newMicrophone(ctx, s.config.speaker, s.config.loop)
	if err := m.start(); err != nil {
		return nil, deviceError("sworn speaker's microphone", err)
	}
	m.rest()
	return m, nil
}

// deviceError says in a sentence what is wrong with a device at the start.
func deviceError(which string, err error) error {
	advice := "check the cable, and that no other program uses it"
	switch {
	case errors.Is(err, capture.ErrNoClip):
		advice = "the file is no clip that can be played"
	case errors.Is(err, capture.ErrUnknownDevice):
		advice = "there is no such device or file: is it plugged in?"
	case errors.Is(err, capture.ErrMissing):
		advice = err.Error()
	}
	return fmt.Errorf("the %s cannot be opened: %s (%w)", which, advice, errDevice)
}

// announce prints the kiosk's link: the one line that goes to stdout.
func (s *station) announce(link string) {
	if s.config.json {
		fmt.Fprintf(s.stdout, "{\"kiosk\":%q}\n", link)
		return
	}
	fmt.Fprintf(s.stdout, "The witness's page, for one browser on this machine: %s\n", link)
}

// rootCAs reads the gateway's own certificate; nil means the system's.
func rootCAs(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, errors.New("the file of -gateway-cert cannot be read")
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(b) {
		return nil, errors.New("the file of -gateway-cert holds no certificate in PEM")
	}
	return pool, nil
}

// gatewayClient dials the WebSocket. A redirect could take the token elsewhere, and the gateway sends none.
func gatewayClient(roots *x509.CertPool) *http.Client {
	return &http.Client{
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, TLSHandshakeTimeout: 10 * time.Second, DisableKeepAlives: true,
			ForceAttemptHTTP2: false, TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
