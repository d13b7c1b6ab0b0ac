// Configuration, fault injection, counts of what lives, and the lock of the fake driver.
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "core.h"

struct device devices[MAX_DEVICES];
int device_count, cuda_version;
char driver_version[80];
unsigned seed;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t change = PTHREAD_COND_INITIALIZER;
static int live[LIVE_KINDS];
static const char *live_names[LIVE_KINDS] = {"memory", "host",	  "stream", "event", "module", "graph",
					     "exec",   "context", "blas",   "comm",  "program"};
static char violations[8192];
static unsigned random_state = 1;

// Calls by name: how often, and what was ordered.
struct call {
	char name[64];
	long count;
	struct call *next;
};
static struct call *calls;

struct fault {
	char name[64];
	long nth;
	int code;
	struct fault *next;
};
static struct fault *faults;

static struct call *call_named(const char *name)
{
	struct call *c;
	for (c = calls; c; c = c->next)
		if (!strcmp(c->name, name))
			return c;
	c = calloc(1, sizeof *c);
	snprintf(c->name, sizeof c->name, "%s", name);
	c->next = calls;
	return calls = c;
}

int ordered(const char *name)
{
	long n = ++call_named(name)->count;
	for (struct fault *f = faults; f; f = f->next)
		if (!strcmp(f->name, name) && (f->nth == 0 || f->nth == n))
			return f->code;
	return 0;
}

int enter(const char *name)
{
	pthread_mutex_lock(&lock);
	return ordered(name);
}

void leave(int *unused)
{
	(void)unused;
	pthread_mutex_unlock(&lock);
}

void changed(void) { pthread_cond_broadcast(&change); }

void wait_change(void)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 60;
	if (pthread_cond_timedwait(&change, &lock, &until) == ETIMEDOUT) {
		fprintf(stderr, "fake CUDA: deadlock: for a minute a stream has waited for work that no thread issued\n");
		abort();
	}
}

void count_live(int kind, int by) { live[kind] += by; }

void violation(const char *format, ...)
{
	size_t n = strlen(violations);
	va_list a;
	va_start(a, format);
	vsnprintf(violations + n, sizeof violations - n, format, a);
	va_end(a);
	n = strlen(violations);
	if (n + 1 < sizeof violations)
		strcpy(violations + n, "\n");
}

unsigned random_number(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state;
}

static void default_device(struct device *d, int i)
{
	memset(d, 0, sizeof *d);
	snprintf(d->name, sizeof d->name, "Fake GPU %d", i);
	d->major = 8;
	d->minor = 0;
	d->multiprocessors = 4;
	d->l2 = 4 << 20;
	d->shared_optin = 163 << 10;
	d->peer = 1;
	d->memory = (size_t)1 << 30;
	d->utilization = 7;
	d->memory_utilization = 3;
	d->power = 60500;
	d->limit = 300000;
	d->temperature = 41;
	d->clock = 1410;
	d->memory_clock = 1215;
}

static int set_device(int i, const char *key, const char *value)
{
	if (i < 0 || i >= MAX_DEVICES)
		return -1;
	struct device *d = &devices[i];

	struct {
		const char *key;
		int *to;
	} ints[] = {{"major", &d->major},
		    {"minor", &d->minor},
		    {"multiprocessors", &d->multiprocessors},
		    {"shared", &d->shared_optin},
		    {"peer", &d->peer},
		    {"mode", &d->mode},
		    {"utilization", &d->utilization},
		    {"power", &d->power},
		    {"limit", &d->limit},
		    {"temperature", &d->temperature},
		    {"clock", &d->clock}};

	if (!strcmp(key, "name")) {
		snprintf(d->name, sizeof d->name, "%.95s", value);
		return 0;
	}
	if (!strcmp(key, "memory")) {
		d->memory = strtoull(value, NULL, 0);
		return 0;
	}
	if (!strcmp(key, "throttle")) {
		d->throttle = strtoll(value, NULL, 0);
		return 0;
	}
	for (size_t k = 0; k < sizeof ints / sizeof *ints; k++)
		if (!strcmp(key, ints[k].key)) {
			*ints[k].to = atoi(value);
			return 0;
		}
	return -1;
}

static int command(const char *line)
{
	char name[64], value[128];
	long nth;
	int i, code;
	if (sscanf(line, " devices %d", &i) == 1 && i >= 0 && i <= MAX_DEVICES) {
		device_count = i;
		return 0;
	}
	if (sscanf(line, " device %d %63s %127[^\n]", &i, name, value) == 3)
		return set_device(i, name, value);
	if (sscanf(line, " cuda %d", &cuda_version) == 1)
		return 0;
	if (sscanf(line, " driver %79s", driver_version) == 1)
		return 0;
	if (sscanf(line, " seed %u", &seed) == 1) {
		random_state = seed * 2654435761u + 1;
		return 0;
	}
	if (sscanf(line, " fail %63s %ld %d", name, &nth, &code) == 3) {
		struct fault *f = calloc(1, sizeof *f);
		strcpy(f->name, name);
		f->nth = nth ? call_named(name)->count + nth : 0;
		f->code = code;
		f->next = faults;
		faults = f;
		return 0;
	}
	if (sscanf(line, " %63s", name) == 1 && !strcmp(name, "heal")) {
		faults = NULL;
		return 0;
	}
	return -1;
}

// fake_command configures: "devices 2", "device 0 memory 1048576", "fail cuMemAlloc_v2 3 2" (the third call from now; 0:
// every), "heal", "cuda 12040", "driver 550.54", "seed 7". -1: not understood.
API fake_command(const char *line)
{
	pthread_mutex_lock(&lock);
	int r = command(line);
	pthread_mutex_unlock(&lock);
	return r;
}

// fake_calls is how often a function was called.
FAKE_EXPORT long fake_calls(const char *name)
{
	pthread_mutex_lock(&lock);
	long n = call_named(name)->count;
	pthread_mutex_unlock(&lock);
	return n;
}

// fake_report writes "live NAME COUNT" for all that lives, "called NAME COUNT" for what was called, and "violation …" for what was done wrong unseen by any result code.
FAKE_EXPORT void fake_report(char *to, long size)
{
	pthread_mutex_lock(&lock);
	long n = 0;
	to[0] = 0;
	for (int k = 0; k < LIVE_KINDS && n < size; k++)
		if (live[k])
			n += snprintf(to + n, size - n, "live %s %d\n", live_names[k], live[k]);
	for (struct call *c = calls; c && n < size; c = c->next)
		if (c->count)
			n += snprintf(to + n, size - n, "called %s %ld\n", c->name, c->count);
	for (char *v = violations; *v && n < size;) {
		int len = strcspn(v, "\n");
		n += snprintf(to + n, size - n, "violation %.*s\n", len, v);
		v += len + (v[len] != 0);
	}
	pthread_mutex_unlock(&lock);
}

__attribute__((constructor)) static void configure(void)
{
	for (int i = 0; i < MAX_DEVICES; i++)
		default_device(&devices[i], i);
	device_count = 1;
	cuda_version = 12040;
	strcpy(driver_version, "550.163.01");
	char *all = getenv("GROWLAB_FAKE_CUDA"), *rest = NULL;
	if (!all)
		return;
	all = strdup(all);
	for (char *line = strtok_r(all, ";", &rest); line; line = strtok_r(NULL, ";", &rest))
		if (command(line)) {
			fprintf(stderr, "fake CUDA: GROWLAB_FAKE_CUDA: not understood: %s\n", line);
			abort();
		}
	free(all);
}

static int push_handle(void *stream, struct op op)
{
	struct stream *s = stream_of(stream);
	return s ? push(s, op) : INVALID_HANDLE;
}

static int current_device(void) { return current; }

FAKE_EXPORT const struct fake_core fake_core = {
	enter,	     leave,   count_live, violation,	  push_handle, stream_of,     ordered,	     advance,
	wait_change, changed, reachable,  current_device, devices,     &device_count, &cuda_version, driver_version};
