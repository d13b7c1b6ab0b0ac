package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The verbs. Which of them a trainer obeys, and when, is the trainer's business; a refused one is answered by a sentence.
const (
	Pause    = "pause"    // finish the step, checkpoint, wait
	Resume   = "resume"   // go on
	Stop     = "stop"     // finish the step, checkpoint, end the process; the run is resumable
	Save     = "save"     // checkpoint now
	Sample   = "sample"   // generate text: Prompt, Tokens, Temperature, TopK, TopP
	Eval     = "eval"     // measure on held-out text now
	Set      = "set"      // change a setting of the live run: Key, Value
	Grow     = "grow"     // end the stage now
	Postpone = "postpone" // end the stage later by Tokens
	Extend   = "extend"   // give the last stage Tokens more
)

// Command is what a person asks of a running engine.
type Command struct {
	Verb        string  `json:"verb"`
	Prompt      string  `json:"prompt,omitempty"`
	Tokens      int     `json:"tokens,omitempty"` // to generate, 0 for the recipe's; or to postpone or extend by
	Temperature float64 `json:"temperature,omitempty"`
	TopK        int     `json:"top_k,omitempty"` // draw from the likeliest so many; 0 is all
	TopP        float64 `json:"top_p,omitempty"` // draw from the likeliest that together have this probability; 0 is all

	// What Set changes, and to what, as a person writes it: "threads", "2".
	Key   string `json:"key,omitempty"`
	Value string `json:"value,omitempty"`
}

// Detail is what the journal keeps of c besides the verb.
func (c Command) Detail() string {
	switch c.Verb {
	case Set:
		return c.Key + "=" + c.Value
	case Postpone, Extend:
		return fmt.Sprintf("%d tokens", c.Tokens)
	}
	return c.Prompt
}

// Limits of a Command.
const (
	MaxPrompt = 64 << 10 // bytes
	MaxTokens = 64 << 10
	maxValue  = 1 << 10   // bytes of a key or a value
	maxBody   = 512 << 10 // of the request; JSON may write a byte of the prompt as six
)

// Validate says in one sentence what is wrong with c.
func (c Command) Validate() error {
	switch c.Verb {
	case Pause, Resume, Stop, Save, Sample, Eval, Set, Grow, Postpone, Extend:
	case "":
		return errors.New("the command has no verb")
	default:
		return fmt.Errorf("there is no command %q; there are pause, resume, stop, save, sample, eval, set, grow, postpone and extend", c.Verb)
	}
	if c.Verb == Postpone || c.Verb == Extend {
		return c.validateLonger()
	}
	if c.Verb != Sample && (c.Prompt != "" || c.Tokens != 0 || c.samples()) {
		return fmt.Errorf("%s takes no prompt, tokens, temperature, top-k or top-p; sample does", c.Verb)
	}
	if c.Verb == Set || c.Key != "" || c.Value != "" {
		return c.validateSet()
	}
	switch {
	case len(c.Prompt) > MaxPrompt:
		return fmt.Errorf("the prompt has %d bytes; at most %d are taken", len(c.Prompt), MaxPrompt)
	case !utf8.ValidString(c.Prompt):
		return errors.New("the prompt is not UTF-8 text")
	case c.Tokens < 0 || c.Tokens > MaxTokens:
		return fmt.Errorf("%d tokens were asked for; 1 to %d can be generated at once", c.Tokens, MaxTokens)
	case math.IsNaN(c.Temperature) || c.Temperature < 0 || c.Temperature > 100:
		return fmt.Errorf("the temperature is %g; it must be between 0 and 100", c.Temperature)
	case c.TopK < 0 || c.TopK > MaxTokens:
		return fmt.Errorf("top-k is %d; it must be 0, for all tokens, or up to %d", c.TopK, MaxTokens)
	case math.IsNaN(c.TopP) || c.TopP < 0 || c.TopP > 1:
		return fmt.Errorf("top-p is %g; it must be between 0 and 1, where 0 and 1 are all tokens", c.TopP)
	}
	return nil
}

// samples reports whether c says how tokens are drawn.
func (c Command) samples() bool { return c.Temperature != 0 || c.TopK != 0 || c.TopP != 0 }

func (c Command) validateLonger() error {
	switch {
	case c.Prompt != "" || c.samples() || c.Key != "" || c.Value != "":
		return fmt.Errorf("%s takes tokens, and no prompt, temperature, top-k, top-p, key or value", c.Verb)
	case c.Tokens < 1:
		return fmt.Errorf("%s by %d tokens was asked for; it must be 1 or more", c.Verb, c.Tokens)
	}
	return nil
}

func (c Command) validateSet() error {
	switch {
	case c.Verb != Set:
		return fmt.Errorf("%s takes no key and value; set does", c.Verb)
	case c.Key == "" || c.Value == "":
		return errors.New("set needs key=value, for example threads=2")
	case len(c.Key) > maxValue || len(c.Value) > maxValue:
		return fmt.Errorf("the key has %d bytes and the value %d; at most %d are taken", len(c.Key), len(c.Value), maxValue)
	case strings.ContainsFunc(c.Key+c.Value, func(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError }):
		return fmt.Errorf("set %q: control characters, or not UTF-8 text", c.Detail())
	}
	return nil
}

// DecodeCommand reads exactly one JSON command with no unknown field, and validates it.
func DecodeCommand(r io.Reader) (Command, error) {
	body, err := io.ReadAll(io.LimitReader(r, maxBody+1))
	if err != nil {
		return Command{}, fmt.Errorf("read command: %w", err)
	}
	if len(body) > maxBody {
		return Command{}, fmt.Errorf("the command is longer than %d bytes", maxBody)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	var c Command
	if err := d.Decode(&c); err != nil {
		return Command{}, fmt.Errorf("read command: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Command{}, errors.New("read command: more than one JSON value")
	}
	return c, c.Validate()
}
