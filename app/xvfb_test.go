//go:build xvfb

package app

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"growlab/app/look"
	"growlab/trainer/event"
)

func init() { openScene = openWindow }

// openWindow opens a real window over a machine of made-up runs: "first" shows the first run, "idle" a paused run, "live" one
// that trains at a hundred steps a second.
func openWindow(scene string) {
	fake := newFake()
	switch scene {
	case "journey":
		openJourney()
		return
	case "curves", "charts":
		openCurves(scene == "charts")
		return
	case "pan":
		openPan()
		return
	case "idle":
		past := append(upTo(script("flm-1m"), 1612), event.Paused{Step: 1612})
		fake.withRun("paused", past).withRun("done", script("flm-1m-first"))
	case "live":
		fake.withRun("running", upTo(script("flm-1m"), 1500))
		go func() {
			for _, e := range script("flm-1m")[len(upTo(script("flm-1m"), 1500)):] {
				time.Sleep(10 * time.Millisecond)
				fake.happen("flm-1m", e)
			}
		}()
	}
	if err := Run(Options{Sessions: fake, Theme: os.Getenv("GROWLAB_TEST_THEME")}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// screen is an X server without a monitor.
type screen struct {
	display string
	frame   string // file in which the server keeps its picture, as an X window dump
}

const screenWidth, screenHeight = 1400, 900

func newScreen(t *testing.T) screen {
	t.Helper()
	path, err := exec.LookPath("Xvfb")
	if err != nil {
		t.Fatal("Xvfb is missing; install it with: apt install xvfb")
	}
	s := screen{frame: filepath.Join(t.TempDir(), "Xvfb_screen0")}
	number, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	server := exec.Command(path, "-displayfd", "3", "-noreset", "-screen", "0", fmt.Sprintf("%dx%dx24", screenWidth, screenHeight),
		"+extension", "GLX", "-nolisten", "tcp", "-fbdir", filepath.Dir(s.frame))
	server.ExtraFiles = []*os.File{write}
	start(t, server)
	if err := write.Close(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(number).ReadString('\n')
	if err != nil {
		t.Fatalf("Xvfb told no display: %v", err)
	}
	s.display = ":" + strings.TrimSpace(line)
	return s
}

// start runs a command until the test ends.
func start(t *testing.T, c *exec.Cmd) {
	t.Helper()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill() // it may have ended by itself
		_ = c.Wait()
	})
}

// picture reads what is on the screen.
func (s screen) picture(t *testing.T) *image.NRGBA {
	t.Helper()
	dump, err := os.ReadFile(s.frame)
	if err != nil {
		t.Fatal(err)
	}
	// XWDFile.h: big-endian words; 0 header size, 4 width, 5 height, 12 bytes per line, 19 number of colours of 12 bytes.
	word := func(i int) int { return int(binary.BigEndian.Uint32(dump[4*i:])) }
	width, height, stride := word(4), word(5), word(12)
	pixels := dump[word(0)+12*word(19):]
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			p := pixels[y*stride+4*x:]
			img.SetNRGBA(x, y, color.NRGBA{p[2], p[1], p[0], 255})
		}
	}
	return img
}

// extent is the smallest rectangle around all that is not black: the window, on a screen whose root is black.
func extent(img *image.NRGBA) image.Rectangle {
	var r image.Rectangle
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			if c := img.NRGBAAt(x, y); c.R|c.G|c.B != 0 {
				r = r.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return r
}

func colours(img *image.NRGBA) int {
	seen := map[color.NRGBA]bool{}
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			seen[img.NRGBAAt(x, y)] = true
		}
	}
	return len(seen)
}

// windowProgram is a program that opens a window on s: this test binary in a scene, or the binary that GROWLAB_BIN names.
func (s screen) windowProgram(t *testing.T, scene, theme string) *exec.Cmd {
	t.Helper()
	c := exec.Command(os.Args[0])
	if bin := os.Getenv("GROWLAB_BIN"); bin != "" && scene == "first" {
		c = exec.Command(bin, "gui", "--theme", theme)
	}
	home := t.TempDir()
	for _, dir := range []string{".config", ".cache", "run"} {
		if err := os.Mkdir(filepath.Join(home, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	c.Env = append(os.Environ(), "DISPLAY="+s.display, childEnv+"="+scene, "GROWLAB_TEST_THEME="+theme, "GROWLAB_HOME="+filepath.Join(home, "growlab"),
		"HOME="+home, "XDG_CONFIG_HOME="+home+"/.config", "XDG_CACHE_HOME="+home+"/.cache", "XDG_RUNTIME_DIR="+home+"/run", "WAYLAND_DISPLAY=")
	c.Stderr = os.Stderr
	start(t, c)
	return c
}

// wait looks at the screen until the window shows something.
func (s screen) wait(t *testing.T, least int) *image.NRGBA {
	t.Helper()
	var img *image.NRGBA
	for deadline := time.Now().Add(3 * time.Minute); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		img = s.picture(t)
		if colours(img) >= least {
			return img
		}
	}
	t.Fatalf("after three minutes the screen shows %d colours, want at least %d", colours(img), least)
	return nil
}

// covers waits until the window covers want.
func (s screen) covers(t *testing.T, want image.Rectangle) {
	t.Helper()
	got := extent(s.picture(t))
	for late := time.Now().Add(time.Minute); got != want && time.Now().Before(late); time.Sleep(200 * time.Millisecond) {
		got = extent(s.picture(t))
	}
	if got != want {
		t.Errorf("the window covers %v, want %v", got, want)
	}
}

// keep writes a picture to the folder that GROWLAB_TEST_PICTURES names, for people to look at.
func keep(t *testing.T, img image.Image, name string) {
	t.Helper()
	dir := os.Getenv("GROWLAB_TEST_PICTURES")
	if dir == "" {
		return
	}
	f, err := os.Create(filepath.Join(dir, name+".png"))
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// spent is the processor time that a process has used.
func spent(t *testing.T, pid int) time.Duration {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	var ticks int
	for _, f := range fields[11:13] { // utime, stime; see proc(5)
		n, err := strconv.Atoi(f)
		if err != nil {
			t.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// leastShare is the least part of a core that a window uses in a span, of as many as it takes until that is at most enough. Its first
// frames are late on a busy machine, and the same work takes more processor time there.
func leastShare(t *testing.T, program *exec.Cmd, span time.Duration, enough float64) float64 {
	t.Helper()
	least := math.Inf(1)
	for range 10 {
		began, before := time.Now(), spent(t, program.Process.Pid)
		time.Sleep(span)
		used := spent(t, program.Process.Pid) - before
		if least = min(least, used.Seconds()/time.Since(began).Seconds()); least <= enough {
			break
		}
	}
	return least
}

func TestRealWindow(t *testing.T) {
	s := newScreen(t)
	for _, row := range []struct {
		scene, theme string
		colours      int
	}{
		{"first", look.Dark, 40},
		{"first", look.Light, 40},
		{"idle", look.Dark, 150},
		{"idle", look.Light, 150},
	} {
		t.Run(row.scene+" "+row.theme, func(t *testing.T) {
			program := s.windowProgram(t, row.scene, row.theme)
			s.wait(t, row.colours)
			s.covers(t, image.Rect(0, 0, 1280, 800))
			share := leastShare(t, program, 5*time.Second, 0.05)
			keep(t, s.picture(t), row.scene+"-"+row.theme)
			if share > 0.05 {
				t.Errorf("idle, the window used %.1f %% of a core, want at most 5 %%", 100*share)
			}
			closeWindow(t, program)
		})
	}
}

// closeWindow asks the program to end, as a desktop does at the end of a session, and waits until it has ended well.
func closeWindow(t *testing.T, program *exec.Cmd) {
	t.Helper()
	if err := program.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- program.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the window ended with %v", err)
		}
	case <-time.After(2 * time.Minute):
		t.Error("the window did not close within two minutes")
	}
}

func TestLiveWindowLeavesTheCoresToTheEngine(t *testing.T) {
	s := newScreen(t)
	program := s.windowProgram(t, "live", look.Dark)
	s.wait(t, 150)
	share := leastShare(t, program, 3*time.Second, 0.8)
	t.Logf("%.0f %% of a core at 100 steps a second", 100*share)
	if share > 0.8 {
		t.Errorf("while a run trains, the window used %.0f %% of a core, want at most 80 %% with software GL", 100*share)
	}
	keep(t, s.picture(t), "live-dark")
	closeWindow(t, program)
}
