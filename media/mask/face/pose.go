package face

import "math"

// pose is everything that passes from the shielded room's picture to the drawn one: the drawing is a pure function of a pose, of the figure's size and
// of its session, and a test holds it. It is PoseBits wide, so at FrameRate pictures a second it carries 1,200 bit/s at most.
//
// Each head channel is what is left of the head's own movement after its slow part is taken out and its spread is brought near a common one, so 0 is
// how this person sits, and nothing says where in the camera's picture, how large or how upright that is. Signed channels are symmetric about 0.
type pose struct {
	pitch    int8  // 8 bits, -127 looks up, 127 looks down
	yaw      int8  // 8 bits, -127 turns to the picture's left, 127 to its right
	roll     int8  // 8 bits, 127 tilts clockwise in the picture
	sway     int8  // 6 bits, -31 to 31, to the picture's right
	lean     int8  // 6 bits, -31 to 31, towards the camera
	mouth    uint8 // 5 bits, 0 shut to 31 open; from the masked voice's level alone
	lids     uint8 // 2 bits, 0 the eyes are as they usually are, to 3 shut
	presence uint8 // 2 bits, 0 the seat is empty, to 3 somebody sits there
	hand     uint8 // 3 bits, 0 down to 7 raised; from Hand alone
}

// Widths of the channels in bits.
const (
	pitchBits, yawBits, rollBits = 8, 8, 8
	swayBits, leanBits           = 6, 6
	mouthBits, lidsBits          = 5, 2
	presenceBits, handBits       = 2, 3

	// PoseBits is the width of one frame's channel from camera, masked voice and Hand to the figure.
	PoseBits = pitchBits + yawBits + rollBits + swayBits + leanBits + mouthBits + lidsBits + presenceBits + handBits
)

// pack writes a pose as PoseBits bits; unpack(pack(p)) is p for every pose that draw makes, because draw takes its poses through here.
func (p pose) pack() uint64 {
	var v uint64
	put := func(x int, bits uint) { v = v<<bits | uint64(x)&(1<<bits-1) }
	put(int(p.pitch), pitchBits)
	put(int(p.yaw), yawBits)
	put(int(p.roll), rollBits)
	put(int(p.sway), swayBits)
	put(int(p.lean), leanBits)
	put(int(p.mouth), mouthBits)
	put(int(p.lids), lidsBits)
	put(int(p.presence), presenceBits)
	put(int(p.hand), handBits)
	return v
}

func unpack(v uint64) (p pose) {
	take := func(bits uint) int64 { x := v & (1<<bits - 1); v >>= bits; return int64(x) }
	signed := func(bits uint) int8 { return int8(take(bits) << (64 - bits) >> (64 - bits)) }
	p.hand = uint8(take(handBits))
	p.presence = uint8(take(presenceBits))
	p.lids = uint8(take(lidsBits))
	p.mouth = uint8(take(mouthBits))
	p.lean = signed(leanBits)
	p.sway = signed(swayBits)
	p.roll = signed(rollBits)
	p.yaw = signed(yawBits)
	p.pitch = signed(pitchBits)
	return p
}

// still is the pose without expression: what the mode Blob draws of a pose.
func (p pose) still() pose { return pose{mouth: p.mouth, presence: p.presence, hand: p.hand} }

// level quantises v in -1 to 1 to a signed channel of that many bits; what is no number becomes 0.
func level(v float64, bits uint) int8 {
	if v != v {
		return 0
	}
	top := float64(int(1)<<(bits-1) - 1)
	return int8(math.Round(clamp(v, -1, 1) * top))
}

// share is the inverse of level: -1 to 1.
func share(q int8, bits uint) float64 {
	return clamp(float64(q)/float64(int(1)<<(bits-1)-1), -1, 1)
}
