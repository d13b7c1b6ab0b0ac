// Package growth is the method: a Recipe says through which stages a small network becomes a large one, At says where a
// run stands after any number of tokens, and an Operator turns the small network into the larger one.
//
// Most callers want Parse, Recipe.At, Recipe.Plan and Recipe.Grow; Derive makes a recipe from a size and a budget.
//
// Where a run stands (stage, mask, learning rate, batch) is a pure function of the recipe and the tokens seen, never an
// accumulated counter: the plan, the run, a resumed run and the drawn future all ask At. What changed the course of a run while
// it trained (a stage that ended early because its loss stood still, whatever a person asked for) is an Edit in the run's
// journal, of which Edited makes the recipe as it goes on. Growing is a pure function from an old State (parameters and Adam's
// two moments) to a new one; nothing here knows a device, a file or a clock.
//
// # Operators
//
// One file each, with its picture, source and deviations: msg.go (masks, the default), msgauthors.go, exact.go, lemon.go,
// hypercloning.go, net2net.go, aki.go, llamapro.go, stack.go, interleave.go, midas.go and random.go (the control). Each is a
// rule without code of its own: an expand.Map, which package expand carries out (maps.go has those that several share), an order
// of layers (depth.go), and a Promise, which says when it keeps the function.
//
// A new one is a file with a variable, put into Operators (operator.go). Recipes, the list on the terminal and the window take it
// from there, and so do the tests that hold it to its promise, let it train and follow its moments; what differs from a paper
// carries the word Deviation, and app/lab lists it for reports.
//
// # Schedules
//
// Position and learning rate are in position.go, how masks fade in, together or one dimension after another, in ramp.go, a
// stage's end on a plateau in plateau.go, changes of a live run in edit.go, recipes of rivals in twin.go.
//
// # Beside them
//
// A second signal beside the text, propositions whose labels are learnt, is in teacher.go. Costs by three formulas stand in
// cost.go; energy, carbon and money in footprint.go.
//
// The method is that of FLM-101B (arXiv:2309.03852) and MSG (arXiv:2305.02869); where we differ, the word Deviation stands.
package growth
