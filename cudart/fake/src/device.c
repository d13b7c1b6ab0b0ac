// Initialisation, devices, contexts and error texts of the fake driver.
#include <stdio.h>
#include <string.h>
#include "core.h"

__thread int current;
static int initialised;

static const struct {
	int code;
	const char *name, *text;
} errors[] = {
	{OK, "CUDA_SUCCESS", "no error"},
	{INVALID_VALUE, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
	{OUT_OF_MEMORY, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
	{NOT_INITIALIZED, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
	{NO_DEVICE, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
	{INVALID_DEVICE, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
	{INVALID_IMAGE, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
	{INVALID_CONTEXT, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
	{PEER_UNSUPPORTED, "CUDA_ERROR_PEER_ACCESS_UNSUPPORTED", "peer access is not supported between these two devices"},
	{INVALID_HANDLE, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
	{NOT_FOUND, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
	{NOT_READY, "CUDA_ERROR_NOT_READY", "device not ready"},
	{ILLEGAL_ADDRESS, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
	{OUT_OF_RESOURCES, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested for launch"},
	{719, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
	{803, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH", "system has unsupported display driver / cuda driver combination"},
	{CAPTURE_UNSUPPORTED, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "operation not permitted when stream is capturing"},
	{CAPTURE_INVALIDATED, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED",
	 "operation failed due to a previous error during capture"},
	{CAPTURE_UNMATCHED, "CUDA_ERROR_STREAM_CAPTURE_UNMATCHED", "capture was not initiated in this stream"},
	{CAPTURE_UNJOINED, "CUDA_ERROR_STREAM_CAPTURE_UNJOINED", "capturing stream has unjoined work"},
	{CAPTURE_ISOLATION, "CUDA_ERROR_STREAM_CAPTURE_ISOLATION", "dependency created on uncaptured work in another stream"},
};

static int error_text(int code, const char **s, int name)
{
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		if (errors[i].code == code) {
			*s = name ? errors[i].name : errors[i].text;
			return OK;
		}
	*s = NULL;
	return INVALID_VALUE;
}

API cuGetErrorName(int code, const char **s)
{
	ENTER(cuGetErrorName);
	return error_text(code, s, 1);
}

API cuGetErrorString(int code, const char **s)
{
	ENTER(cuGetErrorString);
	return error_text(code, s, 0);
}

API cuInit(unsigned flags)
{
	ENTER(cuInit);
	if (flags)
		return INVALID_VALUE;
	if (!device_count)
		return NO_DEVICE;
	initialised = 1;
	return OK;
}

API cuDriverGetVersion(int *v)
{
	ENTER(cuDriverGetVersion);
	*v = cuda_version;
	return OK;
}

#define ENTER_DEVICE(call, i) \
	ENTER(call); \
	if (!initialised) \
		return NOT_INITIALIZED; \
	if ((i) < 0 || (i) >= device_count) \
		return INVALID_DEVICE; \
	struct device *d = &devices[i]; \
	(void)d

API cuDeviceGetCount(int *n)
{
	ENTER(cuDeviceGetCount);
	if (!initialised)
		return NOT_INITIALIZED;
	*n = device_count;
	return OK;
}

API cuDeviceGet(int *dev, int i)
{
	ENTER_DEVICE(cuDeviceGet, i);
	*dev = i;
	return OK;
}

API cuDeviceGetName(char *s, int n, int i)
{
	ENTER_DEVICE(cuDeviceGetName, i);
	snprintf(s, n, "%s", d->name);
	return OK;
}

API cuDeviceTotalMem_v2(size_t *n, int i)
{
	ENTER_DEVICE(cuDeviceTotalMem_v2, i);
	*n = d->memory;
	return OK;
}

API cuDeviceGetPCIBusId(char *s, int n, int i)
{
	ENTER_DEVICE(cuDeviceGetPCIBusId, i);
	snprintf(s, n, "0000:%02X:00.0", 0x3b + i);
	return OK;
}

API cuDeviceGetUuid(unsigned char *uuid, int i)
{
	ENTER_DEVICE(cuDeviceGetUuid, i);
	for (int k = 0; k < 16; k++)
		uuid[k] = 16 * k + i;
	return OK;
}

API cuDeviceGetAttribute(int *v, int attribute, int i)
{
	ENTER_DEVICE(cuDeviceGetAttribute, i);
	switch (attribute) {
	case 1:
	case 2:
	case 3:
		*v = 1024;
		return OK;
	case 4:
		*v = 64;
		return OK;
	case 5:
		*v = 0x7fffffff;
		return OK;
	case 6:
	case 7:
		*v = 65535;
		return OK;
	case 8:
		*v = 48 << 10;
		return OK;
	case 10:
		*v = 32;
		return OK;
	case 12:
	case 82:
		*v = 65536;
		return OK;
	case 13:
		*v = d->clock * 1000;
		return OK;
	case 16:
		*v = d->multiprocessors;
		return OK;
	case 20:
		*v = d->mode;
		return OK;
	case 38:
		*v = d->l2;
		return OK;
	case 39:
		*v = 2048;
		return OK;
	case 75:
		*v = d->major;
		return OK;
	case 76:
		*v = d->minor;
		return OK;
	case 81:
		*v = d->shared_optin + 1024;
		return OK;
	case 97:
		*v = d->shared_optin;
		return OK;
	}
	return INVALID_VALUE;
}

// A context is 1 + the number of its GPU: the primary context is the only one.
API cuDevicePrimaryCtxRetain(void **c, int i)
{
	ENTER_DEVICE(cuDevicePrimaryCtxRetain, i);
	d->retained++;
	count_live(LIVE_CONTEXT, 1);
	*c = (void *)(intptr_t)(i + 1);
	return OK;
}

API cuDevicePrimaryCtxRelease_v2(int i)
{
	ENTER_DEVICE(cuDevicePrimaryCtxRelease_v2, i);
	if (!d->retained)
		return INVALID_CONTEXT;
	count_live(LIVE_CONTEXT, -1);
	if (!--d->retained) {
		drain_device(i, 0);
		d->error = 0;
		d->peers = 0;
	}
	return OK;
}

API cuCtxSetCurrent(void *c)
{
	ENTER(cuCtxSetCurrent);
	int i = (int)(intptr_t)c;
	if (i < 0 || i > device_count || (i && !devices[i - 1].retained))
		return INVALID_CONTEXT;
	current = i;
	return OK;
}

API cuCtxSynchronize(void)
{
	ENTER_CONTEXT(cuCtxSynchronize);
	int r = unsafe_call();
	return r ? r : drain_device(current - 1, 0);
}

API cuDeviceCanAccessPeer(int *can, int i, int j)
{
	ENTER_DEVICE(cuDeviceCanAccessPeer, i);
	if (j < 0 || j >= device_count)
		return INVALID_DEVICE;
	*can = i != j && d->peer && devices[j].peer;
	return OK;
}

API cuCtxEnablePeerAccess(void *c, unsigned flags)
{
	ENTER_CONTEXT(cuCtxEnablePeerAccess);
	int j = (int)(intptr_t)c - 1;
	if (flags)
		return INVALID_VALUE;
	if (j < 0 || j >= device_count || !devices[j].retained || j == current - 1)
		return INVALID_CONTEXT;
	if (!d->peer || !devices[j].peer)
		return PEER_UNSUPPORTED;
	if (d->peers >> j & 1)
		return PEER_ALREADY;
	d->peers |= 1u << j;
	return OK;
}
