package cli

import (
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"growlab/app/engine"
	"growlab/app/session"
	"growlab/trainer"
	"growlab/trainer/control"
	"growlab/trainer/event"
)

// sampleFlags are the flags of growlab sample.
type sampleFlags struct {
	session.Launch // Device and Threads
	prompt         string
	tokens         int
	temperature    float64
	seed           *uint64
	json           bool
}

func (p Program) sample() *cobra.Command {
	var f sampleFlags
	cmd := &cobra.Command{
		Use:   "sample RUN",
		Short: "let the network of a run write text",
		Long: `Let the network of a run's last checkpoint write text. Prompt, length and temperature are the recipe's unless given. The
same seed gives the same text.`,
		Args: oneRun,
		RunE: func(cmd *cobra.Command, args []string) error {
			given := cmd.Flags().Changed
			c := control.Command{Verb: control.Sample, Prompt: f.prompt, Tokens: f.tokens, Temperature: f.temperature}
			if err := c.Validate(); err != nil {
				return session.Usagef("%v", err)
			}
			home, err := session.Open()
			if err != nil {
				return err
			}
			info, err := find(home, args[0])
			if err != nil {
				return err
			}
			return p.write(info, f, given)
		},
	}
	cmd.Flags().StringVar(&f.prompt, "prompt", "", "what the text goes on from")
	cmd.Flags().IntVar(&f.tokens, "tokens", 0, "how many bytes to write")
	cmd.Flags().Float64Var(&f.temperature, "temperature", 0, "0 takes the likeliest byte each time, 1 follows the network's odds")
	cmd.Flags().Var(&seed{&f.seed}, "seed", "seed of the choices (default 0)")
	deviceFlags(cmd, &f.Launch)
	jsonFlag(cmd, &f.json, "print one JSON object")
	return cmd
}

// write generates text from the last checkpoint, as it comes.
func (p Program) write(info session.Info, f sampleFlags, given func(string) bool) (err error) {
	last, err := engine.LastCheckpoint(info.File)
	if err != nil {
		return err
	}
	// Not the run's precision, which this machine may lack: the weights are fp32 in either.
	dev, err := session.OpenDevice(f.Device, f.Threads, "auto")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dev.Close()) }()
	net, err := trainer.Open(dev, last.Recipe, last.Checkpoint)
	if err != nil {
		return err
	}
	defer net.Free()
	s := trainer.Sampling{Prompt: last.Recipe.Sample.Prompt, Tokens: last.Recipe.Sample.Tokens, Temperature: last.Recipe.Sample.Temperature}
	if given("prompt") {
		s.Prompt = f.prompt
	}
	if given("tokens") {
		s.Tokens = f.tokens
	}
	if given("temperature") {
		s.Temperature = f.temperature
	}
	if f.seed != nil {
		s.Seed = *f.seed
	}
	if f.json {
		text := trainer.Generate(net, s, nil)
		return errors.Join(dev.Sync(), writeEvent(p.Streams.Out, event.Sampled{
			Step: last.Checkpoint.Step, Tokens: last.Checkpoint.Tokens, Stage: last.Checkpoint.Stage + 1,
			Prompt: s.Prompt, Text: text, Temperature: s.Temperature,
		}))
	}
	out := &runes{w: p.Streams.Out}
	out.text(s.Prompt)
	trainer.Generate(net, s, func(b byte) bool {
		out.byte(b)
		return out.err == nil
	})
	out.text("\n")
	if out.err != nil {
		return fmt.Errorf("write to stdout: %w", out.err)
	}
	return dev.Sync()
}

// runes writes text that comes byte by byte, a whole character at a time and safe for a terminal.
type runes struct {
	w    io.Writer
	rest []byte // of a character whose end has not come
	err  error
}

func (r *runes) byte(b byte) {
	r.rest = append(r.rest, b)
	if utf8.FullRune(r.rest) {
		r.flush()
	}
}

func (r *runes) text(s string) {
	r.flush()
	r.rest = append(r.rest, s...)
	r.flush()
}

func (r *runes) flush() {
	if r.err == nil && len(r.rest) > 0 {
		_, r.err = io.WriteString(r.w, printable(string(r.rest)))
	}
	r.rest = r.rest[:0]
}
