package relay

import "maps"

// Media is the kind of one track: picture or sound.
type Media uint8

// The two media that the relay knows. There is no third: data channels are refused.
const (
	Video Media = iota + 1
	Audio
)

// String returns the SDP media name, "video" or "audio".
func (m Media) String() string {
	switch m {
	case Video:
		return "video"
	case Audio:
		return "audio"
	}
	return "unknown"
}

// Source names one track that comes in: the label of its publication and its media. Labels are opaque to the relay.
type Source struct {
	Label string
	Media Media
}

// Sink names one place that a track can go to: a slot of a viewer's subscription. Viewer and Slot are opaque to the relay.
// A tap is the sink {Viewer: TapViewer, Slot: label, Media: media}.
type Sink struct {
	Viewer string
	Slot   string
	Media  Media
}

// TapViewer is the viewer under which taps (the recorder's seam) stand in a snapshot.
const TapViewer = "recorder"

// Snapshot says which source flows into which sink. It is immutable: NewSnapshot copies the map, and nothing changes it after.
// A sink that it does not name gets nothing, and neither does one whose source is of the other medium.
type Snapshot struct {
	routes map[Sink]Source
}

// NewSnapshot makes a snapshot from routes. A nil or empty map denies everything.
func NewSnapshot(routes map[Sink]Source) *Snapshot {
	return &Snapshot{routes: maps.Clone(routes)}
}

// source returns what flows into sink, and whether anything may.
func (s *Snapshot) source(sink Sink) (Source, bool) {
	if s == nil {
		return Source{}, false
	}
	src, ok := s.routes[sink]
	if !ok || src.Media != sink.Media {
		return Source{}, false
	}
	return src, true
}
