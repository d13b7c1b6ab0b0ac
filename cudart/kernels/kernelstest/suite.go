//go:build linux

package kernelstest

import (
	"testing"

	"growlab/cudart/fake"
)

// operations are the tests of the suite.
var operations = []struct {
	name string
	test func(on host, t *testing.T)
}{
	{"Embed", host.testEmbed},
	{"GroupsOfOneToken", host.testGroupsOfOneToken},
	{"Norm", host.testNorm},
	{"NormIsBlind", host.testNormIsBlind},
	{"NormGrad", host.testNormGrad},
	{"Product", host.testProduct},
	{"StridedProduct", host.testStridedProduct},
	{"Activate", host.testActivate},
	{"Attention", host.testAttention},
	{"Classify", host.testClassify},
	{"ColumnSumsAndSumRows", host.testColumnSumsAndSumRows},
	{"Sums", host.testSums},
	{"ClipScale", host.testClipScale},
	{"AdamW", host.testAdamW},
	{"CombineAndCast", host.testCombineAndCast},
	{"Unaligned", host.testUnaligned},
	{"SchedulesAgree", host.testSchedulesAgree},
	{"PlainMasks", host.testPlainMasks},
	{"Closed", host.testClosed},
	{"Beyond32Bits", host.testBeyond32Bits},
}

// Run runs the suite: on the emulated GPU of libs or, where libs is nil, on the first GPU of this machine with the embedded code.
func Run(t *testing.T, libs *fake.Libraries) {
	on := host{libs}
	for _, o := range operations {
		t.Run(o.name, func(t *testing.T) { o.test(on, t) })
	}
}
