// The kernels in what the compiler may assume of every processor of this architecture: SSE2, NEON, …
#define GL_NAME "plain"
#include "family.h"

const gl_kernels *gl_plain(void) { return &kernels; }
