package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"growlab/app/session"
	"growlab/store"
)

func (p Program) query() *cobra.Command {
	var sql string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   `query RUN --sql "SELECT …"`,
		Short: "ask the run file a question in SQL, read-only",
		Long: `Ask the run file of RUN a question in SQLite's SQL. It can only read. The tables are run, stage, step, eval, event, sample,
checkpoint and tensor_chunk; --sql "PRAGMA table_info(step)" lists the columns of one.`,
		Args: oneRun,
		RunE: func(_ *cobra.Command, args []string) (err error) {
			if strings.TrimSpace(sql) == "" {
				return session.Usagef(`growlab query needs --sql, for example --sql "SELECT step, loss FROM step LIMIT 5"`)
			}
			_, info, err := openRun(args[0])
			if err != nil {
				return err
			}
			r, err := store.OpenReader(info.File)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, r.Close()) }()
			columns, rows, err := r.Query(sql)
			if err != nil {
				return session.Usagef("%v", err)
			}
			if asJSON {
				return p.rowsAsJSON(columns, rows)
			}
			return p.rowsAsTable(columns, rows)
		},
	}
	cmd.Flags().StringVar(&sql, "sql", "", "the `QUESTION` (required)")
	jsonFlag(cmd, &asJSON, "print a JSON object for each row")
	return cmd
}

// rowsAsJSON prints an object for each row, its fields in the order of the columns.
func (p Program) rowsAsJSON(columns []string, rows iter.Seq2[[]any, error]) error {
	keys := make([][]byte, len(columns))
	for i, c := range columns {
		key, err := json.Marshal(c)
		if err != nil {
			return fmt.Errorf("query: column %q: %w", c, err)
		}
		keys[i] = key
	}
	for row, err := range rows {
		if err != nil {
			return session.Usagef("%v", err)
		}
		var line bytes.Buffer
		for i, v := range row {
			value, err := json.Marshal(v)
			if err != nil {
				value = []byte("null") // JSON has no infinity
			}
			line.WriteByte("{,"[min(i, 1)])
			line.Write(keys[i])
			line.WriteByte(':')
			line.Write(value)
		}
		line.WriteByte('}')
		if err := writeLine(p.Streams.Out, line.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

func (p Program) rowsAsTable(columns []string, rows iter.Seq2[[]any, error]) error {
	t := tabwriter.NewWriter(p.Streams.Out, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, strings.Join(columns, "\t")) // Flush tells
	for row, err := range rows {
		if err != nil {
			return session.Usagef("%v", err)
		}
		cells := make([]string, len(row))
		for i, v := range row {
			cells[i] = cell(v)
		}
		_, _ = fmt.Fprintln(t, strings.Join(cells, "\t")) // Flush tells
	}
	return t.Flush()
}

// cell writes a value so that it stays within its cell of a table.
func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case []byte:
		return fmt.Sprintf("<%d bytes>", len(v))
	case float64:
		return fmt.Sprintf("%.10g", v)
	case string:
		return strings.NewReplacer("\n", "↵", "\t", " ").Replace(printable(v))
	}
	return fmt.Sprint(v)
}
