package app

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// openScene opens a window for a test that started this binary again; it is set with the build tag xvfb.
var openScene func(scene string)

// childEnv names the scene to open.
const childEnv = "GROWLAB_TEST_WINDOW"

// program is the terminal, for engine processes that a test starts as this binary; it is set with the build tag xvfb.
var program func(args []string) int

// TestMain gives the tests a home of their own: Fyne keeps its preferences there.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && program != nil && !strings.HasPrefix(os.Args[1], "-") {
		os.Exit(program(os.Args[1:]))
	}
	if dir := os.Getenv(crashEnv); dir != "" {
		crash(dir)
	}
	if scene := os.Getenv(childEnv); scene != "" && openScene != nil {
		openScene(scene)
		return
	}
	os.Exit(runAtHome(m))
}

func runAtHome(m *testing.M) int {
	home, err := os.MkdirTemp("", "growlab-app-test")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(home) }() // Fyne's goroutines may still write there
	for _, name := range []string{"HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"} {
		if err := os.Setenv(name, home); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return m.Run()
}
