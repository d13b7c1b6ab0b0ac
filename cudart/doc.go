// Package cudart finds NVIDIA's libraries on this machine and calls them by name, without cgo and without any file of
// NVIDIA's at build time.
//
// A [Finder] looks for the libraries and keeps every attempt. A [Driver] is libcuda, the only library that is needed
// to compute; a [Context] is one GPU of it, with an OS thread of its own; streams, events, modules, kernels and
// graphs belong to a context. [NVML] measures, [BlasLt] multiplies matrices, [NCCL] joins several GPUs, [NVRTC]
// compiles; a program goes on without each of them. Most callers that only ask what this machine has want [Probe].
//
// Everything that can fail returns an error; errors of a library are an [*Error] with the library, the call, its code
// and the library's own text, and are told apart by errors.Is: [ErrNoDriver], [ErrMismatch], [ErrNoDevice],
// [ErrOutOfMemory], [ErrDeviceLost], [ErrSymbol], [ErrNoLibrary], [ErrUnsupported].
//
// Calls of every step (launches, asynchronous copies, events, matrix products, graphs) allocate nothing.
//
// Names of functions and numbers of enumerations are those of the headers of CUDA 12.4 and NCCL 2.22; the driver keeps
// them for ever, so older and newer drivers answer to them too. What a library lacks is said by name, with the version
// that has it.
//
// Not covered: textures, memory pools, multi-process sharing, the runtime library libcudart (all it does here is in
// libcuda), cuDNN. On macOS there is no CUDA, and Probe says so.
package cudart
