package trainer

import (
	"math"
	"math/rand/v2"
	"strings"
	"unicode/utf8"

	"growlab/trainer/compute"
	"growlab/trainer/event"
	"growlab/trainer/model"
)

// Sampling says how text is generated.
type Sampling struct {
	Prompt      string
	Tokens      int     // to generate
	Temperature float64 // 0 takes the likeliest token
	Seed        uint64
}

// Generate continues s.Prompt by s.Tokens bytes and returns what it added, as valid UTF-8. The network sees at most its
// context's last bytes; an empty prompt counts as a line break. emit, if not nil, is called with each byte; when it returns
// false the text ends.
func Generate(net *model.Model, s Sampling, emit func(byte) bool) string {
	text := []byte(s.Prompt)
	if len(text) == 0 {
		text = []byte("\n")
	}
	start := len(text)
	rng := rand.New(rand.NewPCG(s.Seed, 0))
	for range s.Tokens {
		window := text[max(len(text)-net.Config.Context, 0):]
		b := compute.Batch{Seqs: 1, T: len(window)}
		for _, c := range window {
			b.Inputs = append(b.Inputs, int32(c))
		}
		logits := net.Logits(b)
		next := byte(pick(logits[len(logits)-net.Config.Vocab:], s.Temperature, rng))
		text = append(text, next)
		if emit != nil && !emit(next) {
			break
		}
	}
	return strings.ToValidUTF8(string(text[start:]), string(utf8.RuneError))
}

// pick draws from softmax(logits/temperature).
func pick(logits []float32, temperature float64, rng *rand.Rand) int {
	best := 0
	for i, l := range logits {
		if l > logits[best] {
			best = i
		}
	}
	if temperature == 0 {
		return best
	}
	p, sum := make([]float64, len(logits)), 0.0
	for i, l := range logits {
		p[i] = math.Exp(float64(l-logits[best]) / temperature)
		sum += p[i]
	}
	u := rng.Float64() * sum
	for i := range p {
		if u -= p[i]; u < 0 {
			return i
		}
	}
	return best
}

// sampleDue generates text as the recipe has it, if it has any.
func (t *Trainer) sampleDue() {
	if s := t.Recipe.Sample; s.Tokens > 0 {
		t.sample(s.Prompt, s.Tokens, s.Temperature)
	}
}

// sample generates text and reports it. The seed is the step, so that it is the same again after a resume.
func (t *Trainer) sample(prompt string, tokens int, temperature float64) {
	step := t.steps()
	text := Generate(t.net, Sampling{prompt, tokens, temperature, t.Recipe.Train.Seed + uint64(step)}, nil)
	t.spend()
	t.Sink.Emit(event.Sampled{
		Step: step, Tokens: t.tokens, Stage: t.stage + 1, Prompt: prompt, Text: text, Temperature: temperature,
	})
}
