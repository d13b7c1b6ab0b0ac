package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"net/url"

	"github.com/mattn/go-sqlite3"
)

// access is how a connection opens the file.
type access string

const (
	create    access = "mode=rwc&_txlock=immediate"
	write     access = "mode=rw&_txlock=immediate"
	follow    access = "mode=rw&_query_only=1" // reads only; as it may write, the last one to close tidies the log away
	read      access = "mode=ro&_query_only=1"
	immutable access = "mode=ro&immutable=1" // a file on a medium that nobody can write
)

const (
	// busyMillis is how long a connection waits for another one, such as a person's sqlite3 shell.
	busyMillis = 5000
	// logBytes is what the write-ahead log shrinks to after it was larger.
	logBytes = 64 << 20
)

// connector opens SQLite connections to one file; hook, if any, runs on each.
type connector struct {
	dsn  string
	hook func(*sqlite3.SQLiteConn) error
}

// dsn builds the URI of an absolute path. The pragmas in it hold for each connection; mapping the file into memory stays
// off, because a mapped file that shrinks kills the process.
func dsn(path string, a access) string {
	file := url.URL{Scheme: "file", Path: path}
	return fmt.Sprintf("%s?%s&_foreign_keys=1&_busy_timeout=%d", file.String(), a, busyMillis)
}

// open returns a pool of at most conns connections; it does not touch the file yet.
func open(path string, a access, conns int) *sql.DB {
	if a == create || a == write {
		return openHook(path, a, conns, writeSafely)
	}
	return openHook(path, a, conns, readGently)
}

func openHook(path string, a access, conns int, hook func(*sqlite3.SQLiteConn) error) *sql.DB {
	db := sql.OpenDB(connector{dsn: dsn(path, a), hook: hook})
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db
}

// Connect implements driver.Connector.
func (c connector) Connect(context.Context) (driver.Conn, error) {
	return (&sqlite3.SQLiteDriver{ConnectHook: c.hook}).Open(c.dsn)
}

// Driver implements driver.Connector.
func (c connector) Driver() driver.Driver { return &sqlite3.SQLiteDriver{} }

func readGently(c *sqlite3.SQLiteConn) error {
	return pragmas(c, "mmap_size=0", "trusted_schema=OFF", "cell_size_check=ON")
}

func writeSafely(c *sqlite3.SQLiteConn) error {
	return pragmas(c, "mmap_size=0", "trusted_schema=OFF", "cell_size_check=ON",
		"synchronous=NORMAL", fmt.Sprintf("journal_size_limit=%d", logBytes))
}

func pragmas(c *sqlite3.SQLiteConn, settings ...string) error {
	for _, s := range settings {
		if _, err := c.Exec("PRAGMA "+s, nil); err != nil {
			return fmt.Errorf("pragma %s: %w", s, err)
		}
	}
	return nil
}
