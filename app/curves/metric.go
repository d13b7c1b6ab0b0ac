package curves

import "fmt"

// Metric is a number that runs measure over time.
type Metric int

// The metrics, in the order in which charts stand above each other.
const (
	Loss         Metric = iota // training loss, and validation loss with it
	GradNorm                   // norm of the gradient before clipping
	LearningRate               // as scheduled and edited
	Mask                       // factor on what the last growth added
	Speed                      // tokens per second
	Memory                     // of the process, or used on all GPUs together, in GB
	numMetrics
)

// Metrics lists every metric.
func Metrics() []Metric { return []Metric{Loss, GradNorm, LearningRate, Mask, Speed, Memory} }

// names are what a person calls the metrics, flags what the command line does.
var (
	names = [numMetrics]string{"loss", "gradient norm", "learning rate", "mask", "tokens/s", "memory (GB)"}
	flags = [numMetrics]string{"loss", "grad-norm", "lr", "mask", "speed", "memory"}
)

// String is the title of the metric's chart: "gradient norm".
func (m Metric) String() string { return names[m] }

// Flag is the name of the metric on the command line: "grad-norm".
func (m Metric) Flag() string { return flags[m] }

// ParseMetric is the metric that Flag names.
func ParseMetric(text string) (Metric, error) {
	for _, m := range Metrics() {
		if m.Flag() == text {
			return m, nil
		}
	}
	return 0, fmt.Errorf("metric %q: there are %v", text, flags)
}

// noisy reports whether smoothing helps; the others follow a schedule.
func (m Metric) noisy() bool { return m == Loss || m == GradNorm || m == Speed }

// About says in two lines what the metric is and what to look for.
func (m Metric) About() string {
	return [numMetrics]string{
		"Training loss in nats per byte, smoothed over its raw values; dashed, the loss on held-out text.\nFalls faster after a growth; a jump at one means that the function was not preserved.",
		"Euclidean norm of the gradient before clipping.\nPeaks come before spikes of the loss; it grows with the network.",
		"Learning rate of the step, after warm-up, decay and what was edited.\nGrowing may rewind it; the peak moves with the width where the recipe scales it.",
		"Factor m on the rows and columns that the last growth added: 0 is the small network, 1 the large one.\nWhile it rises, the new part is faded in.",
		"Tokens trained on per second of active time.\nFalls with every growth, since a token meets more parameters.",
		"Memory that the run's process holds, and dashed what of it is set aside for the network; of a run on GPUs, what is used on all of them.\nSteps up at every growth.",
	}[m]
}
