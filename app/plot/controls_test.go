package plot

import (
	"math"
	"testing"

	"fyne.io/fyne/v2/test"

	"growlab/app/chart"
)

func TestControlsCommandTheChart(t *testing.T) {
	c, _ := showChart(t)
	b := newControls(c)
	b.smooth.SetValue(2.0 / 3)
	if got := c.Figure().Smooth; math.Abs(got-0.99) > 0.002 {
		t.Errorf("smooth %v at two thirds of the slider, want 0.99", got)
	}
	test.Tap(b.logY)
	if !c.Figure().LogY {
		t.Error("the check did not set log y")
	}
	b.axis.SetSelected("FLOPs")
	if got := c.Figure().XAxis; got != chart.FLOPs {
		t.Errorf("axis %v, want FLOPs", got)
	}
	c.SetView(chart.Range{Lo: 1, Hi: 2}, chart.Range{})
	test.Tap(b.fit)
	if !c.Figure().X.Auto() {
		t.Error("the button did not fit")
	}
}

func TestControlsFollowTheChart(t *testing.T) {
	c, _ := showChart(t)
	b := newControls(c)
	if !b.fit.Disabled() {
		t.Error("fit is enabled while all is in view")
	}
	c.SetSmooth(0.9)
	c.SetLogY(true)
	c.SetXAxis(chart.Seconds)
	c.SetView(chart.Range{Lo: 1, Hi: 2}, chart.Range{})
	if b.factor.Text != "0.900" || math.Abs(b.smooth.Value-1.0/3) > 0.01 {
		t.Errorf("slider %v says %q, want 1/3 and 0.900", b.smooth.Value, b.factor.Text)
	}
	if !b.logY.Checked || b.axis.Selected != "active time" || b.fit.Disabled() {
		t.Errorf("log y %v, axis %q, fit disabled %v", b.logY.Checked, b.axis.Selected, b.fit.Disabled())
	}
	if got := c.Figure().Smooth; got != 0.9 {
		t.Errorf("following changed the factor to %v, want 0.9", got)
	}
}

func TestSmoothSlider(t *testing.T) {
	for _, tc := range []struct{ position, factor float64 }{{0, 0}, {1.0 / 3, 0.9}, {2.0 / 3, 0.99}, {1, 0.999}} {
		if got := SmoothFactor(tc.position); math.Abs(got-tc.factor) > 1e-4 {
			t.Errorf("factor at %v is %v, want %v", tc.position, got, tc.factor)
		}
		if got := SmoothPosition(tc.factor); math.Abs(got-tc.position) > 1e-9 {
			t.Errorf("position of %v is %v, want %v", tc.factor, got, tc.position)
		}
	}
}
