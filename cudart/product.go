package cudart

// Epilogue is what a product does with its result before it writes it (cublasLtEpilogue_t). GELU is the tanh form.
type Epilogue int32

// The epilogues. bias has M elements, and aux has the shape of D; the gradients of a bias are written to bias.
const (
	NoEpilogue      Epilogue = 1
	AddBias         Epilogue = 4   // + bias
	GELU            Epilogue = 32  // gelu(D)
	GELUBias        Epilogue = 36  // gelu(D + bias)
	GELUAux         Epilogue = 160 // aux = D; gelu(D)
	GELUAuxBias     Epilogue = 164 // aux = D + bias; gelu(aux)
	DGELU           Epilogue = 192 // D gelu'(aux)
	DGELUBGrad      Epilogue = 208 // D gelu'(aux); bias = sums of its rows
	BGradA          Epilogue = 256 // bias = sums of A over K, M elements
	BGradB          Epilogue = 512 // bias = sums of B over K, N elements
	epilogueUsesAux Epilogue = 128
)

func (e Epilogue) usesBias() bool { return e&(4|16|256|512) != 0 }
func (e Epilogue) usesAux() bool  { return e&epilogueUsesAux != 0 }

// Layout is how a matrix lies in memory, column after column.
type Layout struct {
	Type   DataType
	LD     int64 // elements from one column to the next, at least the rows
	Stride int64 // elements from one matrix of a batch to the next
}

// Product is D = epilogue(alpha op(A) op(B) + beta C) with op(A): (M, K), op(B): (K, N), C and D: (M, N), all by columns;
// sums are fp32. A row-major product Y = X W is this one with the operands exchanged.
type Product struct {
	M, N, K        int64
	TransA, TransB bool
	A, B, C, D     Layout
	Batch          int // 0: 1
	TF32           bool
	Epilogue       Epilogue // 0: none
	BiasType       DataType // that of D: the library has no other
	AuxType        DataType // that of D: the library has no other
	AuxLD          int64
	Alignment      int // bytes that all addresses will be a multiple of, up to 256; 0: 16
}
