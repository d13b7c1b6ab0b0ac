package growth

// Rates turn device-hours into energy, carbon and money, by the method that FLM-101B's Table 3 follows (Patterson et al. 2021,
// arXiv:2104.10350): energy is device-hours times power, carbon is energy times the data centre's overhead times the grid's
// intensity. A rate of 0 is unknown, and what needs it comes out as 0.
type Rates struct {
	Watts      float64 // of one device while it trains
	PUE        float64 // power that enters the building over power that reaches the devices; 0 counts as 1
	Carbon     float64 // kg of CO2 equivalent for one kWh
	KWhPrice   float64 // money for one kWh
	DevicePays float64 // money for one device-hour, as rented
}

// Footprint is what a run takes from the world.
type Footprint struct {
	DeviceHours float64
	KWh         float64 // at the devices, without the building's overhead, as Table 3 prints it
	CO2Kg       float64 // with it
	Money       float64
}

// Of is the footprint of so many device-hours.
func (r Rates) Of(deviceHours float64) Footprint {
	overhead := r.PUE
	if overhead == 0 {
		overhead = 1
	}
	kWh := deviceHours * r.Watts / 1000
	return Footprint{
		DeviceHours: deviceHours, KWh: kWh, CO2Kg: kWh * overhead * r.Carbon,
		Money: kWh*overhead*r.KWhPrice + deviceHours*r.DevicePays,
	}
}

// WallClockRatio is how many times longer training the last stage's shape on all tokens would take, at the speed measured in
// that stage: the definition of FLM-101B's 3.56 (2.4). It compares times at equal tokens, not at equal loss. tokens and times
// are by stage, in any units.
func WallClockRatio(tokens, times []float64) float64 {
	var allTokens, allTime float64
	for i := range tokens {
		allTokens += tokens[i]
		allTime += times[i]
	}
	last := len(tokens) - 1
	return allTokens / tokens[last] * times[last] / allTime
}
