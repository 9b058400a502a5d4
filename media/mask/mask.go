// Package mask holds the raw picture and the raw sound of the shielded room, the only form in which they exist in parda.
//
// The masks themselves live below: mask/face and mask/voice take these raw values and are the only packages that can build a
// masked one (their Masked types have no exported field and no exported constructor from samples). A publisher accepts masked values only,
// so a program that would send raw media does not compile. Nothing here does I/O, and nothing here imports anything of parda's.
package mask

import "time"

// SampleRate is the rate of all live sound, in Hz. Opus works at 48 kHz, and so does everything before it.
const SampleRate = 48000

// BlockSamples is one block of sound: 20 ms at 48 kHz, one Opus frame, so that a block in is a packet out.
const BlockSamples = 960

// FrameRate is the picture's own clock in frames per second. Masked pictures are drawn on this clock, never on the camera's, because
// a camera's timing tells cameras (and so rooms) apart.
const FrameRate = 25

// RawPicture is one picture of the shielded room, as planar YCbCr 4:2:0 (I420), limited or full range alike: it is only read
// to see how a head moves, never shown. Width and Height in pixels, at least 16 and at most 4096. The planes belong to the sender and
// may be reused once the callee returns.
type RawPicture struct {
	Width, Height    int
	Y, Cb, Cr        []byte
	StrideY, StrideC int
	Captured         time.Time
}

// RawSound is one block of the shielded room's microphone: 20 ms, mono, 48 kHz, full scale -1 to 1.
type RawSound struct {
	Samples  [BlockSamples]float32
	Captured time.Time
}
