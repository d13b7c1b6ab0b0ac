package samplepage

import (
	"testing"

	"growlab/app/pagetest"
	"growlab/trainer/event"
)

// What a small network writes after 200, 400, … steps.
var passages = []string{
	" the the hath and of the sor they he shal the me and and thou the them the LORD he ande of wer the the bes,\nand the me",
	" unto the the of Israel and the LORD shal be the sonne of the king, and the the men of the hous of the LORD",
	" unto the children of Israel, and the LORD shall be the sons of the house of the king.\n14:8 And he said unto them, The LORD thy God shall be with thee",
	" unto Moses, Go in unto Pharaoh, and say unto him, Thus saith the LORD God of the Hebrews: let my people go, that they may serve me in the " +
		"wilderness.\n9:2 For if thou refuse to let them go, and wilt hold them still, behold, the hand of the LORD is upon thy cattle",
}

// written are nine samples of a run.
func written() []event.Sampled {
	all := texts(9)
	for i := range all {
		all[i].Text = passages[min(i/2, len(passages)-1)]
	}
	return all
}

func TestPages(t *testing.T) {
	for _, row := range []struct {
		name string
		runs int
	}{{"none", 0}, {"one", 1}, {"two", 2}} {
		check := pagetest.CheckState
		if row.name == "two" {
			check = pagetest.Check
		}
		check(t, row.name, pagetest.Middle, func(t *testing.T, theme string) pagetest.Page {
			pagetest.Start(t, theme)
			p := New(Actions{})
			w := pagetest.Show(t, pagetest.Middle.Small, p.Object)
			if row.runs > 0 {
				p.Offer([]Choice{{"b", "flm-1m-twin"}})
				p.Show("a", "flm-1m", written(), stages, true)
				p.Turn(1400)
			}
			if row.runs > 1 {
				p.ShowOther("b", "flm-1m-twin", written())
			}
			return pagetest.Page{Window: w, Refresh: func() {
				if row.runs > 0 {
					p.Turn(1600) // the same text
				}
			}}
		})
	}
}
