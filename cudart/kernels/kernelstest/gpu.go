//go:build linux

package kernelstest

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"growlab/cudart"
	"growlab/cudart/fake"
	"growlab/cudart/kernels"
)

// schedules are the seeds under which an operation is tried: warps in turn, then strict random orders, with copies that land
// at once (2 and 3 mod 4) or late.
var schedules = []uint{0, 1, 2, 3}

// gpu is one emulated GPU with kernels, one stream, and what a test put there.
type gpu struct {
	t       testing.TB
	machine *fake.Machine // nil on hardware
	c       *cudart.Context
	s       *cudart.Stream
	k       *kernels.Set
	memory  []cudart.Ptr
	shift   int // arrays begin at this element of their allocation
}

// host is where kernels run.
type host struct {
	libs *fake.Libraries // stand-ins with the kernels under the emulator; nil: this machine's own driver and first GPU
}

// gpu runs f on the thread of a fresh emulated GPU with the kernels of image, nil for those as they are, and demands that nothing was done
// wrong there; or on a real one with the embedded code.
func (on host) gpu(t testing.TB, image []byte, f func(g *gpu)) {
	t.Helper()
	const multiprocessors = 4 // as the emulated GPU has, so that small matrices take the large tiles too
	g := &gpu{t: t}
	finder := cudart.NewFinder()
	if on.libs != nil {
		g.machine = on.libs.Machine(t)
		finder = &cudart.Finder{Env: g.machine.Env}
		if image == nil {
			image = fake.Image(filepath.Join(g.machine.Dir, "growlab-kernels.so"))
		}
	}
	driver, err := finder.Driver()
	g.must(err)
	device, err := driver.Device(0)
	g.must(err)
	g.c, err = driver.Context(device)
	g.must(err)
	g.must(g.c.Do(func() error {
		g.s, err = g.c.Stream(0)
		g.must(err)
		if image != nil {
			g.k, err = kernels.LoadImage(g.c, image, multiprocessors)
		} else if g.k, err = kernels.Load(g.c); err == nil {
			g.k.SetMultiprocessors(multiprocessors)
		}
		g.must(err)
		f(g)
		g.must(g.s.Sync())
		for _, p := range g.memory {
			g.must(g.c.Free(p))
		}
		g.must(g.s.Close())
		g.must(g.k.Close())
		return nil
	}))
	g.must(g.c.Close())
	if g.machine != nil {
		g.machine.MustBeClean()
	}
}

func (g *gpu) must(err error) {
	g.t.Helper()
	if err == nil {
		return
	}
	if g.machine == nil {
		g.t.Fatal(err)
	}
	g.t.Fatalf("%v; violations %q", err, g.machine.State().Violations)
}

// schedule sets the seed of the emulator.
func (g *gpu) schedule(seed uint) {
	if g.machine != nil {
		g.machine.Set("seed %d", seed)
	}
}

func (g *gpu) alloc(bytes int) cudart.Ptr {
	g.t.Helper()
	p, err := g.c.Alloc(int64(max(bytes, 1)))
	g.must(err)
	g.must(g.c.Memset8(p, 0xff, int64(max(bytes, 1)))) // NaN of either type
	g.memory = append(g.memory, p)
	return p
}

func (g *gpu) bytes(b []byte) cudart.Ptr {
	g.t.Helper()
	p := g.alloc(len(b))
	g.must(g.c.Upload(p, b))
	return p
}

// f32 puts float32 numbers on the GPU.
func (g *gpu) f32(v []float64) cudart.Ptr { return g.put(v, cudart.F32).At }

// put puts numbers on the GPU and rounds v to what is there.
func (g *gpu) put(v []float64, t cudart.DataType) kernels.Array {
	g.t.Helper()
	b := make([]byte, len(v)*t.Size())
	for i, x := range v {
		if t == cudart.F32 {
			binary.LittleEndian.PutUint32(b[4*i:], math.Float32bits(float32(x)))
			v[i] = float64(float32(x))
			continue
		}
		h := toBF16(float32(x))
		binary.LittleEndian.PutUint16(b[2*i:], h)
		v[i] = float64(math.Float32frombits(uint32(h) << 16))
	}
	a := g.room(len(v), t)
	g.must(g.c.Upload(a.At, b))
	return a
}

// room is space for n numbers, filled with NaN.
func (g *gpu) room(n int, t cudart.DataType) kernels.Array {
	g.t.Helper()
	return kernels.Array{At: g.alloc((n+g.shift)*t.Size()) + cudart.Ptr(g.shift*t.Size()), Type: t}
}

func (g *gpu) i32(v []int32) cudart.Ptr {
	b := make([]byte, 4*len(v))
	for i, x := range v {
		binary.LittleEndian.PutUint32(b[4*i:], uint32(x))
	}
	return g.bytes(b)
}

// mask puts a mask over n entries on the GPU; none is no mask.
func (g *gpu) mask(m twoValued, n int) kernels.Mask {
	if m.none {
		return 0
	}
	b := make([]byte, kernels.MaskBytes)
	kernels.MaskBlock{Old: int32(m.old), M: float32(m.m), Sum: float32(m.sum(n))}.Put(b)
	return g.bytes(b)
}

// get waits and reads n numbers.
func (g *gpu) get(a kernels.Array, n int) []float64 {
	g.t.Helper()
	g.must(g.s.Sync())
	b := make([]byte, n*a.Type.Size())
	g.must(g.c.Download(b, a.At))
	v := make([]float64, n)
	for i := range v {
		if a.Type == cudart.F32 {
			v[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:])))
		} else {
			v[i] = float64(math.Float32frombits(uint32(binary.LittleEndian.Uint16(b[2*i:])) << 16))
		}
	}
	return v
}

func (g *gpu) getF32(p cudart.Ptr, n int) []float64 { return g.get(kernels.F32(p), n) }

func (g *gpu) getF64(p cudart.Ptr) float64 {
	g.t.Helper()
	g.must(g.s.Sync())
	b := make([]byte, 8)
	g.must(g.c.Download(b, p))
	return math.Float64frombits(binary.LittleEndian.Uint64(b))
}

func toBF16(f float32) uint16 {
	u := math.Float32bits(f)
	return uint16((u + 0x7fff + u>>16&1) >> 16)
}

// twoValued is a mask on the host's side.
type twoValued struct {
	none bool
	old  int
	m    float64
}

var noMask = twoValued{none: true}

func (m twoValued) of(i int) float64 {
	if m.none || m.old == 0 || i < m.old {
		return 1
	}
	return float64(float32(m.m))
}

func (m twoValued) sum(n int) (s float64) {
	for i := range n {
		s += m.of(i)
	}
	return s
}

func (m twoValued) String() string {
	if m.none {
		return "none"
	}
	return fmt.Sprintf("%d at %g", m.old, m.m)
}

// random numbers, normal times scale.
func random(seed uint64, n int, scale float64) []float64 {
	r := rand.New(rand.NewPCG(seed, 7))
	v := make([]float64, n)
	for i := range v {
		v[i] = scale * r.NormFloat64()
	}
	return v
}

// near compares with tolerance relative to the largest number that was wanted (sums cancel), plus one for each number.
func near(t testing.TB, name string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", name, len(got), len(want))
	}
	var top float64
	for _, w := range want {
		top = max(top, math.Abs(w))
	}
	bad := 0
	for i, w := range want {
		if d := math.Abs(got[i] - w); !(d <= tolerance*(0.1*top+math.Abs(w)+1e-30)) {
			if bad++; bad < 4 {
				t.Errorf("%s: number %d of %d is %v, want %v", name, i, len(want), got[i], w)
			}
		}
	}
	if bad > 3 {
		t.Errorf("%s: %d of %d numbers are wrong", name, bad, len(want))
	}
}

// same compares bits.
func same(t testing.TB, name string, got, want []float64) {
	t.Helper()
	for i, w := range want {
		if got[i] != w && !(math.IsNaN(got[i]) && math.IsNaN(w)) {
			t.Fatalf("%s: number %d is %v, want exactly %v", name, i, got[i], w)
		}
	}
}
