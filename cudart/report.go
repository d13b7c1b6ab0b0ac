package cudart

// Report is what this machine can do with CUDA. It marshals to JSON.
type Report struct {
	Problem   string          `json:"problem,omitempty"` // why no GPU can be used, and what would mend it; empty: one can be used
	Hints     []string        `json:"hints,omitempty"`   // what is missing for full speed or full sight, and how to get it
	Driver    string          `json:"driver,omitempty"`  // version of the driver, e.g. 550.163.01
	CUDA      Version         `json:"cuda,omitzero"`     // newest CUDA of the driver
	GPUs      []GPU           `json:"gpus"`
	Libraries []LibraryReport `json:"libraries"`
	Attempts  []Attempt       `json:"attempts"` // every file that was looked for
}

// GPU is one card.
type GPU struct {
	Ordinal         int        `json:"ordinal"` // number in this process; -1: the driver does not give it to this process
	Name            string     `json:"name"`
	UUID            string     `json:"uuid,omitempty"`
	PCI             string     `json:"pci,omitempty"`
	Capability      Capability `json:"capability"`
	Memory          int64      `json:"memory_bytes"` // total
	Multiprocessors int        `json:"multiprocessors,omitempty"`
	Now             Sample     `json:"now"`
	Problem         string     `json:"problem,omitempty"` // what could not be asked of it
}

// LibraryReport is what became of one library.
type LibraryReport struct {
	Library Library `json:"library"`
	Purpose string  `json:"purpose"`
	Path    string  `json:"path,omitempty"` // empty: not found
	Via     string  `json:"via,omitempty"`
	Version string  `json:"version,omitempty"`
	Problem string  `json:"problem,omitempty"`
}

// Usable tells whether some GPU can be used.
func (r *Report) Usable() bool { return r.Problem == "" }
