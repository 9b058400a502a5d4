package capture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"sync"
	"time"

	"parda/media/mask"
)

// speeches holds what was spoken already: a camera and a microphone of one person share it, and espeak-ng runs once.
var speeches struct {
	sync.Mutex
	byName map[string][]float32
}

// speechOf has a person's sentences spoken, with her pauses between them, at 48 kHz.
func speechOf(ctx context.Context, name string, person *demoPerson) ([]float32, error) {
	speeches.Lock()
	defer speeches.Unlock()
	if speech, ok := speeches.byName[name]; ok {
		return speech, nil
	}
	program, err := exec.LookPath("espeak-ng")
	if err != nil {
		return nil, fmt.Errorf("%w: the demo's voices need espeak-ng (Debian package espeak-ng)", ErrMissing)
	}
	pause := make([]float32, int(person.pause.Seconds()*mask.SampleRate))
	var speech []float32
	for _, sentence := range person.sentences {
		spoken, err := speak(ctx, program, person, sentence)
		if err != nil {
			return nil, err
		}
		for _, v := range spoken {
			speech = append(speech, v*person.gain)
		}
		speech = append(speech, pause...)
	}
	if speeches.byName == nil {
		speeches.byName = make(map[string][]float32)
	}
	speeches.byName[name] = speech
	return speech, nil
}

func speak(ctx context.Context, program string, person *demoPerson, sentence string) ([]float32, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "-v", person.voice, "-p", strconv.Itoa(person.pitch), "-s", strconv.Itoa(person.speed), "--stdin", "--stdout")
	cmd.Stdin = bytes.NewReader([]byte(sentence + "\n"))
	var complaint tail
	cmd.Stderr = &complaint
	cmd.WaitDelay = time.Second
	wav, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("capture: espeak-ng did not speak (%s)", complaint.reason(err))
	}
	samples, err := decodeWAV(wav)
	if err != nil || len(samples) == 0 {
		return nil, errors.New("capture: espeak-ng gave no sound")
	}
	return samples, nil
}
