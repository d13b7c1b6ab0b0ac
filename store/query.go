package store

import (
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/mattn/go-sqlite3"
)

// Query runs SQL of a person's making and returns the names of the columns and an iterator over the rows, which must be
// ranged over, once; a row is one value per column: int64, float64, string, []byte or nil. Statements that would change
// this file or open another are refused with ErrReadOnly; the connection could not carry them out either.
func (r *Reader) Query(text string) (columns []string, rows iter.Seq2[[]any, error], err error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil, errors.New("query: the SQL text is empty")
	}
	found, err := r.queryDB().Query(text) //nolint:rowserrcheck // each checks it
	if err != nil {
		return nil, nil, explainQuery(err)
	}
	columns, err = found.Columns()
	if err != nil {
		return nil, nil, errors.Join(explainQuery(err), found.Close())
	}
	return columns, func(yield func([]any, error) bool) { each(found, len(columns), yield) }, nil
}

func each(found *sql.Rows, width int, yield func([]any, error) bool) {
	defer found.Close() //nolint:errcheck // Err says what Close would
	for found.Next() {
		row, into := make([]any, width), make([]any, width)
		for i := range row {
			into[i] = &row[i]
		}
		if err := found.Scan(into...); err != nil {
			yield(nil, explainQuery(err))
			return
		}
		if !yield(row, nil) {
			return
		}
	}
	if err := found.Err(); err != nil {
		yield(nil, explainQuery(err))
	}
}

func explainQuery(err error) error {
	var lite sqlite3.Error
	if errors.As(err, &lite) && (lite.Code == sqlite3.ErrAuth || lite.Code == sqlite3.ErrReadonly) {
		return faultf(ErrReadOnly, err, "query: only reading is allowed (%v): use SELECT", err)
	}
	return fmt.Errorf("query: %w", err)
}

// queryDB returns connections of their own for queries: read only in three ways (mode=ro, query_only, an authorizer).
func (r *Reader) queryDB() *sql.DB {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.queries == nil {
		how := r.how
		if how == follow {
			how = read
		}
		r.queries = openHook(r.path, how, readConns, func(c *sqlite3.SQLiteConn) error {
			if err := readGently(c); err != nil {
				return err
			}
			c.RegisterAuthorizer(authorize)
			return nil
		})
	}
	return r.queries
}

// authorize allows what reads, and the pragmas that describe tables.
func authorize(op int, first, second, _ string) int {
	switch op {
	case sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqliteRecursive:
		return sqlite3.SQLITE_OK
	case sqlite3.SQLITE_PRAGMA:
		switch strings.ToLower(first) {
		case "table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo", "foreign_key_list":
			return sqlite3.SQLITE_OK
		case "application_id", "user_version", "page_size", "page_count", "freelist_count":
			if second == "" {
				return sqlite3.SQLITE_OK
			}
		}
	}
	return sqlite3.SQLITE_DENY
}

// sqliteRecursive is SQLITE_RECURSIVE, a query WITH RECURSIVE, which the binding does not name.
const sqliteRecursive = 33
