package session

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"growlab/assets"
	"growlab/growth"
)

// LoadRecipe reads a recipe by the name of a preset or the path of a TOML file, and applies the launch's seed, precision and
// overrides.
// Every fault of the text wraps growth.ErrRecipe, and names that are no preset wrap assets.ErrNoRecipe.
func LoadRecipe(l Launch) (growth.Recipe, error) {
	name, text, err := recipeText(l.Recipe)
	if err != nil {
		return growth.Recipe{}, err
	}
	return ParseRecipe(name, text, l)
}

// ParseRecipe is LoadRecipe of a text that is at hand.
func ParseRecipe(name string, text []byte, l Launch) (growth.Recipe, error) {
	sets := slices.Clone(l.Set)
	if l.Seed != nil {
		// As a quoted string TOML would refuse it; as a number it must fit in 63 bits.
		if *l.Seed > 1<<63-1 {
			return growth.Recipe{}, fmt.Errorf("%w: the seed is %d; it must be below 2^63", growth.ErrRecipe, *l.Seed)
		}
		sets = append(sets, "train.seed="+strconv.FormatUint(*l.Seed, 10))
	}
	if l.Precision != "" {
		sets = append(sets, "train.precision="+strconv.Quote(l.Precision))
	}
	return growth.Parse(name, text, sets...)
}

func recipeText(recipe string) (name string, text []byte, err error) {
	if recipe == "" {
		return "", nil, fmt.Errorf("%w: no recipe was named; presets are %s", growth.ErrRecipe, strings.Join(assets.Recipes(), ", "))
	}
	if slices.Contains(assets.Recipes(), recipe) || !looksLikeFile(recipe) {
		text, err = assets.Recipe(recipe)
		return recipe, text, err
	}
	text, err = readRecipe(recipe)
	if err != nil {
		return "", nil, err
	}
	return strings.TrimSuffix(filepath.Base(recipe), ".toml"), text, nil
}

func looksLikeFile(recipe string) bool {
	return strings.HasSuffix(recipe, ".toml") || strings.ContainsRune(recipe, filepath.Separator)
}

// maxRecipe is the length in bytes above which a file is no recipe.
const maxRecipe = 1 << 20

func readRecipe(path string) ([]byte, error) {
	fi, err := os.Stat(path)
	if err != nil {
		return nil, recipeFileError(path, err)
	}
	switch {
	case fi.IsDir():
		return nil, fmt.Errorf("%w: %s is a folder; a recipe is a TOML file", growth.ErrRecipe, path)
	case fi.Size() > maxRecipe:
		return nil, fmt.Errorf("%w: %s has %d bytes; a recipe is a TOML file of at most %d", growth.ErrRecipe, path, fi.Size(), maxRecipe)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, recipeFileError(path, err)
	}
	return text, nil
}

func recipeFileError(path string, err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return fmt.Errorf("%w: cannot read recipe file %s: %w", growth.ErrRecipe, path, err)
}
