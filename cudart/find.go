package cudart

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

// Outcome says what became of one attempt to open a library.
type Outcome string

// The outcomes of an attempt.
const (
	Loaded  Outcome = "loaded"
	Absent  Outcome = "absent"  // no such file in a folder that exists
	Failed  Outcome = "failed"  // the file is there, or the loader found it, and it could not be opened
	Skipped Outcome = "skipped" // for a newer CUDA than the driver's
)

// Attempt is one file that was looked for.
type Attempt struct {
	Library Library `json:"library"`
	Path    string  `json:"path"` // file, or a bare name for the dynamic loader
	Via     string  `json:"via"`  // why there: an environment variable, "toolkit", "dynamic loader"
	Outcome Outcome `json:"outcome"`
	Error   string  `json:"error,omitempty"` // the loader's own words, or why it was skipped
}

// String is the line that doctor prints.
func (a Attempt) String() string {
	s := fmt.Sprintf("%s: %s (%s): %s", a.Library, a.Path, a.Via, a.Outcome)
	if a.Error != "" {
		s += ": " + a.Error
	}
	return s
}

// Finder looks for NVIDIA's libraries. The zero value of a field means this process and this machine. It may be used by
// several goroutines.
type Finder struct {
	Env  func(string) string // environment
	Root string              // put before absolute system folders; for tests
	Exe  string              // folder of the program; empty: not looked into
	OS   string              // linux, windows, darwin

	mu       sync.Mutex
	attempts []Attempt
}

// NewFinder looks through this machine, beside this program too.
func NewFinder() *Finder {
	f := &Finder{Env: os.Getenv, OS: runtime.GOOS}
	if exe, err := os.Executable(); err == nil {
		f.Exe = filepath.Dir(exe)
	}
	return f
}

// Found is an open library. It stays open for as long as the process lives.
type Found struct {
	Library Library
	Path    string // file, as far as it is known
	Via     string
	Major   int // CUDA major of the file's name; 0 if the name has none

	handle uintptr
}

func (l *Found) symbol(name string) uintptr { return symbolOf(l.handle, name) }

// Attempts lists every attempt so far.
func (f *Finder) Attempts() []Attempt {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]Attempt{}, f.attempts...)
}

func (f *Finder) note(lib Library, path, via string, out Outcome, why string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.attempts = append(f.attempts, Attempt{lib, path, via, out, why})
}

func (f *Finder) env(name string) string {
	if f.Env == nil {
		return os.Getenv(name)
	}
	return f.Env(name)
}

// Find opens lib: the newest one whose CUDA major is at most driverMajor (0: any). The driver and NVML are asked of the
// dynamic loader first and looked for in folders after that; the others the other way round, so that a toolkit or
// wheel that the user chose wins over the system's. The error is ErrNoDriver or ErrNoLibrary.
func (f *Finder) Find(lib Library, driverMajor int) (*Found, error) {
	if f.goos() == "darwin" {
		return nil, fmt.Errorf("%w: there is no CUDA on macOS", f.absence(lib))
	}
	files := lib.files(f.goos())
	if len(files) == 0 {
		return nil, fmt.Errorf("%w: NVIDIA does not make %s for %s", f.absence(lib), lib, f.goos())
	}
	places := f.places(lib)
	for _, file := range files {
		if driverMajor != 0 && file.major > driverMajor {
			f.note(lib, file.name, "catalog", Skipped, fmt.Sprintf("for CUDA %d (driver %d or newer); this driver is for CUDA %d", file.major, leastDriver[file.major], driverMajor))
			continue
		}
		if found := f.open(lib, file, places); found != nil {
			return found, nil
		}
	}
	return nil, f.notFound(lib, files)
}

func (f *Finder) goos() string {
	if f.OS == "" {
		return runtime.GOOS
	}
	return f.OS
}

func (f *Finder) absence(lib Library) error {
	if lib == LibDriver {
		return ErrNoDriver
	}
	return ErrNoLibrary
}

// open tries one file name in all places.
func (f *Finder) open(lib Library, file file, places []place) *Found {
	chosen, rest := places, []place(nil)
	if lib.ofDriver() {
		chosen, rest = splitChosen(places)
	}
	for _, p := range chosen {
		if found := f.openIn(lib, file, p); found != nil {
			return found
		}
	}
	if f.Root == "" { // the loader knows nothing of a finder's tree
		if found := f.load(lib, file, file.name, "dynamic loader"); found != nil {
			return found
		}
	}
	for _, p := range rest {
		if found := f.openIn(lib, file, p); found != nil {
			return found
		}
	}
	return nil
}

// splitChosen parts the folders that the user named from those that we guess.
func splitChosen(all []place) (chosen, guessed []place) {
	for i, p := range all {
		if p.via != EnvLibraries {
			return all[:i], all[i:]
		}
	}
	return all, nil
}

func (f *Finder) openIn(lib Library, file file, p place) *Found {
	path := filepath.Join(p.dir, file.name)
	if _, err := os.Stat(path); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			f.note(lib, path, p.via, Absent, "")
		} else {
			f.note(lib, path, p.via, Failed, err.Error())
		}
		return nil
	}
	return f.load(lib, file, path, p.via)
}

// load opens one file, or a bare name through the loader.
func (f *Finder) load(lib Library, file file, path, via string) *Found {
	if lib == LibNVRTC {
		preloadBuiltins(path)
	}
	h, err := openLibrary(path, false)
	if err != nil {
		f.note(lib, path, via, Failed, err.Error())
		return nil
	}
	if path == file.name {
		path = mappedPath(path)
	}
	f.note(lib, path, via, Loaded, "")
	return &Found{Library: lib, Path: path, Via: via, Major: file.major, handle: h}
}

// preloadBuiltins opens NVRTC's second library by its full path: NVRTC asks the loader for it by bare name, and the
// loader then knows it even in a folder where it would not look.
func preloadBuiltins(path string) {
	if !strings.ContainsAny(path, `/\`) {
		return
	}
	for _, b := range newestFirst(filepath.Join(filepath.Dir(path), "libnvrtc-builtins.so.*")) {
		if _, err := openLibrary(b, true); err == nil {
			return
		}
	}
}

// notFound is the error after all attempts. A file that is there and does not open is the better story.
func (f *Finder) notFound(lib Library, files []file) error {
	var failed, skipped string
	folders := 0
	for _, a := range f.Attempts() {
		if a.Library != lib {
			continue
		}
		switch {
		case a.Outcome == Failed && strings.ContainsAny(a.Path, `/\`):
			failed = fmt.Sprintf("%s: %s", a.Path, a.Error)
		case a.Outcome == Skipped:
			skipped = a.Error
		case a.Outcome == Absent:
			folders++
		}
	}
	name := files[0].name
	switch {
	case failed != "":
		return fmt.Errorf("%w: %s", f.absence(lib), failed)
	case skipped != "" && folders == 0:
		return fmt.Errorf("%w: %s: %s", f.absence(lib), name, skipped)
	}
	where := "neither the dynamic loader nor any known folder has " + name
	if len(files) > 1 {
		where += " or an older one"
	}
	return fmt.Errorf("%w: %s", f.absence(lib), where)
}
