package growth

import (
	"embed"
	"strings"
)

//go:embed *.go
var sources embed.FS

// Text is what o's file says of it, with its picture: the comment of its variable, so that it stands in one place.
func (o Operator) Text() string {
	files, err := sources.ReadDir(".")
	if err != nil {
		panic(err) // it is in the binary
	}
	for _, f := range files {
		source, err := sources.ReadFile(f.Name())
		if err != nil {
			panic(err) // likewise
		}
		before, _, found := strings.Cut(string(source), " = Operator{\n\tName: \""+o.Name+"\",")
		if !found {
			continue
		}
		_, comment, _ := strings.Cut(before[strings.LastIndex(before, "\n\n"):], "// ")
		comment, _, _ = strings.Cut(comment, "\nvar ")
		return strings.NewReplacer("\n// ", "\n", "\n//\t", "\n\t", "\n//", "\n").Replace(comment)
	}
	return ""
}
