package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"growlab/app/engine"
	"growlab/app/session"
	"growlab/trainer/ranks"
)

// rankFlags adds the flags that say which of several processes this is, where no launcher does.
func rankFlags(cmd *cobra.Command, f *ranks.Flags) {
	cmd.Flags().Var(&count{&f.Rank}, "rank", "which of several processes this is, from 0; default what torchrun, srun or mpirun says")
	cmd.Flags().Var(&count{&f.Size}, "world-size", "how many processes train together; with --rank")
	cmd.Flags().Var(&count{&f.LocalRank}, "local-rank", "which of those on this machine this is, for its GPU; with --rank")
	cmd.Flags().StringVar(&f.Master, "master-addr", "", "`HOST[:PORT]` at which rank 0 meets the others")
	cmd.Flags().StringVar(&f.Bootstrap, "bootstrap", "", "`file:///PATH` of a file in a folder that all ranks share, to meet by instead")
}

// count is a flag that can be absent.
type count struct{ to **int }

func (c *count) String() string {
	if c.to == nil || *c.to == nil {
		return ""
	}
	return strconv.Itoa(**c.to)
}

func (c *count) Set(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return errors.New("it must be a whole number, 0 or more")
	}
	*c.to = &n
	return nil
}

func (*count) Type() string { return "N" }

// opener makes the engine of a process alone, or of rank 0.
type opener func(w ranks.World, l session.Launch, o engine.Options) (*engine.Engine, error)

// trainRanks trains what open opens, together with other ranks if there are any: rank 0 has the run file and the terminal, another a log
// file.
func (p Program) trainRanks(cmd *cobra.Command, asJSON bool, f ranks.Flags, l session.Launch, open opener) error {
	w, err := ranks.Detect(os.Getenv, f)
	if err != nil {
		return session.Usagef("%v", err)
	}
	if w.Warning != "" {
		p.tell(errors.New(w.Warning))
	}
	if w.Alone() {
		return p.work(cmd, asJSON, func(o engine.Options) (*engine.Engine, error) { return open(w, l, o) })
	}
	g, err := w.Join(cmd.Context())
	if err != nil {
		return err
	}
	if err = p.together(cmd, asJSON, w, g, l, open); err != nil {
		g.Fail(err) // if they have not heard yet
	}
	return errors.Join(err, g.Close())
}

// together trains as one of several ranks.
func (p Program) together(cmd *cobra.Command, asJSON bool, w ranks.World, g *ranks.Group, l session.Launch, open opener) error {
	device, err := session.RankDevice(l.Device, w.LocalRank, w.LocalSize)
	if err != nil {
		return ofRank(w, err)
	}
	l.Device = device
	if w.Rank > 0 {
		return ofRank(w, p.follow(cmd, w, g, l))
	}
	p.tell(errors.New(w.String()))
	return p.work(cmd, asJSON, func(o engine.Options) (*engine.Engine, error) {
		o.Ranks, o.Job = g, w.Job
		return open(w, l, o)
	})
}

// ofRank says whose error it is, where that is not plain: the output of all ranks ends in one place.
func ofRank(w ranks.World, err error) error {
	if err == nil || w.Rank == 0 {
		return err
	}
	return fmt.Errorf("rank %d: %w", w.Rank, err)
}

// follow trains as a rank other than 0. What it has to tell goes to a log file, once the run is known.
func (p Program) follow(cmd *cobra.Command, w ranks.World, g *ranks.Group, l session.Launch) (err error) {
	home, err := session.Open()
	if err != nil {
		return err
	}
	out := &redirected{p.Streams.Err}
	show := newProgress(terminal{Writer: out, fd: -1})
	pump := newPump(show.show)
	defer pump.end()
	e, err := engine.Follow(l, engine.Options{Version: version, Watch: pump.put, Warn: show.message, Ranks: g})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	ctx, release := engine.Signals(cmd.Context(), func(engine.Signal) {}, func() {})
	defer release()
	log, err := home.OpenLog(fmt.Sprintf("%s-rank%d", e.ID(), w.Rank))
	if err != nil {
		return err
	}
	out.Writer = log // nothing is shown before Train
	defer func() {
		pump.end()
		err = errors.Join(err, log.Close())
	}()
	show.message(w.String())
	_, err = e.Train(ctx)
	if err != nil && !errors.Is(err, context.Canceled) {
		show.message(err.Error())
	}
	return err
}

// redirected is a writer that becomes another.
type redirected struct{ io.Writer }

// again is the file of the run that this launch began before it was started anew; "" if it is the first time, or there is none.
func again(home *session.Home, w ranks.World) (string, error) {
	if w.Restarts == 0 {
		return "", nil
	}
	return engine.FindJob(home, w.Job)
}
