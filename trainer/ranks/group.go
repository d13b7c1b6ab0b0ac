package ranks

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"strings"
	"sync"
	"time"
)

// Group is the ranks that train together, as one of them sees it. Every rank calls the operations (Broadcast, Gather, Exchange, Sum,
// SumVector, Agree, Same) in the same order, from one goroutine; the others may be called by any. A nil *Group is a process alone.
type Group struct {
	rank, size int
	host       string
	links      []*link // of rank 0: one for each other, in order; of others: that with rank 0

	stop    chan struct{} // closed when some rank is asked to stop
	stopped sync.Once
	ended   chan struct{} // closed by Close
	closing sync.Once
	gone    chan struct{} // closed when some rank is lost
	losing  sync.Once
	lost    error // set before gone is closed

	mu     sync.Mutex
	notes  map[int][]byte
	failed bool
}

func newGroup(rank, size int, links []*link) *Group {
	host, err := os.Hostname()
	if err != nil {
		host = "an unknown host"
	}
	g := &Group{
		rank: rank, size: size, host: host, links: links, notes: map[int][]byte{},
		stop: make(chan struct{}), ended: make(chan struct{}), gone: make(chan struct{}),
	}
	for _, l := range links {
		go l.read(g)
	}
	return g
}

// Rank is which one this is, from 0.
func (g *Group) Rank() int {
	if g == nil {
		return 0
	}
	return g.rank
}

// Size is how many there are.
func (g *Group) Size() int {
	if g == nil {
		return 1
	}
	return g.size
}

// Leads reports whether this is rank 0, which owns what there is one of.
func (g *Group) Leads() bool { return g.Rank() == 0 }

// Broadcast gives every rank the bytes of rank 0; those of others are not looked at.
func (g *Group) Broadcast(b []byte) ([]byte, error) {
	switch {
	case g.Size() == 1:
		return b, nil
	case g.Leads():
		return b, g.sendAll(broadcast, b)
	}
	return g.links[0].take(broadcast)
}

// Gather gives rank 0 the bytes of every rank, in order, and others nil.
func (g *Group) Gather(b []byte) ([][]byte, error) {
	switch {
	case g.Size() == 1:
		return [][]byte{b}, nil
	case !g.Leads():
		return nil, g.links[0].send(gather, b)
	}
	all := [][]byte{b}
	for _, l := range g.links {
		theirs, err := l.take(gather)
		if err != nil {
			return nil, err
		}
		all = append(all, theirs)
	}
	return all, nil
}

// Exchange gives every rank the bytes of every rank, in order.
func (g *Group) Exchange(b []byte) ([][]byte, error) {
	all, err := g.Gather(b)
	if err != nil || g.Size() == 1 {
		return all, err
	}
	text, err := json.Marshal(all)
	if err != nil {
		return nil, err
	}
	if text, err = g.Broadcast(text); err != nil {
		return nil, err
	}
	all = nil
	return all, json.Unmarshal(text, &all)
}

// Sum is the sum of the numbers of all ranks, in their order: every rank gets the same bits.
func (g *Group) Sum(x float64) (float64, error) {
	if g.Size() == 1 {
		return x, nil
	}
	all, err := g.Gather(binary.LittleEndian.AppendUint64(nil, math.Float64bits(x)))
	if err != nil {
		return 0, err
	}
	var sum float64
	for r, b := range all {
		if len(b) != 8 {
			return 0, fmt.Errorf("rank %d sent %d bytes for a number: the ranks do not do the same", r, len(b))
		}
		sum += math.Float64frombits(binary.LittleEndian.Uint64(b))
	}
	b, err := g.Broadcast(binary.LittleEndian.AppendUint64(nil, math.Float64bits(sum)))
	if err != nil {
		return 0, err
	}
	if len(b) != 8 {
		return 0, fmt.Errorf("rank 0 sent %d bytes for a number: the ranks do not do the same", len(b))
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(b)), nil
}

// Agree waits until every rank has come here. Each says whether it can go on (nil) or why not; if some cannot, every rank
// gets an error with their sentences.
func (g *Group) Agree(mine error) error {
	if g.Size() == 1 {
		return mine
	}
	text := ""
	if mine != nil {
		text = mine.Error()
	}
	all, err := g.Gather([]byte(text))
	if err != nil {
		return errors.Join(mine, err)
	}
	verdict := new(refusals)
	for r, b := range all {
		if len(b) > 0 {
			*verdict = append(*verdict, PeerError{r, g.hostOf(r), string(b)})
		}
	}
	b, err := json.Marshal(verdict)
	if err == nil {
		b, err = g.Broadcast(b)
	}
	if err == nil {
		err = json.Unmarshal(b, verdict)
	}
	if err != nil {
		return errors.Join(mine, err)
	}
	return verdict.without(g.rank, mine)
}

// refusals are those of an Agree.
type refusals []PeerError

// without joins the refusals of other ranks to that of rank, which is at hand as error. Equal sentences stand once.
func (all refusals) without(rank int, mine error) error {
	errs := []error{mine}
	said := map[string]bool{}
	if mine != nil {
		said[mine.Error()] = true
	}
	for _, e := range all {
		if e.Rank != rank && !said[e.Text] {
			said[e.Text] = true
			errs = append(errs, &e)
		}
	}
	return errors.Join(errs...)
}

// Same fails on every rank if some rank has other bytes than rank 0. what names them: "the recipe".
func (g *Group) Same(what string, mine []byte) error {
	if g.Size() == 1 {
		return nil
	}
	theirs, err := g.Broadcast(mine)
	if err != nil {
		return err
	}
	var differs error
	if !bytes.Equal(mine, theirs) {
		differs = fmt.Errorf("%s is not that of rank 0 (%s, there %s)", what, brief(mine), brief(theirs))
	}
	return g.Agree(differs)
}

// brief shows the beginning of bytes that are text, or their number.
func brief(b []byte) string {
	const most = 60
	s := string(b)
	if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == '\ufffd' }) {
		return fmt.Sprintf("%d bytes", len(b))
	}
	if len(s) > most {
		s = s[:most] + "…"
	}
	return s
}

func (g *Group) sendAll(k kind, b []byte) error {
	for _, l := range g.links {
		if err := l.send(k, b); err != nil {
			return err
		}
	}
	return nil
}

// hostOf names the machine of a rank, as rank 0 knows it.
func (g *Group) hostOf(rank int) string {
	if rank > 0 && rank <= len(g.links) {
		return g.links[rank-1].host
	}
	return g.host
}

// AskStop tells rank 0 that this rank was asked to stop. Rank 0 decides when.
func (g *Group) AskStop() {
	if g == nil {
		return
	}
	g.asked()
	if !g.Leads() {
		_ = g.links[0].send(stopAsked, nil) // if rank 0 is gone, the next operation says so
	}
}

func (g *Group) asked() { g.stopped.Do(func() { close(g.stop) }) }

// StopAsked is closed when this rank, or on rank 0 any other, was asked to stop. It is nil, and blocks for ever, in a process alone.
func (g *Group) StopAsked() <-chan struct{} {
	if g == nil {
		return nil
	}
	return g.stop
}

// Note gives rank 0 something to look at when it likes; the newest replaces what came before.
func (g *Group) Note(b []byte) {
	switch {
	case g == nil:
	case g.Leads():
		g.noted(0, b)
	default:
		_ = g.links[0].send(note, b) // if rank 0 is gone, the next operation says so
	}
}

func (g *Group) noted(rank int, b []byte) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.notes[rank] = b
}

// Notes are the newest notes by rank; nil for a rank that gave none. To be called on rank 0.
func (g *Group) Notes() [][]byte {
	all := make([][]byte, g.Size())
	if g == nil {
		return all
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for r, b := range g.notes {
		all[r] = b
	}
	return all
}

// Lost is closed when a rank that this one talks with has failed, ended or lost its network: what waits for it elsewhere, such as
// a sum on GPUs, must be given up. LostError says which and why. It is nil, and blocks for ever, in a process alone.
func (g *Group) Lost() <-chan struct{} {
	if g == nil {
		return nil
	}
	return g.gone
}

// LostError is why Lost is closed, or nil.
func (g *Group) LostError() error {
	if g == nil {
		return nil
	}
	select {
	case <-g.gone:
		return g.lost
	default:
		return nil
	}
}

func (g *Group) lose(err error) {
	g.losing.Do(func() {
		g.lost = err
		close(g.gone)
	})
}

// Fail tells the others why this rank ends. What another rank said is handed on as it is.
func (g *Group) Fail(err error) {
	if g.Size() == 1 {
		return
	}
	g.mu.Lock()
	first := !g.failed
	g.failed = true
	g.mu.Unlock()
	if !first {
		return
	}
	peer := &PeerError{g.rank, g.host, err.Error()}
	_ = errors.As(err, &peer)
	text, err := json.Marshal(peer)
	if err != nil {
		return // a struct of text and a number
	}
	g.farewell(failure, text)
}

// farewell is how long the last words may take.
const farewell = 2 * time.Second

func (g *Group) farewell(k kind, b []byte) {
	for _, l := range g.links {
		_ = l.conn.SetWriteDeadline(time.Now().Add(farewell)) // without one, the words may wait
		_ = l.send(k, b)                                      // who is gone needs none
	}
}

// Close leaves the group. Without a Fail before, the others hear that this rank has ended.
func (g *Group) Close() error {
	if g.Size() == 1 {
		return nil
	}
	var errs []error
	g.closing.Do(func() {
		g.mu.Lock()
		failed := g.failed
		g.mu.Unlock()
		if !failed {
			g.farewell(goodbye, nil)
		}
		close(g.ended)
		for _, l := range g.links {
			if err := l.conn.Close(); !errors.Is(err, net.ErrClosed) {
				errs = append(errs, err)
			}
		}
	})
	return errors.Join(errs...)
}
