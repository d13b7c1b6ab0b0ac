package cli

import (
	"encoding/json"
	"strings"
	"testing"

	"growlab/growth"
)

func TestOperators(t *testing.T) {
	text := ok(t, "operators")
	var rows []operatorRow
	if err := json.Unmarshal([]byte(ok(t, "operators", "--json")), &rows); err != nil {
		t.Fatal(err)
	}
	if len(rows) != len(growth.Operators) || rows[0].Name != "msg" || !rows[0].Preserves || !rows[0].Masked {
		t.Errorf("%d operators, the first %+v", len(rows), rows[0])
	}
	for _, o := range rows {
		if !strings.Contains(text, o.Name) || o.Source == "" || o.When == "" || o.Depth == "" {
			t.Errorf("operator %+v lacks something, or is not in\n%s", o, text)
		}
		if o.Name == "stack" && o.Preserves || o.Name == "net2net" && (o.Preserves || !strings.Contains(o.When, "hidden")) {
			t.Errorf("%s preserves: %v, %s", o.Name, o.Preserves, o.When)
		}
	}
	one := ok(t, "operators", "midas")
	if !strings.Contains(one, "\n\nMIDAS duplicates the middle of the stack") || !strings.Contains(one, "+-------------+  copy of 2") || strings.Contains(one, "net2net") {
		t.Errorf("midas is shown as\n%s", one)
	}
	var row []operatorRow
	if decode(t, ok(t, "operators", "midas", "--json"), &row); len(row) != 1 || row[0].Name != "midas" || !strings.Contains(row[0].Text, "Deviation:") {
		t.Errorf("midas is %+v", row)
	}
	if r := run(t, "operators", "lemn"); r.code != 2 || !strings.Contains(r.err, `operator is "lemn"; it must be one of msg, `) {
		t.Errorf("exit code %d, %s", r.code, r.err)
	}
}
