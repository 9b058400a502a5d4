// Package leakreport writes, for one hearing, what left the shielded room and in which form: an annex of the bundle for people who must be able to judge
// what was protected and what was not, as pages in Azerbaijani, English and Russian, and as JSON.
//
// It is made from the hearing's own record (the orders that were signed, when the testimony was live) and from the relay's counts of what it took off each
// track's packets. What it says of the protocol's fields is what this version of the gateway does, and is held by a test that plants identifiers
// in all of them (gateway/plant_test.go). What is not here: anything of a packet, an address, a device, or a name.
package leakreport

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"slices"
	"time"

	"parda/gateway/hearing"
)

// Format names the form of the JSON.
const Format = "parda-leak-report/1"

// Languages in which Pages are written; the first is the court's.
func Languages() []string { return []string{"az", "en", "ru"} }

// Report is the JSON.
type Report struct {
	Format     string      `json:"format"`
	Hearing    string      `json:"hearing"`
	Written    string      `json:"written"` // UTC
	Renderings []Rendering `json:"renderings"`
	Live       []Stretch   `json:"live"`
	Counted    string      `json:"counted_since"` // when this run of the gateway began: counts of an earlier run are not here
	Tracks     []Track     `json:"tracks"`
	TURN       bool        `json:"turn_offered"`
	MadeNew    []string    `json:"made_new"`
	Dropped    []string    `json:"dropped"`
	Remains    []string    `json:"remains"`
}

// Rendering is what one audience was to receive under one order.
type Rendering struct {
	Order    int    `json:"order"` // its version
	Since    string `json:"since"`
	Audience string `json:"audience"`
	Picture  string `json:"picture"`
	Voice    string `json:"voice"`
	Strength string `json:"voice_strength,omitempty"`
	DelayS   int    `json:"delay_s"`
}

// Stretch is a time in which the testimony was live.
type Stretch struct {
	From  string `json:"from"`
	To    string `json:"to,omitempty"`
	Ended string `json:"ended,omitempty"` // the event that ended it
}

// Track is one track that came from the shielded room, and what the relay did with its packets.
type Track struct {
	Rendering   string `json:"rendering"` // as the order names it, "puppet+neutral"
	Media       string `json:"media"`     // video, audio
	Codec       string `json:"codec"`     // VP8, Opus
	Packets     uint64 `json:"packets"`
	Refused     uint64 `json:"refused"`
	Extensions  uint64 `json:"extensions_dropped"`
	Sources     uint64 `json:"sources_dropped"`
	Padded      uint64 `json:"padding_cut"`
	Descriptors uint64 `json:"descriptors_cut"`
	Blanked     uint64 `json:"payloads_blanked"`
	Marked      uint64 `json:"marks_dropped"`
	OffGrid     uint64 `json:"off_grid"`
	Sizes       []int  `json:"sizes"` // of payloads, bytes
	MoreSizes   bool   `json:"more_sizes"`
}

// steady says whether its packets told nothing by their sizes and times.
func (t Track) Steady() bool { return len(t.Sizes) == 1 && !t.MoreSizes && t.OffGrid == 0 }

// Facts are what the caller knows beside the record.
type Facts struct {
	Now, Counted time.Time
	Tracks       []Track // of the shielded room
	TURN         bool
}

// The fields that subscribers get made anew, those that go nowhere, and what remains. Each has its sentence in every language.
var (
	madeNew = []string{"ssrc", "cname", "msid", "mid", "sequence", "timestamp", "dtls", "ice", "reports", "descriptor"}
	dropped = []string{"extensions", "sources", "padding", "rtcp", "sdp", "address", "agent"}
	always  = []string{"payload", "speech", "sitting", "retransmission"}
)

// New makes the report from the hearing's events.
func New(id string, events []hearing.Event, f Facts) (Report, error) {
	r := Report{Format: Format, Hearing: id, Written: stamp(f.Now), Counted: stamp(f.Counted), TURN: f.TURN, Renderings: []Rendering{}, Live: []Stretch{},
		Tracks: slices.Clone(f.Tracks), MadeNew: madeNew, Dropped: dropped}
	if r.Tracks == nil {
		r.Tracks = []Track{}
	}
	slices.SortFunc(r.Tracks, func(a, b Track) int {
		return bytes.Compare([]byte(a.Rendering+" "+a.Media), []byte(b.Rendering+" "+b.Media))
	})
	for _, e := range events {
		if err := r.take(e); err != nil {
			return Report{}, err
		}
	}
	r.Remains = r.remains()
	return r, nil
}

func (r *Report) take(e hearing.Event) error {
	switch e.Code {
	case hearing.OrderSigned:
		signed, err := hearing.Payload[hearing.OrderSignedPayload](e)
		if err != nil {
			return fmt.Errorf("leak report: entry %d: %w", e.Index, err)
		}
		order, err := hearing.ParseOrder(signed.Bytes)
		if err != nil {
			return fmt.Errorf("leak report: entry %d: %w", e.Index, err)
		}
		r.order(e, order)
	case hearing.TestimonyLive:
		r.Live = append(r.Live, Stretch{From: stamp(e.Time)})
	case hearing.TestimonyPaused, hearing.TestimonyReleased, hearing.TestimonyInterrupted, hearing.ConsentRefused, hearing.HearingClosed, hearing.GatewayStarted:
		if n := len(r.Live); n > 0 && r.Live[n-1].To == "" {
			r.Live[n-1].To, r.Live[n-1].Ended = stamp(e.Time), string(e.Code)
		}
	}
	return nil
}

func (r *Report) order(e hearing.Event, o hearing.Order) {
	for _, a := range hearing.Audiences() {
		line := Rendering{Order: o.Version, Since: stamp(e.Time), Audience: string(a), Picture: hearing.PictureNone, Voice: hearing.VoiceNone}
		if to := o.Renderings.To(a); to != nil {
			line.Picture, line.Voice, line.Strength, line.DelayS = to.Picture, to.Voice, to.Strength, to.DelayS
		}
		r.Renderings = append(r.Renderings, line)
	}
}

// remains lists what a listener, a viewer or a watcher of the network may still learn: what is always so, and what the orders and the counts of this
// hearing add.
func (r *Report) remains() []string {
	out := slices.Clone(always)
	add := func(code string, when bool) {
		if when && !slices.Contains(out, code) {
			out = append(out, code)
		}
	}
	for _, line := range r.Renderings {
		add("voice_"+line.Voice, line.Voice != hearing.VoiceNone && line.Voice != hearing.VoiceSilence)
		add("picture_"+line.Picture, line.Picture == hearing.PicturePuppet || line.Picture == hearing.PictureBlob)
	}
	for _, t := range r.Tracks {
		add("unsteady", t.Packets > 0 && !t.Steady())
	}
	add("uncounted", len(r.Tracks) == 0 && len(r.Live) > 0)
	return out
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// JSON is the report for programs, one spelling for one content.
func (r Report) JSON() ([]byte, error) {
	b, err := json.MarshalIndent(r, "", " ")
	return append(b, '\n'), err
}

//go:embed words.*.json page.html
var files embed.FS

// words are the sentences of one language, by code.
type words map[string]string

func wordsIn(lang string) (words, error) {
	b, err := files.ReadFile("words." + lang + ".json")
	if err != nil {
		return nil, fmt.Errorf("leak report: no language %q", lang)
	}
	var w words
	return w, json.Unmarshal(b, &w)
}

// Page is the report for people: one HTML file that loads nothing and runs nothing.
func (r Report) Page(lang string) ([]byte, error) {
	w, err := wordsIn(lang)
	if err != nil {
		return nil, err
	}
	missing := ""
	say := func(code string) string {
		if s := w[code]; s != "" {
			return s
		}
		missing = code
		return code
	}
	page, err := template.New("page.html").Funcs(template.FuncMap{"say": say, "lang": func() string { return lang }}).ParseFS(files, "page.html")
	if err != nil {
		return nil, fmt.Errorf("leak report: %w", err)
	}
	var out bytes.Buffer
	if err := page.Execute(&out, r); err != nil {
		return nil, fmt.Errorf("leak report: %w", err)
	}
	if missing != "" {
		return nil, fmt.Errorf("leak report: %s has no words for %q", lang, missing)
	}
	return out.Bytes(), nil
}
