package session

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"growlab/trainer/event"
)

// Ask says what text a network is to write.
type Ask struct {
	Prompt      string
	Tokens      int     // bytes to write; 0 for what the recipe says
	Temperature float64 // 0 takes the likeliest byte each time
	TopK        int     // 0 is all
	TopP        float64 // 0 is all
	Seed        uint64
}

// SamplePiece is a line that growlab sample --json --stream prints before its object: whole characters of the text.
type SamplePiece struct {
	Text string `json:"text"`
}

// args are those of growlab sample.
func (a Ask) args(run string) []string {
	args := []string{
		"sample", run, "--json", "--stream", "--prompt=" + a.Prompt, "--seed=" + strconv.FormatUint(a.Seed, 10),
		"--temperature=" + decimal(a.Temperature),
	}
	if a.Tokens > 0 {
		args = append(args, "--tokens="+strconv.Itoa(a.Tokens))
	}
	if a.TopK > 0 {
		args = append(args, "--top-k="+strconv.Itoa(a.TopK))
	}
	if a.TopP > 0 {
		args = append(args, "--top-p="+decimal(a.TopP))
	}
	return args
}

func decimal(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// Sample lets the network of a run's last checkpoint write text, in a process of its own: neither this one nor the run's engine
// waits or suffers for it. piece is called with the text as it comes. One thread is used, since an engine may need the others.
func (h *Home) Sample(ctx context.Context, id string, a Ask, piece func(string)) (event.Sampled, error) {
	if r := h.remote(id); r != nil {
		return streamSample(ctx, r.growlab(ctx, a.args(r.id)...), piece, r.failure)
	}
	program, err := h.program()
	if err != nil {
		return event.Sampled{}, err
	}
	args := append(program[1:len(program):len(program)], append(a.args(id), "--threads=1")...)
	cmd := exec.CommandContext(ctx, program[0], args...)
	cmd.Env = append(os.Environ(), "GROWLAB_HOME="+h.Dir)
	return streamSample(ctx, cmd, piece, sampleFailure)
}

// streamSample runs a growlab sample --json --stream; failure is why it failed, of what it printed.
func streamSample(ctx context.Context, cmd *exec.Cmd, piece func(string), failure func(err error, printed string) error) (event.Sampled, error) {
	var errs bytes.Buffer
	cmd.Stderr = &errs
	cmd.WaitDelay = 500 * time.Millisecond
	out, err := cmd.StdoutPipe()
	if err != nil {
		return event.Sampled{}, fmt.Errorf("sample: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return event.Sampled{}, fmt.Errorf("sample: %w", err)
	}
	e, done, err := readSample(out, piece)
	_, _ = io.Copy(io.Discard, out) // of what could not be read
	if e := finished(cmd.Wait()); ctx.Err() != nil {
		return event.Sampled{}, ctx.Err()
	} else if e != nil {
		return event.Sampled{}, failure(e, errs.String())
	}
	if err == nil && !done {
		err = errors.New("sample: the text has no end")
	}
	return e, err
}

// readSample reads pieces until the object that ends them.
func readSample(out io.Reader, piece func(string)) (e event.Sampled, done bool, err error) {
	lines := bufio.NewScanner(out)
	lines.Buffer(make([]byte, 64<<10), 4<<20)
	for lines.Scan() {
		if !bytes.HasPrefix(lines.Bytes(), []byte("{")) {
			continue // what the shell of another machine says to everybody
		}
		var p SamplePiece
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			return e, false, fmt.Errorf("sample: %w", err)
		}
		if !bytes.HasPrefix(lines.Bytes(), []byte(`{"event"`)) {
			piece(p.Text)
			continue
		}
		end, err := event.Unmarshal(lines.Bytes())
		if err != nil {
			return e, false, err
		}
		e, done = end.(event.Sampled)
	}
	return e, done, lines.Err()
}

// sampleFailure is the sentence that the process printed, without the name of the program.
func sampleFailure(err error, printed string) error {
	line, _, _ := strings.Cut(strings.TrimSpace(printed), "\n")
	if line == "" {
		return fmt.Errorf("sample: %w", err)
	}
	return errors.New(strings.TrimPrefix(line, "growlab: "))
}
