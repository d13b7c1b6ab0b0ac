// Package growth is the method: a Recipe says through which stages a small network becomes a large one, At says where a
// run stands after any number of tokens, and an Operator turns the small network into the larger one.
//
// Most callers want Parse, Recipe.At, Recipe.Plan and Recipe.Grow; Derive makes a recipe from a size and a budget.
//
// Where a run stands (stage, mask, learning rate, batch) is a pure function of the recipe and the tokens seen, never an
// accumulated counter: the plan, the run, a resumed run and the drawn future all ask At. What changed the course of a run while it
// trained (a stage that ended early because its loss stood still, whatever a person asked for) is an Edit in the run's journal, of
// which Edited makes the recipe as it goes on. Growing is a pure function from an old State (parameters and Adam's two moments) to a new one; nothing here knows a device, a file or a clock.
//
// The operators, one file each with its picture, source and deviations: msg.go (masks, the default), msgauthors.go, exact.go,
// lemon.go, hypercloning.go, net2net.go, aki.go, llamapro.go, stack.go, interleave.go, midas.go and random.go (the control). Each is a
// rule, an expand.Map, that package expand carries out; Promise says when it keeps the function, and tests hold it to that. How
// masks fade in, together or one dimension after another, is in ramp.go.
//
// A second signal beside the text, propositions whose labels are learnt, is in teacher.go.
//
// Costs by three formulas stand in cost.go, energy, carbon and money in footprint.go.
// The method is that of FLM-101B (arXiv:2309.03852) and MSG (arXiv:2305.02869); where we differ, the word Deviation stands.
package growth
