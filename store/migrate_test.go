package store

import (
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

func files(texts map[string]string) fstest.MapFS {
	m := fstest.MapFS{}
	for name, text := range texts {
		m["migrations/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	return m
}

// A migration that fails leaves the schema as the one before it left it; once mended it goes on from there.
func TestMigrateStepByStep(t *testing.T) {
	db := open(filepath.Join(t.TempDir(), "m.growlab"), create, 1)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	state := func() (version, tables int) {
		t.Helper()
		err := db.QueryRow(`SELECT user_version, (SELECT count(*) FROM sqlite_schema) FROM pragma_user_version`).Scan(&version, &tables)
		if err != nil {
			t.Fatal(err)
		}
		return version, tables
	}
	first := "CREATE TABLE a (x);"
	err := migrate(db, files(map[string]string{"0001_a.sql": first, "0002_b.sql": "CREATE TABLE b (x); CREATE TABLE a (x);"}), 0)
	if err == nil || !strings.Contains(err.Error(), "migrations/0002_b.sql: ") {
		t.Errorf("a migration that fails: got %v, want it named", err)
	}
	if version, tables := state(); version != 1 || tables != 1 {
		t.Errorf("after it: got version %d with %d tables, want 1 with 1", version, tables)
	}
	mended := files(map[string]string{"0001_a.sql": first, "0002_b.sql": "CREATE TABLE b (x);"})
	for range 2 { // the second time there is nothing to do
		version, _ := state()
		if err := migrate(db, mended, version); err != nil {
			t.Fatal(err)
		}
		if version, tables := state(); version != 2 || tables != 2 {
			t.Errorf("mended: got version %d with %d tables, want 2 with 2", version, tables)
		}
	}
}

func TestMigrationNumbers(t *testing.T) {
	_, err := scripts(files(map[string]string{"0001_a.sql": "", "0003_c.sql": ""}))
	if want := "migration migrations/0003_c.sql: its number should be 0002"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %q", err, want)
	}
	if n := SchemaVersion(); n < 1 {
		t.Errorf("schema version: got %d, want 1 at least", n)
	}
}
