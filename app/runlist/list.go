package runlist

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"growlab/app/form"
	"growlab/app/look"
	"growlab/app/session"
)

// Host is what a List asks of the window.
type Host struct {
	Choose func(id string)
	New    func()
	// Overlay lays the curve of a run over the chart, or takes it off.
	Overlay func(id string, on bool)
	// Menu opens the menu of a run at a place on the canvas.
	Menu func(info session.Info, at fyne.Position)
	// Rename and Delete are asked for by keys.
	Rename, Delete func(info session.Info)
	Queue          QueueHost
	// Hint tells what is under the pointer; may be nil.
	Hint func(string)
	// Keys takes the keys that the list has no use for.
	Keys func(*fyne.KeyEvent)
	// Color is the colour that a run has everywhere, an index into chart.Theme.Series; may be nil.
	Color func(id string) int
}

// List is the column of runs.
type List struct {
	Object fyne.CanvasObject

	host     Host
	infos    []session.Info
	nodes    []node
	id       string         // of the run on show
	overlaid map[string]int // ids to colours of the runs laid over the chart, and of the one on show
	quiet    bool           // a selection that the program makes is not reported

	rows   *rows
	search *form.Entry
	none   *widget.Label
	queue  *queue
}

// rows is the list with its keys.
type rows struct {
	look.Rows
	list *List
}

// NewList is an empty list.
func NewList(host Host) *List {
	l := &List{host: host, overlaid: map[string]int{}, none: widget.NewLabel("")}
	l.none.Wrapping, l.none.Importance = fyne.TextWrapWord, widget.LowImportance
	l.rows = &rows{list: l}
	l.rows.Selected = -1
	l.rows.Length = func() int { return len(l.nodes) }
	l.rows.CreateItem = func() fyne.CanvasObject { return newRow(l) }
	l.rows.UpdateItem = func(i widget.ListItemID, o fyne.CanvasObject) { o.(*row).show(l.nodes[i]) }
	l.rows.HideSeparators = true
	l.rows.ExtendBaseWidget(l.rows)
	l.rows.WhenSelected(func(i int) {
		if !l.quiet && i < len(l.nodes) {
			l.host.Choose(l.nodes[i].info.ID)
		}
	})
	l.rows.Others = host.Keys
	l.search = form.NewEntry(func(string) { l.arrange() })
	l.search.SetPlaceHolder("Search runs")
	l.search.OnEscape = func() { l.search.SetText("") }
	l.queue = newQueue(host.Queue, func() { l.Object.Refresh() })
	add := widget.NewButtonWithIcon("New run", theme.ContentAddIcon(), host.New)
	head := container.New(look.Column{Width: 120, Space: 4}, container.New(look.Inset{Left: 8, Top: 6}, look.NewLine(look.Heading, "RUNS")), l.search)
	foot := container.New(look.Column{Width: 120, Space: 4}, l.queue.object, add)
	l.Object = container.New(look.InsetAll(2), look.Border(head, foot, nil, nil, container.NewStack(l.rows, container.NewVBox(l.none))))
	return l
}

// TypedKey implements fyne.Focusable.
func (r *rows) TypedKey(e *fyne.KeyEvent) {
	info, ok := r.list.at(r.Selected)
	switch {
	case ok && e.Name == fyne.KeyF2:
		r.list.host.Rename(info)
	case ok && e.Name == fyne.KeyDelete:
		r.list.host.Delete(info)
	case ok && e.Name == fyne.KeyO:
		_, on := r.list.overlaid[info.ID]
		r.list.host.Overlay(info.ID, !on)
	case ok && e.Name == desktopMenuKey:
		r.list.host.Menu(info, fyne.CurrentApp().Driver().AbsolutePositionForObject(r).AddXY(40, 40))
	default:
		r.Rows.TypedKey(e)
	}
}

// desktopMenuKey is the key between AltGr and Ctrl; Fyne has no name of its own for it.
const desktopMenuKey fyne.KeyName = "Menu"

func (l *List) at(i int) (session.Info, bool) {
	if i < 0 || i >= len(l.nodes) {
		return session.Info{}, false
	}
	return l.nodes[i].info, true
}

// Show fills the list and marks the run with the given id.
func (l *List) Show(infos []session.Info, id string) {
	l.infos, l.id = infos, id
	l.arrange()
}

// Overlaid says which runs are laid over the chart, each with the index of its colour.
func (l *List) Overlaid(colours map[string]int) {
	l.overlaid = colours
	l.rows.Refresh()
}

// ShowQueue fills the queue.
func (l *List) ShowQueue(q session.Queue) { l.queue.show(q) }

// Queued is how many entries of the queue are on show.
func (l *List) Queued() int { return len(l.queue.onShow()) }

// Search puts the focus into the search.
func (l *List) Search() {
	if c := fyne.CurrentApp().Driver().CanvasForObject(l.search); c != nil {
		c.Focus(l.search)
	}
}

// Infos are the runs in the order in which they are on show.
func (l *List) Infos() []session.Info {
	all := make([]session.Info, len(l.nodes))
	for i, n := range l.nodes {
		all[i] = n.info
	}
	return all
}

// Select chooses a row, counted from 0 in the order on show.
func (l *List) Select(row int) { l.rows.Select(row) }

// Focus is what takes the keys of the list.
func (l *List) Focus() fyne.Focusable { return l.rows }

// arrange makes the tree anew.
func (l *List) arrange() {
	l.nodes = tree(l.infos, l.search.Text)
	text := ""
	switch {
	case len(l.infos) == 0:
		text = "No runs yet.\nTrain one: it appears here and stays."
	case len(l.nodes) == 0:
		text = "No run matches. A search looks at names, recipes, states and tags."
	}
	l.none.Hidden = text == ""
	if l.none.Text != text {
		l.none.SetText(text)
	}
	l.none.Refresh()
	l.rows.Refresh()
	l.Mark(l.id)
}

// Mark marks the run on show.
func (l *List) Mark(id string) {
	l.id = id
	l.quiet = true
	defer func() { l.quiet = false }()
	for i, n := range l.nodes {
		if n.info.ID == id {
			if l.rows.Selected != i {
				l.rows.Select(i)
			}
			return
		}
	}
	l.rows.Selected = -1
	l.rows.UnselectAll()
}

// selectRun is a tap on a row.
func (l *List) selectRun(id string) {
	for i, n := range l.nodes {
		if n.info.ID == id {
			if c := fyne.CurrentApp().Driver().CanvasForObject(l.rows); c != nil {
				c.Focus(l.rows)
			}
			l.rows.Select(i)
			return
		}
	}
}

// Update brings one row up to date.
func (l *List) Update(info session.Info) {
	for i := range l.infos {
		if l.infos[i].ID == info.ID {
			l.infos[i] = info
		}
	}
	for i := range l.nodes {
		if l.nodes[i].info.ID == info.ID && !Same([]session.Info{l.nodes[i].info}, []session.Info{info}) {
			l.nodes[i].info = info
			l.rows.RefreshItem(i)
		}
	}
}
