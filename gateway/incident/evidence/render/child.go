package render

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

// Child is the confined process: it takes from itself what it does not need, reads one file from in until its end, and writes what it found. It returns an exit status.
func Child(in io.Reader, out io.Writer) int {
	if err := confine(); err != nil {
		return 3
	}
	b, err := io.ReadAll(io.LimitReader(in, MostBytes+1))
	if err != nil {
		return 1
	}
	r := Render(b)
	head, err := json.Marshal(struct {
		Result
		Bytes int `json:"bytes"`
	}{r, len(r.Copy)})
	if err != nil {
		return 1
	}
	w := bufio.NewWriter(out)
	w.Write(append(head, '\n'))
	w.Write(r.Copy)
	if w.Flush() != nil {
		return 1
	}
	return 0
}

// Program starts Child. One runs at a time: each may use hundreds of megabytes.
type Program struct {
	Path string
	Args []string
	Env  []string // beside what bounds it; nothing of the gateway's own environment goes along

	turn chan struct{}
}

// NewProgram is the program at a path, called with these arguments.
func NewProgram(path string, args ...string) *Program {
	return &Program{Path: path, Args: args, turn: make(chan struct{}, 1)}
}

// Within is how long one file may take, and how long it waits for its turn.
const Within = 20 * time.Second

// ErrBusy: others are being looked into. The file is sealed and entered; its copy can be made later.
var ErrBusy = errors.New("render: too many files at once")

// errStarted: the program cannot be started or says nothing that can be understood, whatever the file is.
var errStarted = errors.New("render: the program that looks into attachments does not run")

// Render looks into a file, in the confined program. What kills the program is a file that cannot be rendered and no error; an error is a program that does not run at all.
func (p *Program) Render(ctx context.Context, file io.Reader) (Result, error) {
	wait := time.NewTimer(Within)
	defer wait.Stop()
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-wait.C:
		return Result{}, ErrBusy
	case <-ctx.Done():
		return Result{}, ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, Within)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.Path, p.Args...)
	cmd.Env, cmd.Dir, cmd.Stdin = append([]string{"GOMAXPROCS=1", "GOTRACEBACK=none"}, p.Env...), "/", file
	out := &limited{most: mostOutput}
	cmd.Stdout, cmd.WaitDelay = out, time.Second
	alone(cmd)
	err := cmd.Run()
	var ended *exec.ExitError
	switch {
	case err == nil:
		return parse(out.Bytes())
	case ctx.Err() != nil:
		return Result{Type: Unknown, Why: TooSlow}, nil
	case errors.As(err, &ended) && ended.ExitCode() == 3:
		return Result{}, fmt.Errorf("%w: it cannot confine itself", errStarted)
	case errors.As(err, &ended):
		return Result{Type: Unknown, Why: TooSlow}, nil // killed by one of its limits, or by what is in the file
	}
	return Result{}, fmt.Errorf("%w: %w", errStarted, err)
}

const mostOutput = 64 << 20

// limited keeps what is written, up to a bound.
type limited struct {
	bytes.Buffer
	most int
}

func (l *limited) Write(b []byte) (int, error) {
	if l.Len()+len(b) > l.most {
		return 0, io.ErrShortWrite
	}
	return l.Buffer.Write(b)
}

// parse reads what the program says. It has looked at a hostile file, so it is not believed more than that: a type is one of those that are known, a copy is a PNG or valid
// text of the length that is said.
func parse(b []byte) (Result, error) {
	line, rest, _ := bytes.Cut(b, []byte("\n"))
	var head struct {
		Result
		Bytes int `json:"bytes"`
	}
	if err := json.Unmarshal(line, &head); err != nil {
		return Result{}, fmt.Errorf("%w: %w", errStarted, err)
	}
	r := head.Result
	switch {
	case !types[r.Type] || !reasons[r.Why] || !notes[r.Note]:
		return Result{Type: Unknown, Why: Unreadable}, nil
	case r.CopyType == "" && head.Bytes == 0 && len(rest) == 0:
		return r, nil
	case len(rest) != head.Bytes || r.Why != "":
		return Result{Type: Unknown, Why: Unreadable}, nil
	case r.CopyType == "image/png" && strings.HasPrefix(r.Type, "image/") && Recognise(rest) == "image/png":
	case r.CopyType == plainText && r.Type == plainText && len(rest) <= 4*copyText:
		if _, ok := asText(rest); !ok {
			return Result{Type: Unknown, Why: Unreadable}, nil
		}
	default:
		return Result{Type: Unknown, Why: Unreadable}, nil
	}
	r.Copy = rest
	return r, nil
}

var (
	types   = map[string]bool{Unknown: true, plainText: true, "message/rfc822": true, "image/jpeg": true, "image/png": true, "image/gif": true, "image/webp": true, "application/pdf": true, "video/mp4": true, "video/webm": true, "audio/ogg": true, "audio/mpeg": true}
	reasons = map[string]bool{"": true, NoCopyOfType: true, Unreadable: true, TooLarge: true, TooSlow: true}
	notes   = map[string]bool{"": true, Scaled: true, FirstFrame: true, Cut: true}
)
