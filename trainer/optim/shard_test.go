package optim

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"sync"
	"testing"

	"growlab/growth/shape"
	"growlab/trainer/compute"
	"growlab/trainer/compute/computetest"
	"growlab/trainer/model"
	"growlab/trainer/ranks"
)

// TestPart: the parts of all ranks follow one another, and cover all; all but the last begin and end at multiples of 4.
func TestPart(t *testing.T) {
	for _, size := range []int{1, 2, 3, 8} {
		for _, n := range []int{0, 1, 3, 4, 11, 64, 1000} {
			next := 0
			for rank := range size {
				off, count := Part(n, rank, size)
				if off != next || off%4 != 0 || count < 0 || rank < size-1 && count%4 != 0 {
					t.Errorf("%d numbers, rank %d of %d: %d from %d, want them from %d", n, rank, size, count, off, next)
				}
				next = off + count
			}
			if next != n {
				t.Errorf("%d numbers, %d ranks: the parts end at %d", n, size, next)
			}
		}
	}
}

// overHost is a Sharder whose ranks add up through the host, and which spoils what a Sharder may spoil.
type overHost struct {
	compute.Device
	g     *ranks.Group
	calls *[]string
}

func (o overHost) ReduceScatter(v compute.Vec) error {
	*o.calls = append(*o.calls, fmt.Sprint("sum ", v.Off, " ", v.N))
	host := make([]float32, v.N)
	o.Download(host, v)
	err := o.g.SumVector(host)
	first, n := Part(v.N, o.g.Rank(), o.g.Size())
	for i := range host {
		if i < first || i >= first+n {
			host[i] = float32(math.NaN())
		}
	}
	o.Upload(v, host)
	return err
}

func (o overHost) AllGather(v compute.Vec) error {
	*o.calls = append(*o.calls, fmt.Sprint("gather ", v.Off, " ", v.N))
	host := make([]float32, v.N)
	first, n := Part(v.N, o.g.Rank(), o.g.Size())
	o.Download(host[first:first+n], v.At(first, n))
	err := o.g.SumVector(host)
	o.Upload(v, host)
	return err
}

func (o overHost) SumTotal(t compute.Total) error {
	at := computetest.SumOf(t)
	sum, err := o.g.Sum(*at)
	*at = sum
	return err
}

// trained is what three steps on the sequences that share picks leave in a network, and in the moments.
func trained(t *testing.T, dev compute.Device, g *ranks.Group, early bool) (norms []float64, trees []shape.Tree) {
	net, err := model.New(dev, tiny(0), 4)
	if err != nil {
		t.Error(err)
		return nil, nil
	}
	defer net.Free()
	tree := shape.NewTree(tiny(0))
	for i, x := range tiny(0).Tensors() {
		for j := range tree.Data[x.Name] {
			tree.Data[x.Name][j] = float32(math.Sin(float64(17*i+3*j+1))) * 0.3
		}
	}
	net.Load(tree)
	o, err := NewRank(dev, net.Layout, paper, g)
	if err != nil {
		t.Error(err)
		return nil, nil
	}
	defer o.Free()
	o.Borrow(net)
	squares := shape.NewTree(tiny(0))
	for _, x := range squares.Data {
		for i := range x {
			x[i] = 0.1
		}
	}
	o.Load(tree, squares)
	var all compute.Batch
	for i := range 16 {
		all.Inputs, all.Targets = append(all.Inputs, int32(i*7%11)), append(all.Targets, int32(i*5%11))
	}
	for range 3 {
		net.ZeroGrads()
		for s := g.Rank(); s < 4; s += g.Size() { // of three ranks one has two sequences
			b := compute.Batch{Seqs: 1, T: 4, Inputs: all.Inputs[4*s : 4*s+4], Targets: all.Targets[4*s : 4*s+4]}
			net.Grad(b, 1.0/16)
		}
		for l := tiny(0).Layers - 1; l >= 0 && early; l-- {
			o.Reduce(net, l)
		}
		norms = append(norms, o.Update(net, 1e-2, shape.Masks{}))
	}
	if err := o.Err(); err != nil {
		t.Error(err)
	}
	m, v := o.Moments()
	o.Load(m, v) // and they are the same again
	m, v = o.Moments()
	return norms, []shape.Tree{net.Download(dev, net.Params()), m, v}
}

// TestRanks: several ranks, each with a share of the batch, come to the weights and moments of one; to the same bits as each other.
func TestRanks(t *testing.T) {
	norms, want := trained(t, computetest.NewReference(), nil, false)
	for _, size := range []int{2, 3} {
		for _, sharded := range []bool{false, true} {
			for _, early := range []bool{false, true} {
				t.Run(fmt.Sprintf("%d ranks/sharded %v/early %v", size, sharded, early), func(t *testing.T) {
					groups := ranks.Local(size)
					got, gotNorms, calls := make([][]shape.Tree, size), make([][]float64, size), make([][]string, size)
					var wg sync.WaitGroup
					for r, g := range groups {
						wg.Go(func() {
							var dev compute.Device = computetest.NewReference()
							if sharded {
								dev = overHost{dev, g, &calls[r]}
							}
							gotNorms[r], got[r] = trained(t, dev, g, early)
						})
					}
					wg.Wait()
					for r := range size {
						near(t, fmt.Sprintf("rank %d", r), got[r], want, gotNorms[r], norms)
						if !reflect.DeepEqual(got[r], got[0]) || !slices.Equal(gotNorms[r], gotNorms[0]) {
							t.Errorf("rank %d has other numbers than rank 0", r)
						}
						if fmt.Sprint(calls[r]) != fmt.Sprint(calls[0]) {
							t.Errorf("rank %d sums %v, rank 0 %v", r, calls[r], calls[0])
						}
					}
				})
			}
		}
	}
}

// near compares trees of parameters and moments. Gradients and moments are rounded to float32 on the way, 6e-8 of them, and are
// of the size of 1.
func near(t *testing.T, who string, got, want []shape.Tree, norms, wantNorms []float64) {
	t.Helper()
	for i, n := range wantNorms {
		if math.Abs(norms[i]/n-1) > 1e-6 {
			t.Errorf("%s, step %d: gradient norm %v, want %v", who, i+1, norms[i], n)
		}
	}
	for i, tree := range want {
		for name, w := range tree.Data {
			for j, x := range got[i].Data[name] {
				if !(math.Abs(float64(x-w[j])) < 2e-6) {
					t.Fatalf("%s, tree %d: %s[%d]: got %v, want %v", who, i, name, j, x, w[j])
				}
			}
		}
	}
}
