package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// Version is what growlab version says of this build.
func Version() string { return version }

// build is what growlab version prints.
type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Modified bool   `json:"modified,omitempty"` // the source had changes that the revision lacks
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
}

func (p Program) version() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "print the version",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			b := thisBuild()
			if asJSON {
				return writeJSON(p.Streams.Out, b)
			}
			revision := ""
			if b.Revision != "" {
				revision = ", revision " + b.Revision
				if b.Modified {
					revision += " with changes"
				}
			}
			_, err := fmt.Fprintf(p.Streams.Out, "growlab %s (%s %s/%s%s)\n", b.Version, b.Go, b.OS, b.Arch, revision)
			return err
		},
	}
	jsonFlag(cmd, &asJSON, "print one JSON object")
	return cmd
}

func thisBuild() build {
	b := build{Version: version, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value[:min(12, len(s.Value))]
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}
