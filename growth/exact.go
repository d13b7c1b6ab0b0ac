package growth

// Exact keeps the function without masks, by what it makes the new part write: nothing. Its kernels are the plain ones from
// the first step on.
//
//	 writers of the stream        readers of the stream        heads, FFN units
//	+-------------+ old, times s   +------+- - - +               reads: fresh
//	|     s W     |                |  W   : fresh|               writes: 0
//	+-------------+                |      :      |
//	: mean or 0   : new            +------+- - - +              added layer: a copy that writes 0
//
// New channels hold the mean of the old ones under LayerNorm, so that the mean stays, and 0 under RMSNorm; either way their
// normalised value is 0. The stream is scaled by s = sqrt(D/d) and the norms' gains by 1/s, which leaves the norms their
// statistics and their epsilon. New rows of writers get a gradient at once, new columns of readers as soon as those moved.
//
// The algebra is our own (package expand); zero-output layers are those of LLaMA-Pro.
var Exact = Operator{
	Name: "exact", Source: "our derivation (growth/expand); layers as LLaMA-Pro, arXiv:2401.02415", Promise: always, Depth: DepthStack,
	Map: silent,
}
