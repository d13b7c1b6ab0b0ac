package verdict

import "math"

// duel is a pair at work.
type duel struct {
	a, b   Contender
	ca, cb []curve
	// paired are the differences of the last networks' losses on each window, rival less run, of the first run of each.
	paired []float64
}

// shifts reports whether every run of both sides can be shifted to its final loss.
func shifts(all ...Contender) bool {
	for _, c := range all {
		for _, r := range c.Runs {
			if len(r.Windows) == 0 {
				return false
			}
		}
	}
	return true
}

// newDuel reads the curves of both.
func newDuel(a, b Contender) *duel {
	d := &duel{a: a, b: b}
	shifted := shifts(a, b)
	if wa, wb := a.Runs[0].Windows, b.Runs[0].Windows; shifted && len(wa) == len(wb) {
		for i := range wa {
			d.paired = append(d.paired, wb[i]-wa[i])
		}
	}
	for _, r := range a.Runs {
		d.ca = append(d.ca, d.curve(r, shifted))
	}
	for _, r := range b.Runs {
		d.cb = append(d.cb, d.curve(r, shifted))
	}
	return d
}

// curve is that of one run, with what is known of its noise.
func (d *duel) curve(r Run, shifted bool) curve {
	c := newCurve(r, shifted)
	if n := len(d.paired); n > 1 {
		c.drift = deviation(d.paired) / math.Sqrt(float64(n))
		c.tail = d.tail() / math.Sqrt2 // half the variance of the difference
	}
	return c
}

// tail is the standard error of the difference of final losses, of the text they were measured on; 0 if it is not known.
func (d *duel) tail() float64 {
	n := d.a.Runs[0].EndWindows
	if len(d.paired) < 2 || n < 1 || n != d.b.Runs[0].EndWindows {
		return 0
	}
	return deviation(d.paired) / math.Sqrt(float64(n))
}

// single reports whether each side has one run.
func (d *duel) single() bool { return len(d.ca) == 1 && len(d.cb) == 1 }

// compare is the run of a against the rival b.
func compare(a, b Contender) Pair {
	d := newDuel(a, b)
	p := Pair{Run: sideOf(a), Rival: sideOf(b), Notes: []string{}}
	p.Final = d.final()
	p.FLOPsToEqualLoss, p.EqualLoss = d.equalLoss()
	p.LossAtFLOPs = d.equalFLOPs()
	p.WallClock, p.EqualTokens = d.equalTokens()
	p.Caution, p.Interval = d.caution(), d.covers()
	p.Notes = append(p.Notes, d.notes(p)...)
	p.Sentence = p.words()
	return p
}

// final compares the last losses. With one run each the interval is that of the text: both were measured on the same windows.
func (d *duel) final() Final {
	f := Final{Run: mean(d.a.losses()), Rival: mean(d.b.losses()), Difference: difference(d.a.losses(), d.b.losses())}
	if tail := d.tail(); d.single() && tail > 0 {
		f.Difference = between(f.Difference.Value, 1.96*tail)
	}
	f.Winner = d.winner(f.Difference)
	return f
}

// winner is who has the lower loss by more than noise.
func (d *duel) winner(e Estimate) string {
	noise := e.half()
	if d.single() {
		noise = max(noise, OneSeed)
	}
	switch {
	case e.Value > noise:
		return d.a.Name
	case e.Value < -noise:
		return d.b.Name
	}
	return ""
}

// level is the lowest loss that all curves reach.
func level(groups ...[]curve) float64 {
	worst := math.Inf(-1)
	for _, g := range groups {
		for _, c := range g {
			_, y := c.end()
			worst = max(worst, y)
		}
	}
	return worst
}

// reaches is where each curve comes down to a loss.
func reaches(all []curve, loss float64) (xs []float64, ok bool) {
	for _, c := range all {
		x, ok := c.reach(loss)
		if !ok {
			return nil, false
		}
		xs = append(xs, x)
	}
	return xs, true
}

// equalLoss is the ratio of FLOPs to the lowest common loss, and that loss.
func (d *duel) equalLoss() (*Estimate, float64) {
	loss := level(d.ca, d.cb)
	xa, oka := reaches(d.ca, loss)
	xb, okb := reaches(d.cb, loss)
	if !oka || !okb {
		return nil, loss
	}
	e := difference(xa, xb)
	if d.single() {
		e = redrawn(e.Value, d.ca[0], d.cb[0], func(a, b curve) (float64, bool) {
			common := level([]curve{a}, []curve{b})
			xa, oka := a.reach(common)
			xb, okb := b.reach(common)
			return xb - xa, oka && okb
		})
	}
	e = e.exp()
	return &e, loss
}

// equalFLOPs compares the losses where the thriftiest curve ends.
func (d *duel) equalFLOPs() *AtFLOPs {
	x := math.Inf(1)
	for _, c := range append(d.ca[:len(d.ca):len(d.ca)], d.cb...) {
		end, _ := c.end()
		x = min(x, end)
	}
	ya, oka := losses(d.ca, x)
	yb, okb := losses(d.cb, x)
	if !oka || !okb {
		return nil
	}
	at := &AtFLOPs{FLOPs: math.Exp(x), Run: mean(ya), Rival: mean(yb), Difference: difference(ya, yb)}
	if d.single() {
		at.Difference = redrawn(at.Difference.Value, d.ca[0], d.cb[0], func(a, b curve) (float64, bool) {
			ya, oka := a.at(x)
			yb, okb := b.at(x)
			return yb - ya, oka && okb
		})
	}
	at.Winner = d.winner(at.Difference)
	return at
}

func losses(all []curve, x float64) (ys []float64, ok bool) {
	for _, c := range all {
		y, ok := c.at(x)
		if !ok {
			return nil, false
		}
		ys = append(ys, y)
	}
	return ys, true
}

// equalTokens is the ratio of active times, and the tokens until which they are taken.
func (d *duel) equalTokens() (*float64, float64) {
	tokens := math.Inf(1)
	for _, c := range []Contender{d.a, d.b} {
		for _, r := range c.Runs {
			tokens = min(tokens, r.End.Tokens)
		}
	}
	seconds := func(c Contender) float64 { return mean(c.over(func(r Run) float64 { return r.secondsAt(tokens) })) }
	ta, tb := seconds(d.a), seconds(d.b)
	if !d.sameDevice() || ta <= 0 || tb <= 0 {
		return nil, tokens
	}
	ratio := tb / ta
	return &ratio, tokens
}

func (d *duel) sameDevice() bool {
	for _, c := range []Contender{d.a, d.b} {
		for _, r := range c.Runs {
			if r.Device != d.a.Runs[0].Device {
				return false
			}
		}
	}
	return true
}
