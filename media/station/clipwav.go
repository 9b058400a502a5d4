package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"

	"parda/media/mask"
)

// wavLimit bounds what is read of a WAV file: an hour of stereo at 192 kHz.
const wavLimit = 3 << 30

var errNotWAV = errors.New("-in is no WAV file of 16-bit PCM, mono or stereo")

// sound is PCM of one channel, full scale -1 to 1.
type sound struct {
	rate    int
	samples []float32
}

func maskWAV(_ context.Context, c *clipConfig, s *session, out string) (*clipReport, error) {
	f, err := os.Open(c.in)
	if err != nil {
		return nil, errors.New("-in cannot be read")
	}
	defer f.Close()
	in, err := readWAV(bufio.NewReaderSize(f, 1<<16))
	if err != nil {
		return nil, err
	}
	m, err := c.masks(s, clipMinSide, clipMinSide)
	if err != nil {
		return nil, err
	}
	up := resample(in.samples, in.rate, mask.SampleRate)
	masked := maskSamples(m.voice, m.soundDelay.units, up)
	pcm := masked.pcm
	if in.rate != mask.SampleRate {
		pcm = toPCM16(resample(toFloat(masked.pcm), mask.SampleRate, in.rate))
	}
	if err := writeWAV(out, in.rate, fitLength(pcm, len(in.samples))); err != nil {
		return nil, err
	}
	return &clipReport{Frames: masked.blocks, Faults: masked.faults, LatencyMs: m.soundDelay.ms, Voice: c.voice, spent: masked.spent}, nil
}

// readWAV reads RIFF/WAVE with PCM of 16 bits and one or two channels, mixed to one. A length that a pipe could not fill in is taken from what follows.
func readWAV(r io.Reader) (*sound, error) {
	var head [12]byte
	if _, err := io.ReadFull(r, head[:]); err != nil || string(head[:4]) != "RIFF" || string(head[8:]) != "WAVE" {
		return nil, errNotWAV
	}
	channels, rate := 0, 0
	for {
		var chunk [8]byte
		if _, err := io.ReadFull(r, chunk[:]); err != nil {
			return nil, errNotWAV
		}
		size := int64(binary.LittleEndian.Uint32(chunk[4:]))
		switch string(chunk[:4]) {
		case "fmt ":
			var err error
			if channels, rate, err = readWAVFormat(r, size); err != nil {
				return nil, err
			}
		case "data":
			if channels == 0 {
				return nil, errNotWAV
			}
			return readWAVData(r, size, channels, rate)
		default:
			if _, err := io.CopyN(io.Discard, r, size+size&1); err != nil {
				return nil, errNotWAV
			}
		}
	}
}

func readWAVFormat(r io.Reader, size int64) (channels, rate int, err error) {
	if size < 16 || size > 1024 {
		return 0, 0, errNotWAV
	}
	b := make([]byte, size+size&1)
	if _, err := io.ReadFull(r, b); err != nil {
		return 0, 0, errNotWAV
	}
	format := binary.LittleEndian.Uint16(b)
	if format == 0xfffe && size >= 26 { // WAVE_FORMAT_EXTENSIBLE: the sub-format's first two bytes are the format
		format = binary.LittleEndian.Uint16(b[24:])
	}
	channels, rate = int(binary.LittleEndian.Uint16(b[2:])), int(binary.LittleEndian.Uint32(b[4:]))
	if format != 1 || binary.LittleEndian.Uint16(b[14:]) != 16 || channels < 1 || channels > 2 {
		return 0, 0, errNotWAV
	}
	if rate < minRate || rate > maxRate {
		return 0, 0, errors.New("-in has a sampling rate that cannot be masked: 4,000 to 384,000 Hz can")
	}
	return channels, rate, nil
}

func readWAVData(r io.Reader, size int64, channels, rate int) (*sound, error) {
	b, err := io.ReadAll(io.LimitReader(r, min(size, wavLimit)))
	if err != nil {
		return nil, errNotWAV
	}
	n := len(b) / 2 / channels
	s := &sound{rate: rate, samples: make([]float32, n)}
	for i := range s.samples {
		sum := float32(0)
		for ch := range channels {
			sum += float32(int16(binary.LittleEndian.Uint16(b[2*(i*channels+ch):])))
		}
		s.samples[i] = sum / float32(channels) / 32768
	}
	return s, nil
}

// writeWAV writes the 44 bytes of a header without any other chunk, and mono PCM16.
func writeWAV(path string, rate int, pcm []int16) error {
	b := make([]byte, 0, 44+2*len(pcm))
	le := binary.LittleEndian
	b = append(b, "RIFF"...)
	b = le.AppendUint32(b, uint32(36+2*len(pcm)))
	b = append(b, "WAVEfmt "...)
	b = le.AppendUint32(b, 16)
	b = le.AppendUint16(b, 1)
	b = le.AppendUint16(b, 1)
	b = le.AppendUint32(b, uint32(rate))
	b = le.AppendUint32(b, uint32(2*rate))
	b = le.AppendUint16(b, 2)
	b = le.AppendUint16(b, 16)
	b = append(b, "data"...)
	b = le.AppendUint32(b, uint32(2*len(pcm)))
	for _, v := range pcm {
		b = le.AppendUint16(b, uint16(v))
	}
	if os.WriteFile(path, b, 0o600) != nil {
		return errors.New("the masked sound could not be written")
	}
	return nil
}

func fitLength(pcm []int16, n int) []int16 {
	if len(pcm) >= n {
		return pcm[:n]
	}
	return append(pcm, make([]int16, n-len(pcm))...)
}

func toFloat(pcm []int16) []float32 {
	out := make([]float32, len(pcm))
	for i, v := range pcm {
		out[i] = float32(v) / 32768
	}
	return out
}

func toPCM16(in []float32) []int16 {
	out := make([]int16, len(in))
	for i, v := range in {
		out[i] = int16(min(32767, max(-32768, v*32768)))
	}
	return out
}
