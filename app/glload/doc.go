// Package glload lets one binary serve desktops and bare servers. Fyne links to exactly one symbol of libGL,
// glXGetProcAddress; this package defines that symbol itself and opens libGL.so.1 when it is first called, that is when a
// window opens. GLFW opens libX11 and its relatives with dlopen already. So a program built with `-tags x11` needs only libc
// and libm to start, and the verbs of the terminal run where no graphics library is installed.
//
// Covered: Linux with X11 (a Wayland desktop serves it through XWayland). Not covered: the `wayland` build tag, whose
// libraries GLFW links to. On other systems the package is empty and Available always answers nil.
//
// Because a window toolkit that finds no libX11, no libGL, no server or no GLX does not fail but logs, hangs or panics,
// Available asks for all four beforehand.
package glload
