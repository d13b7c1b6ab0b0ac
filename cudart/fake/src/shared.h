// How the other fakes get at the driver in their folder.
#ifndef GROWLAB_FAKE_SHARED_H
#define GROWLAB_FAKE_SHARED_H
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core.h"

static const struct fake_core *core;

// The file beside this one, so that copies of the libraries in several folders do not meet; null if there is none.
__attribute__((constructor)) static void find_core(void) {
  Dl_info self;
  char path[PATH_MAX];
  if (!dladdr((void *)find_core, &self)) return;
  snprintf(path, sizeof path, "%s", self.dli_fname);
  char *slash = strrchr(path, '/');
  if (!slash) return;
  snprintf(slash, sizeof path - (slash - path), "/libcuda.so.1");
  void *so = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (so) core = dlsym(so, "fake_core");
}

static int ordered_result(const char *call) { return core->enter(call); }
static void leave_core(int *unused) { core->leave(unused); }
// Takes the lock and answers what was ordered; without a driver the answer is given.
#define ENTER_SHARED(call, without) \
  if (!core) return without; \
  int ordered_ __attribute__((cleanup(leave_core))) = ordered_result(#call); \
  if (ordered_) return ordered_

#endif
