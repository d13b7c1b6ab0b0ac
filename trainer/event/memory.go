package event

// Memory is what the process of a run holds of the machine's memory at one moment, between two steps. It comes after the first step of
// each stage and every ten seconds, and not where the network lies in memory of the devices, which GPUs tells of.
type Memory struct {
	Step     int64 `json:"step"`
	Tokens   int64 `json:"tokens"`
	Process  int64 `json:"process_bytes"`            // resident; of several ranks, that of rank 0
	Reserved int64 `json:"reserved_bytes,omitempty"` // of it, what was planned for the network of this stage and set aside in one piece; 0 if nothing was
}

// Kind is "memory".
func (Memory) Kind() string { return "memory" }
func (Memory) sealed()      {}
