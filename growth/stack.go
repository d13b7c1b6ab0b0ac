package growth

import "growlab/growth/expand"

// Stack is the plain copy without masks: the old network is the leading block, added layers are copies of the whole stack on
// top of it, and all of it takes part at once. In depth this is StackBERT (Gong et al., ICML 2019) and G_stack
// (arXiv:2405.15319); in width, which neither grows, new entries are fresh. It does not preserve the function, the loss jumps
// and heals. It is the baseline that MSG is compared with.
//
//	+-------------+  copy of 1
//	+-------------+  copy of 0
//	+-------------+  1
//	+-------------+  0
//
// Deviation: StackBERT and G_stack start a fresh Adam; here moments are carried as in MSG, so that the masks are the only
// difference. The stage's moments = "fresh" is theirs. G_stack also warms the learning rate up again: lr_policy = "rewarm".
var Stack = Operator{
	Name: "stack", Source: "StackBERT, Gong et al., ICML 2019; G_stack, arXiv:2405.15319", Promise: never, Depth: DepthStack,
	Map: expand.Keep,
}
