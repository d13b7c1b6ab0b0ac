package engine

import (
	"bytes"
	"fmt"
	"path/filepath"

	"growlab/assets"
	"growlab/growth"
	"growlab/trainer/data"
)

// openData opens the text at path, or the embedded corpus if path is "", and the propositions that a recipe's teacher asks for.
func openData(path string, teacher growth.Teacher) (set *data.Set, abs string, err error) {
	if set, abs, err = openText(path); err != nil || !teacher.On() {
		return set, abs, err
	}
	t, err := openTeacher(teacher.File)
	if err != nil {
		return nil, "", err
	}
	return set.WithTeacher(t), abs, nil
}

func openText(path string) (set *data.Set, abs string, err error) {
	if path == "" {
		name, text, err := assets.Corpus()
		if err != nil {
			return nil, "", err
		}
		set, err = data.Embedded(name, text, data.Options{})
		return set, "", err
	}
	if abs, err = filepath.Abs(path); err != nil {
		return nil, "", fmt.Errorf("data %s: %w", path, err)
	}
	set, err = data.Open(abs, data.Options{})
	return set, abs, err
}

func openTeacher(file string) (*data.Teacher, error) {
	if file != growth.TeacherBuiltin {
		return data.OpenTeacher(file)
	}
	name, jsonl, err := assets.Propositions()
	if err != nil {
		return nil, err
	}
	return data.NewTeacher(name, bytes.NewReader(jsonl))
}

// absolute is t with a file that is found from any folder, as a run that goes on elsewhere needs it.
func absolute(t growth.Teacher) (growth.Teacher, error) {
	if !t.On() || t.File == growth.TeacherBuiltin {
		return t, nil
	}
	abs, err := filepath.Abs(t.File)
	if err != nil {
		return t, fmt.Errorf("teacher %s: %w", t.File, err)
	}
	t.File = abs
	return t, nil
}
