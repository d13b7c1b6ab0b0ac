package lab

import (
	"cmp"
	"slices"

	"growlab/growth"
)

// Deviation is something in which a run is not what a paper says.
type Deviation struct {
	Where string // the file that says it, with the word "Deviation:" where it is one of operator or schedule
	Text  string
	holds func(growth.Recipe) bool
}

// deviations is the one list of them; a test holds it to the words in the code and in README.md.
var deviations = []Deviation{
	{"README.md", "the shapes of the stages are ours to choose: those of FLM-101B's first two are not published", grown},
	{"README.md", "the block: FLM-101B states \"GPT-3-style\" and xPos; biases, tied embeddings, the tanh form of GELU and xPos' constants (gamma 0.4, base 512) are its reference implementation's or our choice", family("flm")},
	{"README.md", "the block is not FLM-101B's: RMSNorm, SwiGLU and RoPE without biases, embeddings untied", family("llama")},
	{"README.md", "the block is not FLM-101B's: positions are learned, where it has xPos", family("gpt2")},
	{"README.md", "the vocabulary is 256 bytes, where the paper has 100,256 BPE tokens: no tokenizer to train at this size", always},
	{"README.md", "the text is one book or what --data names, where the paper has English and Chinese web text, 53.5 : 46.5", always},
	{"README.md", "the context is shorter than the paper's 2,048 tokens", func(r growth.Recipe) bool { return r.Model.Context < 2048 }},
	{"README.md", "the batch is not the paper's 4.7 M tokens, nor in proportion to the model", func(r growth.Recipe) bool { return r.Train.Batch < 4_000_000 }},
	{"README.md", "no muP: the paper transfers its learning rate from a proxy by it", func(r growth.Recipe) bool { return r.Model.BaseWidth == 0 }},
	{"README.md", "matrix products are fp32, where the paper has bf16", func(r growth.Recipe) bool { return r.Train.Precision == "fp32" }},
	{"README.md", "weight decay is on matrices only; the paper does not say", func(r growth.Recipe) bool { return r.Train.WeightDecay > 0 }},
	{"README.md", "the masks ramp inside the run over a length of our choice; the paper extends its model offline and states no ramp", ramped},
	{"README.md", "no warm-up after growth, where the paper has 1.2 % and 1.8 % of the stages: the mask's ramp does its work", func(r growth.Recipe) bool {
		return slices.ContainsFunc(r.Stages[1:], func(s growth.Stage) bool { return s.Warmup == 0 })
	}},
	{"growth/position.go", "between the printed values at stage starts the learning rate slides linearly, and falls by a cosine in the last stage; one cosine, as the paper says, cannot pass through the printed values", policy(growth.LRContinue)},
	{"growth/position.go", "MSG's decay is linear and ends above zero after a rewind; ours is a cosine that ends at lr_final", policy(growth.LRRewind)},
	{"growth/init.go", "initial values under muP are plain normal draws, where muScaling's code zeroes queries and embedding, scales the embedding's output and makes mean and variance exact", func(r growth.Recipe) bool { return r.Model.BaseWidth > 0 }},
	{"growth/msg.go", "masks are on the outputs of heads and FFN, and gates on the branches of added layers, where MSG's code masks queries, keys, values and pre-activations, and gates whole blocks: as exact, with larger gradients for new weights", operator("msg")},
	{"growth/msg.go", "several dimensions grow at once, as in FLM-101B, where MSG grows one at a time", together("msg")},
	{"growth/msgauthors.go", "all dimensions fade in together, where MSG grows one at a time", together("msg-authors")},
	{"growth/msgauthors.go", "norms stand before the branches, as in GPT, where the authors' code is BERT and has them behind; the stream itself is not masked", operator("msg-authors")},
	{"growth/msgauthors.go", "Adam counts steps for all weights together, where the authors' new layers count from 0", operator("msg-authors")},
	{"growth/teacher.go", "labels are two tokens of their own, where the paper takes two emoji that its vocabulary has", taught},
	{"growth/teacher.go", "a sequence of propositions counts as much as one of text; the paper does not say how much labels weigh", taught},
	{"growth/teacher.go", "the teacher is there from the first step, where eFLM-16B goes on from a trained network", taught},
	{"growth/stack.go", "Adam's moments are carried over the growth, where StackBERT and G_stack start a fresh Adam", func(r growth.Recipe) bool {
		return operator("stack")(r) && !slices.ContainsFunc(r.Stages, func(s growth.Stage) bool { return s.Moments == growth.MomentsFresh })
	}},
	{"growth/aki.go", "copies go round in order, where bert2BERT draws the source of each; moments of outputs that come from above start at zero", operator("aki")},
	{"growth/net2net.go", "copies go round in order, where Net2Net and bert2BERT draw the source of each", operator("net2net")},
	{"growth/net2net.go", "a new layer is a copy that writes zero, where bert2BERT stacks and Net2Net has an identity layer", operator("net2net")},
	{"growth/hypercloning.go", "the symmetry is broken by noise as large as an initial value, since the paper's strength is not known to us; heads are tiled whole", operator("hypercloning")},
	{"growth/lemon.go", "the stream is scaled and the norms' gains with it, where LEMON changes the norm's epsilon", operator("lemon")},
	{"growth/lemon.go", "under RMSNorm the rest of the stream is zero", operator("lemon")},
	{"growth/lemon.go", "shares of copies are drawn between half and one and a half of the equal one", operator("lemon")},
	{"growth/llamapro.go", "everything trains on after the growth, where LLaMA-Pro trains only the inserted layers", operator("llama-pro")},
	{"growth/midas.go", "as many layers as the stage adds are inserted in the middle, where MIDAS inserts blocks of one fixed number", operator("midas")},
}

// Deviations are those that a run of r carries.
func Deviations(r growth.Recipe) []Deviation {
	var all []Deviation
	for _, d := range deviations {
		if d.holds(r) {
			all = append(all, d)
		}
	}
	return all
}

func always(growth.Recipe) bool { return true }

func taught(r growth.Recipe) bool { return r.Teacher.On() }

func grown(r growth.Recipe) bool { return r.Grows() }

func ramped(r growth.Recipe) bool {
	return slices.ContainsFunc(r.Plan().Stages, func(s growth.StagePlan) bool { return s.Ramp > 0 })
}

// family holds for recipes of a block.
func family(name string) func(growth.Recipe) bool {
	return func(r growth.Recipe) bool { return r.Model.Family == name }
}

// operator holds for recipes that grow by it somewhere.
func operator(name string) func(growth.Recipe) bool {
	return func(r growth.Recipe) bool {
		return slices.ContainsFunc(r.Plan().Stages, func(s growth.StagePlan) bool { return s.Operator == name })
	}
}

// together holds for recipes with a growth by the operator whose dimensions all fade in at once.
func together(name string) func(growth.Recipe) bool {
	return func(r growth.Recipe) bool {
		return slices.ContainsFunc(r.Plan().Stages, func(s growth.StagePlan) bool { return s.Operator == name && s.RampOrder == "" })
	}
}

// policy holds for recipes with a growth that treats the learning rate so.
func policy(name string) func(growth.Recipe) bool {
	return func(r growth.Recipe) bool {
		return slices.ContainsFunc(r.Stages[1:], func(s growth.Stage) bool { return cmp.Or(s.LRPolicy, growth.LRContinue) == name })
	}
}
