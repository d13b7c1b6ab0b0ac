package cli

import (
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"growlab/app/engine"
	"growlab/app/session"
	"growlab/growth"
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
	topK           int
	topP           float64
	seed           *uint64
	json, stream   bool
}

func (p Program) sample() *cobra.Command {
	var f sampleFlags
	cmd := &cobra.Command{
		Use:   "sample RUN",
		Short: "let the network of a run write text",
		Long: `Let the network of a run's last checkpoint write text. Prompt, length and temperature are the recipe's unless given. The
same seed gives the same text. With --json --stream the text comes piece by piece, each as {"text": …} on a line, before the
object.`,
		Args: oneRun,
		RunE: func(cmd *cobra.Command, args []string) error {
			given := cmd.Flags().Changed
			c := control.Command{Verb: control.Sample, Prompt: f.prompt, Tokens: f.tokens, Temperature: f.temperature, TopK: f.topK, TopP: f.topP}
			if err := c.Validate(); err != nil {
				return session.Usagef("%v", err)
			}
			if f.stream && !f.json {
				return session.Usagef("--stream says how --json prints; give --json too")
			}
			_, info, err := openRun(args[0])
			if err != nil {
				return err
			}
			return p.write(info, f, given)
		},
	}
	cmd.Flags().StringVar(&f.prompt, "prompt", "", "what the text goes on from")
	cmd.Flags().IntVar(&f.tokens, "tokens", 0, "how many bytes to write")
	cmd.Flags().Float64Var(&f.temperature, "temperature", 0, "0 takes the likeliest byte each time, 1 follows the network's odds")
	cmd.Flags().IntVar(&f.topK, "top-k", 0, "draw only from the likeliest so many bytes; 0 is all")
	cmd.Flags().Float64Var(&f.topP, "top-p", 0, "draw only from the likeliest bytes that together have this probability; 0 is all")
	cmd.Flags().Var(&seed{&f.seed}, "seed", "seed of the choices (default 0)")
	deviceFlags(cmd, &f.Launch)
	jsonFlag(cmd, &f.json, "print one JSON object")
	cmd.Flags().BoolVar(&f.stream, "stream", false, "with --json: also print the text as it comes")
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
	s := f.sampling(last.Recipe.Sample, given)
	if !f.json {
		out := &runes{put: p.plain}
		out.text(s.Prompt)
		trainer.Generate(net, s, out.byte)
		out.text("\n")
		return errors.Join(out.err, dev.Sync())
	}
	out := &runes{put: p.piece}
	if !f.stream {
		out.put = func(string) error { return nil }
	}
	e := event.Sampled{
		Step: last.Checkpoint.Step, Tokens: last.Checkpoint.Tokens, Stage: last.Checkpoint.Stage + 1,
		Prompt: s.Prompt, Temperature: s.Temperature, TopK: s.TopK, TopP: s.TopP,
	}
	e.Text = trainer.Generate(net, s, out.byte)
	out.flush()
	if err := errors.Join(out.err, dev.Sync()); err != nil {
		return err
	}
	return writeEvent(p.Streams.Out, e)
}

// sampling is what the flags ask for, and the recipe where they say nothing.
func (f sampleFlags) sampling(r growth.Sample, given func(string) bool) trainer.Sampling {
	s := trainer.Sampling{Prompt: r.Prompt, Tokens: r.Tokens, Temperature: r.Temperature, TopK: f.topK, TopP: f.topP}
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
	return s
}

// plain writes text for a person.
func (p Program) plain(text string) error {
	if _, err := io.WriteString(p.Streams.Out, printable(text)); err != nil {
		return fmt.Errorf("write to stdout: %w", err)
	}
	return nil
}

// piece writes text for a program that shows it as it comes.
func (p Program) piece(text string) error {
	return writeJSON(p.Streams.Out, session.SamplePiece{Text: text})
}

// runes puts out text that comes byte by byte, a whole character at a time.
type runes struct {
	put  func(string) error
	rest []byte // of a character whose end has not come
	err  error
}

// byte takes the next byte, and is false when nothing can be put out any more.
func (r *runes) byte(b byte) bool {
	r.rest = append(r.rest, b)
	if utf8.FullRune(r.rest) {
		r.flush()
	}
	return r.err == nil
}

func (r *runes) text(s string) {
	r.flush()
	r.rest = append(r.rest, s...)
	r.flush()
}

func (r *runes) flush() {
	if r.err == nil && len(r.rest) > 0 {
		r.err = r.put(string(r.rest))
	}
	r.rest = r.rest[:0]
}
