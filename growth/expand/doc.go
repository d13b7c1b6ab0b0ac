// Package expand turns the tensors of a small network into those of a larger one, as a Map says: where each new channel, head,
// FFN unit and layer comes from, and whether the numbers are changed so that the larger network computes the same.
//
// Params makes the parameters, Moments what Adam remembers of them. Both work on float32, as networks are kept, and on float64,
// in which tests show that the function stays.
//
// The algebra. A channel of the residual stream is x, a head's output o, an FFN unit h; capitals are of the large network. With
// c(j) copies of j's source i in all, an exact map (Map.Exact) keeps, for every input,
//
//	X_j = s x_i          written by embedding, position, Wo, bo, W2, c2, all times s
//	Y_j = y_i            the norms' gains times 1/s undo it; their biases stay
//	O_j = o_i, H_j = h_i rows of Wqkv, W1 and their biases are copied
//
// and a matrix that reads Y, O or H takes from each copy the share 1/c(j), or shares that sum to 1 (Split). A channel without
// source is held at s·mean(x) under LayerNorm and at 0 under RMSNorm, so that it never moves a mean and its normalised value is
// 0 whatever the gain: what reads it may be anything. With k channels that have a source, s = sqrt(D/k) gives the norm's
// statistic its old size, and so its epsilon its old weight: the map is exact, not exact up to epsilon.
//
// The output. With tied embeddings the logits read the same tensor that writes the stream, c(j) times and times s; with muP
// they carry BaseWidth/D instead of BaseWidth/d. Gain and bias of the final norm take both back.
//
// Where this is not exact: LayerNorm and RMSNorm over channels that were copied unequally often, since their statistics weigh
// channels equally.
package expand
