package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"parda/gateway/access/audit"
	"parda/gateway/hearing"
	"parda/gateway/incident/register"
	"parda/gateway/minutes"
)

// Config is everything a gateway is told from outside. deploy/gateway.toml is its manual: every field with its default and its meaning.
type Config struct {
	Data     string         `toml:"data"` // folder for the store, the ledger, recordings and keys; readable by the gateway alone
	HTTP     HTTPConfig     `toml:"http"`
	Media    MediaConfig    `toml:"media"`
	TURN     TURNConfig     `toml:"turn"`
	Tripwire TripwireConfig `toml:"tripwire"`
	Protocol ProtocolConfig `toml:"protocol"`
	Access   AccessConfig   `toml:"access"`
	Vault    VaultConfig    `toml:"vault"`

	Emergency EmergencyConfig `toml:"emergency"`

	Incidents IncidentsConfig `toml:"incidents"`
	Evidence  EvidenceConfig  `toml:"evidence"`
	Referral  ReferralConfig  `toml:"referral"`
	Hearings  []HearingConfig `toml:"hearing"`
	Redraw    bool            `toml:"-"` // draw new links for seats that nobody took, and new tokens, at this start
}

// HTTPConfig says where pages, WebSocket, WHIP and WHEP are served.
type HTTPConfig struct {
	Listen      string `toml:"listen"`      // TLS; "" for none
	Local       string `toml:"local"`       // plain HTTP, loopback only: for a proxy on the same machine, and for the demonstration; "" for none
	Origin      string `toml:"origin"`      // how browsers call this gateway, e.g. https://parda.court.example
	Certificate string `toml:"certificate"` // PEM; "" makes an own one in the data folder
	Key         string `toml:"key"`

	ACME ACMEConfig `toml:"acme"` // in place of both
}

// MediaConfig says where RTP flows: one UDP port and one TCP port for everything.
type MediaConfig struct {
	UDP       string   `toml:"udp"`
	TCP       string   `toml:"tcp"`
	Addresses []string `toml:"addresses"` // the IP addresses that candidates name
}

// TURNConfig is the TURN server (RFC 8656), for seats whose network lets nothing else out: the embedded one, or the court's own coturn.
type TURNConfig struct {
	UDP   string `toml:"udp"`
	TCP   string `toml:"tcp"`
	Realm string `toml:"realm"`

	External   []string `toml:"external"`    // turn:host:port and turns:host:port of a coturn, in place of the embedded server
	SecretFile string   `toml:"secret_file"` // holds the coturn's static-auth-secret
}

// TripwireConfig says what watches the masked witness beside the relay's own look at the picture.
type TripwireConfig struct {
	Audio    string `toml:"audio"`    // the program that listens to masked sound; "": `tripwire` beside this program; "off": nobody listens
	Unsigned bool   `toml:"unsigned"` // take masked media that the station has not signed
}

// TripwireOff is the audio tripwire's path where nobody shall listen.
const TripwireOff = "off"

// AccessConfig says how people come in.
type AccessConfig struct {
	Seats string `toml:"seats"` // SeatsOfPersons, also "": by invitation of an account; SeatsByLink: by whoever opens the link, for the demonstration

	Courts        []string `toml:"courts"`         // whose people may come in, beside the courts of the hearings
	Password      bool     `toml:"password"`       // password with TOTP, for who has no passkey
	IdleMinutes   int      `toml:"idle_minutes"`   // how long a session lasts without a request; 0: 30
	AbsoluteHours int      `toml:"absolute_hours"` // and at the most; 0: 12
	SettledHours  int      `toml:"settled_hours"`  // how old an administrator's account must be before it counts in a recovery

	Provider ProviderSettings `toml:"provider"`
}

// How a seat is taken.
const (
	SeatsOfPersons = "person"
	SeatsByLink    = "link"
)

// byLink says whether seats are taken by their links alone. Whatever is not that word asks for the person: a misspelt setting must not open a door.
func (c AccessConfig) byLink() bool { return c.Seats == SeatsByLink }

func (c AccessConfig) check() error {
	switch c.Seats {
	case "", SeatsOfPersons, SeatsByLink:
	default:
		return fmt.Errorf("access.seats: %q is neither %q nor %q", c.Seats, SeatsOfPersons, SeatsByLink)
	}
	for _, court := range c.Courts {
		if !slices.Contains(hearing.Courts(), court) {
			return fmt.Errorf("access.courts: there is no court %q", court)
		}
	}
	if c.IdleMinutes < 0 || c.IdleMinutes > 240 || c.AbsoluteHours < 0 || c.AbsoluteHours > 24 {
		return errors.New("access: a session lasts at most 240 minutes without a request (idle_minutes) and 24 hours in all (absolute_hours)")
	}
	if c.SettledHours < 0 || c.SettledHours > 24*14 {
		return errors.New("access.settled_hours: from 0 to two weeks")
	}
	return nil
}

// ProtocolConfig is how the protocol is written.
type ProtocolConfig struct {
	Formulas string `toml:"formulas"` // the court's own file of the formulas that recur in a hearing; "" for those that parda brings
}

// read gives the file of formulas as pages get it. A file that is not valid is refused whole: a judge must not miss the one formula that was misspelt.
func (c ProtocolConfig) read() ([]byte, error) {
	if c.Formulas == "" {
		return minutes.DefaultFormulas(), nil
	}
	file, err := os.ReadFile(c.Formulas)
	if err != nil {
		return nil, fmt.Errorf("protocol.formulas: %w", err)
	}
	if _, err := minutes.ReadFormulas(file); err != nil {
		return nil, fmt.Errorf("protocol.formulas: %s: %w", filepath.Base(c.Formulas), err)
	}
	return file, nil
}

// HearingConfig makes a hearing at the first start with it. Later starts leave it as it stands in the ledger.
type HearingConfig struct {
	ID        string             `toml:"id"`
	CaseNo    string             `toml:"case_no"`
	Court     string             `toml:"court"` // baku, ganja, lankaran, shaki, nakhchivan
	Pseudonym string             `toml:"pseudonym"`
	Person    string             `toml:"person"`   // in place of a pseudonym: a protected person of the vault, v-...
	Template  string             `toml:"template"` // the draft order starts from it
	Reason    string             `toml:"reason"`
	Seats     []hearing.SeatSpec `toml:"seats"` // none: the usual ones
	Room      string             `toml:"room"`  // a code for the shielded room, such as AB-12, that says nothing of the place; "": none
	Views     []string           `toml:"views"` // courtroom cameras: bench, counsel, hall, dock
}

func defaultConfig() Config {
	return Config{
		Data:   "parda-data",
		HTTP:   HTTPConfig{Listen: ":8443", Local: "127.0.0.1:8470"},
		Media:  MediaConfig{UDP: ":8472", TCP: ":8472", Addresses: []string{"127.0.0.1"}},
		Access: AccessConfig{SettledHours: 24},
		TURN:   TURNConfig{UDP: ":8478", TCP: ":8478", Realm: "parda"},
	}
}

// loadConfig reads a TOML file over the defaults. An unknown key is an error: a protective setting that is misspelt must not
// be taken for one that is set.
func loadConfig(path string) (Config, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("the configuration cannot be read: %w", err)
	}
	c := defaultConfig()
	d := toml.NewDecoder(bytes.NewReader(b)).DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		var strict *toml.StrictMissingError
		if errors.As(err, &strict) {
			return Config{}, fmt.Errorf("%s holds settings that parda does not know:\n%s", filepath.Base(path), strict.String())
		}
		return Config{}, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return c, c.check()
}

func (c Config) check() error {
	if c.Data == "" {
		return errors.New("data: name the folder that keeps the hearings")
	}
	if c.HTTP.Listen == "" && c.HTTP.Local == "" {
		return errors.New("http: with neither listen nor local nobody can reach the gateway")
	}
	if c.HTTP.Local != "" {
		if err := loopbackOnly(c.HTTP.Local); err != nil {
			return fmt.Errorf("http.local: %w", err)
		}
	}
	if err := c.HTTP.check(); err != nil {
		return err
	}
	if len(c.Media.Addresses) == 0 {
		return errors.New("media.addresses: name at least one IP address of this machine, or nobody can send or receive")
	}
	for _, a := range c.Media.Addresses {
		if net.ParseIP(a) == nil {
			return fmt.Errorf("media.addresses: %q is no IP address", a)
		}
	}
	if err := checkTURN(c.TURN); err != nil {
		return err
	}
	if err := c.Access.check(); err != nil {
		return err
	}
	if err := c.Access.Provider.check(c.HTTP.Origin); err != nil {
		return err
	}
	if err := c.Vault.check(); err != nil {
		return err
	}
	if err := c.Evidence.check(); err != nil {
		return err
	}
	if _, err := c.Incidents.read(); err != nil {
		return err
	}
	if err := c.Emergency.check(); err != nil {
		return err
	}
	if err := c.Referral.check(); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, h := range c.Hearings {
		if strings.HasPrefix(h.ID, audit.Of("")) {
			return fmt.Errorf("hearing: %q is the name of a court's audit book", h.ID)
		}
		if register.IsBook(h.ID) {
			return fmt.Errorf("hearing: %q is the name of a court's register of incidents", h.ID)
		}
		if err := h.checkRoom(); err != nil {
			return err
		}
		if h.ID == "" || seen[h.ID] {
			return fmt.Errorf("hearing: each needs an id of its own (%q)", h.ID)
		}
		seen[h.ID] = true
	}
	return nil
}

// loopbackOnly refuses an address that other machines can reach: without TLS, cookies and codes would cross the network in clear.
func loopbackOnly(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("%s is not a loopback address; plain HTTP is served to this machine only", address)
	}
	return nil
}
