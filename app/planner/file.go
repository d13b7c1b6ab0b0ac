package planner

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Write saves the draft as a recipe file, whole or not at all, which is where it comes from afterwards.
func (d *Draft) Write(path string) error {
	text, err := d.recipe.TOML()
	if err != nil {
		return err
	}
	fresh := path + ".new"
	err = os.WriteFile(fresh, text, 0o644)
	if err == nil {
		err = os.Rename(fresh, path)
	}
	if err != nil {
		_ = os.Remove(fresh) // it may not be there
		var p *fs.PathError
		if errors.As(err, &p) {
			err = p.Err
		}
		return fmt.Errorf("the recipe cannot be saved as %s: %w", path, err)
	}
	d.Saved(path)
	return nil
}
