package assets

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// ErrNoRecipe says that no preset has the name asked for.
var ErrNoRecipe = errors.New("no such preset")

//go:embed recipes
var recipes embed.FS

// Recipe returns the TOML text of the preset called name, for example "flm-1m". Its error wraps
// [ErrNoRecipe] and lists the presets that exist.
func Recipe(name string) ([]byte, error) {
	if !slices.Contains(Recipes(), name) {
		return nil, fmt.Errorf("recipe %q: %w; presets are %s", name, ErrNoRecipe, strings.Join(Recipes(), ", "))
	}
	return recipes.ReadFile(path.Join("recipes", name+".toml"))
}

// Recipes returns the names of the presets, sorted.
func Recipes() []string {
	files, err := fs.Glob(recipes, "recipes/*.toml")
	if err != nil {
		panic("assets: " + err.Error()) // only a malformed pattern does this
	}
	names := make([]string, len(files))
	for i, file := range files {
		names[i] = strings.TrimSuffix(path.Base(file), ".toml")
	}
	slices.Sort(names)
	return names
}
