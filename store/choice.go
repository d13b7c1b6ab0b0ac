package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// choiceFile holds the data folder that a person chose, for the window and the terminal alike: one line, its path.
func choiceFile() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "growlab", "home"), nil
}

// chosenHome is the data folder that was chosen by ChooseHome; "" for none, and where it cannot be read.
func chosenHome() string {
	file, err := choiceFile()
	if err != nil {
		return ""
	}
	text, err := os.ReadFile(file)
	dir := strings.TrimSuffix(string(text), "\n")
	if err != nil || !filepath.IsAbs(dir) || strings.Contains(dir, "\n") {
		return ""
	}
	return dir
}

// ChooseHome makes dir the data folder that Home names from now on, where GROWLAB_HOME is not set; "" goes back to the default. Runs
// stay where they are.
func ChooseHome(dir string) error {
	file, err := choiceFile()
	if err != nil {
		return fmt.Errorf("choose a data folder: %w", err)
	}
	if dir == "" {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("choose a data folder: %w", err)
		}
		return nil
	}
	if !filepath.IsAbs(dir) || strings.Contains(dir, "\n") {
		return fmt.Errorf("the data folder is %q; it must be a path from the root", dir)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("choose a data folder: %w", err)
	}
	if err := os.WriteFile(file, []byte(dir+"\n"), 0o644); err != nil {
		return fmt.Errorf("choose a data folder: %w", err)
	}
	return nil
}
