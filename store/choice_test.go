package store_test

import (
	"os"
	"path/filepath"
	"testing"

	"growlab/store"
)

// A chosen data folder holds until another is chosen, and the environment goes before it.
func TestChooseHome(t *testing.T) {
	config, data, chosen := t.TempDir(), t.TempDir(), t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", config)
	t.Setenv("XDG_DATA_HOME", data)
	t.Setenv("GROWLAB_HOME", "")
	byDefault := filepath.Join(data, "growlab")
	equal(t, "at first", get[string](t)(store.Home()), byDefault)
	must(t, store.ChooseHome(chosen))
	equal(t, "chosen", get[string](t)(store.Home()), chosen)
	t.Setenv("GROWLAB_HOME", data)
	equal(t, "with GROWLAB_HOME", get[string](t)(store.Home()), data)
	t.Setenv("GROWLAB_HOME", "")
	must(t, os.WriteFile(filepath.Join(config, "growlab", "home"), []byte("not/from/the/root\n"), 0o644))
	equal(t, "with nonsense in the file", get[string](t)(store.Home()), byDefault)
	must(t, store.ChooseHome(""))
	must(t, store.ChooseHome(""))
	equal(t, "taken back", get[string](t)(store.Home()), byDefault)
	if err := store.ChooseHome("runs"); err == nil {
		t.Error("a relative folder was taken")
	}
}
