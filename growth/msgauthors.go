package growth

import (
	"growlab/growth/expand"
	"growlab/growth/shape"
)

// MSGAuthors is MSG as the code of its authors has it (github.com/cofe-ai/MSG, written for BERT): masks stand where numbers go
// in. Queries, keys and values of new heads are masked after their bias, new FFN units before the activation (of SwiGLU both the
// gate and what it gates), and an added layer, a copy, is gated as a whole.
//
//	  heads                       ffn                          layers
//	q, k, v = | old | new·m |   h = act(| old | new·m |)     m·layer(x) + (1-m)·x
//	              |                           |                +- - - - - - -+   copy of 1
//	          softmax(q kᵀ) v            act(0) = 0            +- - - - - - -+   copy of 0
//	              |                           |                +-------------+   1
//	         0 from new heads        0 from new units          +-------------+   0   at m = 0
//
// It is as exact as masks on outputs, at 0 and at 1. In between, a new head's scores are of order m², so that new query and key
// weights get gradients of order m³, and those of SwiGLU's units are of order m². New weights are N(0, 0.02²), whatever the
// recipe's init_std and muP say; gains are 1, biases 0.
//
// The authors grow one dimension at a time: ramp_order = ["ffn", "layers", "hidden", "heads"] is the order of their schedule for
// BERT base, and lr_policy = "rewind" what it does to the learning rate.
//
// Deviation: all four dimensions fade in together unless the stage has a ramp_order.
// Deviation: the norms stand before the branches, as in GPT, where BERT has them behind; the stream itself is not masked, since
// whatever reads it does so through a norm that is.
// Deviation: Adam counts steps for all weights together, where the authors' new layers come as new parameters that count from 0.
var MSGAuthors = Operator{
	Name: "msg-authors", Source: "MSG, arXiv:2305.02869, as its authors' code", Promise: always,
	Masked: true, Place: shape.OnInputs, Depth: DepthStack, Std: 0.02,
	Map: expand.Keep, // the masks are Recipe.Masks
}
