package store_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// The published schema names every table and column of the file.
func TestSchemaPage(t *testing.T) {
	page := string(get[[]byte](t)(os.ReadFile("schema.md")))
	sections := map[string]string{}
	for _, s := range strings.Split(page, "\n## ")[1:] {
		head, text, _ := strings.Cut(s, "\n")
		for _, table := range regexp.MustCompile(`\w+`).FindAllString(head, 2) {
			sections[table] += text
		}
	}
	r := reader(t, finished(t))
	_, rows, err := r.Query(`SELECT t.name, c.name FROM pragma_table_list t, pragma_table_info(t.name) c WHERE t.name NOT LIKE 'sqlite%'`)
	must(t, err)
	n := 0
	for row, err := range rows {
		must(t, err)
		table, column := fmt.Sprint(row[0]), fmt.Sprint(row[1])
		if !regexp.MustCompile(`\b` + column + `\b`).MatchString(sections[table]) {
			t.Errorf("schema.md does not name %s.%s", table, column)
		}
		n++
	}
	if n < 60 {
		t.Errorf("columns: got %d, want 60 at least", n)
	}
}
