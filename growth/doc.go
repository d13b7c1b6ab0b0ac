// Package growth is the method: a Recipe says through which stages a small network becomes a large one, At says where a
// run stands after any number of tokens, and an Operator turns the small network into the larger one.
//
// Most callers want Parse, Recipe.At, Recipe.Plan and Lookup.
//
// Where a run stands (stage, mask, learning rate, batch) is a pure function of the recipe and the tokens seen, never an
// accumulated counter: the plan, the run, a resumed run and the drawn future all ask At. Growing is a pure function from
// an old State (parameters and Adam's two moments) to a new one; nothing here knows a device, a file or a clock.
//
// The operators: msg.go (masks, function preserving, the default) and stack.go (plain copy, the baseline that is not).
// The method is that of FLM-101B (arXiv:2309.03852) and MSG (arXiv:2305.02869); where we differ, the word Deviation stands.
package growth
