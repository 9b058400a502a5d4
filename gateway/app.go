package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"parda/courtroom-ui"
	"parda/gateway/access"
	"parda/gateway/access/account"
	"parda/gateway/access/audit"
	"parda/gateway/access/device"
	"parda/gateway/access/stepup"
	"parda/gateway/certificate"
	"parda/gateway/hearing"
	"parda/gateway/identity"
	"parda/gateway/incident/evidence"
	"parda/gateway/incident/evidence/render"
	"parda/gateway/incident/register"
	"parda/gateway/ledger"
	"parda/gateway/minutes"
	"parda/gateway/proceeding"
	"parda/gateway/store"
	"parda/gateway/visibility"
	"parda/media/door"
	"parda/media/mask/face"
	"parda/media/relay"
	"parda/media/tripwire/ear"
)

// App is the whole gateway. Open makes it ready to listen and Run runs it until its context ends; tests run the real one on port 0.
type App struct {
	config   Config
	log      *slog.Logger
	store    *store.Store
	ledger   *ledger.Ledger
	access   *access.Access
	audit    *audit.Book
	accounts *account.Accounts
	devices  *device.Register
	touches  *stepup.Desk
	vault    *identity.Vault
	relay    *relay.Relay
	turn     *relay.TURN
	ear      *ear.Ear      // the audio tripwire; nil where it is off
	passes   *relay.Passes // of the TURN server's short-lived credentials; nil where there is none
	turnAt   []string      // where pages find the TURN server
	board    *switchboard
	metrics  *prometheus.Registry
	words    minutes.Words // in the language of the court, for the protocol
	formulas []byte        // for the writing line of the protocol, as pages get them

	turnstiles *turnstiles
	patience   patience
	companions *companions // programs on people's machines that speak to the vault for them

	incidents   *register.Register
	locker      *evidence.Locker // the evidence of incidents, sealed
	renders     *render.Program  // looks into attachments
	copying     copies
	incidentNow func() time.Time // the clock of requests for protection
	referrals   referrals
	statistics  sync.Mutex // over the release of a quarter
	protections protections
	glances     glances

	certificate   *certificate.Keeper // nil where the gateway serves no TLS and knows no proxy's
	local, secure net.Listener        // nil where not configured

	hearings map[string]*proceeding.Proceeding
	wakes    map[string]chan struct{} // by hearing: somebody or something ended, and what is open is asked again
	links    Links
	tokens   map[string]string // hearing/label -> token, of this start
}

// Open opens the store and the ledger, makes the hearings that the configuration names and that are not there yet, and takes the ports. What it
// opened is closed again when it fails.
func Open(config Config, log *slog.Logger) (_ *App, err error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	log = quiet(log)
	a := &App{config: config, log: log, board: newSwitchboard(), turnstiles: newTurnstiles(), patience: defaultPatience(), hearings: map[string]*proceeding.Proceeding{}, wakes: map[string]chan struct{}{}, tokens: map[string]string{}}
	defer func() {
		if err != nil {
			a.closeAll(context.Background())
		}
	}()
	if a.formulas, err = config.Protocol.read(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(config.Data, 0o700); err != nil {
		return nil, fmt.Errorf("the data folder cannot be made: %w", err)
	}
	if a.store, err = store.Open(filepath.Join(config.Data, "store")); err != nil {
		return nil, err
	}
	if a.ledger, err = ledger.Open(ledger.Config{Dir: filepath.Join(config.Data, "ledger"), Store: a.store, Log: log}); err != nil {
		return nil, err
	}
	a.access = access.New(access.Config{Store: a.store})
	a.audit = audit.New(a.ledger)
	if a.words, err = courtWords(); err != nil {
		return nil, err
	}
	if err := a.listen(); err != nil {
		return nil, err
	}
	if err := a.openAccounts(); err != nil {
		return nil, err
	}
	if err := a.openVault(); err != nil {
		return nil, err
	}
	if err := a.openDevices(); err != nil {
		return nil, err
	}
	if err := a.openIncidents(context.Background()); err != nil {
		return nil, err
	}
	if err := a.openEvidence(); err != nil {
		return nil, err
	}
	if err := a.openReferrals(); err != nil {
		return nil, err
	}
	a.touches = stepup.New(passkeys{a.accounts}, nil)
	a.accounts.OnEnded(func(session, _ string) { a.ended(session) })
	a.accounts.OnBusy(a.sits)
	if err := a.openMedia(); err != nil {
		return nil, err
	}
	a.metrics = newMetrics(a)
	for _, h := range config.Hearings {
		if err := a.openHearing(context.Background(), h); err != nil {
			return nil, err
		}
	}
	if err := a.tickIncidents(context.Background()); err != nil { // what an earlier run flagged and did not mirror any more, and what was slept through
		return nil, err
	}
	if err := a.settleAttachments(context.Background()); err != nil {
		return nil, err
	}
	return a, a.firstCodes(context.Background())
}

// courtWords are the labels of the interface in the language of the court, which the protocol is written in.
func courtWords() (minutes.Words, error) {
	file, err := fs.ReadFile(courtroomui.Locales, "az.json")
	if err != nil {
		return nil, fmt.Errorf("labels: %w", err)
	}
	return minutes.LocaleWords(file)
}

func (a *App) listen() (err error) {
	if addr := a.config.HTTP.Local; addr != "" {
		if a.local, err = net.Listen("tcp", addr); err != nil {
			return portTaken("pages on this machine (http.local)", addr, err)
		}
	}
	if addr := a.config.HTTP.Listen; addr != "" {
		if a.secure, err = net.Listen("tcp", addr); err != nil {
			return portTaken("pages over TLS (http.listen)", addr, err)
		}
		a.secure = door.Guard(a.secure, pagesDoor)
	}
	return a.openCertificate()
}

func (a *App) openMedia() (err error) {
	c := a.config.Media
	listener, err := a.openTripwire()
	if err != nil {
		return err
	}
	a.relay, err = relay.New(relay.Config{UDPAddr: c.UDP, TCPAddr: c.TCP, Addresses: c.Addresses, Log: a.log, OnEvent: a.board.onEvent,
		FindFaces: face.FindFaces, Ear: listener, Signed: !a.config.Tripwire.Unsigned})
	if err != nil {
		return portTaken("media (media.udp, media.tcp)", c.UDP, err)
	}
	a.board.relay = a.relay
	return a.openTURN()
}

// openHearing makes a hearing at its first start, and at every start draws new links for the seats that nobody has taken and new
// tokens for station and cameras.
func (a *App) openHearing(ctx context.Context, c HearingConfig) error {
	seats := c.Seats
	if len(seats) == 0 {
		seats = hearing.DefaultSeats()
	}
	_, err := a.store.Hearing(ctx, c.ID)
	if errors.Is(err, store.ErrUnknown) {
		if c, err = a.underPseudonym(ctx, c); err == nil {
			err = a.createHearing(ctx, c, seats)
		}
	}
	if err != nil {
		return fmt.Errorf("hearing %s: %w", c.ID, err)
	}
	p, err := proceeding.Open(ctx, proceeding.Config{
		ID: c.ID, Folder: filepath.Join(a.config.Data, "hearings", c.ID), Ledger: a.ledger, Access: a.access,
		Media: line{a.board, c.ID}, Source: line{a.board, c.ID}, Words: a.words,
		Link: func(seat, code string) string { return a.seatLink(c.ID, seat, code) }, TURN: passDesk{a, c.ID}, StepUp: a.stepUps(), Log: a.log,
		Card: a.config.Emergency.card(c.Room), Leaks: a.leakFacts(c.ID, time.Now()), Pseudonyms: pseudonyms{a.vault, c.Court},
		Protection: func() []visibility.ProtectionView { return a.protections.of(c.ID) }, Observed: a.incidents.Wake,
		Evidence:   a.keeperOf(c.ID, c.Court),
		IncidentOf: func(flag string) string { return register.IncidentOf(c.ID, flag) },
	})
	if err != nil {
		return fmt.Errorf("hearing %s: %w", c.ID, err)
	}
	a.hearings[c.ID], a.wakes[c.ID] = p, make(chan struct{}, 1)
	a.board.connect(c.ID, p)
	if err := a.tellRevoked(ctx, c.ID); err != nil {
		return err
	}
	return a.issueLinks(ctx, c, seats)
}

// createHearing enters the hearing and the draft of its order. The seats get no code yet: openHearing draws them.
func (a *App) createHearing(ctx context.Context, c HearingConfig, seats []hearing.SeatSpec) error {
	_, draft, err := hearing.NewDraft(c.ID, nil, hearing.DraftArgs{Template: c.Template, Reason: c.Reason, Pseudonym: c.Pseudonym}, time.Now())
	if err != nil {
		return err
	}
	if !slices.Contains(hearing.Courts(), c.Court) {
		return fmt.Errorf("there is no court %q", c.Court)
	}
	var drafts []ledger.Draft
	for _, d := range hearing.Create(c.ID, c.CaseNo, c.Court, seats) {
		drafts = append(drafts, ledger.Draft{Code: string(d.Code), Actor: d.Actor, Payload: d.Payload})
	}
	drafts = append(drafts, ledger.Draft{Code: string(hearing.OrderDrafted), Actor: string(hearing.System), Payload: hearing.OrderDraftedPayload{Bytes: draft}})
	if _, err := a.ledger.Append(ctx, c.ID, drafts...); err != nil {
		return err
	}
	kept, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return a.store.PutHearing(ctx, c.ID, kept)
}

// issueLinks draws codes and tokens. What was handed out at an earlier start stays good, so that a restart in the middle of a hearing sends
// nobody away; with redraw, whoever did not use theirs yet gets new ones.
func (a *App) issueLinks(ctx context.Context, c HearingConfig, seats []hearing.SeatSpec) error {
	for _, s := range seats {
		if s.Role == hearing.ProtectedWitness {
			continue // the witness's seat is the station's, by its token
		}
		link, err := a.issueLink(ctx, c.ID, s)
		if err != nil {
			return err
		}
		a.links.Seats = append(a.links.Seats, link)
	}
	if !a.config.Access.byLink() {
		return nil // rooms and cameras come in as enrolled devices
	}
	kept, err := a.store.Tokens(ctx, c.ID)
	if err != nil && !errors.Is(err, store.ErrUnknown) {
		return err
	}
	for _, label := range append([]string{"witness"}, viewLabels(c.Views)...) {
		if _, ok := kept[label]; ok && !a.config.Redraw {
			continue
		}
		token, err := a.access.IssueToken(ctx, c.ID, label)
		if err != nil {
			return err
		}
		a.tokens[c.ID+"/"+label] = token
	}
	return nil
}

func (a *App) issueLink(ctx context.Context, id string, s hearing.SeatSpec) (SeatLink, error) {
	link := SeatLink{Hearing: id, Seat: s.ID, Role: string(s.Role)}
	capacity := 1
	if s.Role == hearing.Gallery {
		capacity = access.GalleryCapacity
	}
	if !a.config.Access.byLink() { // persons are invited, and the clerk gives out the links of places
		return link, a.access.Close(ctx, id, s.ID, capacity)
	}
	_, err := a.store.Seat(ctx, id, s.ID)
	if err != nil && !errors.Is(err, store.ErrUnknown) {
		return link, err
	}
	if issued := err == nil; issued {
		taken, err := a.taken(ctx, id, s.ID)
		if err != nil || taken || !a.config.Redraw {
			return link, err
		}
	}
	code, err := a.access.Issue(ctx, id, s.ID, capacity)
	if err == nil {
		link.Link = a.seatLink(id, s.ID, code)
	}
	return link, err
}

func viewLabels(views []string) []string {
	labels := make([]string, len(views))
	for i, v := range views {
		labels[i] = "court/" + v
	}
	return labels
}

// taken says whether somebody holds the seat; a seat that does not exist yet is not taken.
func (a *App) taken(ctx context.Context, hearing, seat string) (bool, error) {
	cookies, err := a.store.Cookies(ctx, hearing, seat)
	if errors.Is(err, store.ErrUnknown) {
		return false, nil
	}
	return len(cookies) > 0, err
}

// Run serves until ctx ends, then closes everything in the order in which nothing is lost.
func (a *App) Run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var all sync.WaitGroup
	for id, p := range a.hearings {
		all.Go(func() { p.Run(ctx) })
		all.Go(func() { a.watch(ctx, p, a.wakes[id]) })
	}
	if a.certificate != nil {
		all.Go(func() { a.certificate.Run(ctx) })
	}
	all.Go(func() { a.accounts.Run(ctx) })
	all.Go(func() { a.tendVault(ctx) })
	if a.referrals.post != nil {
		all.Go(func() { a.referrals.post.Run(ctx) })
	}
	all.Go(func() { a.tendIncidents(ctx) })
	all.Go(func() { a.tendEvidence(ctx) })
	all.Go(func() { a.tendIdentities(ctx) })
	var servers []*http.Server
	for _, l := range []net.Listener{a.local, a.secure} {
		if l == nil {
			continue
		}
		s := a.server(l == a.secure)
		servers = append(servers, s)
		all.Go(func() {
			var err error
			if l == a.secure {
				err = s.ServeTLS(l, "", "")
			} else {
				err = s.Serve(l)
			}
			if !errors.Is(err, http.ErrServerClosed) {
				stop(err)
			}
		})
	}
	<-ctx.Done()
	for _, s := range servers {
		quiet, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		if err := s.Shutdown(quiet); err != nil {
			s.Close()
		}
		cancel()
	}
	all.Wait()
	late, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err := a.closeAll(late)
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		err = errors.Join(cause, err)
	}
	return err
}

func (a *App) closeAll(ctx context.Context) error {
	var all []error
	if a.turn != nil {
		all = append(all, a.turn.Close())
	}
	if a.relay != nil {
		a.relay.Close()
	}
	if a.ear != nil {
		a.ear.Close()
	}
	for _, l := range []net.Listener{a.local, a.secure} {
		if l != nil {
			l.Close() // closed already where a server ran on it
		}
	}
	if a.ledger != nil {
		all = append(all, a.ledger.Close(ctx))
	}
	if a.store != nil {
		all = append(all, a.store.Close())
	}
	return errors.Join(all...)
}

// URL is how a browser on this machine calls the gateway: over plain loopback where that is served, so that no certificate is asked about.
func (a *App) URL() string {
	if a.config.HTTP.Origin != "" {
		return a.config.HTTP.Origin
	}
	if a.local != nil {
		return fmt.Sprintf("http://localhost:%d", a.local.Addr().(*net.TCPAddr).Port)
	}
	return a.TLSURL()
}

// TLSURL is how the station and the courtroom cameras call the gateway.
func (a *App) TLSURL() string {
	if a.secure == nil {
		return a.URL()
	}
	return fmt.Sprintf("https://localhost:%d", a.secure.Addr().(*net.TCPAddr).Port)
}

// Token is the bearer token of one publication: "witness", or "court/bench" and so on.
func (a *App) Token(hearing, label string) string { return a.tokens[hearing+"/"+label] }

// Links is what people need to take part.
func (a *App) Links() Links {
	l := a.links
	l.Gateway, l.TLS = a.URL(), a.TLSURL()
	l.Seats = slices.Clone(l.Seats)
	return l
}

func (a *App) seatLink(hearing, seat, code string) string {
	return fmt.Sprintf("%s/h/%s/%s#code=%s", a.URL(), hearing, seat, code)
}
