package ranks

import (
	"reflect"
	"strings"
	"testing"
)

// with is an environment as a launcher makes it.
func with(pairs ...string) func(string) string {
	m := map[string]string{}
	for _, p := range pairs {
		name, value, _ := strings.Cut(p, "=")
		m[name] = value
	}
	return func(name string) string { return m[name] }
}

var (
	torchEnv = []string{
		"RANK=3", "WORLD_SIZE=8", "LOCAL_RANK=1", "LOCAL_WORLD_SIZE=2", "GROUP_RANK=1", "MASTER_ADDR=n1", "MASTER_PORT=29400",
		"TORCHELASTIC_RUN_ID=42", "TORCHELASTIC_RESTART_COUNT=2",
	}
	slurmEnv = []string{
		"SLURM_JOB_ID=9123456", "SLURM_JOB_NAME=flm", "SLURM_STEP_ID=0", "SLURM_PROCID=5", "SLURM_LOCALID=1", "SLURM_NODEID=1",
		"SLURM_NTASKS=8", "SLURM_STEP_NUM_TASKS=8", "SLURM_STEP_TASKS_PER_NODE=4(x2)", "SLURM_STEP_NODELIST=gpu[07-08]",
	}
	ompiEnv = []string{
		"OMPI_COMM_WORLD_RANK=2", "OMPI_COMM_WORLD_SIZE=4", "OMPI_COMM_WORLD_LOCAL_RANK=2", "OMPI_COMM_WORLD_LOCAL_SIZE=4", "PMIX_RANK=2",
		"PMIX_NAMESPACE=prterun-a-1@1",
	}
	hydraEnv = []string{"PMI_RANK=1", "PMI_SIZE=2", "MPI_LOCALRANKID=0", "MPI_LOCALNRANKS=1", "MASTER_ADDR=10.1.2.3"}
)

func of[T any](v T) *T { return &v }

func join(lists ...[]string) (all []string) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

func TestDetect(t *testing.T) {
	torch := World{
		Rank: 3, Size: 8, LocalRank: 1, LocalSize: 2, Address: "n1", Port: 29401, Launcher: "torchrun", Job: "torchrun-42", Restarts: 2,
	}
	slurm := World{
		Rank: 5, Size: 8, LocalRank: 1, LocalSize: 4, Address: "gpu07", Port: 18456, Launcher: "Slurm", Job: "slurm-9123456.0",
	}
	ompi := World{
		Rank: 2, Size: 4, LocalRank: 2, LocalSize: 4, Address: "127.0.0.1", Port: 29501, Launcher: "Open MPI", Job: "prterun-a-1@1",
	}
	underSlurm := torch
	underSlurm.Job = "torchrun-42-9123456"
	ported, filed := slurm, slurm
	ported.Port, ported.Timeout = 4000, 90e9
	filed.Address, filed.Port, filed.File = "", 0, "/scratch/meet.slurm-9123456.0"
	for name, row := range map[string]struct {
		env   []string
		flags Flags
		want  World
	}{
		"nothing":             {nil, Flags{}, World{Size: 1}},
		"torchrun":            {torchEnv, Flags{}, torch},
		"torchrun of one":     {[]string{"RANK=0", "WORLD_SIZE=1"}, Flags{}, World{Size: 1, Launcher: "torchrun"}},
		"srun starts torch":   {join(torchEnv, slurmEnv), Flags{}, underSlurm},
		"srun":                {slurmEnv, Flags{}, slurm},
		"srun with ours":      {join(slurmEnv, []string{"GROWLAB_MASTER_PORT=4000", "MASTER_PORT=7", "GROWLAB_RANKS_TIMEOUT=90s"}), Flags{}, ported},
		"srun, shared folder": {slurmEnv, Flags{Bootstrap: "file:///scratch/meet"}, filed},
		"srun with its PMI":   {join(slurmEnv, []string{"PMI_RANK=5", "PMI_SIZE=8"}), Flags{}, slurm},
		"a shell in a job":    {join(slurmEnv, []string{"SLURM_JOB_NAME=interactive"}), Flags{}, World{Size: 1}},
		"mpirun":              {ompiEnv, Flags{}, ompi},
		"mpirun in a job":     {join(ompiEnv, slurmEnv), Flags{}, ompi},
		"hydra": {hydraEnv, Flags{}, World{
			Rank: 1, Size: 2, LocalRank: 0, LocalSize: 1, Address: "10.1.2.3", Port: 29501, Launcher: "MPI",
		}},
		"flags": {torchEnv, Flags{Rank: of(1), Size: of(2), Master: "[::1]:77"}, World{
			Rank: 1, Size: 2, Address: "::1", Port: 77, Launcher: "flags",
		}},
		"flags, host only": {nil, Flags{Rank: of(0), Size: of(2), LocalRank: of(1), Master: "box"}, World{
			Rank: 0, Size: 2, LocalRank: 1, Address: "box", Port: 29501, Launcher: "flags",
		}},
	} {
		got, err := Detect(with(row.env...), row.flags)
		if err != nil || !reflect.DeepEqual(got, row.want) {
			t.Errorf("%s: got %+v, %v; want %+v", name, got, err, row.want)
		}
	}
}

// TestDetectWarnsOfUnusedSlurm: a batch script that forgot srun trains alone, and says so.
func TestDetectWarnsOfUnusedSlurm(t *testing.T) {
	for name, step := range map[string]string{"no step": "SLURM_STEP_ID=", "the batch step": "SLURM_STEP_ID=4294967291"} {
		w, err := Detect(with(join(slurmEnv, []string{step})...), Flags{})
		if err != nil || !w.Alone() || !strings.Contains(w.Warning, "8 tasks") || !strings.Contains(w.Warning, "srun") {
			t.Errorf("%s: got %+v, %v; want a process alone with a warning", name, w, err)
		}
	}
}

func TestDetectRefuses(t *testing.T) {
	for name, row := range map[string]struct {
		env   []string
		flags Flags
		want  string
	}{
		"half of torchrun":      {[]string{"RANK=1"}, Flags{}, "WORLD_SIZE is missing beside RANK"},
		"the other half":        {[]string{"WORLD_SIZE=2"}, Flags{}, "RANK is missing beside WORLD_SIZE"},
		"no MASTER_ADDR":        {[]string{"RANK=1", "WORLD_SIZE=2"}, Flags{}, "MASTER_ADDR is missing"},
		"no MASTER_PORT":        {[]string{"RANK=1", "WORLD_SIZE=2", "MASTER_ADDR=a"}, Flags{}, "MASTER_PORT is missing"},
		"rank too high":         {[]string{"RANK=2", "WORLD_SIZE=2"}, Flags{}, "torchrun says rank 2 of 2; ranks are 0 to 1"},
		"no number":             {[]string{"RANK=x", "WORLD_SIZE=2"}, Flags{}, `RANK is "x"; it must be a whole number`},
		"exported once":         {join(slurmEnv, []string{"RANK=0", "WORLD_SIZE=1", "MASTER_ADDR=a", "MASTER_PORT=1"}), Flags{}, "RANK is 0 and WORLD_SIZE 1, but srun says rank 5 of 8"},
		"local rank too high":   {join(torchEnv, []string{"LOCAL_RANK=2"}), Flags{}, "local rank 2 of 2"},
		"half of Open MPI":      {[]string{"OMPI_COMM_WORLD_RANK=1"}, Flags{}, "OMPI_COMM_WORLD_SIZE is missing"},
		"half of PMI":           {[]string{"PMI_SIZE=4"}, Flags{}, "PMI_RANK is missing beside PMI_SIZE"},
		"PMIx tells no size":    {[]string{"PMIX_RANK=1"}, Flags{}, "nothing tells how many ranks"},
		"MPI, several machines": {join(ompiEnv, []string{"OMPI_COMM_WORLD_LOCAL_SIZE=2", "OMPI_COMM_WORLD_LOCAL_RANK=0"}), Flags{}, "set MASTER_ADDR to its host"},
		"half of Slurm":         {join(slurmEnv, []string{"SLURM_PROCID="}), Flags{}, "SLURM_PROCID is missing in step 0"},
		"Slurm tells no size":   {join(slurmEnv, []string{"SLURM_STEP_NUM_TASKS=", "SLURM_NTASKS="}), Flags{}, "SLURM_STEP_NUM_TASKS is"},
		"Slurm's nodes":         {join(slurmEnv, []string{"SLURM_STEP_NODELIST=gpu[07-"}), Flags{}, "brackets"},
		"Slurm's tasks":         {join(slurmEnv, []string{"SLURM_STEP_TASKS_PER_NODE=4(xx"}), Flags{}, "SLURM_STEP_TASKS_PER_NODE is"},
		"our port":              {join(slurmEnv, []string{"GROWLAB_MASTER_PORT=0"}), Flags{}, "GROWLAB_MASTER_PORT is \"0\"; it must be a port from 1 to 65535"},
		"torchrun's port":       {join(torchEnv, []string{"MASTER_PORT=65535"}), Flags{}, "it must be a port from 1 to 65534"},
		"our timeout":           {join(torchEnv, []string{"GROWLAB_RANKS_TIMEOUT=5"}), Flags{}, "it must be a time such as 10m"},
		"rank without size":     {nil, Flags{Rank: of(1)}, "--rank and --world-size go together"},
		"local rank alone":      {torchEnv, Flags{LocalRank: of(1)}, "--rank and --world-size go together"},
		"flags nowhere":         {nil, Flags{Rank: of(1), Size: of(2)}, "give --master-addr HOST or --bootstrap"},
		"two places":            {nil, Flags{Rank: of(1), Size: of(2), Master: "a", Bootstrap: "file:///b"}, "give one"},
		"a relative file":       {nil, Flags{Rank: of(1), Size: of(2), Bootstrap: "file://b/c"}, "it must be file:///path"},
		"a bad master":          {nil, Flags{Rank: of(1), Size: of(2), Master: "a:b"}, "--master-addr is \"a:b\""},
		"no ranks":              {nil, Flags{Rank: of(0), Size: of(0)}, "there must be 1 or more"},
	} {
		w, err := Detect(with(row.env...), row.flags)
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got %+v, error %v; want one with %q", name, w, err, row.want)
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %q is more than one sentence", name, err)
		}
	}
}

func TestHosts(t *testing.T) {
	for list, want := range map[string][]string{
		"n1":                    {"n1"},
		"login,n[08-10,3]":      {"login", "n08", "n09", "n10", "n3"},
		"gpu[1-2]-ib[0-1],last": {"gpu1-ib0", "gpu1-ib1", "gpu2-ib0", "gpu2-ib1", "last"},
		"a.b.example":           {"a.b.example"},
	} {
		if got, err := Hosts(list); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v, %v; want %v", list, got, err, want)
		}
	}
	for _, bad := range []string{"", "a,", "n[1", "n1]", "n[]", "n[a-b]", "n[3-1]", "n[[1]]", "n[1-99999999]", "n[1-60000][1-60000]"} {
		if got, err := Hosts(bad); err == nil {
			t.Errorf("%q: got %d hosts, want a refusal", bad, len(got))
		}
	}
}

func FuzzHosts(f *testing.F) {
	f.Add("login,n[08-10,3]")
	f.Add("gpu[1-2]-ib[0-1]")
	f.Fuzz(func(t *testing.T, list string) {
		hosts, err := Hosts(list)
		if err == nil && (len(hosts) == 0 || len(hosts) > maxHosts) {
			t.Errorf("%q gave %d hosts", list, len(hosts))
		}
	})
}

func TestTasksOf(t *testing.T) {
	for i, want := range []int{4, 4, 2, 0} {
		if got, err := tasksOf("4(x2),2", i); err != nil || got != want {
			t.Errorf("node %d: got %d tasks, %v; want %d", i, got, err, want)
		}
	}
}
