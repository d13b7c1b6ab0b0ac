//go:build linux

package cudart

import (
	"errors"
	"strings"
	"testing"
)

func TestDriverStatesAreToldApart(t *testing.T) {
	for name, test := range map[string]struct {
		code   int
		is     error
		detail string
	}{
		"no device":             {100, ErrNoDevice, "CUDA_VISIBLE_DEVICES"},
		"driver and module":     {803, ErrMismatch, "restart the machine"},
		"unknown":               {999, nil, "nvidia_uvm"},
		"fabric manager":        {802, nil, "fabric manager"},
		"stub of a toolkit":     {34, ErrMismatch, "LD_LIBRARY_PATH"},
		"code of no known name": {4711, nil, ""},
	} {
		m := libs.Machine(t)
		m.Fail("cuInit", 1, test.code)
		d, err := (&Finder{Env: m.Env}).Driver()
		var e *Error
		if !errors.As(err, &e) || e.Code != test.code || e.Call != "cuInit" || !strings.HasPrefix(e.Library, m.Dir) || !strings.Contains(e.Detail, test.detail) {
			t.Errorf("%s: %v; want library, cuInit, code %d and %q", name, err, test.code, test.detail)
		}
		for _, state := range []error{ErrNoDriver, ErrMismatch, ErrNoDevice, ErrOutOfMemory, ErrDeviceLost, ErrSymbol} {
			if got, want := errors.Is(err, state), errors.Is(test.is, state); got != want {
				t.Errorf("%s: %v is %q: %v, want %v", name, err, state, got, want)
			}
		}
		if d == nil || d.CUDA() != (Version{12, 4, 0}) {
			t.Errorf("%s: no driver to ask for its version", name)
		}
	}
}

func TestErrorTellsAll(t *testing.T) {
	m := libs.Machine(t)
	inContext(t, driver(t, m), 0, func(c *Context) {
		_, err := c.Alloc(3 << 30)
		want := m.Dir + "/libcuda.so.1: cuMemAlloc_v2: out of memory (CUDA_ERROR_OUT_OF_MEMORY, 2): 3.00 GiB asked for, 1.00 GiB of 1.00 GiB free"
		if !errors.Is(err, ErrOutOfMemory) || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	})
	unknown := &Error{Library: "libx.so", Call: "xCall", Code: 12345}
	if got, want := unknown.Error(), "libx.so: xCall: failed (code 12345)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNoDriver(t *testing.T) {
	m := libs.Machine(t)
	m.Break("libcuda.so.1")
	_, err := (&Finder{Env: m.Env, Root: t.TempDir()}).Driver()
	if !errors.Is(err, ErrNoDriver) || !strings.Contains(err.Error(), m.Dir+"/libcuda.so.1") || !strings.Contains(err.Error(), "invalid ELF header") {
		t.Errorf("broken file: %v; want ErrNoDriver, file and the loader's words", err)
	}
	m.Remove("libcuda.so.1")
	_, err = (&Finder{Env: m.Env, Root: t.TempDir()}).Driver()
	if !errors.Is(err, ErrNoDriver) || !strings.Contains(err.Error(), "neither the dynamic loader nor any known folder has libcuda.so.1") {
		t.Errorf("no file: %v", err)
	}
	_, err = (&Finder{Env: m.Env, OS: "darwin"}).Driver()
	if !errors.Is(err, ErrNoDriver) || !strings.Contains(err.Error(), "there is no CUDA on macOS") {
		t.Errorf("macOS: %v", err)
	}
}

func TestOldDriver(t *testing.T) {
	m := libs.Machine(t)
	m.Omit("libcuda.so.1", "cuLaunchKernel")
	_, err := (&Finder{Env: m.Env}).Driver()
	if want := m.Dir + "/libcuda.so.1: cuLaunchKernel is missing: this is not NVIDIA's library, or a very old one"; !errors.Is(err, ErrSymbol) || err.Error() != want {
		t.Errorf("needed function: %v, want %s", err, want)
	}

	m = libs.Machine(t)
	m.Omit("libcuda.so.1", "cuGraphInstantiateWithFlags")
	m.Omit("libcuda.so.1", "cuFuncGetParamInfo")
	inContext(t, driver(t, m), 0, func(c *Context) {
		g := newGPU(t, c, 8)
		graph, err := g.s.Capture(func() error { return g.add(g.s, 1) })
		must(t, err)
		if _, err := graph.Instantiate(); !errors.Is(err, ErrSymbol) || !strings.Contains(err.Error(), "cuGraphInstantiateWithFlags is missing: CUDA 11.4 or newer is wanted") {
			t.Errorf("function of a newer CUDA: %v", err)
		}
		must(t, graph.Close())
		must(t, g.add(g.s, 1)) // without cuFuncGetParamInfo arguments go unchecked
		must(t, g.s.Sync())
		g.close()
	})
	m.MustBeClean()
}

// TestEveryCallReportsItsFailure orders each function of the driver to fail once and wants it named by the Go call.
func TestEveryCallReportsItsFailure(t *testing.T) {
	m := libs.Machine(t)
	m.Set("devices 2")
	d := driver(t, m)
	other := contextOf(t, d, 1)
	inContext(t, d, 0, func(c *Context) {
		g := newGPU(t, c, 8)
		e, err := c.Event(true)
		must(t, err)
		must(t, e.Record(g.s))
		must(t, g.s.Sync())
		graph, err := g.s.Capture(func() error { return g.add(g.s, 0) })
		must(t, err)
		ready, err := graph.Instantiate()
		must(t, err)
		dev := c.Device
		pinned, err := c.AllocHost(4)
		must(t, err)
		calls := map[string]func() error{
			"cuMemFreeHost":                               pinned.Free,
			"cuDeviceGetCount":                            func() error { _, err := d.Count(); return err },
			"cuDeviceGet":                                 func() error { _, err := d.Device(0); return err },
			"cuDeviceGetName":                             func() error { _, err := dev.Properties(); return err },
			"cuDeviceTotalMem_v2":                         func() error { _, err := dev.Properties(); return err },
			"cuDeviceGetPCIBusId":                         func() error { _, err := dev.Properties(); return err },
			"cuDeviceGetUuid":                             func() error { _, err := dev.Properties(); return err },
			"cuDeviceGetAttribute":                        func() error { _, err := dev.Attribute(WarpSize); return err },
			"cuDeviceCanAccessPeer":                       func() error { _, err := d.CanPeer(dev, other.Device); return err },
			"cuCtxEnablePeerAccess":                       func() error { return c.EnablePeer(other) },
			"cuCtxSynchronize":                            c.Sync,
			"cuMemAlloc_v2":                               func() error { _, err := c.Alloc(1); return err },
			"cuMemFree_v2":                                func() error { return c.Free(g.x) },
			"cuMemGetInfo_v2":                             func() error { _, _, err := c.MemInfo(); return err },
			"cuMemHostAlloc":                              func() error { _, err := c.AllocHost(1); return err },
			"cuMemcpyHtoD_v2":                             func() error { return c.Upload(g.x, []byte{1}) },
			"cuMemcpyDtoH_v2":                             func() error { return c.Download([]byte{1}, g.x) },
			"cuMemcpyDtoD_v2":                             func() error { return c.Copy(g.x, g.y, 4) },
			"cuMemsetD8_v2":                               func() error { return c.Memset8(g.x, 1, 1) },
			"cuMemsetD32_v2":                              func() error { return c.Memset32(g.x, 1, 1) },
			"cuMemcpyHtoDAsync_v2":                        func() error { return g.s.Upload(g.x, g.hostX, 0, 4) },
			"cuMemcpyDtoHAsync_v2":                        func() error { return g.s.Download(g.hostX, 0, g.x, 4) },
			"cuMemcpyDtoDAsync_v2":                        func() error { return g.s.Copy(g.x, g.y, 4) },
			"cuMemcpyPeerAsync":                           func() error { return g.s.CopyPeer(g.x, g.y, c, 4) },
			"cuMemsetD8Async":                             func() error { return g.s.Memset8(g.x, 1, 1) },
			"cuMemsetD32Async":                            func() error { return g.s.Memset32(g.x, 1, 1) },
			"cuStreamCreateWithPriority":                  func() error { _, err := c.Stream(0); return err },
			"cuStreamDestroy_v2":                          g.s2.Close,
			"cuStreamSynchronize":                         g.s.Sync,
			"cuStreamQuery":                               func() error { _, err := g.s.Done(); return err },
			"cuStreamWaitEvent":                           func() error { return g.s.Wait(e) },
			"cuStreamBeginCapture_v2":                     func() error { _, err := g.s.Capture(func() error { return nil }); return err },
			"cuEventCreate":                               func() error { _, err := c.Event(false); return err },
			"cuEventDestroy_v2":                           e.Close,
			"cuEventRecord":                               func() error { return e.Record(g.s) },
			"cuEventSynchronize":                          e.Sync,
			"cuEventQuery":                                func() error { _, err := e.Done(); return err },
			"cuEventElapsedTime":                          func() error { _, err := e.Since(e); return err },
			"cuModuleLoadDataEx":                          func() error { _, err := c.Load(kernels); return err },
			"cuModuleUnload":                              g.module.Close,
			"cuModuleGetFunction":                         func() error { _, err := g.module.Kernel("axpy"); return err },
			"cuModuleGetGlobal_v2":                        func() error { _, _, err := g.module.Global("table"); return err },
			"cuFuncGetAttribute":                          func() error { _, err := g.axpy.Attributes(); return err },
			"cuFuncSetAttribute":                          func() error { return g.axpy.SetShared(0) },
			"cuOccupancyMaxActiveBlocksPerMultiprocessor": func() error { _, err := g.axpy.Occupancy(32, 0); return err },
			"cuLaunchKernel":                              func() error { return g.add(g.s, 0) },
			"cuGraphInstantiateWithFlags":                 func() error { _, err := graph.Instantiate(); return err },
			"cuGraphLaunch":                               func() error { return ready.Launch(g.s) },
			"cuGraphUpload":                               func() error { return ready.Upload(g.s) },
			"cuGraphGetNodes":                             func() error { _, err := graph.Nodes(); return err },
			"cuGraphDestroy":                              graph.Close,
			"cuGraphExecDestroy":                          ready.Close,
		}
		complete(t, driverCalls{}, calls, map[string]string{
			"cuInit": "TestDriverStatesAreToldApart", "cuDriverGetVersion": "TestDriverThatDoesNotTell", "cuStreamEndCapture": "TestFailedCaptureEndGivesNoGraph",
			"cuDevicePrimaryCtxRetain": "TestContextThatCannotBeMade", "cuCtxSetCurrent": "TestContextThatCannotBeMade",
			"cuDevicePrimaryCtxRelease_v2": "TestContextThatIsNotGivenBack",
		})
		for call, f := range calls {
			m.Fail(call, 1, 719)
			err := f()
			var failed *Error
			if !errors.As(err, &failed) || failed.Call != call || failed.Code != 719 || failed.Name != "CUDA_ERROR_LAUNCH_FAILED" || !errors.Is(err, ErrDeviceLost) {
				t.Errorf("%s ordered to fail: %v", call, err)
			}
			m.Heal()
		}
		must(t, errors.Join(graph.Close(), ready.Close(), e.Close(), pinned.Free()))
		g.close()
	})
	must(t, other.Close())
	m.MustBeClean()
}

func TestFailedCaptureEndGivesNoGraph(t *testing.T) {
	m := libs.Machine(t)
	inContext(t, driver(t, m), 0, func(c *Context) {
		s, err := c.Stream(0)
		must(t, err)
		m.Fail("cuStreamEndCapture", 1, 901)
		g, err := s.Capture(func() error { return nil })
		if g != nil || err == nil || !strings.Contains(err.Error(), "cuStreamEndCapture") {
			t.Errorf("graph %v, %v; want none and an error", g, err)
		}
	})
}

func TestContextThatCannotBeMade(t *testing.T) {
	for call, state := range map[string]error{"cuDevicePrimaryCtxRetain": ErrOutOfMemory, "cuCtxSetCurrent": ErrOutOfMemory} {
		m := libs.Machine(t)
		d := driver(t, m)
		dev, err := d.Device(0)
		must(t, err)
		m.Fail(call, 1, 2)
		if _, err := d.Context(dev); !errors.Is(err, state) || !strings.HasPrefix(err.Error(), "device 0: ") {
			t.Errorf("%s: %v; want %v", call, err, state)
		}
		m.MustBeClean()
	}
	m := libs.Machine(t)
	m.Set("device 0 mode 2")
	d := driver(t, m)
	dev, err := d.Device(0)
	must(t, err)
	if _, err := d.Context(dev); err == nil || !strings.Contains(err.Error(), "nvidia-smi -c DEFAULT") {
		t.Errorf("prohibited compute mode: %v", err)
	}
	if _, err := d.Device(1); err == nil || !strings.Contains(err.Error(), "CUDA_ERROR_INVALID_DEVICE") {
		t.Errorf("second of one GPU: %v", err)
	}
}

// TestLostDevice lets a kernel fail: the error comes when somebody waits, stays for the context, and spares the other GPU.
func TestLostDevice(t *testing.T) {
	m := libs.Machine(t)
	m.Set("devices 2")
	d := driver(t, m)
	c0, c1 := contextOf(t, d, 0), contextOf(t, d, 1)
	must(t, c0.Do(func() error {
		g := newGPU(t, c0, 8)
		g.args.Reset().Ptr(g.y).Ptr(g.x + 4096).Float32(1).Int32(8) // outside of x
		must(t, g.axpy.Launch(g.s, Dim{X: 1}, Dim{X: 32}, 0, &g.args))
		for _, after := range []struct {
			name string
			call func() error
		}{
			{"wait", g.s.Sync},
			{"second wait", g.s.Sync},
			{"allocation", func() error { _, err := c0.Alloc(1); return err }},
			{"launch", func() error { return g.add(g.s2, 1) }},
		} {
			if err := after.call(); !errors.Is(err, ErrDeviceLost) || errors.Is(err, ErrOutOfMemory) {
				t.Errorf("%s after an illegal address: %v; want ErrDeviceLost", after.name, err)
			}
		}
		return nil
	}))
	must(t, c1.Do(func() error {
		g := newGPU(t, c1, 8)
		must(t, g.add(g.s, 1))
		must(t, g.s.Sync())
		g.close()
		return nil
	}))
	must(t, errors.Join(c0.Close(), c1.Close()))
}

func TestOverrunIsSeen(t *testing.T) {
	m := libs.Machine(t)
	inContext(t, driver(t, m), 0, func(c *Context) {
		g := newGPU(t, c, 8)
		k, err := g.module.Kernel("overrun")
		must(t, err)
		must(t, k.Launch(g.s, Dim{}, Dim{}, 0, g.args.Reset().Ptr(g.x).Int32(8)))
		must(t, g.s.Sync())
		g.close()
	})
	s := m.State()
	if len(s.Violations) != 1 || s.Violations[0] != "byte 0 behind an allocation of 32 bytes was overwritten" {
		t.Errorf("violations %q, want the overrun of x", s.Violations)
	}
}

func TestLeaksAreCounted(t *testing.T) {
	m := libs.Machine(t)
	inContext(t, driver(t, m), 0, func(c *Context) {
		_, err := c.Alloc(100)
		must(t, err)
		_, err = c.AllocHost(100)
		must(t, err)
		_, err = c.Event(false)
		must(t, err)
	})
	got := m.State().Live
	if len(got) != 3 || got["memory"] != 1 || got["host"] != 1 || got["event"] != 1 {
		t.Errorf("left alive %v; want one memory, host and event", got)
	}
}

func TestBadSizes(t *testing.T) {
	m := libs.Machine(t)
	inContext(t, driver(t, m), 0, func(c *Context) {
		s, err := c.Stream(0)
		must(t, err)
		h, err := c.AllocHost(64)
		must(t, err)
		p, err := c.Alloc(64)
		must(t, err)
		for want, f := range map[string]func() error{
			"device memory of 0 bytes asked for; at least 1 is wanted":  func() error { _, err := c.Alloc(0); return err },
			"pinned memory of -1 bytes asked for; at least 1 is wanted": func() error { _, err := c.AllocHost(-1); return err },
			"bytes 60 to 68 of pinned memory that has 64":               func() error { return s.Upload(p, h, 60, 8) },
			"bytes -4 to 0 of pinned memory that has 64":                func() error { return s.Download(h, -4, p, 4) },
		} {
			if err := f(); err == nil || err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
		}
		if n := len(View[uint64](h)); n != 8 || h.Len() != 64 {
			t.Errorf("64 bytes are %d words of 64 bits", n)
		}
		must(t, h.Free())
		if h.Bytes() != nil || View[float32](h) != nil {
			t.Error("pinned memory is still seen after Free")
		}
		if err := s.Upload(p, h, 0, 4); err == nil || err.Error() != "pinned memory was freed" {
			t.Errorf("copy from freed memory: %v", err)
		}
		must(t, errors.Join(c.Free(p), s.Close()))
		if err := c.Free(p); err == nil || !strings.Contains(err.Error(), "cuMemFree_v2") {
			t.Errorf("freed twice: %v", err)
		}
	})
	m.MustBeClean()
}
