package main

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"parda/signaling"
)

// What stands between every route and the world: the headers of each answer, and where a request may come from. There is one place for them, so that a
// route cannot be added without them; outside_test.go asks each route of the table.

// policy lets a page load from the gateway and nowhere else, and nobody frame it (CSP level 3). There is no inline script or style, and no string becomes
// markup or script in a page either (trusted types): what a witness, a lawyer or an attacker wrote (A4) stays text.
const policy = "default-src 'none'; object-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; media-src 'self' blob:; " +
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// powers are what a page may ask of the browser (Permissions Policy). Passkeys are for pages of this origin, never for a frame in another's.
const powers = "camera=(self), microphone=(self), publickey-credentials-get=(self), publickey-credentials-create=(self), geolocation=(), display-capture=(), " +
	"usb=(), serial=(), hid=(), bluetooth=(), midi=(), payment=(), accelerometer=(), gyroscope=(), magnetometer=(), local-fonts=(), idle-detection=()"

// headers sets what every answer carries, refusals and 404 too. A handler may allow more caching for what is nobody's (the pages and their assets) and
// nothing else.
func (a *App) headers(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Permissions-Policy", powers)
	// A process of its own for our pages, that no other site's page opens, embeds or reads (Spectre): COOP, COEP and CORP together isolate it.
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Embedder-Policy", "require-corp")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Origin-Agent-Cluster", "?1")
	h.Set("Cache-Control", "no-store") // a shared computer in a court keeps nothing of a hearing
	if strings.HasPrefix(c.Request.URL.Path, "/assets/") {
		h.Set("Cache-Control", "public, max-age=31536000, immutable") // their names hold their hash
	}
	if a.overTLS(c.Request) {
		h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
}

// overTLS says whether the browser's leg of a request is TLS: it came by the listener that speaks it, or by the local one, which with an https origin is
// a proxy's. No header is asked: whoever can write X-Forwarded-Proto or Origin could take Secure off a cookie, or have a link written in clear (A2).
func (a *App) overTLS(r *http.Request) bool {
	return r.TLS != nil || strings.HasPrefix(a.config.HTTP.Origin, "https://")
}

// fromElsewhere refuses what another site's page asks of ours (Fetch Metadata), before any handler: not only what changes something, but also what would be
// read from the side. Browsers write Sec-Fetch-Site and pages cannot; programs that are no browser (the station) send none, and carry no cookie that a site
// could make them send. Links into the pages are followed from anywhere, and the identity provider sends the browser back.
func (a *App) fromElsewhere(c *gin.Context) {
	site := c.GetHeader("Sec-Fetch-Site")
	if site == "" || site == "same-origin" || site == "none" {
		return
	}
	if c.Request.Method == http.MethodGet && c.GetHeader("Sec-Fetch-Mode") == "navigate" && c.GetHeader("Sec-Fetch-Dest") == "document" && isPage(c.Request.URL.Path) {
		return
	}
	signaling.WriteError(c.Writer, a.log, signaling.Refuse("not_allowed", "This request comes from another site.", nil))
	c.Abort()
}

// providerBack is where the identity provider sends the browser back to.
const providerBack = "/api/account/provider/back"

// isPage says whether a link from elsewhere may open this path.
func isPage(path string) bool {
	if path == providerBack {
		return true
	}
	for _, inside := range []string{"/api/", "/ws/", "/whip/", "/whep/", "/assets/", "/metrics"} {
		if strings.HasPrefix(path, inside) {
			return false
		}
	}
	return true
}

// signOutHeaders has the browser drop what it cached of a person's session. It does not clear storage, where flags wait that were pressed while the
// line was down (I6) and where a key holder's wrapped key lies, nor cookies, which would take other sites of the court's domain along: the handler takes back its own.
func signOutHeaders(c *gin.Context) { c.Header("Clear-Site-Data", `"cache"`) }
