package recording

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"time"
)

// Element ids of EBML (RFC 8794) and Matroska (RFC 9559) that a WebM file of ours has.
const (
	idEBML            = 0x1A45DFA3
	idEBMLVersion     = 0x4286
	idEBMLReadVersion = 0x42F7
	idEBMLMaxID       = 0x42F2
	idEBMLMaxSize     = 0x42F3
	idDocType         = 0x4282
	idDocTypeVersion  = 0x4287
	idDocTypeRead     = 0x4285
	idCRC32           = 0xBF
	idSegment         = 0x18538067
	idSeekHead        = 0x114D9B74
	idSeek            = 0x4DBB
	idSeekID          = 0x53AB
	idSeekPosition    = 0x53AC
	idInfo            = 0x1549A966
	idTimestampScale  = 0x2AD7B1
	idDuration        = 0x4489
	idDateUTC         = 0x4461
	idTitle           = 0x7BA9
	idMuxingApp       = 0x4D80
	idWritingApp      = 0x5741
	idTracks          = 0x1654AE6B
	idTrackEntry      = 0xAE
	idTrackNumber     = 0xD7
	idTrackUID        = 0x73C5
	idTrackType       = 0x83
	idFlagLacing      = 0x9C
	idLanguage        = 0x22B59C
	idCodecID         = 0x86
	idCodecPrivate    = 0x63A2
	idSeekPreRoll     = 0x56BB
	idVideo           = 0xE0
	idPixelWidth      = 0xB0
	idPixelHeight     = 0xBA
	idAudio           = 0xE1
	idSampling        = 0xB5
	idChannels        = 0x9F
	idCluster         = 0x1F43B675
	idTimestamp       = 0xE7
	idSimpleBlock     = 0xA3
	idCues            = 0x1C53BB6B
	idCuePoint        = 0xBB
	idCueTime         = 0xB3
	idCuePositions    = 0xB7
	idCueTrack        = 0xF7
	idCueCluster      = 0xF1
)

// unknownSize is the size of a segment that is still being written (RFC 8794 section 6.2), on eight bytes.
const unknownSize = 1<<56 - 1

// The track numbers of every file of ours, and their lengths of one block.
const (
	videoTrack = 1
	audioTrack = 2

	videoBlock = 40 * time.Millisecond
	audioBlock = 20 * time.Millisecond
)

// appendID appends an element id, whose length marker is part of it.
func appendID(b []byte, id uint32) []byte {
	switch {
	case id > 0xFFFFFF:
		return append(b, byte(id>>24), byte(id>>16), byte(id>>8), byte(id))
	case id > 0xFFFF:
		return append(b, byte(id>>16), byte(id>>8), byte(id))
	case id > 0xFF:
		return append(b, byte(id>>8), byte(id))
	}
	return append(b, byte(id))
}

// appendSize appends a size, always on eight bytes: a file's layout then does not depend on its values.
func appendSize(b []byte, n uint64) []byte {
	return binary.BigEndian.AppendUint64(b, n|1<<56)
}

func appendElement(b []byte, id uint32, data []byte) []byte {
	return append(appendSize(appendID(b, id), uint64(len(data))), data...)
}

func appendUint(b []byte, id uint32, v uint64) []byte {
	return binary.BigEndian.AppendUint64(appendSize(appendID(b, id), 8), v)
}

func appendFloat(b []byte, id uint32, v float64) []byte {
	return appendUint(b, id, math.Float64bits(v))
}

func appendText(b []byte, id uint32, s string) []byte { return appendElement(b, id, []byte(s)) }

// ebmlHeader is the head of every file: WebM, version 4, readable by version 2.
func ebmlHeader() []byte {
	var h []byte
	h = appendUint(h, idEBMLVersion, 1)
	h = appendUint(h, idEBMLReadVersion, 1)
	h = appendUint(h, idEBMLMaxID, 4)
	h = appendUint(h, idEBMLMaxSize, 8)
	h = appendText(h, idDocType, "webm")
	h = appendUint(h, idDocTypeVersion, 4)
	h = appendUint(h, idDocTypeRead, 2)
	return appendElement(nil, idEBML, h)
}

// dateEpoch is the zero of DateUTC.
var dateEpoch = time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)

// infoElement is the segment's Info. A duration of zero is not written. The two application names are constant: nothing tells versions apart.
func infoElement(label string, start time.Time, duration time.Duration) []byte {
	var e []byte
	e = appendUint(e, idTimestampScale, uint64(time.Millisecond))
	if duration > 0 {
		e = appendFloat(e, idDuration, float64(duration.Milliseconds()))
	}
	e = appendUint(e, idDateUTC, uint64(start.Sub(dateEpoch).Nanoseconds()))
	e = appendText(e, idTitle, label)
	e = appendText(e, idMuxingApp, "parda")
	e = appendText(e, idWritingApp, "parda")
	return appendElement(nil, idInfo, e)
}

// format is what the track entries say. A file that is being written says more than it may come to hold; the remuxer writes what is true.
type format struct {
	video, audio  bool
	width, height int
	channels      int
}

func tracksElement(f format) []byte {
	var all []byte
	if f.video {
		var size []byte
		size = appendUint(size, idPixelWidth, uint64(f.width))
		size = appendUint(size, idPixelHeight, uint64(f.height))
		e := trackHead(videoTrack, 1, "V_VP8")
		all = appendElement(all, idTrackEntry, appendElement(e, idVideo, size))
	}
	if f.audio {
		var sound []byte
		sound = appendFloat(sound, idSampling, 48000)
		sound = appendUint(sound, idChannels, uint64(f.channels))
		e := trackHead(audioTrack, 2, "A_OPUS")
		e = appendUint(e, idSeekPreRoll, uint64(80*time.Millisecond)) // RFC 7845 section 4.6
		e = appendElement(e, idCodecPrivate, opusHead(f.channels))
		all = appendElement(all, idTrackEntry, appendElement(e, idAudio, sound))
	}
	return appendElement(nil, idTracks, all)
}

func trackHead(number, kind uint64, codec string) []byte {
	var e []byte
	e = appendUint(e, idTrackNumber, number)
	e = appendUint(e, idTrackUID, number)
	e = appendUint(e, idTrackType, kind)
	e = appendUint(e, idFlagLacing, 0)
	e = appendText(e, idLanguage, "und")
	return appendText(e, idCodecID, codec)
}

// opusHead is the identification header of RFC 7845 section 5.1, without pre-skip: what was heard starts with the first packet.
func opusHead(channels int) []byte {
	h := append([]byte("OpusHead"), 1, byte(channels), 0, 0)
	h = binary.LittleEndian.AppendUint32(h, 48000)
	return append(h, 0, 0, 0)
}

// block is one picture or one packet of sound. at is since the start of the file.
type block struct {
	track int
	key   bool
	at    time.Duration
	data  []byte
}

// clusterElement writes blocks, which are in order of time and lie within half a minute, as one cluster. It begins with a CRC-32 (RFC 8794
// section 11.3.1), so that a tail torn by a power cut is known for what it is.
func clusterElement(blocks []block) []byte {
	first := blocks[0].at.Milliseconds()
	body := appendUint(nil, idTimestamp, uint64(first))
	for _, b := range blocks {
		rel := int16(b.at.Milliseconds() - first)
		flags := byte(0)
		if b.key {
			flags = 0x80
		}
		body = appendSize(appendID(body, idSimpleBlock), uint64(len(b.data)+4))
		body = append(body, 0x80|byte(b.track), byte(uint16(rel)>>8), byte(rel), flags)
		body = append(body, b.data...)
	}
	sum := binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(body))
	out := appendSize(appendID(nil, idCluster), uint64(len(body)+1+8+4))
	out = appendElement(out, idCRC32, sum)
	return append(out, body...)
}

// partHead is what a file begins with while it is being written.
func partHead(label string, start time.Time) []byte {
	b := ebmlHeader()
	b = appendSize(appendID(b, idSegment), unknownSize)
	b = append(b, infoElement(label, start, 0)...)
	return append(b, tracksElement(format{video: true, audio: true, width: 640, height: 480, channels: 2})...)
}
