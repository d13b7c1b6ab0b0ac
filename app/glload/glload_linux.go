//go:build linux && cgo

package glload

/*
#cgo LDFLAGS: -ldl
#include <dlfcn.h>
#include <stddef.h>

typedef void (*proc)(void); // dlsym gives data pointers; calls need this

static void *x11_library(void) {
	static void *h;
	if (!h)
		h = dlopen("libX11.so.6", RTLD_LAZY | RTLD_GLOBAL);
	return h;
}

static void *gl_library(void) {
	static void *h;
	if (!h)
		h = dlopen("libGL.so.1", RTLD_LAZY | RTLD_GLOBAL);
	return h;
}

// The symbol that go-gl links to. NULL means: no such function.
proc glXGetProcAddress(const unsigned char *name) {
	static proc (*real)(const unsigned char *);
	if (!real) {
		void *h = gl_library();
		if (!h)
			return NULL;
		real = (proc (*)(const unsigned char *))dlsym(h, "glXGetProcAddressARB");
	}
	return real ? real(name) : NULL;
}

// What glload_probe found first to be missing.
enum { probe_ok, probe_no_x11, probe_no_gl, probe_no_server, probe_no_glx };

// A connection that found everything stays open, idle, for the life of the program: an X server that serves nobody else
// resets when its last client leaves, and the window would meet it in that moment.
static int glload_probe(void) {
	static void *held;
	void *x11 = x11_library(), *gl;
	if (!x11)
		return probe_no_x11;
	gl = gl_library();
	if (!gl)
		return probe_no_gl;
	void *(*open_display)(const char *) = (void *(*)(const char *))dlsym(x11, "XOpenDisplay");
	int (*close_display)(void *) = (int (*)(void *))dlsym(x11, "XCloseDisplay");
	int (*query_extension)(void *, int *, int *) = (int (*)(void *, int *, int *))dlsym(gl, "glXQueryExtension");
	if (!open_display || !close_display)
		return probe_no_x11;
	if (!query_extension)
		return probe_no_gl;
	void *display = open_display(NULL);
	if (!display)
		return probe_no_server;
	int error_base, event_base;
	int has_glx = query_extension(display, &error_base, &event_base);
	if (held)
		close_display(held);
	held = display;
	return has_glx ? probe_ok : probe_no_glx;
}
*/
import "C"

import (
	"errors"
	"fmt"
	"os"
)

// Available reports whether a window can open here: nil, or one sentence that says what is missing and how to get it.
func Available() error {
	display := os.Getenv("DISPLAY")
	if display == "" {
		if os.Getenv("WAYLAND_DISPLAY") != "" {
			return errors.New("DISPLAY is not set: this Wayland desktop runs no XWayland, which the window needs")
		}
		return errors.New("DISPLAY is not set: there is no screen here to open a window on")
	}
	switch C.glload_probe() {
	case C.probe_no_x11:
		return errors.New("the library libX11.so.6 is missing; install it with: apt install libx11-6")
	case C.probe_no_gl:
		return errors.New("the library libGL.so.1 is missing; install it with: apt install libgl1")
	case C.probe_no_server:
		return fmt.Errorf("no X server answers at DISPLAY=%s", display)
	case C.probe_no_glx:
		return fmt.Errorf("the X server at DISPLAY=%s has no GLX, which the window needs to draw", display)
	}
	return nil
}
