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
}
