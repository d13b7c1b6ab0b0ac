package ranks

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// all runs f on every rank at once and returns their errors.
func all(groups []*Group, f func(*Group) error) []error {
	errs := make([]error, len(groups))
	var done sync.WaitGroup
	for i, g := range groups {
		done.Go(func() { errs[i] = f(g) })
	}
	done.Wait()
	return errs
}

func closeAll(t *testing.T, groups []*Group) {
	t.Helper()
	for _, g := range groups {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	}
}

// freePort is one at which nothing listens at this moment.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return l.Addr().(*net.TCPAddr).Port
}

// worlds are the ranks of one launch on this machine.
func worlds(t *testing.T, size int) []World {
	t.Helper()
	all := make([]World, size)
	port := freePort(t)
	for r := range all {
		all[r] = World{
			Rank: r, Size: size, LocalRank: r, LocalSize: size, Address: "127.0.0.1", Port: port, Launcher: "flags", Job: t.Name(),
			Timeout: 2 * time.Minute,
		}
	}
	return all
}

// meet joins all worlds at once.
func meet(ctx context.Context, worlds []World) ([]*Group, []error) {
	groups, errs := make([]*Group, len(worlds)), make([]error, len(worlds))
	var done sync.WaitGroup
	for i, w := range worlds {
		done.Go(func() { groups[i], errs[i] = w.Join(ctx) })
	}
	done.Wait()
	return groups, errs
}

func mustMeet(t *testing.T, worlds []World) []*Group {
	t.Helper()
	groups, errs := meet(t.Context(), worlds)
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeAll(t, groups) })
	return groups
}

// operations checks what every group must do, however its ranks met.
func operations(t *testing.T, groups []*Group) {
	t.Helper()
	n := len(groups)
	id := strings.Repeat("\x00\xffid", 32) // 128 bytes
	for rank, err := range all(groups, func(g *Group) error {
		if got, err := g.Broadcast([]byte(map[bool]string{true: id}[g.Leads()])); err != nil || string(got) != id {
			return fmt.Errorf("broadcast gave %q, %w", got, err)
		}
		got, err := g.Exchange([]byte{byte(g.Rank())})
		if err != nil || len(got) != n {
			return fmt.Errorf("exchange gave %v, %w", got, err)
		}
		for r, b := range got {
			if len(b) != 1 || int(b[0]) != r {
				return fmt.Errorf("exchange gave %v", got)
			}
		}
		if sum, err := g.Sum(0.1 * float64(g.Rank()+1)); err != nil || sum != sumTo(n) {
			return fmt.Errorf("sum is %v, %w; want %v", sum, err, sumTo(n))
		}
		x := make([]float32, chunk+3) // more than one message
		for i := range x {
			x[i] = float32(g.Rank()+1) * float32(i%7)
		}
		if err := g.SumVector(x); err != nil {
			return err
		}
		for i, v := range x {
			if want := float32(n*(n+1)/2) * float32(i%7); v != want {
				return fmt.Errorf("sum %d is %v, want %v", i, v, want)
			}
		}
		if g.Rank() > 0 {
			x[0], x[chunk+2] = -1, -1
		}
		if err := g.BroadcastVector(x); err != nil || x[0] != 0 || x[chunk+2] == -1 {
			return fmt.Errorf("broadcast of numbers gave %v and %v, %w", x[0], x[chunk+2], err)
		}
		return errors.Join(g.Agree(nil), g.Same("the recipe", []byte("equal")))
	}) {
		if err != nil {
			t.Errorf("rank %d of %d: %v", rank, n, err)
		}
	}
}

// sumTo adds as Sum does, in the order of ranks.
func sumTo(n int) (sum float64) {
	for r := range n {
		sum += 0.1 * float64(r+1)
	}
	return sum
}

func TestOperations(t *testing.T) {
	t.Run("alone", func(t *testing.T) { operations(t, []*Group{nil}) })
	t.Run("in a process", func(t *testing.T) {
		groups := Local(3)
		operations(t, groups)
		closeAll(t, groups)
	})
	t.Run("at a port", func(t *testing.T) { operations(t, mustMeet(t, worlds(t, 4))) })
}

// TestSumRoundsOnce: a number that float32 could not carry through the sum arrives.
func TestSumRoundsOnce(t *testing.T) {
	groups := Local(3)
	defer closeAll(t, groups)
	terms := []float32{1 << 24, 1, 1}
	for rank, err := range all(groups, func(g *Group) error {
		x := []float32{terms[g.Rank()]}
		if err := g.SumVector(x); err != nil || x[0] != 1<<24+2 {
			return fmt.Errorf("the sum is %v, %w; want %v", x[0], err, 1<<24+2)
		}
		return nil
	}) {
		if err != nil {
			t.Errorf("rank %d: %v", rank, err)
		}
	}
}

func TestAgreeTellsAllWhoRefused(t *testing.T) {
	groups := Local(4)
	defer closeAll(t, groups)
	mine := errors.New("the text is not there")
	for rank, err := range all(groups, func(g *Group) error {
		if g.Rank() >= 2 {
			return g.Agree(mine)
		}
		return g.Agree(nil)
	}) {
		switch {
		case err == nil || strings.Count(err.Error(), "the text is not there") != 1:
			t.Errorf("rank %d: got %v, want the sentence once", rank, err)
		case rank < 2 && !strings.Contains(err.Error(), "rank 2 on"):
			t.Errorf("rank %d: %v does not name rank 2", rank, err)
		case rank >= 2 && !errors.Is(err, mine):
			t.Errorf("rank %d: %v is not its own error", rank, err)
		}
	}
	for rank, err := range all(groups, func(g *Group) error { return g.Same("the recipe", []byte{'a' + byte(g.Rank()/3)}) }) {
		if err == nil || !strings.Contains(err.Error(), "the recipe is not that of rank 0 (b, there a)") {
			t.Errorf("rank %d: got %v", rank, err)
		}
	}
}

// TestFailureReachesAll: what one rank says before it ends, all others get as the error of what they wait for.
func TestFailureReachesAll(t *testing.T) {
	groups := mustMeet(t, worlds(t, 3))
	for rank, err := range all(groups, func(g *Group) error {
		if g.Rank() == 2 {
			g.Fail(errors.New("out of memory"))
			return nil
		}
		_, err := g.Sum(1)
		if err != nil {
			g.Fail(err)
		}
		<-g.Lost()
		if g.LostError() == nil {
			return errors.New("a rank is lost and nobody says which")
		}
		return err
	}) {
		if rank == 2 {
			continue
		}
		var peer *PeerError
		if !errors.As(err, &peer) || peer.Rank != 2 || peer.Text != "out of memory" {
			t.Errorf("rank %d got %v, want what rank 2 said", rank, err)
		}
	}
}

// TestDeathIsSeen: a rank whose process dies says nothing.
func TestDeathIsSeen(t *testing.T) {
	groups := mustMeet(t, worlds(t, 2))
	if err := groups[1].links[0].conn.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := groups[0].Sum(1)
	if err == nil || !strings.Contains(err.Error(), "rank 1 on") || !strings.Contains(err.Error(), "died") {
		t.Errorf("got %v, want that rank 1 died", err)
	}
}

// TestDifferentWork: ranks that do different things hear it instead of taking one for the other.
func TestDifferentWork(t *testing.T) {
	groups := Local(2)
	defer closeAll(t, groups)
	errs := all(groups, func(g *Group) error {
		if g.Leads() {
			_, err := g.Sum(1)
			g.Fail(err)
			return err
		}
		return g.SumVector([]float32{1})
	})
	for rank, err := range errs {
		if err == nil || !strings.Contains(err.Error(), "do not do the same") {
			t.Errorf("rank %d: got %v", rank, err)
		}
	}
}

func TestStopAndNotes(t *testing.T) {
	groups := Local(3)
	defer closeAll(t, groups)
	groups[2].Note([]byte("old"))
	groups[2].Note([]byte("new"))
	groups[2].AskStop()
	<-groups[0].StopAsked() // sent after the notes
	if got := groups[0].Notes(); got[1] != nil || string(got[2]) != "new" {
		t.Errorf("notes are %q, want the newest of rank 2", got)
	}
	select {
	case <-groups[1].StopAsked():
		t.Error("rank 1 was told to stop; rank 0 decides that")
	default:
	}
}

func TestMissingRanksAreNamed(t *testing.T) {
	all := worlds(t, 6)
	for i := range all {
		all[i].Timeout = 300 * time.Millisecond
	}
	var errs []error
	for limit := 300 * time.Millisecond; limit < time.Minute; limit *= 4 { // rank 3 itself comes too late on a machine that is busy
		all[0].Timeout, all[3].Timeout = limit, limit
		_, errs = meet(t.Context(), []World{all[0], all[3]})
		if errs[1] == nil {
			t.Fatal("rank 3 joined a group that is not whole")
		}
		if errs[0] == nil || !strings.Contains(errs[0].Error(), "ranks 1-5 did not come") {
			break
		}
	}
	if want := fmt.Sprintf("ranks 1-2 and 4-5 did not come within %v", all[0].Timeout); errs[0] == nil || !strings.Contains(errs[0].Error(), want) {
		t.Errorf("rank 0 says %v, want %q", errs[0], want)
	}
	_, errs = meet(t.Context(), all[1:2])
	if err := errs[0]; err == nil || !strings.Contains(err.Error(), "rank 0 did not answer within 300ms") {
		t.Errorf("rank 1 without rank 0 says %v", err)
	}
}

func TestMeetingEnds(t *testing.T) {
	ws := worlds(t, 3)
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("interrupted")
	time.AfterFunc(50*time.Millisecond, func() { cancel(why) })
	_, errs := meet(ctx, ws[:2])
	for rank, err := range errs {
		if !errors.Is(err, why) && !strings.Contains(fmt.Sprint(err), why.Error()) {
			t.Errorf("rank %d: got %v, want the cause", rank, err)
		}
	}
}

// TestNoListenerStays: the port is free as soon as all have met.
func TestNoListenerStays(t *testing.T) {
	ws := worlds(t, 2)
	mustMeet(t, ws)
	c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", fmt.Sprint(ws[0].Port)))
	if err == nil {
		t.Errorf("something still listens at port %d: %v", ws[0].Port, c.Close())
	}
}

func TestClashesAreRefused(t *testing.T) {
	ws := worlds(t, 3)
	ws[0].Timeout = 500 * time.Millisecond
	ws[1].Size = 4
	_, errs := meet(t.Context(), ws)
	if err := errs[1]; err == nil || !strings.Contains(err.Error(), "rank 0 is one of 3, this one of 4") {
		t.Errorf("a rank of another size hears %v", err)
	}
	r := reception{me: hello{Size: 3, Protocol: protocol}, guests: map[int]*guest{}, changed: make(chan struct{}, 1)}
	one := hello{Protocol: protocol, Size: 3, Rank: 1, Host: "a", PID: 1}
	two := one
	two.PID = 2
	if got := r.admit(one, nil); got != (welcome{}) {
		t.Errorf("the first rank 1 hears %+v", got)
	}
	if got := r.admit(two, nil); !strings.Contains(got.Error, "two processes say that they are rank 1") || r.clash == nil {
		t.Errorf("the second rank 1 hears %+v", got)
	}
}

// TestStrangersAreIgnored: what is no rank of this job neither joins nor stops the others.
func TestStrangersAreIgnored(t *testing.T) {
	ws := worlds(t, 2)
	other := ws[1]
	other.Job, other.Timeout = "another job", 200*time.Millisecond
	var done sync.WaitGroup
	done.Go(func() {
		if g, err := other.Join(t.Context()); err == nil || g != nil {
			t.Errorf("a rank of another job joined: %v", err)
		}
	})
	done.Go(func() {
		time.Sleep(50 * time.Millisecond)
		c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", fmt.Sprint(ws[0].Port)))
		if err != nil {
			return // all have met already
		}
		_, _ = c.Write([]byte("GET / HTTP/1.1\r\n\r\n")) // rank 0 may have hung up
		_ = c.Close()
	})
	operations(t, mustMeet(t, ws))
	done.Wait()
}

// TestMeetingFile: a file that an earlier launch left does not keep ranks from meeting, and none is left.
func TestMeetingFile(t *testing.T) {
	ws := worlds(t, 3)
	dir := t.TempDir()
	file := filepath.Join(dir, "meet")
	stale := fmt.Sprintf(`{"places":["127.0.0.1:%d"],"token":"old"}`, freePort(t))
	if err := os.WriteFile(file, []byte(stale), 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range ws {
		ws[i].File, ws[i].Address, ws[i].Port = file, "", 0
	}
	var groups []*Group
	var errs []error
	var done sync.WaitGroup
	late := make([]World, 1, 3)
	late[0] = ws[0]
	early := ws[1:]
	done.Go(func() { groups, errs = meet(t.Context(), early) })
	time.Sleep(100 * time.Millisecond) // they try the stale place first
	first, err := late[0].Join(t.Context())
	done.Wait()
	if err := errors.Join(append(errs, err)...); err != nil {
		t.Fatal(err)
	}
	groups = append([]*Group{first}, groups...)
	defer closeAll(t, groups)
	operations(t, groups)
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Errorf("%d files are left, %v", len(left), err)
	}
}

func TestBindsNoMoreThanNeeded(t *testing.T) {
	for name, row := range map[string]struct {
		world World
		want  string
	}{
		"one machine":           {World{Size: 2, LocalSize: 2, Address: "127.0.0.1"}, "127.0.0.1"},
		"loopback by number":    {World{Size: 2, Address: "127.0.0.1"}, "127.0.0.1"},
		"an address not ours":   {World{Size: 2, Address: "192.0.2.1"}, ""},
		"a name that is no one": {World{Size: 2, Address: "no.such.host.invalid"}, ""},
	} {
		if got := row.world.bindTo(t.Context()); got != row.want {
			t.Errorf("%s: binds to %q, want %q", name, got, row.want)
		}
	}
	for _, ip := range ownAddresses() {
		if got := (World{Size: 2, Address: ip.String()}).bindTo(t.Context()); got != ip.String() {
			t.Errorf("with %v as address it binds to %q", ip, got)
		}
	}
}

func FuzzReadMessage(f *testing.F) {
	f.Add([]byte{3, 0, 0, 0, 0, 0, 0, byte(broadcast), 'a', 'b', 'c'})
	f.Add([]byte{255, 255, 255, 255, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, b []byte) {
		const most = 1 << 16
		k, data, err := readMessage(strings.NewReader(string(b)), most)
		if err == nil && (len(data) > most || len(data)+8 > len(b)) {
			t.Errorf("%d bytes gave a message %v of %d", len(b), k, len(data))
		}
	})
}

func ExampleGroup() {
	var done sync.WaitGroup
	for _, g := range Local(4) {
		done.Go(func() {
			sum, err := g.Sum(float64(g.Rank()))
			if g.Leads() {
				fmt.Println(sum, err, math.IsNaN(sum))
			}
		})
	}
	done.Wait()
	// Output: 6 <nil> false
}
