package cudart

import "runtime"

// Library is one of the libraries that this package uses.
type Library string

// The libraries, by the names under which they are reported.
const (
	LibDriver Library = "driver"   // libcuda: needed
	LibNVML   Library = "nvml"     // utilisation, power, temperature
	LibBlasLt Library = "cublasLt" // matrix products
	LibNVRTC  Library = "nvrtc"    // run-time compiler
	LibNCCL   Library = "nccl"     // several GPUs
)

// Libraries lists all, the driver first.
func Libraries() []Library { return []Library{LibDriver, LibNVML, LibBlasLt, LibNVRTC, LibNCCL} }

// Purpose says what is lost without the library.
func (l Library) Purpose() string {
	switch l {
	case LibDriver:
		return "computes on the GPU; needed"
	case LibNVML:
		return "shows utilisation, power and temperature"
	case LibBlasLt:
		return "multiplies matrices at full speed"
	case LibNVRTC:
		return "compiles kernels for this very card"
	case LibNCCL:
		return "joins several GPUs"
	}
	return ""
}

// file is one name under which a library comes, and the CUDA major that it belongs to; 0: any.
type file struct {
	name  string
	major int
}

// files lists the names of l on an operating system, newest first. Source: NVIDIA's cuda-pathfinder, descriptor_catalog.py.
func (l Library) files(goos string) []file {
	if goos == "windows" {
		return map[Library][]file{
			LibDriver: {{"nvcuda.dll", 0}},
			LibNVML:   {{"nvml.dll", 0}},
			LibBlasLt: {{"cublasLt64_13.dll", 13}, {"cublasLt64_12.dll", 12}, {"cublasLt64_11.dll", 11}},
			LibNVRTC:  {{"nvrtc64_130_0.dll", 13}, {"nvrtc64_120_0.dll", 12}, {"nvrtc64_112_0.dll", 11}},
		}[l]
	}
	return map[Library][]file{
		LibDriver: {{"libcuda.so.1", 0}},
		LibNVML:   {{"libnvidia-ml.so.1", 0}},
		LibBlasLt: {{"libcublasLt.so.13", 13}, {"libcublasLt.so.12", 12}, {"libcublasLt.so.11", 11}},
		LibNVRTC:  {{"libnvrtc.so.13", 13}, {"libnvrtc.so.12", 12}, {"libnvrtc.so.11.2", 11}},
		LibNCCL:   {{"libnccl.so.2", 0}},
	}[l]
}

// wheels lists the folders of l under site-packages/nvidia, newest first.
func (l Library) wheels() []string {
	return map[Library][]string{
		LibBlasLt: {"cu13", "cublas"},
		LibNVRTC:  {"cu13", "cuda_nvrtc"},
		LibNCCL:   {"nccl"},
	}[l]
}

// ofDriver tells whether l comes with the driver and not with a toolkit. Toolkits carry stubs of these, which must not be opened.
func (l Library) ofDriver() bool { return l == LibDriver || l == LibNVML }

// target is the folder name that CUDA's toolkit has for this machine.
func target() string {
	if runtime.GOARCH == "arm64" {
		return "sbsa-linux"
	}
	return "x86_64-linux"
}

// multiarch is the folder name that Debian has for this machine.
func multiarch() string {
	if runtime.GOARCH == "arm64" {
		return "aarch64-linux-gnu"
	}
	return "x86_64-linux-gnu"
}
