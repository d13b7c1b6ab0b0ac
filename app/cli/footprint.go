package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"growlab/app/session"
	"growlab/growth"
)

// ratesFlags are the assumptions behind energy, carbon and money. None has a default: what a machine draws and what its power
// costs cannot be known from inside.
type ratesFlags struct {
	growth.Rates
}

func (r *ratesFlags) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.Float64Var(&r.Watts, "watts", 0, "power of the whole machine while it trains, in `W`; shows energy")
	f.Float64Var(&r.PUE, "pue", 1, "power into the building over power into machines")
	f.Float64Var(&r.Carbon, "carbon", 0, "of the grid, in `kg` of CO2 equivalent for one kWh; shows carbon, needs --watts")
	f.Float64Var(&r.KWhPrice, "kwh-price", 0, "`money` for one kWh; shows cost, needs --watts")
	f.Float64Var(&r.DevicePays, "hour-price", 0, "`money` for one hour of the machine, if it is rented; shows cost")
}

// check refuses rates that say nothing.
func (r *ratesFlags) check(cmd *cobra.Command) error {
	for _, f := range []struct {
		name  string
		value float64
		needs bool // --watts
	}{{"watts", r.Watts, false}, {"pue", r.PUE - 1, true}, {"carbon", r.Carbon, true}, {"kwh-price", r.KWhPrice, true}, {"hour-price", r.DevicePays, false}} {
		switch {
		case !cmd.Flags().Changed(f.name):
		case !(f.value >= 0 && f.value < 1e12):
			return session.Usagef("--%s: it must be a number of 0 or more, --pue of 1 or more", f.name)
		case f.needs && r.Watts == 0:
			return session.Usagef("--%s says something about energy only together with --watts", f.name)
		}
	}
	return nil
}

// footprint is what the plan takes from the world, with the rates that say so.
type footprint struct {
	Hours     float64 `json:"machine_hours"`
	Watts     float64 `json:"watts"`
	PUE       float64 `json:"pue"`
	KWhPrice  float64 `json:"kwh_price"`
	HourPrice float64 `json:"hour_price"`
	Carbon    float64 `json:"carbon_kg_per_kwh"`
	KWh       float64 `json:"kwh"`
	CO2Kg     float64 `json:"co2_kg"`
	Money     float64 `json:"money"`
}

// footprint is nil if no rate was given.
func (r *ratesFlags) footprint(seconds float64) *footprint {
	if r.Watts == 0 && r.DevicePays == 0 {
		return nil
	}
	f := r.Of(seconds / 3600)
	return &footprint{
		Hours: f.DeviceHours, Watts: r.Watts, PUE: r.PUE, KWhPrice: r.KWhPrice, HourPrice: r.DevicePays, Carbon: r.Carbon,
		KWh: f.KWh, CO2Kg: f.CO2Kg, Money: f.Money,
	}
}

// String is the line of the plan.
func (f footprint) String() string {
	s := fmt.Sprintf("%.3g machine-hours", f.Hours)
	if f.Watts > 0 {
		s += fmt.Sprintf(", %.3g kWh at %g W", f.KWh, f.Watts)
	}
	if f.Carbon > 0 {
		s += fmt.Sprintf(", %.3g kg of CO2 at %g kg/kWh", f.CO2Kg, f.Carbon)
	}
	if f.KWhPrice > 0 || f.HourPrice > 0 {
		s += fmt.Sprintf(", costs %.3g", f.Money)
	}
	if f.PUE != 1 {
		s += fmt.Sprintf(" (with %g W into the building for each W here)", f.PUE)
	}
	return s + ": estimates from the time above and the rates given"
}
