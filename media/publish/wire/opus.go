package wire

import (
	"fmt"

	"github.com/hraban/opus"

	"parda/media/mask"
)

// Opus is an encoder (RFC 6716) of mono sound at 48 kHz in packets of 20 ms at strictly constant bit rate: no VBR and no DTX,
// because the sizes and the times of encrypted packets would tell what is said (RFC 6562). In-band FEC is on, within the same
// constant size: each packet holds the one before once more, smaller. For use by one goroutine at a time.
type Opus struct {
	enc  *opus.Encoder
	size int
	buf  []byte
}

// expectedLoss, in percent, is what libopus is told to prepare for. At 32 kbit/s it writes no FEC at all for 5 or less, unless the band is narrow; from 10 on it does
// (measured: a lost packet is then 2.4 dB away from what was sent, and 5.6 to 6 dB without). The band is fixed too, so that nothing chooses it by what is said.
const expectedLoss = 10

// NewOpus makes an encoder of bitrate bit/s, 16,000 to 128,000: each packet has exactly bitrate/400 bytes.
func NewOpus(bitrate int) (*Opus, error) {
	if bitrate < 16_000 || bitrate > 128_000 {
		return nil, fmt.Errorf("wire: audio bit rate %d bit/s: must be 16,000 to 128,000", bitrate)
	}
	enc, err := opus.NewEncoder(mask.SampleRate, 1, opus.AppVoIP)
	if err != nil {
		return nil, fmt.Errorf("wire: starting the Opus encoder: %w", err)
	}
	for _, set := range []func() error{
		func() error { return enc.SetBitrate(bitrate) },
		func() error { return enc.SetVBR(false) },
		func() error { return enc.SetDTX(false) },
		func() error { return enc.SetInBandFEC(true) },
		func() error { return enc.SetPacketLossPerc(expectedLoss) },
		func() error { return enc.SetMaxBandwidth(opus.SuperWideband) },
		func() error { return enc.SetComplexity(5) },
	} {
		if err := set(); err != nil {
			return nil, fmt.Errorf("wire: setting up the Opus encoder: %w", err)
		}
	}
	return &Opus{enc: enc, size: bitrate / 400, buf: make([]byte, 1275)}, nil
}

// Encode encodes 960 samples. The packet is valid until the next call. A packet of another size than the constant one is an
// error and is not returned: better a gap than a size that speaks.
func (o *Opus) Encode(pcm []int16) ([]byte, error) {
	if len(pcm) != mask.BlockSamples {
		return nil, fmt.Errorf("wire: a block of %d samples: must be %d", len(pcm), mask.BlockSamples)
	}
	n, err := o.enc.Encode(pcm, o.buf)
	if err != nil {
		return nil, fmt.Errorf("wire: encoding sound: %w", err)
	}
	if n != o.size {
		return nil, fmt.Errorf("wire: the Opus encoder gave %d bytes instead of the constant %d", n, o.size)
	}
	return o.buf[:n], nil
}
