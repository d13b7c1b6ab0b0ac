package cuda

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"growlab/cudart"
)

// product is D = epilogue(alpha op(A) op(B) + beta C), all row by row: D and C (m, n), op(A) (m, k), op(B) (k, n). It is what a
// plan is for.
type product struct {
	m, n, k  int
	ta, tb   bool // A is stored (k, m), B is stored (n, k)
	half     bool // A and B are bf16
	narrow   bool // D (and C) are bf16
	adds     bool // beta is 1
	epilogue cudart.Epilogue
	aligned  int  // bytes that all addresses are multiples of, at most alignment
	passing  bool // of a batch without targets: text that grows token by token has a new shape for each, which is not worth a timing
}

// layout is what cuBLASLt sees: by columns, so that the operands change places and each is the transpose of ours. It has biases and
// arguments of activations of the result's type only.
func (g product) layout() cudart.Product {
	in, out := cudart.F32, cudart.F32
	if g.half {
		in = cudart.BF16
	}
	if g.narrow {
		out = cudart.BF16
	}
	p := cudart.Product{
		M: int64(g.n), N: int64(g.m), K: int64(g.k), TransA: g.tb, TransB: g.ta, Epilogue: g.epilogue,
		A: cudart.Layout{Type: in, LD: int64(g.n)}, B: cudart.Layout{Type: in, LD: int64(g.k)},
		BiasType: out, AuxType: out, AuxLD: int64(g.n), Alignment: g.aligned,
	}
	if g.tb {
		p.A.LD = int64(g.k)
	}
	if g.ta {
		p.B.LD = int64(g.m)
	}
	p.C = cudart.Layout{Type: out, LD: int64(g.n)}
	p.D = p.C
	return p
}

// plan is a product as the library will compute it; matmul is nil if the library cannot, and why says so.
type plan struct {
	matmul *cudart.Matmul
	way    cudart.Algorithm
	number int           // of the way, among those that the library listed
	took   time.Duration // 0: not timed
	why    error
	// apart: a plain product and a kernel for what follows are faster; alone is their time, 0 if it was not taken.
	apart bool
	alone time.Duration
}

// Products tells of each product that was planned how it is computed: by which of the library's ways, and how long that took when it
// was timed, or why by our own kernel. For checks on a GPU.
func (d *device) Products() (all []string) {
	for g, p := range d.plans {
		switch {
		case p.matmul == nil:
			all = append(all, fmt.Sprintf("%s: own kernel: %v", g.name(), p.why))
		case p.apart:
			all = append(all, fmt.Sprintf("%s: way %d, %.1f us, but %.1f us in two", g.name(), p.number, p.took.Seconds()*1e6, p.alone.Seconds()*1e6))
		case p.took > 0:
			all = append(all, fmt.Sprintf("%s: way %d, %.1f us, %.0f TFLOP/s", g.name(), p.number, p.took.Seconds()*1e6, 2*float64(g.m)*float64(g.n)*float64(g.k)/p.took.Seconds()/1e12))
		default:
			all = append(all, fmt.Sprintf("%s: way %d, not timed", g.name(), p.number))
		}
	}
	slices.Sort(all)
	return all
}

// alignedTo is the largest power of two that all addresses are multiples of, at most alignment.
func alignedTo(all ...cudart.Ptr) int {
	bits := cudart.Ptr(alignment)
	for _, p := range all {
		bits |= p
	}
	return int(bits & -bits)
}

// following is what stands around a product: what it needs first, and the same product with what follows in kernels of their own. Either
// may be nil.
type following struct{ before, two func() error }

// fused puts g into the stream if the library is there, can do it with these operands, and is not slower than what stands in for it. On
// the GPU's thread.
func (d *device) fused(g product, x cudart.Operands, f following) (done bool, err error) {
	const least = 16
	if d.blas == nil || g.m == 0 || alignedTo(x.Bias, x.Aux) < least || x.Aux != 0 && g.n%8 != 0 {
		return false, nil
	}
	if g.aligned = alignedTo(x.A, x.B, x.C, x.D); g.aligned < least {
		return false, nil
	}
	x.A, x.B = x.B, x.A
	p, ok := d.plans[g]
	if !ok {
		if p, err = d.prepare(g, x); err != nil {
			return false, err
		}
		d.plans[g] = p
		if p.matmul != nil && f.two != nil && !d.untimed && !g.passing {
			if err := d.compare(g, &p, x, f); err != nil {
				return false, err
			}
			d.plans[g] = p
		}
	}
	if p.matmul == nil || p.apart {
		return false, nil
	}
	err = d.runAfter(f.before, p, x)
	if errors.Is(err, cudart.ErrUnsupported) { // the library took back what it had promised
		d.plans[g] = plan{why: err}
		return false, p.matmul.Close()
	}
	return err == nil, err
}

// compare finds out whether what follows g is better done apart. NVIDIA's epilogues with GELU are part of the product on some GPUs and a
// slow second kernel on others. Both write the same results, so they may run as often as one likes.
func (d *device) compare(g product, p *plan, x cudart.Operands, f following) error {
	h := g
	h.epilogue = -g.epilogue // stands for the question, in the file of choices
	if answer, known := d.choices.of(h); known {
		p.apart = answer == 1
		return nil
	}
	run := func() error { return d.runAfter(f.before, *p, x) }
	if err := errors.Join(run(), f.two()); err != nil { // for the first time, which makes plans
		if errors.Is(err, cudart.ErrUnsupported) {
			return nil // whoever runs it next will see
		}
		return err
	}
	together, err := d.time(run)
	if err != nil {
		return err
	}
	if p.alone, err = d.time(f.two); err != nil {
		return err
	}
	answer := 0
	if float64(p.alone) < 0.98*float64(together) {
		answer = 1
	}
	p.apart = d.choices.keep(h, answer) == 1
	return nil
}

// runAfter runs p behind what it needs first.
func (d *device) runAfter(before func() error, p plan, x cudart.Operands) error {
	if before != nil {
		if err := before(); err != nil {
			return err
		}
	}
	return d.run(p, x)
}

func (d *device) run(p plan, x cudart.Operands) error {
	x.Scratch, x.Bytes = d.workspace.p, uint64(d.workspace.bytes)
	return p.matmul.Run(d.stream, &x)
}

// candidates is how many of the library's ways are timed. They are sorted by its own guess; the tenth was never seen to win in
// other programs that time them.
const candidates = 8

// prepare makes the plan of a shape that was not seen yet.
func (d *device) prepare(g product, x cudart.Operands) (plan, error) {
	m, err := d.blas.Matmul(g.layout())
	if errors.Is(err, cudart.ErrUnsupported) {
		return plan{why: err}, nil
	}
	if err != nil {
		return plan{}, err
	}
	most := candidates
	if d.untimed || g.passing {
		most = 1
	}
	ways, err := m.Algorithms(uint64(d.workspace.bytes), most)
	if errors.Is(err, cudart.ErrUnsupported) {
		return plan{why: err}, m.Close()
	}
	if err != nil {
		return plan{}, errors.Join(err, m.Close())
	}
	p := plan{matmul: m, way: ways[0]}
	if i, known := d.choices.of(g); known && i < len(ways) {
		p.number = i
	} else if len(ways) > 1 {
		if p.number, p.took, err = d.race(g, p, ways, x); err != nil {
			return plan{}, errors.Join(fmt.Errorf("timing a product of %d x %d and %d x %d: %w", g.m, g.k, g.k, g.n, err), m.Close())
		}
		if p.number < 0 {
			return plan{why: errors.New("none of the library's ways runs")}, m.Close()
		}
		p.number = min(d.choices.keep(g, p.number), len(ways)-1)
	}
	p.way = ways[p.number]
	m.Use(p.way)
	return p, nil
}

// race times the ways on results of their own, and returns the fastest and its time; the first if there is no memory for that, -1 if none
// runs. A later one has to be 2 % faster than the best before it, which is about what timings differ by.
func (d *device) race(g product, p plan, ways []cudart.Algorithm, x cudart.Operands) (best int, least time.Duration, err error) {
	result, err := d.ctx.Alloc(aligned(int64(g.m) * int64(g.n) * size(g.narrow)))
	if errors.Is(err, cudart.ErrOutOfMemory) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, d.ctx.Free(result)) }()
	if x.Aux != 0 && g.epilogue != cudart.DGELU { // written too
		aux, err := d.ctx.Alloc(aligned(int64(g.m) * int64(g.n) * size(g.half)))
		if errors.Is(err, cudart.ErrOutOfMemory) {
			return 0, 0, nil
		}
		if err != nil {
			return 0, 0, err
		}
		defer func() { err = errors.Join(err, d.ctx.Free(aux)) }()
		x.Aux = aux
	}
	x.C, x.D, x.Beta = result, result, 0
	best = -1
	for i, way := range ways {
		p.matmul.Use(way)
		if d.run(p, x) != nil { // this way is none for these addresses; if it is more than that, the product that is run next tells
			continue
		}
		took, err := d.time(func() error { return d.run(p, x) })
		if err != nil {
			return 0, 0, err
		}
		if best < 0 || float64(took) < 0.98*float64(least) {
			best, least = i, took
		}
	}
	return best, least, nil
}

// time gives the shortest of three runs of f.
func (d *device) time(f func() error) (best time.Duration, err error) {
	from, err := d.ctx.Event(true)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to, err := d.ctx.Event(true)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	for i := range 3 {
		if err := errors.Join(from.Record(d.stream), f(), to.Record(d.stream), to.Sync()); err != nil {
			return 0, err
		}
		took, err := to.Since(from)
		if err != nil {
			return 0, err
		}
		if i == 0 || took < best {
			best = took
		}
	}
	return best, nil
}
