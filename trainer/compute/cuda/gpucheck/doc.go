// Package gpucheck is the check of the CUDA engine on a real GPU: tests that make gpu-check compiles into one program, to be carried
// to a machine with an NVIDIA GPU and no Go, and assets/scripts/gpu-check.sh, which runs them there part by part.
//
// A part is a test whose name begins with Part. It runs only where GROWLAB_GPU_CHECK is set, to gpu for the machine's own driver, or to
// fake, with which go test runs the script on pretended GPUs at small sizes. What a part measures it writes as JSON into the folder
// GROWLAB_GPU_CHECK_OUT.
package gpucheck
