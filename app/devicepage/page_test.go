package devicepage

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"growlab/app/doctor"
	"growlab/app/look"
	"growlab/app/pagetest"
	"growlab/app/session"
	"growlab/cudart"
)

func ptr[T any](x T) *T { return &x }

// machine has two GPUs, one of them warm.
func machine() (session.Devices, []doctor.Finding) {
	d := session.Devices{
		CPU: session.CPU{
			Model: "AMD EPYC 9B14", Cores: 16, Threads: 16, Memory: 64e9, Free: 41e9, Device: "cpu avx512 bf16, 16 threads",
			Families: []session.Family{
				{Name: "amx", Reason: "the processor has no AMX"},
				{Name: "avx512", Available: true, Chosen: true, Reason: "fastest of those that were measured"},
				{Name: "avx2", Available: true, Reason: "1.7 times as slow"},
			},
			Precisions: []session.PrecisionChoice{
				{Name: "fp32", Available: true, Reason: "to be asked for"},
				{Name: "bf16", Available: true, Chosen: true, Reason: "products are 1.9 times as fast, and sums stay in fp32, so that losses differ by less than the noise of a batch"},
			},
		},
		CUDA: &cudart.Report{
			Driver: "575.57", GPUs: []cudart.GPU{
				{Ordinal: 0, Name: "NVIDIA H100 80GB HBM3", Capability: cudart.Capability{Major: 9}, Memory: 85e9, Now: cudart.Sample{
					Utilization: ptr(97), MemoryTotal: ptr(int64(85e9)), MemoryFree: ptr(int64(3e9)), Power: ptr(654.0), PowerLimit: ptr(700.0),
					Temperature: ptr(88), Throttle: ptr(cudart.Throttle(1 << 2)),
				}},
				{Ordinal: 1, Name: "NVIDIA H100 80GB HBM3", Capability: cudart.Capability{Major: 9}, Memory: 85e9},
			},
		},
	}
	return d, []doctor.Finding{
		{Check: "cpu", OK: true, Required: true, Detail: "kernels avx512 (chosen): fastest"},
		{Check: "folder", Required: true, Detail: "/data/growlab/runs: read-only file system", Fix: "set GROWLAB_HOME to a folder of yours on a local disk"},
		{Check: "nccl", Detail: "not found", Hints: []string{"pip install nvidia-nccl-cu12 has it"}},
	}
}

func open(t *testing.T, a Actions) *Page {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(look.New(look.Dark))
	p := New(a)
	w := test.NewTempWindow(t, p.Object)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(880, 640))
	return p
}

// texts are all texts on the page, one a line.
func (p *Page) texts() string {
	return strings.Join(p.textsOf(p.Object), "\n")
}

func TestWhatIsFoundIsShown(t *testing.T) {
	p := open(t, Actions{})
	p.Looking()
	if !p.again.Disabled() {
		t.Error("one can look again while it looks")
	}
	p.Show(machine())
	if p.again.Disabled() {
		t.Error("one cannot look again")
	}
	got := p.texts()
	for _, want := range []string{
		"AMD EPYC 9B14 · 16 cores", "trains as: cpu avx512 bf16, 16 threads", "41.0 GB free of 64.0 GB", "chosen", "1.7 times as slow", "driver 575.57",
		"GPU 0 · NVIDIA H100 80GB HBM3 · compute capability 9.0", "97 %", "654 W of 700 W", "88 °C", "it is slowed down: power cap",
		"to do: set GROWLAB_HOME", "hint: pip install", "broken",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not on the page:\n%s", want, got)
		}
	}
	d, _ := machine()
	d.CUDA.GPUs = d.CUDA.GPUs[:1]
	p.GPUs(d.CUDA)
	if p.cards[1].object.Visible() {
		t.Error("a GPU that is gone is on show")
	}
}

func TestThreadsKnob(t *testing.T) {
	var asked []int
	p := open(t, Actions{Threads: func(n int) { asked = append(asked, n) }})
	if !p.threads.Disabled() {
		t.Error("the knob turns without a run")
	}
	p.Threads("flm-1m", 2, 4)
	if p.threads.Disabled() || p.threads.Selected != "2" || len(asked) != 0 {
		t.Errorf("the knob shows %q, disabled %v, and asked for %v", p.threads.Selected, p.threads.Disabled(), asked)
	}
	p.threads.SetSelectedIndex(3)
	if !slices.Equal(asked, []int{4}) {
		t.Errorf("asked for %v threads, want 4", asked)
	}
}

func TestMomentsAreShown(t *testing.T) {
	p := open(t, Actions{})
	p.Now(0.42, 1e9, 16e9)
	if p.load.share != 0.42 || p.memory.share != 15.0/16 || !p.memory.warn {
		t.Errorf("load %g, memory %g, warned %v", p.load.share, p.memory.share, p.memory.warn)
	}
	p.Holds("flm-1m", 117e6)
	p.Now(0.42, 1e9, 16e9)
	if got, want := p.memory.text.Text(), "1.00 GB free of 16.0 GB, flm-1m has 117 MB"; got != want {
		t.Errorf("memory says %q, want %q", got, want)
	}
	p.Now(-1, 0, 0)
	if p.load.share >= 0 || p.memory.share >= 0 {
		t.Error("shares are on show that are not known")
	}
}

// New canvas objects at a refresh would make Fyne lay out and repaint for ever.
func TestRefreshMakesNoNewObjects(t *testing.T) {
	p := open(t, Actions{})
	p.Show(machine())
	p.Now(0.5, 1e9, 16e9)
	d, _ := machine()
	pagetest.StaysTheSame(t, p.Object, func() {
		p.Now(0.9, 15e9, 16e9)
		p.GPUs(d.CUDA)
	})
}

// joinable is the report of machine with NCCL, and with a third GPU that is too old.
func joinable() *cudart.Report {
	d, _ := machine()
	r := d.CUDA
	r.Libraries = []cudart.LibraryReport{{Library: cudart.LibNCCL}}
	r.GPUs[1].Capability = cudart.Capability{Major: 9}
	r.GPUs = append(r.GPUs, cudart.GPU{Ordinal: 2, Name: "NVIDIA TITAN V", Capability: cudart.Capability{Major: 7}})
	return r
}

func TestBoxesOfGPUs(t *testing.T) {
	var asked []string
	p := open(t, Actions{Train: func(device string) { asked = append(asked, device) }})
	p.GPUs(joinable())
	ticked := func() (is []bool) {
		for _, c := range p.cards {
			is = append(is, c.use.Checked)
		}
		return is
	}
	if got, want := ticked(), []bool{true, false, false}; !slices.Equal(got, want) {
		t.Errorf("auto ticks %v, want %v: the first GPU", got, want)
	}
	if !p.cards[2].use.Disabled() || p.cards[1].use.Disabled() {
		t.Error("a GPU that cannot train can be ticked, or one that can cannot")
	}
	if len(asked) != 0 {
		t.Errorf("the page itself asked for %v", asked)
	}
	for _, row := range []struct {
		box    int
		device string
		says   string
	}{
		{1, "cuda:0,1", "runs that begin train on GPUs 0 and 1 together"},
		{0, "cuda:1", "runs that begin train on GPU 1"},
		{1, "cpu", "runs that begin train on the processor"},
	} {
		test.Tap(p.cards[row.box].use)
		if got := asked[len(asked)-1]; got != row.device {
			t.Errorf("box %d: asked for %s, want %s", row.box, got, row.device)
		}
		if !strings.HasPrefix(p.trainsOn.Text, row.says) {
			t.Errorf("on %s the page says %q, want %q", row.device, p.trainsOn.Text, row.says)
		}
	}
	p.Use("cuda:0,1", "the environment says so")
	if got, want := ticked(), []bool{true, true, false}; !slices.Equal(got, want) {
		t.Errorf("%v are ticked, want %v", got, want)
	}
	if !p.cards[0].use.Disabled() || !strings.Contains(p.trainsOn.Text, "; the environment says so") {
		t.Errorf("what the environment forces can be changed, and the page says %q", p.trainsOn.Text)
	}
}
