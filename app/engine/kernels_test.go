package engine

import "testing"

func TestKernelsThatGiveTheSameNumbers(t *testing.T) {
	for _, c := range []struct {
		name, a, b string
		same       bool
	}{
		{"threads", "cpu avx2 fp32, 1 thread", "cpu avx2 fp32, 8 threads", true},
		{"vector families in fp32", "cpu amx fp32, 2 threads", "cpu avx512bf16 fp32, 2 threads", true},
		{"an old run's name", "cpu avx512, 2 threads", "cpu avx2 fp32, 2 threads", true},
		{"plain", "cpu plain fp32, 2 threads", "cpu avx2 fp32, 2 threads", false},
		{"families in bf16", "cpu avx512 bf16, 2 threads", "cpu avx512bf16 bf16, 2 threads", false},
		{"precisions", "cpu avx2 fp32, 2 threads", "cpu avx2 bf16, 2 threads", false},
	} {
		if got := kernels(c.a) == kernels(c.b); got != c.same {
			t.Errorf("%s: %q and %q: same numbers %v, want %v", c.name, c.a, c.b, got, c.same)
		}
	}
}
