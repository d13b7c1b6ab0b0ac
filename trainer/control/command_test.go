package control

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestDecodeCommand(t *testing.T) {
	for name, tt := range map[string]struct {
		body string
		want Command
		bad  string // part of the error; "" if it is good
	}{
		"pause":          {`{"verb":"pause"}`, Command{Verb: "pause"}, ""},
		"sample":         {`{"verb":"sample","prompt":"a\nb","tokens":5,"temperature":0.5}`, Command{Verb: "sample", Prompt: "a\nb", Tokens: 5, Temperature: 0.5}, ""},
		"sample cut":     {`{"verb":"sample","top_k":40,"top_p":0.9}`, Command{Verb: "sample", TopK: 40, TopP: 0.9}, ""},
		"sample top-k":   {`{"verb":"sample","top_k":-1}`, Command{}, "top-k is -1"},
		"sample top-p":   {`{"verb":"sample","top_p":1.5}`, Command{}, "top-p is 1.5"},
		"stop cut":       {`{"verb":"stop","top_p":0.5}`, Command{}, "sample does"},
		"set":            {`{"verb":"set","key":"threads","value":"2"}`, Command{Verb: "set", Key: "threads", Value: "2"}, ""},
		"set nothing":    {`{"verb":"set"}`, Command{}, "threads=2"},
		"set no value":   {`{"verb":"set","key":"threads"}`, Command{}, "threads=2"},
		"set and more":   {`{"verb":"set","key":"threads","value":"2","tokens":3}`, Command{}, "sample does"},
		"set control":    {`{"verb":"set","key":"threads","value":"2\n"}`, Command{}, "control characters"},
		"set novel":      {`{"verb":"set","key":"threads","value":"` + strings.Repeat("2", maxValue+1) + `"}`, Command{}, "at most 1024"},
		"stray key":      {`{"verb":"stop","key":"threads"}`, Command{}, "set does"},
		"extend":         {`{"verb":"extend","tokens":5000}`, Command{Verb: "extend", Tokens: 5000}, ""},
		"extend by none": {`{"verb":"extend"}`, Command{}, "extend by 0 tokens"},
		"postpone back":  {`{"verb":"postpone","tokens":-5}`, Command{}, "postpone by -5 tokens"},
		"postpone what":  {`{"verb":"postpone","tokens":5,"prompt":"a"}`, Command{}, "no prompt"},
		"empty":          {``, Command{}, "EOF"},
		"not JSON":       {`pause`, Command{}, "invalid character"},
		"no verb":        {`{}`, Command{}, "no verb"},
		"unknown verb":   {`{"verb":"fly"}`, Command{}, `no command "fly"`},
		"unknown field":  {`{"verb":"stop","now":true}`, Command{}, `unknown field "now"`},
		"two values":     {`{"verb":"stop"}{"verb":"pause"}`, Command{}, "more than one"},
		"wrong type":     {`{"verb":3}`, Command{}, "cannot unmarshal"},
		"too long":       {`{"verb":"stop"` + strings.Repeat(" ", maxBody) + `}`, Command{}, "longer than"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := DecodeCommand(strings.NewReader(tt.body))
			switch {
			case tt.bad == "" && (err != nil || got != tt.want):
				t.Errorf("got %+v, %v, want %+v", got, err, tt.want)
			case tt.bad != "" && (err == nil || !strings.Contains(err.Error(), tt.bad)):
				t.Errorf("got error %v, want one with %q", err, tt.bad)
			}
		})
	}
}

// FuzzDecodeCommand: whatever comes in, what is accepted is valid and survives a round trip.
func FuzzDecodeCommand(f *testing.F) {
	f.Add(`{"verb":"pause"}`)
	f.Add(`{"verb":"sample","prompt":"é\u0000","tokens":5,"temperature":1e-3}`)
	f.Add(`{"verb":"sample","prompt":"\ud800"}`)
	f.Add(`{"verb":"set","key":"threads","value":"é\ufffd"}`)
	f.Add(`[{"verb":"stop"}]`)
	f.Fuzz(func(t *testing.T, body string) {
		c, err := DecodeCommand(strings.NewReader(body))
		if err != nil {
			return
		}
		if err := c.Validate(); err != nil {
			t.Fatalf("accepted %+v: %v", c, err)
		}
		again, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		c2, err := DecodeCommand(strings.NewReader(string(again)))
		if err != nil || !reflect.DeepEqual(c, c2) {
			t.Fatalf("%s: got %+v, %v, want %+v", again, c2, err, c)
		}
	})
}
