package devicepage

import (
	"cmp"
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"growlab/app/look"
	"growlab/app/words"
	"growlab/cudart"
)

// card is what one GPU is and does.
type card struct {
	object                           fyne.CanvasObject
	name                             *look.Line
	trouble                          *look.Line
	busy, memory, power, temperature *gauge
	use                              *widget.Check
	quiet                            bool // use is being set
}

// newCard makes a card; chosen is called when a person has ticked its box, or unticked it.
func newCard(chosen func()) *card {
	c := &card{
		name: look.NewLine(look.Style{Bold: true, Fit: true}, ""), trouble: look.NewLine(look.Style{Fit: true, Colour: theme.ColorNameWarning}, ""),
		busy: newGauge("utilisation"), memory: newGauge("memory"), power: newGauge("power"), temperature: newGauge("temperature"),
	}
	c.use = widget.NewCheck("train on it", func(bool) {
		if !c.quiet {
			chosen()
		}
	})
	c.object = container.New(look.Column{Space: 3}, c.name, c.busy, c.memory, c.power, c.temperature, c.trouble, container.New(look.Margin(-4, 0, 0, 0), container.NewHBox(c.use)))
	return c
}

// hot is the temperature from which GPUs begin to slow down, in degrees Celsius; the scale ends at 100.
const hot = 83

func (c *card) show(g cudart.GPU) {
	number := fmt.Sprintf("GPU %d", g.Ordinal)
	if g.Ordinal < 0 {
		number = "GPU, not given to this process"
	}
	name := number + " · " + cmp.Or(g.Name, "name unknown")
	if g.Capability != (cudart.Capability{}) {
		name += " · compute capability " + g.Capability.String()
	}
	c.name.Set(name)
	c.showNow(g)
	trouble := g.Problem
	if t := g.Now.Throttle; t != nil && t.Slows() {
		trouble = "it is slowed down: " + t.String()
	}
	c.trouble.Set(words.OneLine(trouble, 200))
	c.trouble.Hidden = trouble == ""
}

// offer shows whether runs begin on this GPU, and whether a person can choose that.
func (c *card) offer(used, free bool) {
	if c.use.Checked != used {
		c.quiet = true
		c.use.SetChecked(used)
		c.quiet = false
	}
	if free == c.use.Disabled() {
		if free {
			c.use.Enable()
		} else {
			c.use.Disable()
		}
	}
}

func (c *card) showNow(g cudart.GPU) {
	const unknown = "not known"
	now := g.Now
	if now.Utilization != nil {
		c.busy.set(float64(*now.Utilization)/100, fmt.Sprintf("%d %%", *now.Utilization), false)
	} else {
		c.busy.set(-1, unknown, false)
	}
	switch {
	case now.MemoryTotal != nil && now.MemoryFree != nil && *now.MemoryTotal > 0:
		used := float64(*now.MemoryTotal-*now.MemoryFree) / float64(*now.MemoryTotal)
		c.memory.set(used, fmt.Sprintf("%s free of %s", words.Size(*now.MemoryFree), words.Size(*now.MemoryTotal)), used > 0.95)
	case g.Memory > 0:
		c.memory.set(-1, words.Size(g.Memory), false)
	default:
		c.memory.set(-1, unknown, false)
	}
	switch {
	case now.Power != nil && now.PowerLimit != nil && *now.PowerLimit > 0:
		c.power.set(*now.Power / *now.PowerLimit, fmt.Sprintf("%.0f W of %.0f W", *now.Power, *now.PowerLimit), false)
	case now.Power != nil:
		c.power.set(-1, fmt.Sprintf("%.0f W", *now.Power), false)
	default:
		c.power.set(-1, unknown, false)
	}
	if now.Temperature != nil {
		c.temperature.set(float64(*now.Temperature)/100, fmt.Sprintf("%d °C", *now.Temperature), *now.Temperature >= hot)
	} else {
		c.temperature.set(-1, unknown, false)
	}
}
