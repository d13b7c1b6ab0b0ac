package cli

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the files that the output is compared with")

// TestLaunchScripts compares with testdata; shells accept all of them.
func TestLaunchScripts(t *testing.T) {
	for name, args := range map[string][]string{
		"sbatch": {
			"--kind", "sbatch", "--nodes", "2", "--gpus", "4", "--time", "1-12:00:00", "--partition", "gpu", "--account", "flm,lab",
			"--cpus-per-task", "8", "--requeue", "--data", "/data/it's my text",
		},
		"sbatch-cpu":     {"--kind", "sbatch", "--nodes", "4", "--gpus", "0", "--name", "small.1"},
		"torchrun":       {"--kind", "torchrun", "--gpus", "8", "--set", "train.lr=1e-3", "--seed", "7"},
		"torchrun-nodes": {"--kind", "torchrun", "--nodes", "2", "--gpus", "4", "--program", "/opt/growlab/bin/growlab", "--precision", "bf16"},
	} {
		got := ok(t, append([]string{"launch-script", "--recipe", "flm-101m"}, args...)...)
		file := filepath.Join("testdata", "launch", name+".sh")
		if *update {
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
		check := exec.CommandContext(t.Context(), "bash", "-n", file)
		if out, err := check.CombinedOutput(); err != nil {
			t.Errorf("%s: bash does not take it: %v\n%s", name, err, out)
		}
	}
}

func TestLaunchScriptRefuses(t *testing.T) {
	for name, row := range map[string]struct {
		args []string
		code int
		want string
	}{
		"no kind":              {nil, 2, `the kind is ""; it must be sbatch or torchrun`},
		"another kind":         {[]string{"--kind", "pbs"}, 2, `the kind is "pbs"`},
		"no nodes":             {[]string{"--kind", "sbatch", "--nodes", "0"}, 2, "0 nodes"},
		"GPUs below zero":      {[]string{"--kind", "sbatch", "--gpus", "-1"}, 2, "-1 GPUs"},
		"more than the batch":  {[]string{"--kind", "sbatch", "--nodes", "9", "--gpus", "8"}, 2, "9 nodes of 8 make 72 ranks, but stage 1 has batches of 64 sequences"},
		"Slurm's for torchrun": {[]string{"--kind", "torchrun", "--time", "1:00:00"}, 2, "are Slurm's; with --kind torchrun they mean nothing"},
		"a time of nobody":     {[]string{"--kind", "sbatch", "--time", "soon"}, 2, `--time is "soon"`},
		"an odd partition":     {[]string{"--kind", "sbatch", "--partition", "a\n#SBATCH"}, 2, "--partition is"},
		"an odd name":          {[]string{"--kind", "sbatch", "--name", "a b"}, 2, `the name of the run is "a b"`},
		"a list of GPUs":       {[]string{"--kind", "sbatch", "--device", "cuda:0"}, 2, "--device cuda:0 does not go with --gpus 1"},
		"cuda without GPUs":    {[]string{"--kind", "sbatch", "--device", "cuda", "--gpus", "0"}, 2, "--device cuda does not go with --gpus 0"},
		"no program":           {[]string{"--kind", "sbatch", "--program", ""}, 2, "--program is empty"},
		"a bad recipe":         {[]string{"--kind", "sbatch", "--set", "train.lr=-1"}, 3, "lr"},
	} {
		r := run(t, append([]string{"launch-script", "--recipe", "flm-101m"}, row.args...)...)
		if r.code != row.code || !strings.Contains(r.err, row.want) || r.out != "" {
			t.Errorf("%s: exit code %d, printed %q and %q; want %d and %q", name, r.code, r.out, r.err, row.code, row.want)
		}
	}
}

// TestQuote: a shell reads back what was quoted.
func TestQuote(t *testing.T) {
	for _, s := range []string{"plain", "two words", "it's", `"$HOME" \ *`, "", "a\nb"} {
		out, err := exec.CommandContext(t.Context(), "sh", "-c", "printf %s "+quote(s)).Output()
		if err != nil || string(out) != s {
			t.Errorf("%q came back as %q, %v", s, out, err)
		}
	}
}
