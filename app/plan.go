package app

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"

	"growlab/app/planner"
	"growlab/app/session"
	"growlab/growth"
)

// planRun opens the editor of plans.
func (w *window) planRun() { w.plan(nil) }

// planPreset opens it on a preset.
func (w *window) planPreset(p session.Preset) {
	w.plan(func() {
		r, err := session.LoadRecipe(session.Launch{Recipe: p.Name})
		if err != nil {
			w.fail("The preset cannot be read", err)
			return
		}
		w.planner.Edit(r, planner.Origin{Preset: p.Name}, "")
	})
}

func (w *window) plan(then func()) {
	if w.planner == nil {
		w.makePlanner()
	}
	w.goTo(placePlan)
	if then != nil {
		then()
	}
	w.refreshPlanner()
}

// makePlanner builds the editor when it is first asked for: most windows never show it.
func (w *window) makePlanner() {
	names := make([]string, len(w.presets))
	for i, p := range w.presets {
		names[i] = p.Name
	}
	w.planner = planner.NewEditor(w.ctx, planner.Host{
		Price: w.price, Deliver: func(f func()) { w.feed.deliver(w.ctx, f) }, Train: w.trainPlan, Enqueue: w.enqueuePlan,
		OpenFile: w.chooseRecipe, SaveFile: w.chooseWhere, OpenFolder: w.chooseText,
		Copy: func(text string) { fyne.CurrentApp().Clipboard().SetContent(text) },
		Back: w.comeBack,
	}, names)
	w.planned.Add(w.planner.Object)
}

// price asks what a recipe takes here.
func (w *window) price(_ context.Context, r growth.Recipe) (session.Cost, error) {
	s, ok := w.workOn()
	if !ok {
		return session.Cost{}, nil
	}
	return s.Price(r)
}

// trainPlan begins a run of an edited recipe. If another run trains already, it is asked first.
func (w *window) trainPlan(r growth.Recipe, data string) {
	s, ok := w.workOn()
	if !ok || w.pending == pendingStart {
		return
	}
	w.unlessBusy(func() {
		w.expect(pendingStart)
		go func() {
			info, err := s.StartRecipe(w.ctx, r, data)
			w.feed.deliver(w.ctx, func() {
				w.began(info, err, "The run could not start", "")
				if err != nil {
					w.planner.Tell(err.Error(), true)
				}
			})
		}()
	})
}

func (w *window) enqueuePlan(r growth.Recipe, data string) {
	s, ok := w.workOn()
	if !ok {
		return
	}
	w.planner.Tell("Adding "+r.Name+" to the queue…", false)
	go func() {
		err := s.EnqueueRecipe(w.ctx, r, data)
		w.feed.deliver(w.ctx, func() {
			w.lookAtQueue()
			if err != nil {
				w.planner.Tell(err.Error(), true)
				return
			}
			w.planner.Tell(r.Name+" is in the queue.", false)
		})
	}()
}

// refreshPlanner says whether a run can be started now.
func (w *window) refreshPlanner() {
	if w.planner == nil || w.place != placePlan {
		return
	}
	reason := ""
	if w.pending == pendingStart {
		reason = "a run is starting"
	}
	w.planner.Block(reason)
}

// duplicate opens the editor with the settings of a run.
func (w *window) duplicate(id string) {
	s, ok := w.workOn()
	if !ok {
		return
	}
	done := w.working("reading the recipe of "+w.nameOf(id), nil)
	go func() {
		r, data, err := s.RecipeOf(id)
		w.feed.deliver(w.ctx, func() {
			done()
			if err != nil {
				w.fail("The recipe cannot be read", err)
				return
			}
			w.plan(func() { w.planner.Edit(r, planner.Origin{}, data) })
		})
	}()
}

// chooseRecipe asks for a recipe file.
func (w *window) chooseRecipe(chosen func(string)) {
	if w.win == nil {
		return
	}
	ask := dialog.NewFileOpen(func(file fyne.URIReadCloser, err error) {
		switch {
		case err != nil:
			w.planner.Tell(err.Error(), true)
		case file != nil:
			path := file.URI().Path()
			if err := file.Close(); err != nil {
				w.planner.Tell(err.Error(), true)
				return
			}
			chosen(path)
		}
	}, w.win)
	ask.SetTitleText("Which recipe?")
	ask.SetFilter(storage.NewExtensionFileFilter([]string{".toml"}))
	w.ask(ask)
}

// chooseWhere asks where to save a file.
func (w *window) chooseWhere(name string, chosen func(string)) {
	if w.win == nil {
		return
	}
	ask := dialog.NewFileSave(func(file fyne.URIWriteCloser, err error) {
		switch {
		case err != nil:
			w.planner.Tell(err.Error(), true)
		case file != nil:
			path := file.URI().Path()
			if err := file.Close(); err != nil {
				w.planner.Tell(err.Error(), true)
				return
			}
			chosen(path)
		}
	}, w.win)
	ask.SetTitleText("Where to save the recipe?")
	ask.SetFileName(name)
	w.ask(ask)
}

// chooseText asks for a folder of texts.
func (w *window) chooseText(chosen func(string)) {
	if w.win == nil {
		return
	}
	ask := dialog.NewFolderOpen(func(folder fyne.ListableURI, err error) {
		switch {
		case err != nil:
			w.planner.Tell(err.Error(), true)
		case folder != nil:
			chosen(folder.Path())
		}
	}, w.win)
	ask.SetTitleText("In which folder are the texts?")
	ask.SetConfirmText("Train on these")
	w.ask(ask)
}
