// The kernels, compiled once for each family of vector instructions by a file that defines GL_FAMILY_… and GL_NAME.
#include "kernels.h"
#include "vec.h"
#include "vmath.h"
#include "transpose.h"
#include "gemm.h"
#include "norm.h"
#include "attention.h"
#include "rows.h"

static const gl_kernels kernels = {
	GL_NAME, NR, matmul, outer, columns, scatter, embed, norm, norm_grad, attention, attention_grad, cross_entropy, adamw,
	pack, sum, sum_squares, map,
};
