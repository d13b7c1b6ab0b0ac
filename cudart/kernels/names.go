package kernels

// kernel is a __global__ function.
type kernel int

// Those in a row of three are for the layouts NT, NN, TN; those in a pair for bf16 and float32.
const (
	embedKernel kernel = iota
	embedGradKernel
	posGradKernel
	normKernel // at most 512, 1024, 2048 channels
	_
	_
	normAnyKernel
	normGradKernel // 1, 2 or 4 quads for a thread
	_
	_
	product128Kernel
	_
	_
	product64Kernel
	_
	_
	productOddKernel
	_
	_
	productF32Kernel
	_
	_
	productSumKernel
	activateKernel
	combineKernel
	castKernel
	rotateKernel
	attentionDeltaKernel
	_
	plainAttentionKernel
	_
	plainKeysKernel
	_
	plainQueriesKernel
	_
	flash16Kernel
	flashKeys16Kernel
	flashQuery16Kernel
	flash32Kernel
	flashKeys32Kernel
	flashQuery32Kernel
	flash64Kernel
	flashKeys64Kernel
	flashQuery64Kernel
	flash128Kernel
	flashKeys128Kernel
	flashQuery128Kernel
	classifyKernel
	columnSumsKernel
	sumPartsKernel
	sumKernel
	sumFinishKernel
	adamKernel
	clipKernel
	kernelCount
)

// kernelNames are the kernels as the source names them.
var kernelNames = [kernelCount]string{
	"embed", "embed_grad", "pos_grad",
	"norm_512", "norm_1024", "norm_2048", "norm_any", "norm_grad_1", "norm_grad_2", "norm_grad_4",
	"product_128_nt", "product_128_nn", "product_128_tn", "product_64_nt", "product_64_nn", "product_64_tn",
	"product_odd_nt", "product_odd_nn", "product_odd_tn", "product_f32_nt", "product_f32_nn", "product_f32_tn", "product_sum",
	"activate", "combine", "cast_numbers",
	"rotate", "attention_delta_bf16", "attention_delta_f32", "attention_bf16", "attention_f32",
	"attention_keys_bf16", "attention_keys_f32", "attention_queries_bf16", "attention_queries_f32",
	"flash_16", "flash_keys_16", "flash_queries_16", "flash_32", "flash_keys_32", "flash_queries_32",
	"flash_64", "flash_keys_64", "flash_queries_64", "flash_128", "flash_keys_128", "flash_queries_128",
	"classify", "column_sums", "sum_parts", "sum_numbers", "sum_finish", "adamw", "clip_scale",
}
