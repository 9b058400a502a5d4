package main

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"strings"

	"github.com/coder/websocket"
	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"parda/courtroom-ui"
	"parda/gateway/access"
	"parda/gateway/hearing"
	"parda/gateway/proceeding"
	"parda/signaling"
)

func (a *App) server(secure bool) *http.Server {
	p := a.patience
	s := &http.Server{Handler: a.routes(secure), ReadHeaderTimeout: p.header, ReadTimeout: p.body, WriteTimeout: p.write, IdleTimeout: p.idle,
		MaxHeaderBytes: 32 << 10, ErrorLog: quietLog(a.log)}
	if secure {
		s.TLSConfig = a.certificate.Config()
	}
	return s
}

func (a *App) routes(secure bool) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.Use(a.recover, a.headers, a.fromElsewhere)
	if secure {
		r.Use(a.ofAddress)
	}
	for _, line := range a.table(secure) {
		r.Handle(line.method, line.path, a.guard(line), line.handle)
	}
	r.NoRoute(func(c *gin.Context) { c.String(http.StatusNotFound, "There is nothing here.\n") })
	return r
}

// doors are the routes that parda has had from the start: pages, a hearing's conversation and its media.
func (a *App) doors(secure bool) []route {
	all := []route{
		{"GET", "/h/:hearing/:seat", open, a.page},
		{"GET", "/assets/*file", open, gin.WrapH(http.FileServerFS(courtroomui.Dist))},
		{"GET", "/parda.svg", open, gin.WrapH(http.FileServerFS(courtroomui.Dist))},
		{"GET", "/schema/order.json", open, func(c *gin.Context) { c.Data(http.StatusOK, "application/schema+json", hearing.OrderSchema) }},
		{"POST", "/api/:hearing/seats/:seat/enter", byCode, a.enter},
		{"GET", "/api/:hearing/bundle", bySeat, a.bundle},
		{"GET", "/api/:hearing/protocol.pdf", bySeat, a.protocolPDF},
		{"GET", "/api/:hearing/formulas", bySeat, a.giveFormulas},
		{"GET", "/ws/:hearing", bySeat, a.socket},
		{"GET", "/healthz", open, a.health},
	}
	for path, d := range map[string]*signaling.Door{"/whip/:hearing": a.whip(), "/whep/:hearing": a.whep()} {
		who := bySeat
		if path == "/whip/:hearing" {
			who = byToken
		}
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
			all = append(all, route{method, path, who, throughDoor(d)}, route{method, path + "/:id", who, throughDoor(d)})
		}
	}
	if !secure { // counts of packets tell when a witness speaks: they are for this machine's operator, not for the gallery
		all = append(all, route{"GET", "/metrics", byOperator, gin.WrapH(promhttp.HandlerFor(a.metrics, promhttp.HandlerOpts{}))})
	}
	return all
}

func throughDoor(d *signaling.Door) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Request.SetPathValue("hearing", c.Param("hearing"))
		c.Request.SetPathValue("id", c.Param("id"))
		d.ServeHTTP(c.Writer, c.Request)
	}
}

// recover turns a panic into an answer that says nothing of it; the log has the cause.
func (a *App) recover(c *gin.Context) {
	defer func() {
		if v := recover(); v != nil {
			if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(v)
			}
			a.log.Error("a request panicked", "route", c.FullPath(), "panic", v)
			signaling.WriteError(c.Writer, a.log, signaling.Refuse("internal", "Something went wrong in the gateway.", nil))
		}
	}()
	c.Next()
}

func (a *App) page(c *gin.Context) {
	b, err := fs.ReadFile(courtroomui.Dist, "index.html")
	if err != nil {
		signaling.WriteError(c.Writer, a.log, err)
		return
	}
	c.Header("Cache-Control", "no-cache")
	c.Data(http.StatusOK, "text/html; charset=utf-8", b)
}

// socket is the conversation of a page, by its cookie, or of the station, by its token.
func (a *App) socket(c *gin.Context) {
	id := c.Param("hearing")
	p, err := a.hearing(id)
	if err != nil {
		signaling.WriteError(c.Writer, a.log, err)
		return
	}
	seat, hold, used := "witness", proceeding.Hold{}, func() {}
	if token, ok := bearer(c.Request); ok {
		hold, err = a.roomBy(c.Request.Context(), id, token)
	} else {
		var ch chair
		ch, err = a.chairOf(c.Request, id, c.Query("seat"))
		if seat, hold = ch.seat, ch.hold; ch.used != nil {
			used = ch.used
		}
	}
	if err != nil {
		signaling.WriteError(c.Writer, a.log, err)
		return
	}
	most := socketsOfSeat
	if p.Crowded(seat) {
		most = socketsOfGallery
	}
	leave, ok := a.turnstiles.enter(most, "socket", id, seat)
	if !ok {
		signaling.WriteError(c.Writer, a.log, tooMany())
		return
	}
	defer leave()
	conn, err := websocket.Accept(c.Writer, c.Request, &websocket.AcceptOptions{OriginPatterns: a.originHosts()})
	if err != nil {
		return // Accept has answered
	}
	late := latecomer{app: a, p: p, hearing: id, seat: seat, person: hold.Holder.Person}
	signaling.Serve(context.WithoutCancel(c.Request.Context()), conn, a.log, id, seat, seated{p, hold, used, late}, p)
}

// seated is a hearing that asks once more, when the page says hello, whether it still holds its seat.
type seated struct {
	*proceeding.Proceeding
	hold proceeding.Hold
	used func()
	late latecomer
}

// Command implements signaling.Room.
func (s seated) Command(ctx context.Context, session *signaling.Session, c signaling.Command) (signaling.Ack, error) {
	s.used()
	ack, err := s.Proceeding.Command(ctx, session, c)
	if err != nil && s.late.takes(c, err) {
		return s.late.file(ctx, c)
	}
	return ack, err
}

// Attach implements signaling.Room.
func (s seated) Attach(ctx context.Context, session *signaling.Session, h signaling.Hello) error {
	return s.AttachIf(ctx, session, h, s.hold)
}

func (a *App) seatByCookie(c *gin.Context, id string) (string, error) {
	ch, err := a.chairOf(c.Request, id, c.Query("seat"))
	return ch.seat, err
}

// roomBy is by what a bearer token holds the witness's seat: it must be the one of her publications.
func (a *App) roomBy(ctx context.Context, id, token string) (proceeding.Hold, error) {
	label, hold, err := a.publicationOf(ctx, id, token)
	if err == nil && label != "witness" {
		err = signaling.Refuse("token_role", "This token is for another publication.", nil)
	}
	return hold, err
}

// whip takes the testimony from the station and the courtroom's cameras: the token names the one publication that it may make.
func (a *App) whip() *signaling.Door {
	return &signaling.Door{Log: a.log, Within: a.patience.body, ICEServers: a.publisherICE,
		Open: func(ctx context.Context, r *http.Request, id, offer string) (string, string, error) {
			p, label, hold, err := a.publisher(ctx, r, id)
			if err != nil {
				return "", "", err
			}
			if err := a.mayOffer(id, "token "+label); err != nil {
				return "", "", err
			}
			rendering := r.URL.Query().Get("rendering")
			if view, ok := strings.CutPrefix(label, "court/"); ok {
				if rendering != "" {
					return "", "", signaling.Refuse("token_role", "A courtroom camera publishes no rendering of the testimony.", nil)
				}
				return p.PublishCourt(ctx, view, offer, hold)
			}
			return p.PublishWitness(ctx, rendering, offer, hold)
		},
		End: func(ctx context.Context, r *http.Request, hearing, id string) error {
			p, _, _, err := a.publisher(ctx, r, hearing)
			if err == nil {
				p.Unpublish(id)
			}
			return err
		},
		Restart: func(ctx context.Context, r *http.Request, hearing, id, fragment string) (string, error) {
			if _, _, _, err := a.publisher(ctx, r, hearing); err != nil {
				return "", err
			}
			return a.board.restart(ctx, id, fragment)
		}}
}

// publisher is whose publication a request's token is for, and by what it is held.
func (a *App) publisher(ctx context.Context, r *http.Request, id string) (p *proceeding.Proceeding, label string, hold proceeding.Hold, err error) {
	if p, err = a.hearing(id); err != nil {
		return nil, "", hold, err
	}
	token, ok := bearer(r)
	if !ok {
		return nil, "", hold, signaling.Refuse("token_wrong", "A bearer token is needed.", nil)
	}
	label, hold, err = a.publicationOf(ctx, id, token)
	return p, label, hold, err
}

// whep sends to a passive viewer, by its seat's cookie.
func (a *App) whep() *signaling.Door {
	chairOf := func(r *http.Request, id string) (chair, error) {
		if r.Method != http.MethodGet && !a.sameOrigin(r) {
			return chair{}, signaling.Refuse("not_allowed", "This request comes from another site.", nil)
		}
		return a.chairOf(r, id, r.URL.Query().Get("seat"))
	}
	return &signaling.Door{Log: a.log, Within: a.patience.body, ICEServers: a.viewerICE,
		Open: func(ctx context.Context, r *http.Request, id, offer string) (string, string, error) {
			ch, err := chairOf(r, id)
			if err != nil {
				return "", "", err
			}
			if err := a.mayOffer(id, "browser "+ch.hold.Page); err != nil {
				return "", "", err
			}
			return ch.p.Watch(ctx, ch.seat, offer, ch.hold)
		},
		End: func(_ context.Context, r *http.Request, hearing, id string) error {
			ch, err := chairOf(r, hearing)
			if err == nil {
				ch.p.Unwatch(ch.seat, id)
			}
			return err
		},
		Restart: func(ctx context.Context, r *http.Request, hearing, id, fragment string) (string, error) {
			if _, err := chairOf(r, hearing); err != nil {
				return "", err
			}
			return a.board.restart(ctx, id, fragment)
		}}
}

func (a *App) hearing(id string) (*proceeding.Proceeding, error) {
	if p := a.hearings[id]; p != nil {
		return p, nil
	}
	return nil, signaling.Refuse("hearing_unknown", "There is no such hearing here.", nil)
}

func bearer(r *http.Request) (string, bool) {
	return strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
}

// doorError gives access's refusals their public form.
func doorError(err error) error {
	var e *access.Error
	if errors.As(err, &e) {
		return signaling.Refuse(e.Code, e.Message, err)
	}
	return err
}

// sameOrigin refuses what another site's page sends with our cookie (SameSite=Strict already keeps the cookie back; this is the second lock).
func (a *App) sameOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true // not a browser's cross-site request: browsers send Origin with every POST
	}
	u, err := url.Parse(origin)
	if err != nil {
		return false
	}
	if u.Host == r.Host {
		return true
	}
	for _, h := range a.originHosts() {
		if h == u.Host {
			return true
		}
	}
	return false
}

// originHosts are the hosts besides the request's own whose pages may talk to this gateway.
func (a *App) originHosts() []string {
	if u, err := url.Parse(a.config.HTTP.Origin); err == nil && u.Host != "" {
		return []string{u.Host}
	}
	return nil
}

func (a *App) health(c *gin.Context) {
	if err := a.ledger.Healthy(); err != nil {
		c.JSON(http.StatusServiceUnavailable, gin.H{"status": "ledger_failed"})
		return
	}
	c.JSON(http.StatusOK, gin.H{"status": "ok"})
}
