package store

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"time"
)

const (
	// chunkBytes is how much tensor data goes in one row and one transaction.
	chunkBytes = 4 << 20
	// pageBytes is the page size of new run files: large blobs, small rows.
	pageBytes = 8192
)

// Checkpoint is everything that going on exactly needs: tensors, and in Meta whatever else the engine keeps (JSON).
type Checkpoint struct {
	Step    int64
	Tokens  int64
	Stage   int
	Reason  string // as in event.Saved
	Pinned  bool   // stays when newer ones push others out
	Meta    []byte
	Tensors []Tensor // names are unique; the order is kept
}

// Tensor is a named array.
type Tensor struct {
	Name string
	Data []float32
}

// CheckpointInfo describes a checkpoint in a run file.
type CheckpointInfo struct {
	ID     int64
	Time   time.Time
	Step   int64
	Tokens int64
	Stage  int
	Reason string
	Pinned bool
	Bytes  int64 // of its tensors

	position int64 // id of the last journalled event before it
	chunks   int64
	sum      uint32
}

// chunk is a part of a tensor: the entries from start on, little-endian float32.
type chunk struct {
	seq   int64 // counts from 0 within the checkpoint
	name  string
	start int64 // in entries
	total int64 // entries of the whole tensor
	data  []byte
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sum is the CRC-32C over where the chunk belongs and what is in it.
func (c chunk) sum() uint32 {
	head := make([]byte, 0, 64)
	for _, n := range []int64{c.seq, c.start, c.total, int64(len(c.name))} {
		head = binary.LittleEndian.AppendUint64(head, uint64(n))
	}
	head = append(head, c.name...)
	return crc32.Update(crc32.Checksum(head, castagnoli), castagnoli, c.data)
}

// seal is the checksum of a checkpoint: its header, then the sums of its chunks in order.
type seal uint32

func (c Checkpoint) seal() seal {
	head := make([]byte, 0, 32+len(c.Meta))
	for _, n := range []int64{c.Step, c.Tokens, int64(c.Stage), int64(len(c.Meta))} {
		head = binary.LittleEndian.AppendUint64(head, uint64(n))
	}
	return seal(crc32.Checksum(append(head, c.Meta...), castagnoli))
}

func (s seal) add(sum uint32) seal {
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], sum)
	return seal(crc32.Update(uint32(s), castagnoli, b[:]))
}

// encode writes the little-endian bytes of src to dst, which has four times its length.
func encode(dst []byte, src []float32) {
	for i, v := range src {
		binary.LittleEndian.PutUint32(dst[4*i:], math.Float32bits(v))
	}
}

// decode is the inverse of encode.
func decode(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
	}
}
