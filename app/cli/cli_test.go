package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"growlab/app/doctor"
	"growlab/app/session"
	"growlab/store"
	"growlab/trainer/event"
)

// TestMain is also the program itself, for tests that need a process.
func TestMain(m *testing.M) {
	if os.Getenv("GROWLAB_TEST_PROGRAM") != "" {
		os.Exit(Main(Program{}, os.Args[1:]))
	}
	os.Exit(runAll(m))
}

// shared is a folder for what several tests build once.
var shared string

func runAll(m *testing.M) (code int) {
	var err error
	if shared, err = os.MkdirTemp("", "growlab-test"); err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(shared) }() // a temporary folder
	return m.Run()
}

const tiny = "../engine/testdata/tiny.toml"

// home gives the test a data folder and a place for sockets.
func home(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("GROWLAB_HOME", dir)
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	t.Setenv("DISPLAY", "")
	t.Setenv("WAYLAND_DISPLAY", "")
	return dir
}

// result is what a command did.
type result struct {
	code     int
	out, err string
}

func run(t *testing.T, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	c := Main(Program{Streams: Streams{&out, &errs}}, args)
	return result{c, out.String(), errs.String()}
}

// ok runs a command that should succeed and returns its stdout.
func ok(t *testing.T, args ...string) string {
	t.Helper()
	r := run(t, args...)
	if r.code != 0 {
		t.Fatalf("growlab %s: exit code %d\n%s", strings.Join(args, " "), r.code, r.err)
	}
	return r.out
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestBadInput: every bad input gives its exit code and one sentence that names what was wrong, and leaves nothing.
func TestBadInput(t *testing.T) {
	recipe := func(t *testing.T, change ...string) string {
		text, err := os.ReadFile(tiny)
		if err != nil {
			t.Fatal(err)
		}
		return write(t, "r.toml", strings.NewReplacer(change...).Replace(string(text)))
	}
	train := func(more ...string) func(*testing.T) []string {
		return func(*testing.T) []string { return append([]string{"train", "--recipe", tiny}, more...) }
	}
	words := func(args ...string) func(*testing.T) []string { return func(*testing.T) []string { return args } }
	for name, tt := range map[string]struct {
		args func(*testing.T) []string
		code int
		says []string
	}{
		"unknown verb":    {words("trian"), 2, []string{`"growlab trian"`, "train"}},
		"unknown flag":    {words("train", "--receipt", "x"), 2, []string{"--receipt"}},
		"extra argument":  {words("train", "flm-1m"), 2, []string{`"flm-1m"`}},
		"bad seed":        {train("--seed", "-1"), 2, []string{"-1", "seed"}},
		"bad threads":     {train("--threads", "0"), 2, []string{"threads"}},
		"set what now":    {words("set", "x"), 2, []string{"lr=0.5x"}},
		"set no value":    {words("set", "x", "threads"), 2, []string{`"threads"`, "key=value"}},
		"set no such run": {words("set", "zzz", "threads=1"), 2, []string{`"zzz"`}},
		"no such shape":   {words("bench", "--shape", "Z"), 2, []string{`"Z"`, "A, B, C, D", "flm-1m"}},
		"empty shape":     {words("bench", "--shape", ""), 2, []string{`no shape ""`, "A, B, C, D"}},
		"few runs":        {words("bench", "--runs", "4"), 2, []string{"--runs is 4", "5"}},
		"no time":         {words("bench", "--seconds", "0"), 2, []string{"--seconds is 0"}},
		"endless":         {words("bench", "--seconds", "inf"), 2, []string{"+Inf"}},
		"bench what":      {words("bench", "A"), 2, []string{`"A"`}},
		"bench precision": {words("bench", "--precision", "int8"), 2, []string{"int8", "fp32"}},
		"bench recipe":    {words("bench", "--shape", "/no/such.toml"), 3, []string{"/no/such.toml"}},
		"bad precision":   {train("--precision", "fp16"), 2, []string{"fp16", "auto, fp32, bf16"}},
		"resume in":       {words("resume", "x", "--precision", "fp32"), 2, []string{"--precision"}},
		"bad device":      {train("--device", "gpu"), 2, []string{`"gpu"`, "cpu"}},
		"no run named":    {words("resume"), 2, []string{"runs list"}},
		"no such run":     {words("resume", "zzz"), 2, []string{`"zzz"`, "runs list"}},
		"no such run, 2":  {words("runs", "show", "zzz"), 2, []string{`"zzz"`}},
		"runs what":       {words("runs"), 2, []string{"growlab runs"}},
		"query what":      {words("query", "x"), 2, []string{"--sql"}},
		"both gui flags":  {words("gui", "--train", "a", "--run", "b"), 2, []string{"--train", "--run"}},
		"bad temperature": {words("sample", "x", "--temperature", "-3"), 2, []string{"-3"}},

		"no recipe":      {words("train"), 3, []string{"flm-1m"}},
		"unknown preset": {words("train", "--recipe", "flm-2m"), 3, []string{`"flm-2m"`, "flm-1m"}},
		"no recipe file": {words("train", "--recipe", "/no/such.toml"), 3, []string{"/no/such.toml"}},
		"unknown key": {func(t *testing.T) []string {
			return []string{"train", "--recipe", recipe(t, "lr    = 3e-3", "learning = 3e-3")}
		}, 3, []string{`"train.learning"`}},
		"unknown set":     {train("--set", "train.speed=3"), 3, []string{`"train.speed"`}},
		"set what":        {train("--set", "train.lr"), 3, []string{"section.key=value"}},
		"not a number":    {train("--set", "train.lr=fast"), 3, []string{"lr"}},
		"heads":           {train("--set", "stage.2.hidden=25"), 3, []string{"stage 2", "25", "head_dim 8"}},
		"no heads":        {train("--set", "stage.1.heads=-2"), 3, []string{"stage 1", "heads is -2"}},
		"few tokens":      {train("--set", "stage.1.tokens=100", "--set", "stage.1.warmup=0"), 3, []string{"stage 1", "100", "128"}},
		"shrinking stage": {train("--set", "stage.3.layers=1"), 3, []string{"stage 3", "shrinks from 2 to 1"}},
		"newer recipe": {func(t *testing.T) []string {
			return []string{"train", "--recipe", recipe(t, "recipe = 1", "recipe = 9")}
		}, 3, []string{"9", "recipe = 1"}},
		"bad precision key": {train("--set", "train.precision=fp16"), 3, []string{"train.precision", "fp16", "bf16"}},
		"batch":             {train("--set", "stage.2.batch=100"), 3, []string{"batch 100", "context 16"}},

		"cuda":          {train("--device", "cuda:0,1"), 4, []string{"device cuda:0,1: ", "--device cpu"}},
		"window":        {words("gui"), 4, []string{"window"}},
		"window alone":  {words(), 4, []string{"window"}},
		"out of memory": {train("--set", "stage.3.hidden=131072", "--set", "stage.3.layers=64"), 5, []string{"stage 3", "GB"}},

		"no data":      {train("--data", "/no/such/text"), 7, []string{"/no/such/text"}},
		"empty data":   {func(t *testing.T) []string { return train("--data", write(t, "a.txt", ""))(t) }, 7, []string{"a.txt", "empty"}},
		"binary data":  {func(t *testing.T) []string { return train("--data", write(t, "b.txt", "text\x00text"))(t) }, 7, []string{"b.txt", "0x00"}},
		"latin data":   {func(t *testing.T) []string { return train("--data", write(t, "c.txt", "caf\xe9"))(t) }, 7, []string{"c.txt", "UTF-8"}},
		"short data":   {func(t *testing.T) []string { return train("--data", write(t, "d.txt", strings.Repeat("word ", 20)))(t) }, 7, []string{"d.txt", "batch"}},
		"empty folder": {func(t *testing.T) []string { return train("--data", t.TempDir())(t) }, 7, []string{"no text"}},

		"not a run file": {func(t *testing.T) []string { return []string{"resume", write(t, "x.growlab", "hello, I am text")} }, 8, []string{"x.growlab", "not a Growlab run file"}},
		"not a run, 2":   {func(t *testing.T) []string { return []string{"query", write(t, "y.growlab", ""), "--sql", "select 1"} }, 8, []string{"y.growlab"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := home(t)
			r := run(t, tt.args(t)...)
			if r.code != tt.code {
				t.Errorf("exit code %d, want %d", r.code, tt.code)
			}
			for _, s := range tt.says {
				if !strings.Contains(r.err, s) {
					t.Errorf("%q is not in %q", s, r.err)
				}
			}
			if lines := strings.Count(r.err, "\n"); lines != 1 || !strings.HasPrefix(r.err, "growlab: ") || strings.Contains(r.err, "goroutine") {
				t.Errorf("want one sentence, got %q", r.err)
			}
			if r.out != "" && name != "runs what" {
				t.Errorf("stdout has %q", r.out)
			}
			if files := filesIn(t, dir); len(files) > 0 {
				t.Errorf("left behind: %v", files)
			}
		})
	}
}

func filesIn(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestAllFaultsOfARecipeAtOnce(t *testing.T) {
	home(t)
	r := run(t, "plan", "--recipe", tiny, "--set", "train.lr=-1", "--set", "train.clip=-1", "--set", "eval.tokens=0")
	if r.code != 3 || strings.Count(r.err, "\n") != 3 {
		t.Errorf("exit code %d, want 3 and three lines:\n%s", r.code, r.err)
	}
}

func TestUnwritableFolder(t *testing.T) {
	home(t)
	t.Setenv("GROWLAB_HOME", filepath.Join(write(t, "file", "not a folder"), "sub"))
	r := run(t, "train", "--recipe", tiny)
	if r.code != 1 || !strings.Contains(r.err, "GROWLAB_HOME") || strings.Count(r.err, "\n") != 1 {
		t.Errorf("exit code %d: %q", r.code, r.err)
	}
}

func TestNewerRunFile(t *testing.T) {
	dir := home(t)
	ok(t, "train", "--recipe", tiny, "--set", "stage.1.tokens=1280", "--set", "stage.1.warmup=0")
	file := onlyRun(t, dir)
	// PRAGMA user_version is the big-endian number at byte 60 of the header (sqlite.org/fileformat2.html).
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	copy(b[60:], []byte{0, 0, 3, 231})
	path := filepath.Join(t.TempDir(), "newer.growlab")
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"resume", path}, {"runs", "show", path}, {"sample", path}, {"query", path, "--sql", "select 1"}} {
		if r := run(t, args...); r.code != 8 || !strings.Contains(r.err, "newer") || !strings.Contains(r.err, "999") {
			t.Errorf("%v: exit code %d, %q", args, r.code, r.err)
		}
	}
}

func onlyRun(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "runs", "*"+store.Extension))
	if err != nil || len(files) != 1 {
		t.Fatalf("run files %v, %v; want one", files, err)
	}
	return files[0]
}

func TestTrainReportAndLookAgain(t *testing.T) {
	dir := home(t)
	r := run(t, "train", "--recipe", tiny, "--name", "first", "--threads", "1")
	if r.code != 0 {
		t.Fatal(r.err)
	}
	file := onlyRun(t, dir)
	picture := strings.TrimSuffix(file, store.Extension) + ".png"
	for _, want := range []string{
		`run \w{8} \(first\): done after`,
		`final validation loss \d\.\d{4} nats per byte, \d\.\d{4} bits per byte \(at step 130, on 1,024 tokens\)`,
		`1 +1L × 16 .* 7,680 +60 .*FLOP`,
		`3 +3L × 32 .* 3,840 +30 .*FLOP`,
		`grew 1L × 16 to 2L × 24 at step 60 by msg`,
		`grew 2L × 24 to 3L × 32 at step 100 by msg`,
		`loss \d\.\d{7} before, \d\.\d{7} after; max \|logit diff\| \d\.\d\de[-+]\d\d of logits up to \d+\.\d: function preserved`,
		`Adam moments: [\d,]+ entries carried over, [\d,]+ new`,
		`compute \S+ GFLOP; 3L × 32 from the start on the same 16,640 tokens would take \S+ GFLOP: saved 55\.9 %`,
		`sample after step 130, temperature 0\.8:\n  \| And `,
		regexp.QuoteMeta(file), regexp.QuoteMeta(picture),
	} {
		if !regexp.MustCompile(want).MatchString(r.out) {
			t.Errorf("no %s in the report:\n%s", want, r.out)
		}
	}
	if _, err := os.Stat(picture); err != nil {
		t.Error(err)
	}
	if strings.ContainsAny(r.out+r.err, "\r\x1b") {
		t.Error("control characters where there is no terminal")
	}
	id := regexp.MustCompile(`run (\w{8})`).FindStringSubmatch(r.out)[1]
	for _, name := range []string{id, id[:5], "first", file} {
		if out := ok(t, "runs", "show", name); out != r.out {
			t.Errorf("runs show %s differs from the report", name)
		}
	}
	var shown struct {
		Run       session.Info
		Precision string
		Grew      []event.Grew
	}
	decode(t, ok(t, "runs", "show", id, "--json"), &shown)
	if shown.Run.ID != id || len(shown.Grew) != 2 || shown.Grew[0].MomentsNew == 0 || !strings.Contains(r.out, shown.Precision+", 1 thread\n") {
		t.Errorf("runs show --json gives %+v", shown)
	}
	if out := ok(t, "runs", "list"); !strings.Contains(out, id) || !strings.Contains(out, "done") {
		t.Errorf("runs list: %s", out)
	}
	var listed session.Info
	decode(t, ok(t, "runs", "list", "--json"), &listed)
	if listed != shown.Run {
		t.Errorf("runs list --json gives %+v, runs show %+v", listed, shown.Run)
	}
	if r := run(t, "resume", id); r.code != 1 || !strings.Contains(r.err, "done") {
		t.Errorf("resume of a run that is done: exit code %d, %q", r.code, r.err)
	}
}

func decode(t *testing.T, text string, to any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), to); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
}

func TestSampleAndQuery(t *testing.T) {
	home(t)
	ok(t, "train", "--recipe", tiny)
	one := ok(t, "sample", "tiny", "--prompt", "In the", "--tokens", "30", "--seed", "5")
	if !strings.HasPrefix(one, "In the") || len([]rune(one)) > 6+30+1 {
		t.Errorf("sampled %q", one)
	}
	if two := ok(t, "sample", "tiny", "--prompt", "In the", "--tokens", "30", "--seed", "5"); two != one {
		t.Errorf("the same seed gave %q and %q", one, two)
	}
	if three := ok(t, "sample", "tiny", "--prompt", "In the", "--tokens", "30", "--seed", "6"); three == one {
		t.Errorf("two seeds gave the same %q", one)
	}
	greedy := ok(t, "sample", "tiny", "--tokens", "30", "--temperature", "0", "--seed", "1")
	if again := ok(t, "sample", "tiny", "--tokens", "30", "--temperature", "0", "--seed", "2"); again != greedy {
		t.Errorf("temperature 0 depends on the seed: %q and %q", greedy, again)
	}
	var s event.Sampled
	decode(t, ok(t, "sample", "tiny", "--tokens", "4", "--json"), &s)
	if s.Step != 130 || s.Stage != 3 || s.Prompt != "And " || s.Text == "" {
		t.Errorf("sample --json gives %+v", s)
	}

	if out := ok(t, "query", "tiny", "--sql", "select step, stage from step where step in (1, 130) order by step"); out != "step  stage\n1     1\n130   3\n" {
		t.Errorf("query gives %q", out)
	}
	want := `{"n":130,"s":"a\tb","none":null,"f":0.5,"b":"AQI="}` + "\n"
	if out := ok(t, "query", "tiny", "--json", "--sql", "select count(*) as n, 'a\tb' as s, null as none, 0.5 as f, x'0102' as b from step"); out != want {
		t.Errorf("query --json gives %q, want %q", out, want)
	}
	for _, sql := range []string{"delete from step", "select * from nothing", "drop table run", "selec", "attach '/tmp/x' as y", "pragma journal_mode=delete"} {
		if r := run(t, "query", "tiny", "--sql", sql); r.code != 2 || r.out != "" || strings.Count(r.err, "\n") != 1 {
			t.Errorf("%s: exit code %d, %q, %q", sql, r.code, r.out, r.err)
		}
	}
	if out := ok(t, "query", "tiny", "--sql", "select count(*) from step"); !strings.Contains(out, "130") {
		t.Errorf("after those, %q steps are left", out)
	}
}

func TestSampleNeedsACheckpoint(t *testing.T) {
	dir := home(t)
	r, err := store.Create(filepath.Join(dir, "runs", "empty-e.growlab"), store.Meta{ID: "e", Name: "empty", RecipeName: "tiny", Recipe: readTiny(t)})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if r := run(t, "sample", "empty"); r.code != 8 || !strings.Contains(r.err, "no checkpoint yet") {
		t.Errorf("exit code %d, %q", r.code, r.err)
	}
}

func readTiny(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(tiny)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestJSONEvents: the fields that other programs rely on.
func TestJSONEvents(t *testing.T) {
	home(t)
	fields := map[string][]string{
		"start":   {"run", "name", "recipe", "file", "device", "seed", "stages", "tokens", "steps"},
		"step":    {"step", "tokens", "stage", "loss", "lr", "grad_norm", "mask", "tokens_per_s", "flops"},
		"eval":    {"step", "loss", "bits_per_byte"},
		"grew":    {"step", "tokens", "stage", "operator", "from", "to", "loss_before", "loss_after", "max_logit_diff", "moments_carried", "moments_new"},
		"saved":   {"step"},
		"sampled": {"step", "prompt", "text"},
		"blocks":  {"step", "blocks"},
		"memory":  {"step", "process_bytes", "reserved_bytes"},
		"ended":   {"state", "loss", "bits_per_byte", "tokens", "flops", "seconds", "twin_flops", "flops_saved"},
	}
	count := map[string]int{}
	for line := range strings.Lines(ok(t, "train", "--recipe", tiny, "--json")) {
		var e map[string]any
		decode(t, line, &e)
		kind, _ := e["event"].(string)
		count[kind]++
		for _, f := range fields[kind] {
			if _, has := e[f]; !has {
				t.Errorf("%s has no %s: %s", kind, f, line)
			}
		}
	}
	if count["memory"] < 1 {
		t.Errorf("the process's memory is not told in %v", count)
	}
	delete(count, "memory") // its number depends on the time
	if want := map[string]int{"start": 1, "step": 130, "eval": 7, "grew": 2, "saved": 13, "sampled": 6, "blocks": 6, "ended": 1}; !reflect.DeepEqual(count, want) {
		t.Errorf("events %v, want %v", count, want)
	}
}

func TestPlan(t *testing.T) {
	dir := home(t)
	var p planned
	decode(t, ok(t, "plan", "--recipe", tiny, "--set", "stage.3.tokens=7_680", "--json"), &p)
	if len(p.Stages) != 3 || p.Steps != 160 || p.Tokens != 20480 || p.Stages[2].Tokens != 7680 || p.Stages[1].Operator != "msg" {
		t.Errorf("plan --json gives %+v", p)
	}
	if p.Seconds <= 0 || p.Memory < 4*p.Stages[2].Params || p.Twin <= p.FLOPs || p.Saved != 1-p.FLOPs/p.Twin {
		t.Errorf("plan --json gives %+v", p)
	}
	out := ok(t, "plan", "--recipe", "flm-1m")
	for _, want := range []string{"3L × 64", "5L × 96", "5L × 128", "166,464", "1,024,384", "FLOP", "MB", "twin", "saves"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in %s", want, out)
		}
	}
	text := ok(t, "plan", "--recipe", tiny, "--seed", "9", "--print-recipe")
	again := ok(t, "plan", "--recipe", write(t, "again.toml", text), "--print-recipe")
	if text != again || !strings.Contains(text, "seed = 9") {
		t.Errorf("--print-recipe does not give itself again: %s", again)
	}
	if files := filesIn(t, dir); len(files) > 0 {
		t.Errorf("planning left %v", files)
	}
}

func TestDoctor(t *testing.T) {
	dir := home(t)
	checks := map[string]doctor.Finding{}
	for line := range strings.Lines(ok(t, "doctor", "--json")) {
		var f doctor.Finding
		decode(t, line, &f)
		checks[f.Check] = f
	}
	if f := checks["precision"]; !f.OK || f.Required || !strings.Contains(f.Detail, "(chosen)") {
		t.Errorf("precision: %+v", f)
	}
	for _, name := range []string{"cpu", "cores", "memory", "folder", "socket"} {
		if f := checks[name]; !f.OK || !f.Required || f.Detail == "" {
			t.Errorf("%s: %+v", name, f)
		}
	}
	if f := checks["window"]; f.OK || f.Required || !strings.Contains(f.Detail, "DISPLAY") {
		t.Errorf("window: %+v", f)
	}
	if f := checks["gpu"]; f.Required || !strings.Contains(f.Detail, "training uses the CPU") && !strings.Contains(f.Detail, "--device cuda") {
		t.Errorf("gpu: %+v", f)
	}
	if files := filesIn(t, dir); len(files) > 0 {
		t.Errorf("doctor left %v", files)
	}
	t.Setenv("GROWLAB_HOME", filepath.Join(write(t, "file", ""), "sub"))
	if r := run(t, "doctor"); r.code != 1 || !strings.Contains(r.out, "FAIL  folder") || !strings.Contains(r.out, "fix:") {
		t.Errorf("with a folder that is none: exit code %d\n%s%s", r.code, r.out, r.err)
	}
}

func TestHelp(t *testing.T) {
	home(t)
	env := ok(t, "--help-env")
	for _, v := range []string{"GROWLAB_HOME", "GROWLAB_CPU", "GROWLAB_DEVICE", "GROWLAB_THREADS", "GROWLAB_CUDA_LIBS", "NO_COLOR", os.Getenv("GROWLAB_HOME")} {
		if !strings.Contains(env, v) {
			t.Errorf("--help-env lacks %s", v)
		}
	}
	codes := ok(t, "help", "exit-codes")
	for _, x := range exits {
		if !strings.Contains(codes, fmt.Sprintf("%d  %s", x.code, x.meaning)) {
			t.Errorf("help exit-codes lacks %d", x.code)
		}
	}
	help := ok(t, "--help")
	for _, verb := range []string{"gui", "train", "plan", "resume", "runs", "query", "sample", "doctor", "version"} {
		if !regexp.MustCompile(`(?m)^  ` + verb + ` `).MatchString(help) {
			t.Errorf("--help lacks %s", verb)
		}
	}
	if strings.Contains(help, "engine ") {
		t.Error("--help shows the hidden verb engine")
	}
	if out := ok(t, "version"); !strings.HasPrefix(out, "growlab ") {
		t.Errorf("version prints %q", out)
	}
	var b build
	decode(t, ok(t, "version", "--json"), &b)
	if b.Version == "" || b.Go == "" {
		t.Errorf("version --json gives %+v", b)
	}
}

// TestLaunchArgsAreFlags: an engine process is told all of a launch.
func TestLaunchArgsAreFlags(t *testing.T) {
	n := uint64(9)
	want := session.Launch{
		Recipe: "flm-1m", Name: "a name", Data: "/text", Device: "cpu", Threads: 3, Precision: "fp32", Seed: &n,
		Set: []string{"train.lr=1e-3", "stage.1.tokens=1M"},
	}
	for field := range reflect.TypeOf(want).NumField() {
		if reflect.ValueOf(want).Field(field).IsZero() {
			t.Errorf("the test leaves %s out", reflect.TypeOf(want).Field(field).Name)
		}
	}
	var got session.Launch
	cmd := &cobra.Command{}
	launchFlags(cmd, &got)
	if err := cmd.ParseFlags(want.Args()); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%q gives %+v, %v, want %+v", want.Args(), got, err, want)
	}
}

func TestExitCodesAreDistinct(t *testing.T) {
	seen := map[int]bool{}
	for _, x := range exits {
		if seen[x.code] {
			t.Errorf("code %d stands twice", x.code)
		}
		seen[x.code] = true
		for _, e := range x.errs {
			if got := code(fmt.Errorf("context: %w", e)); got != x.code {
				t.Errorf("%v gives code %d, want %d", e, got, x.code)
			}
		}
	}
	if got := code(errors.New("anything")); got != 1 {
		t.Errorf("another error gives code %d, want 1", got)
	}
}

func TestGUI(t *testing.T) {
	home(t)
	var errs bytes.Buffer
	opened := false
	p := Program{Streams: Streams{&errs, &errs}, Window: func(Window) error { opened = true; return nil }}
	if got := Main(p, []string{"gui", "--train", tiny}); got != 4 || opened {
		t.Errorf("without a display: exit code %d, opened %v", got, opened)
	}
	if s := errs.String(); !strings.Contains(s, "DISPLAY") || strings.Count(s, "\n") != 1 {
		t.Errorf("without a display: %q", s)
	}
	if runs := ok(t, "runs", "list", "--json"); runs != "" {
		t.Errorf("a run was started for a window that cannot open: %s", runs)
	}
	for _, args := range [][]string{{"gui", "--page", "log"}, {"gui", "--train", tiny, "--screenshot", "x.png"}} {
		if got := Main(p, args); got != 2 || opened {
			t.Errorf("%v: exit code %d, opened %v; want 2", args, got, opened)
		}
	}
	if got := Main(p, []string{"gui", "--screenshot", "x.png"}); got != 0 || !opened {
		t.Errorf("a screenshot needs no display: exit code %d, drawn %v", got, opened)
	}
	if got := code(NoWindow(errors.New("no GL"))); got != 4 {
		t.Errorf("NoWindow gives code %d, want 4", got)
	}
}

// program starts growlab as a process of its own.
func program(t *testing.T, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	// A signal that the test's own parent ignores, as a shell does for its background jobs, would be ignored there too.
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, os.Interrupt, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(heard) })
	var errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), "GROWLAB_TEST_PROGRAM=1")
	cmd.Stderr = &errs
	return cmd, &errs
}

// steps returns a run's losses by step.
func steps(t *testing.T, file string) (losses []float64, final float64) {
	t.Helper()
	r, err := store.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	all, err := r.Steps(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		losses = append(losses, s.Loss)
	}
	evals, err := r.Evals()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(evals); n > 0 {
		final = evals[n-1].Loss
	}
	return losses, final
}

// TestSignals: each signal ends the process with its code, and resume gives the numbers of a run without.
func TestSignals(t *testing.T) {
	more := []string{"--recipe", tiny, "--set", "stage.1.tokens=128k", "--set", "checkpoint.every=64k", "--json"}
	dir := home(t)
	ok(t, append([]string{"train"}, more...)...)
	want, wantFinal := steps(t, onlyRun(t, dir))
	for _, s := range []struct {
		signal syscall.Signal
		code   int
	}{{syscall.SIGINT, 130}, {syscall.SIGTERM, 143}, {syscall.SIGHUP, 129}} {
		t.Run(s.signal.String(), func(t *testing.T) {
			dir := home(t)
			cmd, errs := program(t, append([]string{"train"}, more...)...)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			last := signalAt(t, out, cmd, s.signal, 20)
			if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != s.code {
				t.Errorf("exit code %d, want %d: %s", cmd.ProcessState.ExitCode(), s.code, errs)
			}
			if e, ok := last.(event.Ended); !ok || e.State != "stopped" || e.Step >= 1000 {
				t.Errorf("the last event is %+v", last)
			}
			if !strings.Contains(errs.String(), "growlab resume") {
				t.Errorf("stderr does not say how to go on: %s", errs)
			}
			file := onlyRun(t, dir)
			ok(t, "resume", file)
			got, gotFinal := steps(t, file)
			if !slices.Equal(got, want) || gotFinal != wantFinal {
				t.Errorf("resumed to %d steps and loss %v; uninterrupted %d and %v", len(got), gotFinal, len(want), wantFinal)
			}
		})
	}
}

func TestDivergedRun(t *testing.T) {
	home(t)
	r := run(t, "train", "--recipe", tiny, "--set", "model.output_mult=1e38", "--set", "model.init_std=9")
	if r.code != 6 || !strings.Contains(r.err, "growlab: the run diverged at step 1") {
		t.Errorf("exit code %d, %q", r.code, r.err)
	}
	if out := ok(t, "runs", "show", "tiny"); !strings.Contains(out, "failed") || !strings.Contains(out, "diverged at step 1") {
		t.Errorf("runs show: %s", out)
	}
}

// TestSecondEngine: a run that is being trained is not resumed, and can be looked at.
func TestSecondEngine(t *testing.T) {
	dir := home(t)
	cmd, _ := program(t, "train", "--recipe", tiny, "--threads", "2", "--set", "stage.1.tokens=100M", "--set", "checkpoint.every=128", "--json")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	for range 50 {
		if _, err := lines.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	file := onlyRun(t, dir)
	r := run(t, "resume", file)
	if want := fmt.Sprintf("another engine (process %d) is writing %s", cmd.Process.Pid, file); r.code != 1 || !strings.Contains(r.err, want) {
		t.Errorf("exit code %d, %q, want %q", r.code, r.err, want)
	}
	if out := ok(t, "runs", "show", "tiny"); !strings.Contains(out, "running, at step") {
		t.Errorf("runs show: %s", out)
	}
	if out := ok(t, "sample", "tiny", "--tokens", "3"); !strings.HasPrefix(out, "And ") {
		t.Errorf("sample: %q", out)
	}
	setThreads(t)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	if out := ok(t, "runs", "show", "tiny"); !strings.Contains(out, "interrupted, at step") || !strings.Contains(out, "growlab resume ") {
		t.Errorf("runs show: %s", out)
	}
}

// setThreads lowers the threads of the run tiny, which trains now on two, and tries what it must refuse.
func setThreads(t *testing.T) {
	t.Helper()
	for _, tt := range []struct{ setting, says string }{
		{"threads=9", `threads is "9"; it must be a number from 1 to 2`},
		{"seed=3", `cannot change "seed"; it can change batch, `},
	} {
		if r := run(t, "set", "tiny", tt.setting); r.code != 1 || !strings.Contains(r.err, tt.says) {
			t.Errorf("set %s: exit code %d, %q, want %q", tt.setting, r.code, r.err, tt.says)
		}
	}
	if r := run(t, "set", "tiny", "threads=1"); r.code != 0 || !strings.Contains(r.err, "threads=1 from the next step on") {
		t.Errorf("set threads=1: exit code %d, %q", r.code, r.err)
	}
	journal := ""
	for until := time.Now().Add(time.Minute); time.Now().Before(until); time.Sleep(10 * time.Millisecond) { // the file lags by a quarter of a second
		journal = ok(t, "query", "tiny", "--json", "--sql", "select json from event where kind = 'command'")
		if journal != "" {
			break
		}
	}
	if !strings.Contains(journal, `\"verb\":\"set\",\"detail\":\"threads=1\"`) || strings.Contains(journal, "threads=9") {
		t.Errorf("journal: %s", journal)
	}
}

// signalAt reads events, sends a signal at a step, and returns the last event.
func signalAt(t *testing.T, out io.Reader, cmd *exec.Cmd, s syscall.Signal, at int64) event.Event {
	t.Helper()
	return each(t, out, func(e event.Event) {
		if step, ok := e.(event.Step); ok && step.Step == at {
			if err := cmd.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// each reads events to their end, and returns the last.
func each(t *testing.T, out io.Reader, do func(event.Event)) (last event.Event) {
	t.Helper()
	d := json.NewDecoder(out)
	for {
		var line json.RawMessage
		if err := d.Decode(&line); err != nil {
			return last
		}
		e, err := event.Unmarshal(line)
		if err != nil {
			t.Fatal(err)
		}
		do(e)
		last = e
	}
}

func TestUSR1Saves(t *testing.T) {
	dir := home(t)
	cmd, errs := program(t, "train", "--recipe", tiny, "--set", "stage.1.tokens=100M", "--set", "checkpoint.every=0", "--json")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var saved int64
	each(t, out, func(e event.Event) {
		var err error
		switch e := e.(type) {
		case event.Step:
			if e.Step == 20 {
				err = cmd.Process.Signal(syscall.SIGUSR1)
			} else if saved > 0 && e.Step == saved+1 { // it goes on
				err = cmd.Process.Signal(syscall.SIGTERM)
			}
		case event.Saved:
			if saved == 0 {
				saved = e.Step
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != 143 {
		t.Fatalf("%v: %s", err, errs)
	}
	all := ok(t, "query", onlyRun(t, dir), "--json", "--sql", "select json_extract(json, '$.reason') as reason from event where kind = 'saved'")
	if n := strings.Count(all, "asked"); n != 2 {
		t.Errorf("%d checkpoints were asked for, want one by SIGUSR1 and one by the end: %s", n, all)
	}
}

// TestReaderThatEnds: a pipe into head stops the run in good order.
func TestReaderThatEnds(t *testing.T) {
	dir := home(t)
	cmd, errs := program(t, "train", "--recipe", tiny, "--set", "stage.1.tokens=100M", "--json")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case err := <-done:
		if err == nil || cmd.ProcessState.ExitCode() != 1 {
			t.Errorf("exit code %d: %s", cmd.ProcessState.ExitCode(), errs)
		}
	case <-time.After(2 * time.Minute):
		t.Fatal("the run goes on with nobody to read")
	}
	info, err := (&session.Home{Dir: dir}).Find("tiny")
	if err != nil || info.State != session.Stopped {
		t.Errorf("the run is %s, %v; want stopped", info.State, err)
	}
}
