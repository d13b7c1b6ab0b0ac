// Package fake makes stand-ins for NVIDIA's libraries, for tests on machines without a GPU. They are C, compiled by gcc
// into a folder, and cudart opens them as it opens the real ones.
//
// Device memory is host memory, filled with NaN. Streams are lazy: work runs when somebody waits for it and only then, so
// that a missing wait gives wrong numbers; with a seed, other streams run ahead by chance, within what events allow.
// The limits of a launch are enforced, memory is bounded, and what is alive is counted. Any call can be told to fail.
//
// Kernels are host functions in a shared object that the image of a module names; see src/fake.h. The project's own CUDA C
// (cudart/kernels) runs here too: [BuildWithKernels] compiles the same source for an emulator (src/emulator.h), with one fiber for
// each CUDA thread, and a machine made of that accepts the real machine code and PTX, of its own capability only, and runs the source
// in their place. What a kernel does wrong is among [State]'s violations, with kernel, block and thread, and the context is lost.
//
// Most tests build once per test binary, in TestMain, and then take a [Machine] each:
//
//	libs, err := fake.Build(dir)
//	m := libs.Machine(t)
//	m.Fail("cuMemAlloc_v2", 3, 2) // the third allocation from now is out of memory
//	finder := &cudart.Finder{Env: m.Env}
//
// Every Machine is a copy of the libraries on disk, and so has state of its own: tests may run side by side.
//
// Approximate instructions err as much as PTX's manual allows, and tensor cores cut sums off instead of rounding them. Copies and memsets
// that CUDA calls synchronous return before they are done, as they may. cuBLASLt adds up in another order for each of its ways, has the
// types that its manual lists, and refuses addresses less aligned than it was told.
//
// Not covered: speed; what a real GPU's memory model allows between blocks; wgmma and TMA; which algorithms libraries choose.
// Everything runs under one lock. The emulator is for x86-64.
package fake
