package cli

import (
	"encoding/csv"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPlotDrawsWhatTheFlagsSay(t *testing.T) {
	dir := home(t)
	ok(t, "train", "--recipe", tiny)
	id := onlyRun(t, dir)
	file := func(name string) string { return filepath.Join(dir, name) }
	ok(t, "plot", id, "--x", "flops", "--log-x", "--log-y", "--slope", "--level", "4.5", "--metrics", "loss,mask,lr",
		"--svg", file("a.svg"), "--png", file("a.png"), "--csv", file("a.csv"), "--width", "700", "--height", "500", "--scale", "1")

	drawing, err := os.ReadFile(file("a.svg"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{">FLOPs<", ">mask<", ">learning rate<", ">4.5000<", ">S2", ">validation<"} {
		if !strings.Contains(string(drawing), want) {
			t.Errorf("the SVG lacks %q", want)
		}
	}
	f, err := os.Open(file("a.png"))
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(f)
	if err != nil || img.Bounds().Dx() != 700 || img.Bounds().Dy() != 500 {
		t.Errorf("the picture is %v, %v; want 700 x 500", img.Bounds(), err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	table, err := os.Open(file("a.csv"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(table).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if err := table.Close(); err != nil {
		t.Error(err)
	}
	count := map[string]int{}
	for _, r := range rows[1:] {
		count[r[0]+"/"+r[1]]++
	}
	if n := count["loss/train"]; n < 5 || count["mask/tiny"] != n || count["loss/validation"] == 0 {
		t.Errorf("rows %v, want as many of the mask as of the training loss, and evaluations", count)
	}
}

func TestPlotRefusesWhatItCannotDraw(t *testing.T) {
	dir := home(t)
	ok(t, "train", "--recipe", tiny, "--set", "stage.1.tokens=1280", "--set", "stage.1.warmup=0")
	id := onlyRun(t, dir)
	out := filepath.Join(dir, "a.svg")
	for _, row := range []struct {
		args []string
		want string
	}{
		{nil, "takes one run or several"},
		{[]string{"nothing", "--svg", out}, "nothing"},
		{[]string{id}, "say where to draw: --png FILE, --svg FILE or --csv FILE"},
		{[]string{id, "--svg", out, "--x", "epochs"}, `--x "epochs": there are step, tokens, flops, active-time, wall-time`},
		{[]string{id, "--svg", out, "--metrics", "speeed"}, `metric "speeed": there are [loss`},
		{[]string{id, "--svg", out, "--smooth", "1"}, "--smooth 1: it must be 0 or more, and less than 1"},
		{[]string{id, "--svg", out, "--from", "5"}, "--from 5 --to 0: the end must come after the beginning"},
		{[]string{id, "--svg", out, "--theme", "blue"}, `--theme "blue": there are light and dark`},
		{[]string{id, "--svg", out, "--align", "9"}, "--align 9: none of the runs has grown into stage 9"},
		{[]string{id, "--svg", out, "--width", "0"}, "sides must be 1 to"},
		{[]string{id, "--svg", filepath.Join(dir, "no", "folder.svg")}, "cannot write"},
	} {
		r := run(t, append([]string{"plot"}, row.args...)...)
		if r.code == 0 || !strings.Contains(r.err, row.want) {
			t.Errorf("plot %q: exit code %d, %q; want %q", row.args, r.code, r.err, row.want)
		}
	}
}
