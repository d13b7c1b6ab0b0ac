package cudart

import (
	"errors"
	"fmt"
	"strconv"
	"unsafe"
)

// Probe looks at this machine. It opens libraries and asks, makes no context and takes no device memory.
func Probe() *Report { return NewFinder().Probe() }

// Probe looks at the machine that the finder sees.
func (f *Finder) Probe() *Report {
	r := &Report{GPUs: []GPU{}, Libraries: []LibraryReport{}}
	driver, derr := f.Driver()
	if driver != nil {
		r.CUDA = driver.cuda
	}
	nvml, nerr := f.NVML()
	if nvml != nil && nerr == nil {
		r.Driver, nerr = nvml.DriverVersion()
	}
	switch {
	case derr == nil:
		derr = r.ofDriver(driver, nvml, nerr == nil)
	case nvml != nil && nerr == nil:
		r.ofNVML(nvml)
	}
	if nvml != nil && nerr == nil {
		nerr = nvml.Close()
	}
	f.libraries(r, derr, nerr)
	if derr != nil {
		r.Problem = f.problem(derr, len(r.GPUs))
	} else {
		r.hints()
	}
	r.Attempts = f.Attempts()
	return r
}

// ofDriver lists the GPUs that this process may use. The error is one of the driver as a whole, or of every GPU.
func (r *Report) ofDriver(d *Driver, n *NVML, measured bool) error {
	count, err := d.Count()
	if err != nil {
		return err
	}
	if count == 0 {
		return ErrNoDevice
	}
	var failed error
	for i := range count {
		g, p, err := d.gpu(i)
		if err != nil {
			failed = err
			count--
		} else if measured {
			g.Now, err = sampleOf(n, p)
		}
		if err != nil {
			g.Problem = err.Error()
		}
		r.GPUs = append(r.GPUs, g)
	}
	if count == 0 {
		return failed
	}
	return nil
}

// gpu asks the driver about GPU i.
func (d *Driver) gpu(i int) (GPU, Properties, error) {
	g := GPU{Ordinal: i}
	dev, err := d.Device(i)
	if err != nil {
		return g, Properties{}, err
	}
	p, err := dev.Properties()
	g.Name, g.UUID, g.PCI, g.Capability = p.Name, p.UUID, p.PCI, p.Capability
	g.Memory, g.Multiprocessors = p.Memory, p.Multiprocessors
	return g, p, err
}

func sampleOf(n *NVML, p Properties) (Sample, error) {
	card, err := n.CardOf(p)
	if err != nil {
		return Sample{}, err
	}
	return card.Sample()
}

// ofNVML lists the cards of a machine whose driver this process cannot use.
func (r *Report) ofNVML(n *NVML) {
	count, err := n.Count()
	if err != nil {
		return // the driver's own failure is reported
	}
	for i := range count {
		g := GPU{Ordinal: -1}
		if err := g.fromCard(n, i); err != nil {
			g.Problem = err.Error()
		}
		r.GPUs = append(r.GPUs, g)
	}
}

func (g *GPU) fromCard(n *NVML, i int) error {
	card, err := n.Card(i)
	if err != nil {
		return err
	}
	var errs [4]error
	g.Name, errs[0] = card.Name()
	g.UUID, errs[1] = card.UUID()
	g.Capability, errs[2] = card.Capability()
	g.Now, errs[3] = card.Sample()
	if g.Now.MemoryTotal != nil {
		g.Memory = *g.Now.MemoryTotal
	}
	return errors.Join(errs[:]...)
}

// libraries reports each library; those that are not open yet are looked for.
func (f *Finder) libraries(r *Report, derr, nerr error) {
	for _, lib := range Libraries() {
		l := LibraryReport{Library: lib, Purpose: lib.Purpose()}
		switch lib {
		case LibDriver:
			l.Version = r.CUDA.String()
			l.problem(derr)
		case LibNVML:
			l.Version = r.Driver
			l.problem(nerr)
		case LibNCCL: // may be too old to be used
			n, err := f.NCCL()
			if err == nil {
				l.Version = n.Version().String()
			}
			l.problem(err)
		default:
			found, err := f.Find(lib, r.CUDA.Major)
			if err == nil {
				var v Version
				v, err = found.version()
				l.Version = v.String()
			}
			l.problem(err)
		}
		for _, a := range f.Attempts() {
			if a.Library == lib && a.Outcome == Loaded {
				l.Path, l.Via = a.Path, a.Via
			}
		}
		r.Libraries = append(r.Libraries, l)
	}
}

func (l *LibraryReport) problem(err error) {
	if err != nil {
		l.Problem = err.Error()
	}
}

// version asks cuBLASLt or NVRTC for its own version.
func (l *Found) version() (Version, error) {
	name := map[Library]string{LibBlasLt: "cublasLtGetVersion", LibNVRTC: "nvrtcVersion"}[l.Library]
	p := &proc{addr: l.symbol(name), file: l.Path, name: name}
	if p.addr == 0 {
		return Version{}, p.missing()
	}
	var a, b int32
	if l.Library == LibBlasLt {
		return blasLtVersion(int(p.call())), nil
	}
	if code := int32(p.call(uintptr(unsafe.Pointer(&a)), uintptr(unsafe.Pointer(&b)))); code != 0 {
		return Version{}, &Error{Library: l.Path, Call: name, Code: int(code)}
	}
	return Version{int(a), int(b), 0}, nil
}

// problem is one sentence: what is wrong, and what would mend it. cards is how many GPUs NVML sees all the same.
func (f *Finder) problem(err error, cards int) string {
	remedy := ""
	switch {
	case f.goos() == "darwin":
		remedy = "train on the CPU, or on a machine with an NVIDIA GPU and Linux or Windows"
	case errors.Is(err, ErrNoDriver):
		remedy = "with an NVIDIA GPU, install NVIDIA's driver, or start the container with its GPUs (--gpus all)"
	case errors.Is(err, ErrSymbol):
		remedy = fmt.Sprintf("install driver %d or newer", leastDriver[11])
	case errors.Is(err, ErrNoDevice) && cards > 0:
		remedy = fmt.Sprintf("the machine has %s: clear CUDA_VISIBLE_DEVICES", plural(cards, "GPU"))
	case errors.Is(err, ErrDeviceLost):
		remedy = "restart the machine: the GPU no longer answers"
	default:
		remedy = "see whether nvidia-smi works"
	}
	return short(err) + "; " + remedy
}

// short is an error of a library without the path: the report of libraries has it.
func short(err error) string {
	var e *Error
	if !errors.As(err, &e) {
		return err.Error()
	}
	what := e.Text
	if e.state != nil {
		what = e.state.Error()
	}
	if e.Detail != "" {
		what += ": " + e.Detail
	}
	if e.Name != "" {
		return fmt.Sprintf("%s (%s: %s, %d)", what, e.Call, e.Name, e.Code)
	}
	return fmt.Sprintf("%s (%s: %d)", what, e.Call, e.Code)
}

// hints adds what is missing for full speed.
func (r *Report) hints() {
	major := min(max(r.CUDA.Major, 11), 13)
	for _, l := range r.Libraries {
		if l.Problem == "" {
			continue
		}
		switch l.Library {
		case LibBlasLt:
			wheel := map[int]string{11: "nvidia-cublas-cu11", 12: "nvidia-cublas-cu12", 13: "nvidia-cublas"}[major]
			r.Hints = append(r.Hints, "matrix products will be slower: cuBLASLt is missing; install the CUDA "+strconv.Itoa(major)+" toolkit, or: pip install "+wheel)
		case LibNCCL:
			if len(r.GPUs) > 1 {
				r.Hints = append(r.Hints, "one of "+plural(len(r.GPUs), "GPU")+" can be used: NCCL 2.14 or newer is missing; install libnccl2, or: pip install nvidia-nccl-cu"+strconv.Itoa(major))
			}
		case LibNVML:
			r.Hints = append(r.Hints, "no utilisation, power and temperature: "+l.Problem)
		default: // the driver is a problem, and kernels are there without NVRTC
		}
	}
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
