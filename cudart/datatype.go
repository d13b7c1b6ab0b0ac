package cudart

// DataType is the type of a matrix' elements (cudaDataType_t).
type DataType int32

// The types that are used here.
const (
	F32  DataType = 0
	F64  DataType = 1
	F16  DataType = 2
	BF16 DataType = 14
)

// Size is the bytes of one element.
func (t DataType) Size() int {
	switch t {
	case F64:
		return 8
	case F32:
		return 4
	case F16, BF16:
		return 2
	}
	return 0
}
