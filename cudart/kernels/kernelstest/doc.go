// Package kernelstest is the suite that the kernels of package kernels pass on every GPU: each operation, at sizes around the edges of
// tiles, against its formula in float64 on the host, with masks, with addresses of any alignment, and with the same bits under every
// schedule. The emulator runs it in go test, where bugs are planted too that it has to catch (make mutants), and the check of a real GPU
// carries it there (trainer/compute/cuda/gpucheck).
package kernelstest
