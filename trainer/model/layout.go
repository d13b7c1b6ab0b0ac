package model

import (
	"growlab/growth/shape"
	"growlab/trainer/compute"
)

// Layout places the tensors of a Config one after another in an arena.
type Layout struct {
	Config  shape.Config
	Tensors []shape.Tensor
	Len     int
	offset  map[string]int
}

// NewLayout lays out c.
func NewLayout(c shape.Config) Layout {
	l := Layout{Config: c, Tensors: c.Tensors(), offset: map[string]int{}}
	for _, t := range l.Tensors {
		l.offset[t.Name] = l.Len
		l.Len += t.Len()
	}
	return l
}

// Offset is where t starts.
func (l Layout) Offset(t shape.Tensor) int { return l.offset[t.Name] }

// Upload writes tree into arena.
func (l Layout) Upload(dev compute.Device, arena compute.Vec, tree shape.Tree) {
	for _, t := range l.Tensors {
		dev.Upload(arena.At(l.Offset(t), t.Len()), tree.Data[t.Name])
	}
}

// Download reads arena into a new tree.
func (l Layout) Download(dev compute.Device, arena compute.Vec) shape.Tree {
	tree := shape.NewTree(l.Config)
	for _, t := range l.Tensors {
		dev.Download(tree.Data[t.Name], arena.At(l.Offset(t), t.Len()))
	}
	return tree
}
