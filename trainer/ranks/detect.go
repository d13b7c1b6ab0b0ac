package ranks

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Environment variables of our own.
const (
	// EnvPort is the port at which rank 0 meets the others.
	EnvPort = "GROWLAB_MASTER_PORT"
	// EnvTimeout is how long ranks wait for each other at the start, such as 10m.
	EnvTimeout = "GROWLAB_RANKS_TIMEOUT"
)

// defaultPort is torchrun's default (29500) plus one.
const defaultPort = 29501

// Flags are what a person says about ranks. The zero value says nothing.
type Flags struct {
	Rank, Size, LocalRank *int
	// Master is the host of rank 0, or host:port.
	Master string
	// Bootstrap is file:///path of a file in a folder that all ranks share, to be used as meeting place.
	Bootstrap string
}

// FromEnv is Detect in the environment of this process, with no flags.
func FromEnv() (World, error) { return Detect(os.Getenv, Flags{}) }

// Detect finds out which rank this process is. Flags come first, then the launchers, the innermost first: torchrun, Slurm's srun, an
// MPI's mpirun; one that is started by srun itself, as mpirun inside a Slurm job is, comes before Slurm. It
// refuses an environment that is half set or contradicts itself by one sentence. A World that is Alone is no error.
func Detect(env func(string) string, f Flags) (World, error) {
	w, err := detect(variables{env: env}, f)
	if err != nil {
		return World{}, fmt.Errorf("ranks: %w", err)
	}
	return w, nil
}

func detect(v variables, f Flags) (World, error) {
	w, err := launched(&v, f)
	if err == nil {
		err = v.err
	}
	if err != nil {
		return World{}, err
	}
	if w.Alone() {
		return World{Size: 1, Warning: w.Warning, Launcher: w.Launcher, Job: w.Job, Restarts: w.Restarts}, nil
	}
	if err := w.check(); err != nil {
		return w, err
	}
	if w.Timeout, err = v.duration(EnvTimeout); err != nil {
		return w, err
	}
	return w, w.place(&v, f)
}

// launched asks flags and launchers for all but the meeting place.
func launched(v *variables, f Flags) (World, error) {
	if f.Rank != nil || f.Size != nil || f.LocalRank != nil {
		return flagged(f)
	}
	mpi, mpiErr := openMPI(v)
	if mpi.Launcher == "" && mpiErr == nil {
		mpi, mpiErr = hydra(v)
	}
	slurm, slurmErr := slurm(v)
	torch, torchErr := torchrun(v)
	switch {
	case torchErr != nil:
		return World{}, torchErr
	case torch.Launcher != "":
		return torch, contradicted(torch, slurm, v)
	case mpiErr != nil:
		return World{}, mpiErr
	case mpi.Launcher != "" && (slurm.Launcher == "" || mpi.Rank != slurm.Rank || mpi.Size != slurm.Size):
		return mpi, nil // inside a Slurm job, mpirun's own helpers are what srun started
	case slurmErr != nil:
		return World{}, slurmErr
	case slurm.Launcher == "" && slurm.Warning == "" && v.has("PMIX_RANK"):
		return World{}, fmt.Errorf("PMIX_RANK is %s, but nothing tells how many ranks there are: start by mpirun, srun or torchrun, or give --rank and --world-size",
			v.env("PMIX_RANK"))
	}
	return slurm, nil
}

// contradicted refuses RANK and WORLD_SIZE that a batch script exported once for all tasks of srun. Those of torchrun itself may
// differ from Slurm's: there srun starts torchrun, and torchrun the ranks.
func contradicted(torch, slurm World, v *variables) error {
	if v.has("TORCHELASTIC_RUN_ID") || slurm.Alone() || torch.Rank == slurm.Rank && torch.Size == slurm.Size {
		return nil
	}
	return fmt.Errorf("RANK is %d and WORLD_SIZE %d, but srun says rank %d of %d: unset RANK and WORLD_SIZE, or let each task set its own",
		torch.Rank, torch.Size, slurm.Rank, slurm.Size)
}

func flagged(f Flags) (World, error) {
	if f.Rank == nil || f.Size == nil {
		return World{}, errors.New("--rank and --world-size go together, and --local-rank with both")
	}
	w := World{Rank: *f.Rank, Size: *f.Size, LocalRank: 0, Launcher: "flags"}
	if f.LocalRank != nil {
		w.LocalRank = *f.LocalRank
	}
	return w, w.check()
}

// check says what numbers cannot be.
func (w World) check() error {
	switch {
	case w.Size < 1:
		return fmt.Errorf("%s says that there are %d ranks; there must be 1 or more", w.Launcher, w.Size)
	case w.Rank < 0 || w.Rank >= w.Size:
		return fmt.Errorf("%s says rank %d of %d; ranks are 0 to %d", w.Launcher, w.Rank, w.Size, w.Size-1)
	case w.LocalRank < 0 || w.LocalSize > 0 && w.LocalRank >= w.LocalSize:
		return fmt.Errorf("%s says local rank %d of %d; they are 0 to %d", w.Launcher, w.LocalRank, w.LocalSize, w.LocalSize-1)
	case w.LocalSize > w.Size:
		return fmt.Errorf("%s says that %d ranks of %d are on this machine", w.Launcher, w.LocalSize, w.Size)
	}
	return nil
}

// torchrun reads what torchrun, and launchers that do as it does, set for each process.
func torchrun(v *variables) (World, error) {
	if !v.has("RANK") && !v.has("WORLD_SIZE") {
		return World{}, nil
	}
	for _, name := range []string{"RANK", "WORLD_SIZE"} {
		if !v.has(name) {
			return World{}, fmt.Errorf("the environment is half set: %s is missing beside %s; torchrun sets both",
				name, other(name, "RANK", "WORLD_SIZE"))
		}
	}
	w := World{
		Launcher: "torchrun", Rank: v.number("RANK"), Size: v.number("WORLD_SIZE"), LocalRank: v.number("LOCAL_RANK"),
		LocalSize: v.number("LOCAL_WORLD_SIZE"), Restarts: v.number("TORCHELASTIC_RESTART_COUNT"),
	}
	if id := v.env("TORCHELASTIC_RUN_ID"); id != "" {
		w.Job = strings.Trim("torchrun-"+id+"-"+v.env("SLURM_JOB_ID"), "-")
	}
	return w, v.or(w.check())
}

// openMPI reads what Open MPI's mpirun sets.
func openMPI(v *variables) (World, error) {
	if !v.has("OMPI_COMM_WORLD_RANK") && !v.has("OMPI_COMM_WORLD_SIZE") {
		return World{}, nil
	}
	for _, name := range []string{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"} {
		if !v.has(name) {
			return World{}, fmt.Errorf("the environment is half set: %s is missing; Open MPI's mpirun sets it", name)
		}
	}
	w := World{
		Launcher: "Open MPI", Rank: v.number("OMPI_COMM_WORLD_RANK"), Size: v.number("OMPI_COMM_WORLD_SIZE"),
		LocalRank: v.number("OMPI_COMM_WORLD_LOCAL_RANK"), LocalSize: v.number("OMPI_COMM_WORLD_LOCAL_SIZE"),
		Job: v.env("PMIX_NAMESPACE"),
	}
	return w, v.or(w.check())
}

// hydra reads what the mpirun of MPICH and Intel MPI sets, and Slurm for programs that speak PMI.
func hydra(v *variables) (World, error) {
	if !v.has("PMI_RANK") && !v.has("PMI_SIZE") {
		return World{}, nil
	}
	for _, name := range []string{"PMI_RANK", "PMI_SIZE"} {
		if !v.has(name) {
			return World{}, fmt.Errorf("the environment is half set: %s is missing beside %s; an MPI's mpirun sets both",
				name, other(name, "PMI_RANK", "PMI_SIZE"))
		}
	}
	w := World{
		Launcher: "MPI", Rank: v.number("PMI_RANK"), Size: v.number("PMI_SIZE"),
		LocalRank: v.number("MPI_LOCALRANKID"), LocalSize: v.number("MPI_LOCALNRANKS"),
	}
	return w, v.or(w.check())
}

func other(name, a, b string) string {
	if name == a {
		return b
	}
	return a
}

// place finds where the ranks meet.
func (w *World) place(v *variables, f Flags) error {
	if f.Bootstrap != "" {
		if f.Master != "" {
			return errors.New("--master-addr and --bootstrap name two meeting places; give one")
		}
		return w.inFile(f.Bootstrap)
	}
	host, port, err := splitHost(f.Master)
	if err != nil {
		return err
	}
	if host == "" {
		host = v.env("MASTER_ADDR")
	}
	if host == "" {
		host, err = w.guessHost(v)
	}
	if err != nil {
		return err
	}
	w.Address, w.Port = host, port
	if port == 0 {
		w.Port, err = masterPort(v, *w)
	}
	return err
}

// inFile makes the file of a URL the meeting place. The job is part of its name, so that two runs do not meet.
func (w *World) inFile(bootstrap string) error {
	u, err := url.Parse(bootstrap)
	if err != nil || u.Scheme != "file" || u.Host != "" || !filepath.IsAbs(u.Path) || strings.HasSuffix(u.Path, "/") {
		return fmt.Errorf("--bootstrap is %q; it must be file:///path of a file in a folder that all ranks see", bootstrap)
	}
	w.File = u.Path
	if w.Job != "" {
		w.File += "." + strings.Map(fileRune, w.Job)
	}
	return nil
}

// fileRune keeps what may stand in a file's name anywhere.
func fileRune(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.@", r) {
		return r
	}
	return '_'
}

// splitHost reads host or host:port.
func splitHost(s string) (host string, port int, err error) {
	if s == "" {
		return "", 0, nil
	}
	host, text, err := net.SplitHostPort(s)
	if err != nil { // no port
		return strings.Trim(s, "[]"), 0, nil //nolint:nilerr // that is allowed
	}
	if port, err = strconv.Atoi(text); err != nil || port < 1 || port > 65535 || host == "" {
		return "", 0, fmt.Errorf("--master-addr is %q; it must be the host of rank 0, or host:port", s)
	}
	return host, port, nil
}

// guessHost is where rank 0 is as far as the launcher tells.
func (w World) guessHost(v *variables) (string, error) {
	switch {
	case w.oneMachine():
		return "127.0.0.1", nil
	case w.Launcher == "Slurm":
		return firstHost(v.first("SLURM_STEP_NODELIST", "SLURM_JOB_NODELIST", "SLURM_NODELIST"))
	case w.Launcher == "torchrun":
		return "", fmt.Errorf("the environment is half set: RANK is %d and WORLD_SIZE %d, but MASTER_ADDR is missing; torchrun sets it", w.Rank, w.Size)
	}
	return "", fmt.Errorf("%s started %d ranks and does not tell where rank 0 is: set MASTER_ADDR to its host, or give --master-addr HOST or --bootstrap file:///shared/folder/name",
		w.Launcher, w.Size)
}

// masterPort is where rank 0 listens: at torchrun's own port its store may listen already, so it is the next one. Slurm's jobs
// get different ones by their number.
func masterPort(v *variables, w World) (int, error) {
	if v.has(EnvPort) {
		return v.port(EnvPort, 0)
	}
	if v.has("MASTER_PORT") {
		return v.port("MASTER_PORT", 1)
	}
	if w.Launcher == "torchrun" {
		return 0, fmt.Errorf("the environment is half set: RANK is %d and WORLD_SIZE %d, but MASTER_PORT is missing; torchrun sets it", w.Rank, w.Size)
	}
	if id := v.env("SLURM_JOB_ID"); w.Launcher == "Slurm" && id != "" {
		n, err := strconv.Atoi(id[max(len(id)-4, 0):])
		if err != nil {
			return 0, fmt.Errorf("SLURM_JOB_ID is %q; it must be a number", id)
		}
		return 15000 + n, nil
	}
	return defaultPort, nil
}

// variables reads an environment and keeps the first fault.
type variables struct {
	env func(string) string
	err error
}

func (v *variables) has(name string) bool { return v.env(name) != "" }

// or is the first fault of the environment, else err.
func (v *variables) or(err error) error {
	if v.err != nil {
		return v.err
	}
	return err
}

// first is the value of the first variable that is set.
func (v *variables) first(names ...string) string {
	for _, name := range names {
		if s := v.env(name); s != "" {
			return s
		}
	}
	return ""
}

// number is a count; 0 if it is not set.
func (v *variables) number(name string) int {
	text := v.env(name)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if (err != nil || n < 0) && v.err == nil {
		v.err = fmt.Errorf("%s is %q; it must be a whole number, 0 or more", name, text)
	}
	return n
}

func (v *variables) port(name string, plus int) (int, error) {
	n, err := strconv.Atoi(v.env(name))
	if err != nil || n < 1 || n+plus > 65535 {
		return 0, fmt.Errorf("%s is %q; it must be a port from 1 to %d", name, v.env(name), 65535-plus)
	}
	return n + plus, nil
}

func (v *variables) duration(name string) (time.Duration, error) {
	if !v.has(name) {
		return 0, nil
	}
	d, err := time.ParseDuration(v.env(name))
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%s is %q; it must be a time such as 10m or 90s", name, v.env(name))
	}
	return d, nil
}
