// The kernels, compiled once for each family of vector instructions by a file that defines GL_FAMILY_… and GL_NAME.
#include "kernels.h"
#include "vec.h"
#include "vmath.h"
#include "transpose.h"
#include "gemm.h"
#include "norm.h"
#include "attention.h"
#include "half_tile.h"
#include "half_pack.h"
#include "half_gemm.h"
#include "half_attention.h"
#include "rows.h"

static const gl_kernels kernels = {
	GL_NAME,
	{NR, 1, matmul, outer, attention, attention_grad, classify, pack, spin},
	{NRH, UNIT, half_matmul, half_outer, half_attention, half_attention_grad, half_classify, half_pack, half_spin},
	columns, scatter, embed, norm, norm_grad, combine, adamw, sum, sum_squares, round_all, widen_all, map,
};
