package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
)

// A run that diverges measures numbers that JSON cannot write. They are written as null, as JavaScript does, and null is
// read as NaN: an infinity comes back as NaN too, and in the costs of stages, which cannot but be finite, null is 0.

// marshalBody is json.Marshal for events. The order of fields is kept where all numbers are finite.
func marshalBody(e Event) ([]byte, error) {
	body, err := json.Marshal(e)
	if errors.As(err, new(*json.UnsupportedValueError)) {
		return json.Marshal(nullable(reflect.ValueOf(e)))
	}
	return body, err
}

// nullable copies v into maps and slices with nil for each number that is not finite.
func nullable(v reflect.Value) any {
	if v.CanFloat() && (math.IsNaN(v.Float()) || math.IsInf(v.Float(), 0)) {
		return nil
	}
	if v.Kind() == reflect.Struct {
		return nullableFields(v)
	}
	if v.Kind() != reflect.Slice {
		return v.Interface()
	}
	all := make([]any, v.Len())
	for i := range all {
		all[i] = nullable(v.Index(i))
	}
	return all
}

func nullableFields(v reflect.Value) map[string]any {
	fields := make(map[string]any, v.NumField())
	for i := range v.NumField() {
		name, option, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if option != "omitempty" || !v.Field(i).IsZero() {
			fields[name] = nullable(v.Field(i))
		}
	}
	return fields
}

// expectNull sets the numbers of *e to NaN that are null in the line, which json.Unmarshal leaves alone. A null of the same name
// elsewhere in the line does no harm: a number that is there is overwritten.
func expectNull(line []byte, e any) {
	if !bytes.Contains(line, []byte(":null")) {
		return
	}
	v := reflect.ValueOf(e).Elem()
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if f := v.Field(i); f.Kind() == reflect.Float64 && bytes.Contains(line, []byte(`"`+name+`":null`)) {
			f.SetFloat(math.NaN())
		}
	}
}
