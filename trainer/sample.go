package trainer

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode/utf8"

	"growlab/trainer/compute"
	"growlab/trainer/data"
	"growlab/trainer/event"
	"growlab/trainer/model"
)

// Sampling says how text is generated.
type Sampling struct {
	Prompt      string
	Tokens      int     // to generate
	Temperature float64 // 0 takes the likeliest token
	TopK        int     // draws only from the likeliest so many; 0 is all
	TopP        float64 // draws only from the fewest likeliest that together have at least this probability; 0 is all
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
		last := logits[len(logits)-net.Config.Vocab:]
		next := byte(s.pick(last[:min(len(last), data.Vocab)], rng)) // labels are no text
		text = append(text, next)
		if emit != nil && !emit(next) {
			break
		}
	}
	return strings.ToValidUTF8(string(text[start:]), string(utf8.RuneError))
}

// pick draws from softmax(logits/Temperature), cut down to the TopK likeliest and then to the nucleus of probability TopP
// (Holtzman et al., arXiv:1904.09751). One draw is taken from rng whatever is cut.
func (s Sampling) pick(logits []float32, rng *rand.Rand) int {
	best := 0
	for i, l := range logits {
		if l > logits[best] {
			best = i
		}
	}
	if s.Temperature == 0 {
		return best
	}
	p, sum := make([]float64, len(logits)), 0.0
	for i, l := range logits {
		p[i] = math.Exp(float64(l-logits[best]) / s.Temperature)
		sum += p[i]
	}
	sum = s.cut(p, sum)
	u := rng.Float64() * sum
	for i := range p {
		if u -= p[i]; u < 0 {
			return i
		}
	}
	return best
}

// cut sets to zero what TopK and TopP leave out of p, whose sum is given, and returns the sum of the rest. Of equal
// probabilities the lower token stays.
func (s Sampling) cut(p []float64, sum float64) float64 {
	topK := s.TopK > 0 && s.TopK < len(p)
	topP := s.TopP > 0 && s.TopP < 1
	if !topK && !topP {
		return sum
	}
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[b], p[a]) })
	keep := len(order)
	if topK {
		keep = s.TopK
	}
	all := 0.0
	for _, i := range order[:keep] {
		all += p[i]
	}
	kept := 0.0
	for n, i := range order {
		if n >= keep || topP && kept >= s.TopP*all {
			p[i] = 0
			continue
		}
		kept += p[i]
	}
	return kept
}

// sampleDue generates text as the recipe has it, if it has any.
func (t *Trainer) sampleDue() {
	s := t.Recipe.Sample
	if s.Tokens == 0 {
		return
	}
	t.sample(Sampling{Prompt: s.Prompt, Tokens: s.Tokens, Temperature: s.Temperature})
	for _, prompt := range s.Prompts {
		t.sample(Sampling{Prompt: prompt, Tokens: s.Tokens, Temperature: s.Temperature})
	}
}

// sample generates text and reports it, on rank 0. The seed is the step, so that it is the same again after a resume.
func (t *Trainer) sample(s Sampling) {
	if !t.Ranks.Leads() {
		return
	}
	step := t.steps()
	s.Seed = t.Recipe.Train.Seed + uint64(step)
	text := Generate(t.net, s, nil)
	t.spend()
	t.Sink.Emit(event.Sampled{
		Step: step, Tokens: t.tokens, Stage: t.stage + 1, Prompt: s.Prompt, Text: text, Temperature: s.Temperature, TopK: s.TopK, TopP: s.TopP,
	})
}
