package store_test

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"growlab/store"
	"growlab/trainer/event"
)

// childVar makes the test binary a child that does what the variable names, with the run file of fileVar.
const (
	childVar = "GROWLAB_STORE_TEST_CHILD"
	fileVar  = "GROWLAB_STORE_TEST_FILE"
)

func TestMain(m *testing.M) {
	file := os.Getenv(fileVar)
	switch os.Getenv(childVar) {
	case "engine":
		exit(childEngine(file))
	case "limited":
		exit(childLimited(file))
	}
	os.Exit(m.Run())
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// child starts this test binary to do what is named.
func child(t *testing.T, what, file string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childVar+"="+what, fileVar+"="+file)
	cmd.Stderr = os.Stderr
	out := get[io.ReadCloser](t)(cmd.StdoutPipe())
	must(t, cmd.Start())
	return cmd, bufio.NewScanner(out)
}

// tensorSizes is a checkpoint of several chunks.
var tensorSizes = []int{2 << 20, 1000, 1}

// childEngine goes on from the last checkpoint: steps as fast as the file takes them, now and then a Flush or a Save. It
// prints what was acknowledged. It ends only by being killed.
func childEngine(file string) error {
	run, n, err := resume(file)
	if err != nil {
		return err
	}
	fmt.Println("resumed", n)
	for {
		n++
		run.Emit(step(n))
		if n%7 == 0 {
			run.Emit(eval(n))
		}
		if n%997 == 0 {
			if _, err := run.Save(checkpoint(n, tensorSizes...)); err != nil {
				return err
			}
			fmt.Println("saved", n)
		} else if n%101 == 0 {
			if err := run.Flush(); err != nil {
				return err
			}
			fmt.Println("flushed", n)
		}
	}
}

func eval(n int64) event.Eval { return event.Eval{Step: n, Tokens: 4096 * n, Loss: 1 / float64(n)} }

func resume(file string) (*store.Run, int64, error) {
	run, err := store.OpenWriter(file)
	if err != nil {
		return nil, 0, err
	}
	r, err := store.OpenReader(file)
	if err != nil {
		return nil, 0, err
	}
	last, err := r.LatestCheckpoint()
	if err != nil && !errors.Is(err, store.ErrNoCheckpoint) {
		return nil, 0, err
	}
	return run, last.Step, errors.Join(r.Close(), run.TrimAfter(last.Step))
}

// An engine is killed at random moments, resumed and killed again. After each kill the file opens, its steps are a prefix
// without gaps, nothing that Flush or Save acknowledged is missing, and every checkpoint is whole.
func TestKill(t *testing.T) {
	run := newRun(t)
	file := run.Path()
	must(t, run.Close())
	rounds := 24
	if testing.Short() {
		rounds = 6
	}
	var saved, halves int64
	for round := range rounds {
		cmd, lines := child(t, "engine", file)
		if !lines.Scan() {
			t.Fatalf("round %d: the engine did not start: %v", round, cmd.Wait())
		}
		time.AfterFunc(time.Duration(rand.IntN(500))*time.Millisecond, func() { _ = cmd.Process.Kill() })
		var resumed, acknowledged int64
		must(t, scan(lines.Text(), "resumed", &resumed))
		if resumed < saved {
			t.Fatalf("round %d: resumed at step %d, but step %d was saved", round, resumed, saved)
		}
		acknowledged, saved = resumed, resumed
		for lines.Scan() {
			if scan(lines.Text(), "saved", &acknowledged) == nil {
				saved = acknowledged
			} else {
				must(t, scan(lines.Text(), "flushed", &acknowledged))
			}
		}
		if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
			t.Fatalf("round %d: the engine ended with %v, not by the kill", round, err)
		}
		if round%2 == 0 { // else the next engine meets the file as the kill left it
			checkKilled(t, file, acknowledged, saved)
			if orphans(t, file) > 0 {
				halves++
			}
		}
	}
	run, n, err := resume(file)
	must(t, err)
	must(t, run.Close())
	checkKilled(t, file, n, n)
	if left := orphans(t, file); left != 0 {
		t.Errorf("chunks without a checkpoint after opening: got %d, want 0", left)
	}
	t.Logf("%d kills (%d of %d looked at cut a checkpoint in two), %d steps", rounds, halves, (rounds+1)/2, n)
}

// orphans counts the chunks that belong to no checkpoint.
func orphans(t *testing.T, file string) (n int64) {
	t.Helper()
	r := get[*store.Reader](t)(store.OpenReader(file))
	_, rows, err := r.Query(`SELECT count(*) FROM tensor_chunk WHERE checkpoint NOT IN (SELECT id FROM checkpoint)`)
	must(t, err)
	for row, err := range rows {
		must(t, err)
		n = row[0].(int64)
	}
	must(t, r.Close())
	return n
}

func scan(line, word string, n *int64) error {
	rest, ok := strings.CutPrefix(line, word)
	if !ok {
		return fmt.Errorf("the child says %q, not %q", line, word)
	}
	_, err := fmt.Sscan(rest, n)
	return err
}

func checkKilled(t *testing.T, file string, acknowledged, saved int64) {
	t.Helper()
	r := get[*store.Reader](t)(store.OpenReader(file))
	steps := get[[]event.Step](t)(r.Steps(0, 0))
	for i, s := range steps {
		if s != step(int64(i+1)) {
			t.Fatalf("row %d: got %+v, want %+v", i, s, step(int64(i+1)))
		}
	}
	last := int64(len(steps))
	if last < acknowledged {
		t.Fatalf("steps: got %d, but %d were acknowledged", last, acknowledged)
	}
	evals := get[[]event.Eval](t)(r.Evals())
	for i, e := range evals {
		if e != eval(int64(7*(i+1))) {
			t.Fatalf("eval %d: got %+v", i, e)
		}
	}
	if n := int64(len(evals)); n != last/7 && n != (last-1)/7 {
		t.Errorf("evals up to step %d: got %d, want %d", last, n, last/7)
	}
	all := get[[]store.CheckpointInfo](t)(r.Checkpoints())
	if len(all) > 3 || saved > 0 && len(all) == 0 { // one may be whole before it was acknowledged
		t.Errorf("checkpoints: got %d, last acknowledged at step %d", len(all), saved)
	}
	for _, info := range all {
		got := get[store.Checkpoint](t)(r.LoadCheckpoint(info.ID))
		if !reflect.DeepEqual(got, checkpoint(info.Step, tensorSizes...)) {
			t.Errorf("checkpoint %d at step %d is not what was saved", info.ID, info.Step)
		}
	}
	if len(all) > 0 && all[len(all)-1].Step < saved {
		t.Errorf("newest checkpoint: got step %d, but %d was acknowledged", all[len(all)-1].Step, saved)
	}
	if state := get[store.State](t)(r.State()); state != store.Stopped {
		t.Errorf("state after a kill: got %q, want %q", state, store.Stopped)
	}
	must(t, r.Close())
}

// childLimited writes with a limit on the size of files, which is a full disk that needs no privilege, then without.
func childLimited(file string) error {
	signal.Ignore(syscall.SIGXFSZ)
	run, err := store.OpenWriter(file)
	if err != nil {
		return err
	}
	if err := limitFiles(600 << 10); err != nil {
		return err
	}
	const n = 20_000 // steps, some 2 MB
	for i := range int64(n) {
		run.Emit(step(i + 1))
	}
	if err := errors.Join(wantFull("flush", run.Flush()), wantFull("problem", run.Problem())); err != nil {
		return err
	}
	fmt.Println(run.Problem())
	if err := limitFiles(3 << 20); err != nil { // steps fit now, the checkpoint does not
		return err
	}
	_, err = run.Save(checkpoint(n, 1<<20))
	if err := wantFull("save", err); err != nil {
		return err
	}
	if err := run.Problem(); err != nil {
		return fmt.Errorf("problem with room for steps: %w", err)
	}
	if err := limitFiles(1 << 40); err != nil {
		return err
	}
	if _, err := run.Save(checkpoint(n, 1<<20)); err != nil {
		return fmt.Errorf("save with room: %w", err)
	}
	return run.Close()
}

func wantFull(what string, err error) error {
	if errors.Is(err, store.ErrFull) {
		return nil
	}
	return fmt.Errorf("%s under the limit: want ErrFull, got %w", what, cmp.Or(err, errors.New("no error")))
}

func limitFiles(bytes uint64) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	limit.Cur = min(bytes, limit.Max)
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit)
}

// A disk that refuses loses nothing, and no half of a checkpoint shows.
func TestFullDisk(t *testing.T) {
	run := newRun(t)
	must(t, run.Close())
	cmd, lines := child(t, "limited", run.Path())
	var said []string
	for lines.Scan() {
		said = append(said, lines.Text())
	}
	must(t, cmd.Wait())
	want := "the disk that holds " + run.Path() + " is full: free some space; the run waits"
	if len(said) != 1 || said[0] != want {
		t.Errorf("problem: got %q, want %q", said, want)
	}
	r := reader(t, run.Path())
	steps := get[[]event.Step](t)(r.Steps(0, 0))
	for i, s := range steps {
		if s != step(int64(i+1)) {
			t.Fatalf("row %d: got %+v, want %+v", i, s, step(int64(i+1)))
		}
	}
	all := get[[]store.CheckpointInfo](t)(r.Checkpoints())
	if len(steps) != 20_000 || len(all) != 1 {
		t.Errorf("got %d steps and %d checkpoints, want 20000 and 1", len(steps), len(all))
	}
	for _, info := range all {
		equal(t, "checkpoint", get[store.Checkpoint](t)(r.LoadCheckpoint(info.ID)), checkpoint(20_000, 1<<20))
	}
}
