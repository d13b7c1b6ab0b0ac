// A management library that reports the machine as it was configured.
#include "shared.h"

enum { UNINITIALIZED = 1, BAD_ARGUMENT = 2, NOT_PRESENT = 6, DRIVER_NOT_LOADED = 9 };
static int users;

const char *nvmlErrorString(int code) __attribute__((visibility("default")));
const char *nvmlErrorString(int code) {
  switch (code) {
  case 0: return "Success";
  case 1: return "Uninitialized";
  case 2: return "Invalid Argument";
  case 3: return "Not Supported";
  case 6: return "Not Found";
  case 9: return "Driver Not Loaded";
  case 15: return "GPU is lost";
  case 18: return "Driver/library version mismatch";
  }
  return "Unknown Error";
}

API nvmlInit_v2(void) { ENTER_SHARED(nvmlInit_v2, DRIVER_NOT_LOADED); users++; return 0; }
API nvmlShutdown(void) { ENTER_SHARED(nvmlShutdown, DRIVER_NOT_LOADED); if (!users) return UNINITIALIZED; users--; return 0; }

#define ENTER_NVML(call) ENTER_SHARED(call, DRIVER_NOT_LOADED); if (!users) return UNINITIALIZED
// A handle is 1 + the number of the GPU.
#define ENTER_CARD(call) ENTER_NVML(call); if (h < 1 || h > *core->device_count) return BAD_ARGUMENT; const struct device *d = &core->devices[h - 1]; (void)d

API nvmlSystemGetDriverVersion(char *s, unsigned n) { ENTER_NVML(nvmlSystemGetDriverVersion); snprintf(s, n, "%s", core->driver_version); return 0; }
API nvmlSystemGetCudaDriverVersion_v2(int *v) { ENTER_NVML(nvmlSystemGetCudaDriverVersion_v2); *v = *core->cuda_version; return 0; }
API nvmlDeviceGetCount_v2(unsigned *n) { ENTER_NVML(nvmlDeviceGetCount_v2); *n = *core->device_count; return 0; }
API nvmlDeviceGetHandleByIndex_v2(unsigned i, intptr_t *h) { ENTER_NVML(nvmlDeviceGetHandleByIndex_v2); if (i >= (unsigned)*core->device_count) return BAD_ARGUMENT; *h = i + 1; return 0; }

static void uuid_text(char *s, size_t n, int i) {
  size_t used = snprintf(s, n, "GPU-");
  for (int k = 0; k < 16; k++) used += snprintf(s + used, n - used, "%s%02x", k == 4 || k == 6 || k == 8 || k == 10 ? "-" : "", (16 * k + i) & 255);
}
API nvmlDeviceGetHandleByUUID(const char *uuid, intptr_t *h) {
  ENTER_NVML(nvmlDeviceGetHandleByUUID);
  for (int i = 0; i < *core->device_count; i++) {
    char s[96];
    uuid_text(s, sizeof s, i);
    if (!strcmp(s, uuid)) { *h = i + 1; return 0; }
  }
  return NOT_PRESENT;
}
API nvmlDeviceGetHandleByPciBusId_v2(const char *pci, intptr_t *h) {
  ENTER_NVML(nvmlDeviceGetHandleByPciBusId_v2);
  unsigned bus;
  if (sscanf(pci, "0000:%x:00.0", &bus) != 1 || bus < 0x3b || bus >= 0x3bu + *core->device_count) return NOT_PRESENT;
  *h = bus - 0x3b + 1;
  return 0;
}
API nvmlDeviceGetName(intptr_t h, char *s, unsigned n) { ENTER_CARD(nvmlDeviceGetName); snprintf(s, n, "%s", d->name); return 0; }
API nvmlDeviceGetUUID(intptr_t h, char *s, unsigned n) { ENTER_CARD(nvmlDeviceGetUUID); uuid_text(s, n, h - 1); return 0; }
API nvmlDeviceGetCudaComputeCapability(intptr_t h, int *major, int *minor) { ENTER_CARD(nvmlDeviceGetCudaComputeCapability); *major = d->major; *minor = d->minor; return 0; }
API nvmlDeviceGetUtilizationRates(intptr_t h, unsigned *rates) { ENTER_CARD(nvmlDeviceGetUtilizationRates); rates[0] = d->utilization; rates[1] = d->memory_utilization; return 0; }
API nvmlDeviceGetMemoryInfo(intptr_t h, unsigned long long *m) { ENTER_CARD(nvmlDeviceGetMemoryInfo); m[0] = d->memory; m[1] = d->memory - d->used; m[2] = d->used; return 0; }
API nvmlDeviceGetPowerUsage(intptr_t h, unsigned *mw) { ENTER_CARD(nvmlDeviceGetPowerUsage); *mw = d->power; return 0; }
API nvmlDeviceGetEnforcedPowerLimit(intptr_t h, unsigned *mw) { ENTER_CARD(nvmlDeviceGetEnforcedPowerLimit); *mw = d->limit; return 0; }
API nvmlDeviceGetTemperature(intptr_t h, int sensor, unsigned *t) { ENTER_CARD(nvmlDeviceGetTemperature); if (sensor) return BAD_ARGUMENT; *t = d->temperature; return 0; }
API nvmlDeviceGetClockInfo(intptr_t h, int type, unsigned *mhz) { ENTER_CARD(nvmlDeviceGetClockInfo); if (type != 1 && type != 2) return BAD_ARGUMENT; *mhz = type == 1 ? d->clock : d->memory_clock; return 0; }
API nvmlDeviceGetCurrentClocksThrottleReasons(intptr_t h, unsigned long long *r) { ENTER_CARD(nvmlDeviceGetCurrentClocksThrottleReasons); *r = d->throttle; return 0; }
API nvmlDeviceGetCurrentClocksEventReasons(intptr_t h, unsigned long long *r) { ENTER_CARD(nvmlDeviceGetCurrentClocksEventReasons); *r = d->throttle; return 0; }
