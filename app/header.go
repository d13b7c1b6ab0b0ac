package app

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"growlab/app/look"
	"growlab/app/session"
)

// header is the row at the top: what to train, the buttons that steer the engine, and how far it is.
type header struct {
	object  fyne.CanvasObject
	preset  *widget.Select
	train   *widget.Button
	toggle  *widget.Button
	stop    *widget.Button
	bar     *stageBar
	more    [3]*look.Tip // devices, settings, help
	presets []session.Preset
}

// headerActions are what the header asks the window to do.
type headerActions struct {
	train, toggle, stop, devices, settings, help func()
	hint                                         func(string)
}

func newHeader(a headerActions) *header {
	h := &header{
		preset: widget.NewSelect(nil, nil),
		train:  widget.NewButtonWithIcon("Train", theme.MediaPlayIcon(), a.train),
		toggle: widget.NewButtonWithIcon("Pause", theme.MediaPauseIcon(), a.toggle),
		stop:   widget.NewButtonWithIcon("Stop", theme.MediaStopIcon(), a.stop),
		bar:    newStageBar(),
		more: [3]*look.Tip{
			look.NewTip(theme.ComputerIcon(), "this machine and its doctor (Ctrl+D)", a.devices, a.hint),
			look.NewTip(theme.SettingsIcon(), "settings: theme, density, size, data folder (Ctrl+,)", a.settings, a.hint),
			look.NewTip(theme.HelpIcon(), "all keys (F1)", a.help, a.hint),
		},
	}
	h.preset.PlaceHolder = "Preset"
	h.train.Importance = widget.HighImportance
	buttons := container.NewHBox(
		container.NewGridWrap(fyne.NewSize(176, 34), h.preset),
		container.NewGridWrap(fyne.NewSize(78, 34), h.train),
		container.NewGridWrap(fyne.NewSize(96, 34), h.toggle),
		container.NewGridWrap(fyne.NewSize(76, 34), h.stop))
	more := container.NewHBox(h.more[0], h.more[1], h.more[2])
	bar := container.New(look.Inset{Left: 8, Right: 4, Top: 3}, h.bar)
	h.object = container.New(look.InsetAll(4), look.Border(nil, nil, buttons, more, bar))
	h.show(controls{}, progress{left: "No run yet"})
	return h
}

// offer fills the selector.
func (h *header) offer(presets []session.Preset) {
	chosen := max(h.preset.SelectedIndex(), 0)
	h.presets = presets
	titles := make([]string, len(presets))
	for i, p := range presets {
		titles[i] = p.Name
	}
	h.preset.SetOptions(titles)
	if len(titles) > 0 {
		h.preset.SetSelectedIndex(min(chosen, len(titles)-1))
	}
}

// chosen is the preset in the selector.
func (h *header) chosen() (session.Preset, bool) {
	i := h.preset.SelectedIndex()
	if i < 0 || i >= len(h.presets) {
		return session.Preset{}, false
	}
	return h.presets[i], true
}

func (h *header) show(c controls, p progress) {
	_, hasPreset := h.chosen()
	look.Enable(h.train, c.train && hasPreset)
	switch c.toggle {
	case toggleGoOn, toggleRevive:
		label(h.toggle, "Resume", theme.MediaPlayIcon())
	case togglePause, toggleNone:
		label(h.toggle, "Pause", theme.MediaPauseIcon())
	}
	look.Enable(h.toggle, c.toggle != toggleNone && !c.wait)
	look.Enable(h.stop, c.stop)
	h.bar.show(p)
}

func label(b *widget.Button, text string, icon fyne.Resource) {
	if b.Text != text {
		b.Icon = icon
		b.SetText(text)
	}
}
