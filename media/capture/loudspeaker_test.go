package capture

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"testing"
)

// toneAt is the strength of a frequency in samples (Goertzel), 1 for a sine of full scale.
func toneAt(samples []float64, hz float64) float64 {
	var re, im float64
	for i, v := range samples {
		re += v * math.Cos(2*math.Pi*hz*float64(i)/alarmRate)
		im += v * math.Sin(2*math.Pi*hz*float64(i)/alarmRate)
	}
	return 2 * math.Hypot(re, im) / float64(len(samples))
}

// TestTheAlarmIsTwoTonesWithoutAGap whatever pieces the sound system asks for.
func TestTheAlarmIsTwoTonesWithoutAGap(t *testing.T) {
	var samples []float64
	at := 0
	for n := 0; len(samples) < 4*alarmTurn; n++ {
		b := make([]byte, 2*[]int{480, 1, 441, 0, 4096}[n%5])
		at = fillAlarm(b, at)
		for i := 0; i < len(b); i += 2 {
			samples = append(samples, float64(int16(binary.NativeEndian.Uint16(b[i:])))/math.MaxInt16)
		}
	}
	for turn, want := range []float64{alarmLow, alarmHigh, alarmLow, alarmHigh} {
		part := samples[turn*alarmTurn : (turn+1)*alarmTurn]
		other := alarmLow + alarmHigh - want
		if on, off := toneAt(part, want), toneAt(part, other); on < 0.9*alarmVolume || off > on/10 {
			t.Errorf("turn %d: %.2f at %g Hz, %.2f at %g Hz", turn, on, want, off, other)
		}
	}
}

func TestAMachineWithoutALoudspeakerSaysSo(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	err := Ring(ctx)
	if err == nil {
		t.Skip("there is a loudspeaker here: a machine without one is not tested")
	}
	if !errors.Is(err, ErrNoLoudspeaker) {
		t.Error(err)
	}
}
