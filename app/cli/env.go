package cli

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"growlab/trainer/ranks"
)

// variable is an environment variable that the program reads.
type variable struct {
	name    string
	meaning string
	unset   string // what holds if it is not set
}

// variables lists all of them.
var variables = []variable{
	{"GROWLAB_HOME", "folder of runs and logs", "the folder chosen in the window, else $XDG_DATA_HOME/growlab, or ~/.local/share/growlab"},
	{"GROWLAB_DEVICE", "what trains: auto, cpu, cuda or cuda:0,1 (--device)", "auto"},
	{"GROWLAB_THREADS", "threads of the CPU engine (--threads)", "one for each core"},
	{"GROWLAB_REMOTE", "path of growlab on machines that growlab attach reaches by ssh", "growlab, on the PATH there"},
	{"GROWLAB_CPU", "kernel family of the CPU engine, one that growlab devices lists", "the fastest that this processor has"},
	{"GROWLAB_CUDA_LIBS", "folders, separated as in PATH, in which NVIDIA's libraries are looked for before all others", ""},
	{"CUDA_PATH", "a CUDA toolkit, looked into after that; CUDA_HOME, VIRTUAL_ENV and CONDA_PREFIX likewise", ""},
	{ranks.EnvPort, "port at which rank 0 meets the other ranks", "MASTER_PORT + 1, or one made of Slurm's job number, or 29501"},
	{ranks.EnvTimeout, "how long ranks wait for each other at the start", ranks.DefaultTimeout.String()},
	{"RANK", "which of several processes this is; WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, … as torchrun sets them, or Slurm's and MPI's", "one process"},
	{"NO_COLOR", "no colours if it is not empty", ""},
	{"CLICOLOR_FORCE", "colours also where there is no terminal, if it is not empty or 0", ""},
	{"TERM", "dumb: no colours and no updating line", ""},
	{"DISPLAY", "the X server on which the window opens", ""},
	{"XDG_DATA_HOME", "base of GROWLAB_HOME's default", "~/.local/share"},
	{"XDG_RUNTIME_DIR", "where control sockets of running engines are", "/run/user/UID, or a private folder of the temporary one"},
	{"TMPDIR", "temporary folder", "/tmp"},
}

// writeVariables prints every variable with its value and meaning.
func writeVariables(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, v := range variables {
		value, ok := os.LookupEnv(v.name)
		if !ok {
			value = "(not set)"
		}
		if _, err := fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", v.name, cmp.Or(value, `""`), v.meaning, orDefault(v.unset)); err != nil {
			return err
		}
	}
	return t.Flush()
}

func orDefault(unset string) string {
	if unset == "" {
		return ""
	}
	return "default: " + unset
}
