// Kernels that do nothing, for walking through work to see what memory it takes.
#include "kernels.h"

#define IDLE(name, type) \
	static void name(const type *g) { (void)g; }
IDLE(matmul, gl_matmul)
IDLE(outer, gl_outer)
IDLE(attention, gl_attention)
IDLE(classify, gl_classify)
IDLE(pack, gl_pack)
IDLE(columns, gl_columns)
IDLE(scatter, gl_scatter)
IDLE(embed, gl_embed)
IDLE(norm, gl_norm)
IDLE(norm_grad, gl_norm_grad)
IDLE(combine, gl_combine)
IDLE(adamw, gl_adamw)

static double sum(const float *x, ptrdiff_t n)
{
	(void)x, (void)n;
	return 0;
}

static gl_products products(const gl_products *like)
{
	return (gl_products){like->panel, like->unit, matmul, outer, attention, attention, classify, pack, like->spin};
}

void gl_idle(gl_kernels *k, const gl_kernels *like)
{
	*k = (gl_kernels){
		like->name, products(&like->full), products(&like->half), columns, scatter, embed, norm, norm_grad, combine, adamw, sum, sum,
		like->round, like->widen, like->map,
	};
}
