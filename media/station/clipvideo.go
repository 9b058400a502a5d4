package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"parda/media/mask"
)

// MP4 and WebM go through ffmpeg as a child process: it decodes to plain pictures and sound, and encodes the masked ones. Both ends are pipes, so
// no raw picture is written to a disk. Nothing is copied from one file to the other: no stream, no metadata, no chapter.

var (
	errNoFFmpeg = errors.New("ffmpeg and ffprobe are needed for this kind of clip and are not installed")
	errNoVideo  = errors.New("-in is no clip of its kind with a picture in it")
)

// demuxers and encoders by kind. The demuxer is named, so that a playlist in a clip's clothes makes ffmpeg fetch nothing; one thread and bit-exact
// flags make the same bytes each time.
var demuxers = map[string]string{".mp4": "mov", ".webm": "matroska"}

var encoders = map[string][]string{
	".mp4":  {"-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-c:a", "aac", "-b:a", "96k", "-movflags", "+faststart", "-f", "mp4"},
	".webm": {"-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "4", "-b:v", "1500k", "-c:a", "libopus", "-b:a", "48k", "-f", "webm"},
}

func maskVideo(ctx context.Context, c *clipConfig, s *session, out string) (*clipReport, error) {
	kind := strings.ToLower(filepath.Ext(c.in))
	hasSound, err := probe(ctx, c.in, kind)
	if err != nil {
		return nil, err
	}
	decoder := decodeCommand(ctx, c.in, kind, "-map", "0:v:0", "-fps_mode", "passthrough", "-pix_fmt", "yuv420p", "-f", "yuv4mpegpipe")
	pictures, err := decoder.StdoutPipe()
	if err != nil || decoder.Start() != nil {
		return nil, errNoFFmpeg
	}
	defer decoder.Wait()
	defer decoder.Process.Kill()
	in, err := newY4MReader(pictures)
	if errors.Is(err, errNotY4M) {
		return nil, errNoVideo
	}
	if err != nil {
		return nil, err
	}
	m, err := c.masks(s, in.width, in.height)
	if err != nil {
		return nil, err
	}
	report := &clipReport{LatencyMs: m.pictureDelay.ms, Face: c.face, Sound: "none"}
	var sound *maskedSound
	if hasSound {
		if sound, err = maskTrack(ctx, c.in, kind, m); err != nil {
			return nil, err
		}
		report.Sound, report.Voice, report.VoiceMs, report.Faults = "masked", c.voice, m.soundDelay.ms, sound.faults
	}
	return report, encodeVideo(ctx, out, kind, m, in, sound, report)
}

// probe says whether the clip has sound; a clip without a picture is refused.
func probe(ctx context.Context, path, kind string) (hasSound bool, err error) {
	tool, err := exec.LookPath("ffprobe")
	if err != nil {
		return false, errNoFFmpeg
	}
	b, err := exec.CommandContext(ctx, tool, "-v", "quiet", "-f", demuxers[kind], "-show_entries", "stream=codec_type", "-of", "json", "file:"+path).Output()
	var found struct {
		Streams []struct {
			Type string `json:"codec_type"`
		} `json:"streams"`
	}
	if err != nil || json.Unmarshal(b, &found) != nil {
		return false, errNoVideo
	}
	picture := false
	for _, s := range found.Streams {
		picture = picture || s.Type == "video"
		hasSound = hasSound || s.Type == "audio"
	}
	if !picture {
		return false, errNoVideo
	}
	return hasSound, nil
}

func decodeCommand(ctx context.Context, path, kind string, args ...string) *exec.Cmd {
	line := append([]string{"-v", "error", "-nostdin", "-threads", "1", "-f", demuxers[kind], "-i", "file:" + path}, args...)
	return exec.CommandContext(ctx, "ffmpeg", append(line, "pipe:1")...)
}

// maskTrack decodes and masks the clip's first sound track.
func maskTrack(ctx context.Context, path, kind string, m *masks) (*maskedSound, error) {
	b, err := decodeCommand(ctx, path, kind, "-map", "0:a:0", "-ac", "1", "-ar", "48000", "-f", "f32le").Output()
	if err != nil {
		return nil, errors.New("the sound of -in cannot be read")
	}
	samples := make([]float32, len(b)/4)
	for i := range samples {
		samples[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return maskSamples(m.voice, m.soundDelay.units, samples), nil
}

// encodeVideo masks picture by picture into the encoder. The masked sound goes in by a second pipe.
func encodeVideo(ctx context.Context, out, kind string, m *masks, in *y4mReader, sound *maskedSound, report *clipReport) error {
	args := []string{"-v", "error", "-y", "-f", "yuv4mpegpipe", "-i", "pipe:0"}
	maps := []string{"-map", "0:v"}
	if sound != nil {
		args = append(args, "-f", "s16le", "-ar", "48000", "-ac", "1", "-i", "pipe:3")
		maps = append(maps, "-map", "1:a")
	}
	args = append(append(args, maps...), "-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact",
		"-threads", "1", "-fps_mode", "passthrough", "-vf", "crop=trunc(iw/2)*2:trunc(ih/2)*2", "-pix_fmt", "yuv420p")
	encoder := exec.CommandContext(ctx, "ffmpeg", append(append(args, encoders[kind]...), "file:"+out)...)
	var said bytes.Buffer
	encoder.Stderr = &said
	to, err := encoder.StdinPipe()
	if err != nil {
		return errNoFFmpeg
	}
	wait := func() {}
	if sound != nil {
		if wait, err = feedSound(encoder, sound.pcm); err != nil {
			return err
		}
	}
	if encoder.Start() != nil {
		return errNoFFmpeg
	}
	for _, f := range encoder.ExtraFiles {
		f.Close()
	}
	err = maskPictures(ctx, m, in, to, sound, report)
	to.Close()
	done := encoder.Wait()
	wait()
	if err != nil {
		return err
	}
	if done != nil {
		return errors.New("the masked clip could not be encoded")
	}
	return nil
}

// feedSound hands PCM16 to the encoder as its file descriptor 3. wait returns when all is written or the encoder is gone.
func feedSound(encoder *exec.Cmd, pcm []int16) (wait func(), err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, errors.New("no pipe to the encoder")
	}
	encoder.ExtraFiles = []*os.File{r}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer w.Close()
		b := make([]byte, 0, 2*mask.BlockSamples)
		for len(pcm) > 0 {
			n := min(len(pcm), mask.BlockSamples)
			b = b[:0]
			for _, v := range pcm[:n] {
				b = binary.LittleEndian.AppendUint16(b, uint16(v))
			}
			if _, err := w.Write(b); err != nil {
				return
			}
			pcm = pcm[n:]
		}
	}()
	return func() { <-done }, nil
}
