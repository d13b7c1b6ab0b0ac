package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"growlab/cudart"
)

func main() {
	out := flag.String("out", "cudart/kernels/code", "folder for the code and its table")
	flag.Parse()
	if err := run(*out); err != nil {
		fmt.Fprintln(os.Stderr, "compile:", err)
		os.Exit(1)
	}
}

func run(out string) error {
	n, err := (&cudart.Finder{Env: os.Getenv}).NVRTC(0)
	if err != nil {
		return err
	}
	all, err := All(n)
	if err != nil {
		return err
	}
	old, err := fs.Glob(os.DirFS(out), "*")
	if err != nil {
		return err
	}
	for _, name := range old {
		err = errors.Join(err, os.Remove(filepath.Join(out, name)))
	}
	all.Files[tableFile] = []byte(all.Table)
	for name, b := range all.Files {
		err = errors.Join(err, os.WriteFile(filepath.Join(out, name), b, 0o644))
	}
	fmt.Print(all.Table)
	return err
}

// tableFile is the table's name in the folder of the code.
const tableFile = "table.txt"
