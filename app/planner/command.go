package planner

import (
	"fmt"
	"strconv"
	"strings"
)

// Command is what a terminal takes to train the draft.
func (d *Draft) Command(data string) string {
	flags := ""
	if data != "" {
		flags = " --data " + Quoted(data)
	}
	sets, ok := d.sets()
	switch {
	case ok && d.origin.Preset != "":
		return "growlab train --recipe " + d.origin.Preset + sets + flags
	case ok && d.origin.File != "":
		return "growlab train --recipe " + Quoted(d.origin.File) + sets + flags
	case ok && d.origin.Goal != Goal{}:
		file := Quoted(d.recipe.Name + ".toml")
		return fmt.Sprintf("growlab plan --final-params %s --budget %s-tokens --print-recipe > %s &&\ngrowlab train --recipe %s%s",
			Quoted(d.origin.Goal.Params), d.origin.Goal.Budget, file, file, sets+flags)
	}
	file := Quoted(d.recipe.Name + ".toml")
	text, err := d.recipe.TOML()
	if err != nil {
		panic("planner: " + err.Error()) // documentOf has written it
	}
	return fmt.Sprintf("cat > %s <<'END'\n%sEND\ngrowlab train --recipe %s%s", file, text, file, flags)
}

// sets are the --set flags that make the draft out of its origin; false if flags cannot, since it has other stages or lost a key.
func (d *Draft) sets() (string, bool) {
	if len(d.base.Stages) != len(d.recipe.Stages) {
		return "", false
	}
	s := ""
	for _, c := range d.Changes() {
		if c.To == "" {
			return "", false
		}
		s += " --set " + Quoted(c.Key+"="+literal(c.Key, c.To))
	}
	return s, true
}

// literal is a value as --set takes it: a text that TOML would read as something else is quoted.
func literal(key, value string) string {
	if k := kindOf(key); k != kindText && k != kindChoice {
		return value
	}
	if _, err := strconv.ParseFloat(value, 64); err == nil || value == "true" || value == "false" || strings.ContainsAny(value, "'\"[{") {
		return strconv.Quote(value)
	}
	return value
}

// Quoted is an argument as a shell takes it.
func Quoted(s string) string {
	if s == "" || strings.ContainsAny(s, " \t\n'\"\\$`*?[](){}<>|&;#~!") {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}
