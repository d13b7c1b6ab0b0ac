package lab

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"growlab/app/engine"
	"growlab/app/session"
	"growlab/assets"
	"growlab/growth"
	"growlab/store"
)

// Origin is what a rival is derived from.
type Origin struct {
	Run    string // id; "" if it is a recipe
	Recipe growth.Recipe
	Spent  growth.Spent // what the run took, if it is done
	Data   string       // path of the run's text; "" is the embedded one
}

// Of finds the run or the recipe that text means: a preset's name or a TOML file is a recipe, all else a run. data is where the
// text of a run is now, if it was moved.
func Of(h *session.Home, text, data string) (o Origin, err error) {
	if slices.Contains(assets.Recipes(), text) || strings.HasSuffix(text, ".toml") {
		o.Recipe, err = session.LoadRecipe(session.Launch{Recipe: text})
		o.Data = data
		return o, err
	}
	info, err := h.Find(text)
	if errors.Is(err, os.ErrNotExist) {
		return o, session.Usagef("%v; a preset or a TOML file would do too, presets are %s", err, strings.Join(assets.Recipes(), ", "))
	}
	if err != nil {
		return o, err
	}
	r, err := store.OpenReader(info.File)
	if err != nil {
		return o, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	meta, err := r.Meta()
	if err != nil {
		return o, err
	}
	if data != "" {
		if meta.DataPath, err = filepath.Abs(data); err != nil {
			return o, err
		}
	}
	if err := engine.SameData(meta); err != nil {
		return o, err
	}
	o.Run, o.Data = info.ID, meta.DataPath
	if o.Recipe, err = growth.Parse(meta.RecipeName, []byte(meta.Recipe)); err != nil {
		return o, err
	}
	if info.State == session.Done {
		sum, err := r.Summary()
		if err != nil {
			return o, err
		}
		o.Spent = growth.Spent{Tokens: sum.Last.Tokens, FLOPs: sum.Last.FLOPs}
	}
	return o, nil
}

// Draft writes a recipe to a file of its own for a Launch, and returns its path. The engine reads it before it trains; remove
// it then, with the folder that it is in.
func Draft(r growth.Recipe) (path string, err error) {
	text, err := r.TOML()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "growlab-recipe-")
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, "rival.toml") // its name is in it
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return path, nil
}
