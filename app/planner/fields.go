package planner

import (
	"cmp"
	"fmt"
	"strings"

	"growlab/app/form"
	"growlab/growth"
	"growlab/growth/shape"
)

// specs say what keys are called and what they do. A key that is not here is called by its own name and explained by the comment
// of the recipe file.
var specs = byKey([]form.Spec{
	{Key: "name", Label: "name", About: "What the recipe and its runs are called."},
	{Key: "model.family", Label: "family", Choices: growth.Families, About: "flm: LayerNorm, GELU, xPos, biases, tied; llama: RMSNorm, SwiGLU, RoPE; gpt2: LayerNorm, GELU, learned positions. Sets what is left empty beside it."},
	{Key: "model.norm", Label: "norm", Choices: []string{"", shape.LayerNorm, shape.RMSNorm}, About: "Normalisation, if not the family's."},
	{Key: "model.act", Label: "activation", Choices: []string{"", shape.GELU, shape.SwiGLU}, About: "Of the feed-forward part, if not the family's."},
	{Key: "model.pos", Label: "positions", Choices: []string{"", shape.XPos, shape.RoPE, shape.Learned}, About: "How positions are told apart, if not the family's way."},
	{Key: "model.bias", Label: "biases", Choices: []string{"", "true", "false"}, About: "Whether products add a bias, if not as in the family."},
	{Key: "model.tied", Label: "tied output", Choices: []string{"", "true", "false"}, About: "Whether the output matrix is the embedding, if not as in the family."},
	{Key: "model.vocab", Label: "vocabulary", About: "256: text is read as bytes."},
	{Key: "model.context", Label: "context", About: "Tokens that the network sees at once. Batches are whole multiples of it."},
	{Key: "model.head_dim", Label: "head dimension", About: "Channels of one attention head. Hidden sizes are whole multiples of it."},
	{Key: "model.base_width", Label: "muP base width", About: "Under muP a learning rate tuned at this width carries over to other widths; 0 is off."},
	{Key: "model.output_mult", Label: "output multiplier", About: "Factor on the logits, which muP tunes."},
	{Key: "model.init_std", Label: "initial spread", About: "Standard deviation of initial weights."},
	{Key: "train.seed", Label: "seed", About: "Of initial weights and of the order of the text. The same seed gives the same run."},
	{Key: "train.batch", Label: "batch", About: "Tokens in one optimizer step, a multiple of the context."},
	{Key: "train.micro_batch", Label: "micro-batch", About: "Sequences in memory at once, 0 is the whole batch. Lower needs less memory and changes no numbers."},
	{Key: "train.lr", Label: "peak learning rate", About: "Stages scale it, and it falls at the end."},
	{Key: "train.lr_final", Label: "final rate", About: "Learning rate at the end, as a fraction of the peak."},
	{Key: "train.weight_decay", Label: "weight decay", About: "Of AdamW, on matrices only."},
	{Key: "train.clip", Label: "clip", About: "Largest gradient norm; larger gradients are scaled down to it. 0 is off."},
	{Key: "train.precision", Label: "precision", Choices: growth.Precisions, About: "Of matrix products: fp32, bf16, or auto, what this machine does faster."},
	{Key: "eval.every", Label: "evaluate every", About: "Tokens between two measurements of the loss on held-out text; 0 is never."},
	{Key: "eval.tokens", Label: "evaluation tokens", About: "Held-out tokens of a measurement during the run."},
	{Key: "eval.final_tokens", Label: "final evaluation", About: "Held-out tokens of the measurement at the end."},
	{Key: "sample.every", Label: "sample every", About: "Tokens between two samples; 0 is only at the end of stages."},
	{Key: "sample.prompt", Label: "prompt", About: "What samples begin with."},
	{Key: "sample.tokens", Label: "sample length", About: "Tokens of a sample."},
	{Key: "sample.temperature", Label: "temperature", About: "0 always takes the likeliest token; 1 draws as the network says."},
	{Key: "checkpoint.every", Label: "save every", About: "Tokens between two checkpoints, besides those at growths and at the end."},
	{Key: "checkpoint.keep", Label: "keep", About: "Checkpoints that stay, besides those at growths."},
	{Key: "stage.*.layers", Label: "layers", About: "Blocks of this stage."},
	{Key: "stage.*.hidden", Label: "hidden", About: "Channels of the residual stream, a multiple of the head dimension."},
	{Key: "stage.*.heads", Label: "heads", About: "Attention heads; hidden / head dimension if empty."},
	{Key: "stage.*.ffn", Label: "FFN", About: "Units of the feed-forward part; 4 x hidden if empty."},
	{Key: "stage.*.tokens", Label: "tokens", About: "What the stage trains on; drag the boundaries above to share them out."},
	{Key: "stage.*.flops", Label: "FLOPs", About: "In place of tokens: as many tokens as this much compute pays for, such as 2T."},
	{Key: "stage.*.operator", Label: "grown by", Choices: operatorNames(), About: "How the larger network is made out of the smaller one."},
	{Key: "stage.*.depth", Label: "new layers", Choices: []string{"", "stack", "interleave", "middle"}, About: "Where added layers go: on top, each after its source, or the middle ones twice."},
	{Key: "stage.*.moments", Label: "Adam's moments", Choices: []string{"", growth.MomentsCarry, growth.MomentsZero, growth.MomentsFresh}, About: "carry: they follow their weights; zero: all begin at zero; fresh: a new Adam that counts its steps anew."},
	{Key: "stage.*.ramp", Label: "ramp", About: "Tokens over which the new part fades in; 0 is at once."},
	{Key: "stage.*.ramp_shape", Label: "ramp shape", Choices: []string{"", growth.RampLinear, growth.RampCosine, growth.RampStep}, About: "How the mask goes from 0 to 1."},
	{Key: "stage.*.lr", Label: "learning rate x", About: "At the start of the stage, as a fraction of the peak."},
	{Key: "stage.*.lr_policy", Label: "after growth", Choices: []string{"", growth.LRContinue, growth.LRRewind, growth.LRRewarm}, About: "The learning rate goes on, goes back to the peak, or rises anew over the warm-up."},
	{Key: "stage.*.warmup", Label: "warm-up", About: "Tokens over which the learning rate rises."},
	{Key: "stage.*.batch", Label: "batch", About: "Tokens in one step of this stage, if not the recipe's."},
	{Key: "stage.*.plateau", Label: "plateau", About: "The stage ends early after so many evaluations without a gain; 0 is never."},
	{Key: "stage.*.plateau_gain", Label: "plateau gain", About: "Nats that count as a gain."},
})

func byKey(all []form.Spec) map[string]form.Spec {
	m := map[string]form.Spec{}
	for _, s := range all {
		m[s.Key] = s
	}
	return m
}

func operatorNames() []string {
	var names []string
	for _, o := range growth.Operators {
		names = append(names, o.Name)
	}
	return names
}

// specOf describes the field of a key.
func specOf(key string) form.Spec {
	e, _ := entryOf(key)
	s := specs[e.pattern]
	s.Key = key
	s.Label = cmp.Or(s.Label, strings.ReplaceAll(key[strings.LastIndexByte(key, '.')+1:], "_", " "))
	s.About = cmp.Or(s.About, e.comment)
	if e.optional {
		s.Holder = "default"
	}
	if e.kind == kindToggle && s.Choices == nil {
		s.Choices = []string{"", "true", "false"}
	}
	return s
}

// group is fields that belong together.
type group struct {
	title string
	keys  []string
}

// tableKeys are those of a stage that its row in the table has.
var tableKeys = []string{"layers", "hidden", "heads", "ffn", "tokens", "operator", "ramp"}

// basicKeys are those on top.
var basicKeys = []string{"name", "train.lr", "train.batch"}

// groupsOf are the folded fields of a recipe with so many stages: every key of the schema that is not on show elsewhere.
func groupsOf(stages int) []group {
	titles := map[string]string{
		"model": "Model", "train": "Optimizer", "eval": "Evaluation", "sample": "Samples", "checkpoint": "Checkpoints",
	}
	var all []group
	at := map[string]int{}
	add := func(title, key string) {
		i, ok := at[title]
		if !ok {
			i = len(all)
			at[title] = i
			all = append(all, group{title: title})
		}
		all[i].keys = append(all[i].keys, key)
	}
	for _, e := range schema() {
		if hidden(e.pattern) {
			continue
		}
		section, _, nested := strings.Cut(e.pattern, ".")
		switch {
		case strings.HasPrefix(e.pattern, "stage.*."):
			for n := 1; n <= stages; n++ {
				if n == 1 && reaches(e.pattern) {
					continue
				}
				add(fmt.Sprintf("Stage %d", n), strings.Replace(e.pattern, "*", fmt.Sprint(n), 1))
			}
		case nested:
			add(cmp.Or(titles[section], strings.ToUpper(section[:1])+section[1:]), e.pattern)
		default:
			add("Recipe", e.pattern)
		}
	}
	return all
}

// hidden reports whether a key is not among the folded ones: it is on show elsewhere, or not a person's to set.
func hidden(pattern string) bool {
	for _, key := range basicKeys {
		if pattern == key {
			return true
		}
	}
	for _, key := range tableKeys {
		if pattern == "stage.*."+key {
			return true
		}
	}
	switch pattern {
	case "recipe", "rival_of", "model.vocab":
		return true
	}
	return false
}

// reaches reports whether a key says how a stage is reached, which the first is not.
func reaches(pattern string) bool {
	switch strings.TrimPrefix(pattern, "stage.*.") {
	case "operator", "depth", "moments", "ramp", "ramp_shape", "lr_policy":
		return true
	}
	return false
}

// Promise says in words what the operator of stage n, which counts from 1, keeps of what the network computes.
func (d *Draft) Promise(n int) string {
	if n < 2 || n > len(d.recipe.Stages) {
		return ""
	}
	op, err := growth.Lookup(d.recipe.Stages[n-1].Operator)
	if err != nil {
		return ""
	}
	keeps := "keeps what the network computes " + op.Promise.When
	switch op.Promise.When {
	case growth.Always:
		keeps = "keeps what the network computes"
	case growth.Never:
		keeps = "changes what the network computes"
	}
	s := op.Name + " " + keeps
	if op.Masked {
		s += ", and fades the new part in"
	}
	return s + " (" + op.Source + ")"
}
