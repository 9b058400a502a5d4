// Command tripwire is the audio tripwire: it listens to the masked witness as a listener of the court would, and says when it hears a voice that the mask
// cannot have made. The gateway starts it and cuts the publication.
//
// It is a program of its own because it decodes Opus, which is C code, from bytes that come from outside. Whatever a hostile packet does to the decoder, it
// does it here: to a process that has two pipes, no network, no file, no other right, and no key. It keeps no sound, writes no log, and knows no name.
//
// What lives here: the loop and the sandbox. The decision is in media/tripwire/likeness, the language of the pipes in media/tripwire/ear.
package main

import (
	"bufio"
	"errors"
	"io"
	"os"

	"github.com/hraban/opus"

	"parda/media/tripwire/ear"
	"parda/media/tripwire/likeness"
)

const (
	maxStreams = 128 // the relay takes no more publications
	maxBroken  = 5   // packets running that cannot be decoded
)

func main() {
	if err := confine(); err != nil {
		os.Exit(3)
	}
	if err := serve(os.Stdin, os.Stdout); err != nil {
		os.Exit(1)
	}
}

// stream is one voice: what decodes it and who judges it.
type stream struct {
	decoder *opus.Decoder
	judge   *likeness.Judge
	silent  bool // its order lets nothing be heard: any sound is one too many
	packets int
	broken  int
	ended   bool // it was cut: nothing more is said of it
}

// serve answers what in asks until it ends.
func serve(in io.Reader, out io.Writer) error {
	r, w := bufio.NewReaderSize(in, 16<<10), bufio.NewWriter(out)
	streams := map[uint32]*stream{}
	var scratch, line []byte
	pcm := make([]int16, likeness.Rate*120/1000) // the longest Opus packet
	for {
		f, grown, err := ear.Read(r, scratch)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		scratch = grown
		var answer ear.Kind
		switch f.Kind {
		case ear.Open:
			if len(streams) >= maxStreams {
				return ear.ErrFrame
			}
			if streams[f.Stream], err = newStream(string(f.Body)); err != nil {
				return err
			}
		case ear.Packet:
			if v := streams[f.Stream]; v != nil {
				answer = v.hear(f.Body, pcm)
			}
		case ear.Close:
			delete(streams, f.Stream)
		default:
			return ear.ErrFrame
		}
		if answer == 0 {
			continue
		}
		if line, err = (ear.Frame{Kind: answer, Stream: f.Stream}).Write(w, line); err != nil {
			return err
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
}

func newStream(name string) (*stream, error) {
	d, err := opus.NewDecoder(likeness.Rate, 1)
	if err != nil {
		return nil, err
	}
	j, err := likeness.NewJudge()
	if err != nil {
		return nil, err
	}
	return &stream{decoder: d, judge: j, silent: name == "silence"}, nil
}

// hear decodes one packet and judges it; 0 means that nothing is to be said yet.
func (v *stream) hear(packet []byte, pcm []int16) ear.Kind {
	if v.ended {
		return 0
	}
	if len(packet) == 0 {
		return 0 // a packet without a payload is a probe, and no sound
	}
	n, err := v.decoder.Decode(packet, pcm)
	if err != nil {
		if v.broken++; v.broken >= maxBroken {
			v.ended = true
			return ear.Unreadable
		}
		return 0
	}
	v.broken = 0
	for at := 0; at < n; at += likeness.FrameSamples {
		part := pcm[at:min(n, at+likeness.FrameSamples)]
		if v.judge.Hear(part) || v.silent && loud(part) {
			v.ended = true
			return ear.Unmasked
		}
	}
	if v.packets++; v.packets%ear.AnswerEvery == 0 {
		return ear.Fine
	}
	return 0
}

// loud says whether 20 ms can be heard at all: over -60 dBFS. Silence that was encoded is far below.
func loud(pcm []int16) bool {
	sum := 0.0
	for _, v := range pcm {
		sum += float64(v) * float64(v)
	}
	return sum > float64(len(pcm))*32768*32768*1e-6
}
