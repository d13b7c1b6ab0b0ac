// Package source is the text of the kernels, for the compilers that make code of it: NVRTC for GPUs, g++ for the emulator in
// cudart/fake. It imports nothing, so that both sides can read it.
package source

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"strings"
)

// Files are the sources: units (.cu) and what they include (.h).
//
//go:embed *.cu *.h
var Files embed.FS

// Units are the names of the files to compile, in order.
var Units = matching("*.cu")

func matching(pattern string) []string {
	names, err := fs.Glob(Files, pattern)
	if err != nil {
		panic(err) // the patterns are constants
	}
	return names
}

// Text is one file.
func Text(name string) string {
	b, err := Files.ReadFile(name)
	if err != nil {
		panic(err) // the names are those of the folder
	}
	return string(b)
}

// Headers are the texts of all .h files by name.
func Headers() map[string]string {
	headers := map[string]string{}
	for _, name := range matching("*.h") {
		headers[name] = Text(name)
	}
	return headers
}

// Whole is one program of all units, which includes the headers.
func Whole() string {
	var b strings.Builder
	for _, name := range Units {
		b.WriteString("#include \"" + name + "\"\n")
	}
	return b.String()
}

// Hash is that of all files and of what is given besides.
func Hash(besides ...string) string {
	h := sha256.New()
	for _, name := range append(matching("*.h"), Units...) {
		h.Write([]byte(name + "\x00" + Text(name) + "\x00"))
	}
	h.Write([]byte(strings.Join(besides, "\x00")))
	return hex.EncodeToString(h.Sum(nil))[:32]
}
