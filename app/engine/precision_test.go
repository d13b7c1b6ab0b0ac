package engine_test

import (
	"context"
	"errors"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"growlab/app/engine"
	"growlab/app/session"
	"growlab/assets"
	"growlab/store"
	"growlab/trainer/data"
	"growlab/trainer/event"
)

// briefly trains e for a step and closes it, and returns how it opened and the sentences it had for a person.
func briefly(t *testing.T, open func(engine.Options) (*engine.Engine, error)) (file string, start event.Start, warnings []string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	e, err := open(engine.Options{
		Watch: func(e event.Event) {
			switch e := e.(type) {
			case event.Start:
				start = e
			case event.Step:
				cancel()
			}
		},
		Warn: func(s string) { warnings = append(warnings, s) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Train(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return e.File(), start, warnings
}

func resume(file string) func(engine.Options) (*engine.Engine, error) {
	return func(o engine.Options) (*engine.Engine, error) { return engine.Resume(file, session.Launch{}, o) }
}

// TestPrecisionIsDecidedOnce: what auto turned out to be is stored with the run, and holds when it goes on.
func TestPrecisionIsDecidedOnce(t *testing.T) {
	for _, asked := range []string{"", "auto", "fp32", "bf16"} {
		t.Run("asked "+asked, func(t *testing.T) {
			h := home(t)
			l := tiny(long)
			l.Precision = asked
			file, start, _ := briefly(t, func(o engine.Options) (*engine.Engine, error) { return engine.New(h, "run1", l, o) })
			last, err := engine.LastCheckpoint(file)
			if err != nil {
				t.Fatal(err)
			}
			got := last.Recipe.Train.Precision
			if given := asked != "" && asked != "auto"; got == "auto" || got != start.Precision || given && got != asked {
				t.Errorf("the run file says %q and the run %q, want the same of fp32 and bf16", got, start.Precision)
			}
			_, again, warnings := briefly(t, resume(file))
			if again.Precision != start.Precision || again.Resumed != 1 || len(warnings) > 0 {
				t.Errorf("goes on in %s from step %d with warnings %q, want %s from step 1 with none", again.Precision, again.Resumed, warnings, start.Precision)
			}
		})
	}
}

// written makes a run file, with the tiny recipe changed, that no engine has worked on.
func written(t *testing.T, h *session.Home, device string, change func(recipe string) string) (file string) {
	t.Helper()
	recipe, err := session.LoadRecipe(tiny())
	if err != nil {
		t.Fatal(err)
	}
	text, err := recipe.TOML()
	if err != nil {
		t.Fatal(err)
	}
	name, corpus, err := assets.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	set, err := data.Embedded(name, corpus, data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(h.RunFolder(), store.FileName("old", "old"))
	run, err := store.Create(file, store.Meta{
		ID: "old", Name: "old", RecipeName: "tiny", Recipe: change(string(text)), Seed: 1,
		DataName: set.Name, DataHash: set.Hash, Device: device, Threads: 2, Options: []byte("{}"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestOldRunsStayInFP32: a run from before precision was recorded, anywhere in its file, goes on as it was, and nobody is
// told that its numbers will differ.
func TestOldRunsStayInFP32(t *testing.T) {
	h := home(t)
	dev, err := session.OpenDevice("cpu", 2, "fp32")
	if err != nil {
		t.Fatal(err)
	}
	device := strings.Replace(dev.Name(), " fp32", "", 1)
	if err := dev.Close(); err != nil {
		t.Fatal(err)
	}
	key := regexp.MustCompile(`(?m)^precision = .*\n`)
	file := written(t, h, device, func(recipe string) string {
		if !key.MatchString(recipe) {
			t.Fatalf("the recipe has no line to take out:\n%s", recipe)
		}
		return key.ReplaceAllString(recipe, "")
	})
	_, start, warnings := briefly(t, resume(file))
	if start.Precision != "fp32" || len(warnings) > 0 {
		t.Errorf("goes on in %q with warnings %q, want fp32 and none", start.Precision, warnings)
	}
}

// TestBF16GoesOnInBF16, on every processor, whatever it prefers.
func TestBF16GoesOnInBF16(t *testing.T) {
	h := home(t)
	file := written(t, h, "cpu some bf16, 2 threads", func(recipe string) string {
		return strings.Replace(recipe, "precision = 'auto'", "precision = 'bf16'", 1)
	})
	_, start, warnings := briefly(t, resume(file))
	if start.Precision != "bf16" || len(warnings) != 1 || !strings.Contains(warnings[0], "last digits") {
		t.Errorf("goes on in %s with warnings %q, want bf16 and one of other kernels", start.Precision, warnings)
	}
}
