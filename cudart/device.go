package cudart

import (
	"fmt"
	"unsafe"
)

// Attribute is a number that the driver knows of a GPU (CUdevice_attribute).
type Attribute int32

// The attributes that a trainer asks for.
const (
	MaxThreadsPerBlock     Attribute = 1
	MaxGridY               Attribute = 6
	SharedPerBlock         Attribute = 8  // bytes, without opting in
	WarpSize               Attribute = 10 // threads
	RegistersPerBlock      Attribute = 12 // of 32 bits
	Multiprocessors        Attribute = 16
	L2Bytes                Attribute = 38
	ThreadsPerMulti        Attribute = 39
	CapabilityMajor        Attribute = 75
	CapabilityMinor        Attribute = 76
	SharedPerMulti         Attribute = 81 // bytes
	RegistersPerMulti      Attribute = 82
	SharedPerBlockOptin    Attribute = 97 // bytes, with Kernel.SetShared
	computeMode            Attribute = 20
	computeModeProhibited            = 2
	unifiedAddressing      Attribute = 41
	memoryBusBits          Attribute = 37
	memoryClockKHz         Attribute = 36
	multiprocessorClockKHz Attribute = 13
)

// Device is one GPU, by its number in this process.
type Device struct {
	Ordinal int
	handle  int32
	driver  *Driver
}

// Device is GPU number i, from 0.
func (d *Driver) Device(i int) (Device, error) {
	dev := Device{Ordinal: i, driver: d}
	err := d.do(&d.c.cuDeviceGet, uintptr(unsafe.Pointer(&dev.handle)), uintptr(i))
	if err != nil {
		err = fmt.Errorf("device %d: %w", i, err)
	}
	return dev, err
}

// Attribute asks for one number.
func (d Device) Attribute(a Attribute) (int, error) {
	var v int32
	err := d.driver.do(&d.driver.c.cuDeviceGetAttribute, uintptr(unsafe.Pointer(&v)), uintptr(a), uintptr(d.handle))
	return int(v), err
}

// Capability is a GPU's compute capability: which machine code it runs.
type Capability struct {
	Major int `json:"major"`
	Minor int `json:"minor"`
}

// String is as NVIDIA writes it, e.g. 9.0.
func (c Capability) String() string { return fmt.Sprintf("%d.%d", c.Major, c.Minor) }

// Runs tells whether a cubin built for capability b runs on c: the same major, and a minor not newer.
// Not covered: cubins of architecture-specific targets such as sm_90a, which run on exactly that one.
func (c Capability) Runs(b Capability) bool { return c.Major == b.Major && c.Minor >= b.Minor }

// Properties is what a trainer has to know of a GPU before it plans.
type Properties struct {
	Name            string
	Capability      Capability
	Memory          int64  // bytes
	Multiprocessors int    //
	L2              int    // bytes
	Shared          int    // bytes of shared memory that one block can opt in to
	PCI             string // bus address, e.g. 0000:3b:00.0
	UUID            string // as nvidia-smi prints it, e.g. GPU-5f0a…
}

// Properties asks the driver; no context is needed.
func (d Device) Properties() (Properties, error) {
	var p Properties
	var name, pci [256]byte
	var uuid [16]byte
	var memory uint64
	c := &d.driver.c
	for _, q := range []func() error{
		func() error {
			return d.driver.do(&c.cuDeviceGetName, uintptr(unsafe.Pointer(&name[0])), uintptr(len(name)), uintptr(d.handle))
		},
		func() error {
			return d.driver.do(&c.cuDeviceTotalMem_v2, uintptr(unsafe.Pointer(&memory)), uintptr(d.handle))
		},
		func() error {
			return d.driver.do(&c.cuDeviceGetPCIBusId, uintptr(unsafe.Pointer(&pci[0])), uintptr(len(pci)), uintptr(d.handle))
		},
		func() error {
			return d.driver.do(&c.cuDeviceGetUuid, uintptr(unsafe.Pointer(&uuid[0])), uintptr(d.handle))
		},
		d.ask(&p.Capability.Major, CapabilityMajor),
		d.ask(&p.Capability.Minor, CapabilityMinor),
		d.ask(&p.Multiprocessors, Multiprocessors),
		d.ask(&p.L2, L2Bytes),
		d.ask(&p.Shared, SharedPerBlockOptin),
	} {
		if err := q(); err != nil {
			return p, fmt.Errorf("device %d: %w", d.Ordinal, err)
		}
	}
	p.Name, p.PCI, p.Memory = text(name[:]), text(pci[:]), int64(memory)
	p.UUID = fmt.Sprintf("GPU-%x-%x-%x-%x-%x", uuid[:4], uuid[4:6], uuid[6:8], uuid[8:10], uuid[10:])
	return p, nil
}

func (d Device) ask(to *int, a Attribute) func() error {
	return func() (err error) {
		*to, err = d.Attribute(a)
		return err
	}
}
