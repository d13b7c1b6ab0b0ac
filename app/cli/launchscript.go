package cli

import (
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/spf13/cobra"

	"growlab/app/session"
)

// script is what a launch script is made of.
type script struct {
	Kind    string
	Launch  session.Launch
	Program string
	Nodes   int
	GPUs    int // on each node; 0 trains on processors, one rank a node
	// For Slurm; "" and 0 leave it to the cluster.
	Time, Partition, Account string
	CPUs                     int
	Requeue                  bool
}

// scriptKinds are the templates, by the name of the launcher.
var scriptKinds = map[string]*template.Template{"sbatch": parseScript(sbatchText), "torchrun": parseScript(torchrunText)}

func parseScript(text string) *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{"quote": quote}).Parse(text))
}

const sbatchText = `#!/bin/bash
# {{.Title}}, on {{.Where}}.
# Submit it where the results are to be: sbatch THIS_FILE. Written by growlab launch-script; change it as you like.
#SBATCH --job-name={{.Name}}
#SBATCH --nodes={{.Nodes}}
#SBATCH --ntasks-per-node={{.PerNode}}
{{- if .GPUs}}
#SBATCH --gpus-per-node={{.GPUs}}
{{- end}}
{{- if .CPUs}}
#SBATCH --cpus-per-task={{.CPUs}}
{{- end}}
{{- if .Time}}
#SBATCH --time={{.Time}}
{{- end}}
{{- if .Partition}}
#SBATCH --partition={{.Partition}}
{{- end}}
{{- if .Account}}
#SBATCH --account={{.Account}}
{{- end}}
# Three minutes before the end of its time the run saves a checkpoint and stops.
#SBATCH --signal=TERM@180
#SBATCH --open-mode=append
{{- if .Requeue}}
#SBATCH --requeue
{{- end}}
set -u

# The run file is an SQLite database, which is not safe on a network disk: it is written on a local disk of the first node, and kept
# in $keep at the end. A job that Slurm starts anew goes on with it.
keep="$SLURM_SUBMIT_DIR/growlab-$SLURM_JOB_ID"
export GROWLAB_HOME="${TMPDIR:-/tmp}/growlab-$SLURM_JOB_ID"
mkdir -p "$GROWLAB_HOME"
if [ -d "$keep" ]; then cp -r "$keep/." "$GROWLAB_HOME"; fi

# srun tells each process which rank it is. One that fails tells the others, and all end; rank 0 may need a while to save.
srun --kill-on-bad-exit=0 --wait=600 {{.Command}}
code=$?

mkdir -p "$keep" && cp -r "$GROWLAB_HOME/." "$keep" && rm -rf "$GROWLAB_HOME"
{{- if .Requeue}}
# 143 and 75: the run stopped on request, with a checkpoint.
if [ $code -eq 143 ] || [ $code -eq 75 ]; then scontrol requeue "$SLURM_JOB_ID"; fi
{{- end}}
exit $code
`

const torchrunText = `#!/bin/sh
# {{.Title}}, on {{.Where}}.
{{- if eq .Nodes 1}}
# Run it there: sh THIS_FILE. Written by growlab launch-script; change it as you like.
{{- else}}
# Run it on every machine, with the name of one of them: HEAD=machine1 sh THIS_FILE.
# Written by growlab launch-script; change it as you like.
{{- end}}
# torchrun tells each process which rank it is; when one fails it starts all anew, and they go on with the run.
set -eu
{{- if eq .Nodes 1}}
exec torchrun --no-python --standalone --nproc-per-node={{.PerNode}} --max-restarts=3 \
{{- else}}
: "${HEAD:?is the name of the machine where the ranks meet}"
exec torchrun --no-python --nnodes={{.Nodes}} --nproc-per-node={{.PerNode}} --max-restarts=3 \
	--rdzv-backend=c10d --rdzv-endpoint="$HEAD:${PORT:-29400}" --rdzv-id={{quote .Name}} \
{{- end}}
	{{.Command}}
`

func (p Program) launchScript() *cobra.Command {
	var s script
	cmd := &cobra.Command{
		Use:   "launch-script --recipe NAME|FILE.toml --kind sbatch|torchrun",
		Short: "print a script that trains a recipe on several GPUs or machines",
		Long: `Print a script that starts growlab train as many times as there are GPUs, by a launcher that clusters have: Slurm (sbatch) or
PyTorch's torchrun. The processes train one run together. growlab starts nothing on other machines itself.`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return s.write(p.Streams.Out) },
	}
	launchFlags(cmd, &s.Launch)
	f := cmd.Flags()
	f.StringVar(&s.Kind, "kind", "", "sbatch or torchrun (required)")
	f.IntVar(&s.Nodes, "nodes", 1, "machines")
	f.IntVar(&s.GPUs, "gpus", 1, "GPUs of each machine; 0 trains on processors")
	f.StringVar(&s.Program, "program", "growlab", "how growlab is called there")
	f.StringVar(&s.Time, "time", "", "limit, as Slurm takes it: `HOURS:MINUTES:SECONDS` or DAYS-HOURS")
	f.StringVar(&s.Partition, "partition", "", "Slurm's partition")
	f.StringVar(&s.Account, "account", "", "Slurm's account")
	f.IntVar(&s.CPUs, "cpus-per-task", 0, "cores for each process, under Slurm")
	f.BoolVar(&s.Requeue, "requeue", false, "let Slurm start the job anew when its time is over, until the run is done")
	return cmd
}

// write checks and prints.
func (s script) write(w io.Writer) error {
	if err := s.check(); err != nil {
		return err
	}
	recipe, err := session.LoadRecipe(s.Launch)
	if err != nil {
		return err
	}
	for i, stage := range recipe.Plan().Stages {
		if seqs := int(stage.Batch) / stage.Config.Context; seqs < s.ranks() {
			return session.Usagef("%d nodes of %d make %d ranks, but stage %d has batches of %d sequences, and each rank needs one: use fewer, or --set train.batch=…",
				s.Nodes, s.perNode(), s.ranks(), i+1, seqs)
		}
	}
	name := s.Launch.Name
	if name == "" {
		name = recipe.Name
	}
	if !plainName.MatchString(name) {
		return session.Usagef("the name of the run is %q, which is none for a job; give --name of letters, digits, dots, dashes and underscores", name)
	}
	command, err := s.command()
	if err != nil {
		return err
	}
	return scriptKinds[s.Kind].Execute(w, map[string]any{
		"Title": oneWord(recipe.Name), "Name": name, "Where": s.where(), "Nodes": s.Nodes, "GPUs": s.GPUs, "PerNode": s.perNode(),
		"CPUs": s.CPUs, "Time": s.Time, "Partition": s.Partition, "Account": s.Account, "Requeue": s.Requeue, "Command": command,
	})
}

var (
	plainName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)
	slurmTime = regexp.MustCompile(`^([0-9]+|[0-9]+:[0-5][0-9](:[0-5][0-9])?|[0-9]+-[0-9]+(:[0-5][0-9](:[0-5][0-9])?)?)$`)
)

// oneWord keeps a text on the line of its comment.
func oneWord(s string) string { return strings.Join(strings.Fields(s), " ") }

// check says what cannot be, apart from the recipe.
func (s script) check() error {
	if _, known := scriptKinds[s.Kind]; !known {
		return session.Usagef("the kind is %q; it must be sbatch or torchrun", s.Kind)
	}
	if s.Nodes < 1 || s.Nodes > 1<<16 || s.GPUs < 0 || s.GPUs > 64 || s.CPUs < 0 {
		return session.Usagef("%d nodes with %d GPUs and %d cores for each process; there must be a node, and no number below 0 or beyond any machine's", s.Nodes, s.GPUs, s.CPUs)
	}
	if s.Kind != "sbatch" && (s.Time != "" || s.Partition != "" || s.Account != "" || s.CPUs != 0 || s.Requeue) {
		return session.Usagef("--time, --partition, --account, --cpus-per-task and --requeue are Slurm's; with --kind %s they mean nothing", s.Kind)
	}
	if s.Time != "" && !slurmTime.MatchString(s.Time) {
		return session.Usagef("--time is %q; Slurm takes minutes, HOURS:MINUTES:SECONDS or DAYS-HOURS", s.Time)
	}
	for flag, value := range map[string]string{"--partition": s.Partition, "--account": s.Account} {
		if value != "" && !regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._,-]*$`).MatchString(value) {
			return session.Usagef("%s is %q, which is no name", flag, value)
		}
	}
	if s.Program == "" {
		return session.Usagef("--program is empty; it must be how growlab is called there")
	}
	kind, _, listed := strings.Cut(s.Launch.Device, ":")
	if listed || kind == "cuda" && s.GPUs == 0 || kind == "cpu" && s.GPUs > 0 {
		return session.Usagef("--device %s does not go with --gpus %d: each rank takes the GPU of its number, or with --gpus 0 the processor", s.Launch.Device, s.GPUs)
	}
	return nil
}

// perNode is the number of ranks on a node.
func (s script) perNode() int { return max(s.GPUs, 1) }

func (s script) ranks() int { return s.Nodes * s.perNode() }

// where is the machines in words.
func (s script) where() string {
	nodes := "one machine"
	if s.Nodes > 1 {
		nodes = fmt.Sprintf("%d machines", s.Nodes)
	}
	switch s.GPUs {
	case 0:
		return nodes + ", by processor"
	case 1:
		return nodes + " with a GPU"
	}
	return fmt.Sprintf("%s with %d GPUs", nodes, s.GPUs)
}

// command is the line that each rank is, quoted for a shell.
func (s script) command() (string, error) {
	l := s.Launch
	if l.Device = "cuda"; s.GPUs == 0 {
		l.Device = "cpu"
	}
	for _, path := range []*string{&l.Recipe, &l.Data} {
		if !strings.ContainsRune(*path, filepath.Separator) && !strings.HasSuffix(*path, ".toml") && path != &l.Data || *path == "" {
			continue // a preset, or the embedded text
		}
		abs, err := filepath.Abs(*path)
		if err != nil {
			return "", fmt.Errorf("path %s: %w", *path, err)
		}
		*path = abs
	}
	words := slices.Concat([]string{s.Program, "train"}, l.Args())
	for i, w := range words {
		words[i] = quote(w)
	}
	return strings.Join(words, " "), nil
}

// quote makes s one word for a POSIX shell.
func quote(s string) string {
	if regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`).MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
