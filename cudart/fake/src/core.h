// Inside of the fake driver: devices, contexts, queues, and what the other fakes share with it.
#ifndef GROWLAB_FAKE_CORE_H
#define GROWLAB_FAKE_CORE_H
#include <pthread.h>
#include <stdint.h>
#include <stddef.h>
#include "fake.h"

enum {
	OK = 0,
	INVALID_VALUE = 1,
	OUT_OF_MEMORY = 2,
	NOT_INITIALIZED = 3,
	NO_DEVICE = 100,
	INVALID_DEVICE = 101,
	INVALID_IMAGE = 200,
	INVALID_CONTEXT = 201,
	NO_BINARY_FOR_GPU = 209,
	PEER_UNSUPPORTED = 217,
	INVALID_HANDLE = 400,
	NOT_FOUND = 500,
	NOT_READY = 600,
	ILLEGAL_ADDRESS = 700,
	OUT_OF_RESOURCES = 701,
	PEER_ALREADY = 704,
	CAPTURE_UNSUPPORTED = 900,
	CAPTURE_INVALIDATED = 901,
	CAPTURE_UNMATCHED = 903,
	CAPTURE_UNJOINED = 904,
	CAPTURE_ISOLATION = 905,
	CAPTURED_EVENT = 907,
	CAPTURE_WRONG_THREAD = 908,
};

enum { MAX_DEVICES = 16 };

// One GPU, as configured, for driver and NVML.
struct device {
	char name[96];
	int major, minor, multiprocessors, l2, shared_optin, peer, mode;
	size_t memory, used;
	int utilization, memory_utilization, power, limit, temperature, clock, memory_clock;
	long long throttle;
	int error, retained; // the primary context: what it died of; references
	unsigned peers; // bit i: may reach the memory of GPU i
};
extern struct device devices[MAX_DEVICES];
extern int device_count, cuda_version;
extern char driver_version[80];
extern unsigned seed;

struct op;
struct capture;

struct stream {
	int magic, device;
	unsigned flags;
	struct op *head, **tail;
	int busy; // some thread runs its first entry
	struct capture *capture;
	long captured, joined; // entries of the capture, and how many of them the capture's origin waits for
};

struct event {
	int magic, device;
	unsigned flags;
	uint64_t recorded, completed; // times
	struct stream *source; // where it was recorded last
	double at; // seconds
	struct capture *capture; // null: its last record ran in a stream
	long captured; // entries of source before it
};

// What a thread records: nodes in the order of issue, which is a legal order to run them in.
struct capture {
	struct stream *origin;
	struct op *head, **tail;
	int nodes, invalid;
	pthread_t thread;
	struct stream *streams[64];
	int stream_count;
};
extern __thread struct capture *capturing;

enum { RUN, RECORD, WAIT };

// One entry of a queue. run may happen more than once when it is part of a graph. collective: waits for other ranks.
struct op {
	struct op *next;
	int kind;
	int (*run)(void *);
	void *arg;
	struct event *event;
	uint64_t target;
	struct stream *source;
	int collective;
};

// What lives: counted for leak checks.
enum {
	LIVE_MEMORY,
	LIVE_HOST,
	LIVE_STREAM,
	LIVE_EVENT,
	LIVE_MODULE,
	LIVE_GRAPH,
	LIVE_EXEC,
	LIVE_CONTEXT,
	LIVE_BLAS,
	LIVE_COMM,
	LIVE_PROGRAM,
	LIVE_KINDS
};

// core.c
int enter(const char *call); // takes the lock; the code that was ordered for this call, or 0
void leave(int *unused);
int ordered(const char *call); // the same without the lock
void wait_change(void); // sleeps until another thread changed something; a deadlock is reported and ends the process
void changed(void);
void count_live(int kind, int by);
void violation(const char *format, ...) __attribute__((format(printf, 1, 2)));
unsigned random_number(void);
// device.c
extern __thread int current; // GPU of the current context + 1; 0: none
// memory.c
int device_memory(const void *p, unsigned long long bytes); // number of the GPU + 1 whose allocation holds all of it; 0: none
int reachable(int device, const void *p, unsigned long long bytes);
const struct fake_range *reachable_ranges(int device, int *count); // sorted; until the next call
int pinned(const void *p, size_t bytes);
// stream.c
int push(struct stream *s, struct op op);
int drain(struct stream *s);
void advance(struct stream *s);
int drain_device(int device, unsigned without_flag);
struct stream *stream_of(void *handle); // of the current context; null: not one
int run_queued(struct stream *s, int (*run)(void *), void *arg);
// graph.c
int unsafe_call(void); // refuses what is not allowed while this thread captures
int invalidate(struct capture *c, int code);
int join(struct stream *s, struct event *e);

#define API FAKE_EXPORT int
#define ENTER(call) \
	int ordered_ __attribute__((cleanup(leave))) = enter(#call); \
	if (ordered_) \
	return ordered_
// With a current context that is alive.
#define ENTER_CONTEXT(call) \
	ENTER(call); \
	if (!current) \
		return INVALID_CONTEXT; \
	if (devices[current - 1].error) \
		return devices[current - 1].error; \
	struct device *d = &devices[current - 1]; \
	(void)d

// What the fakes of the other libraries take from the libcuda in their folder.
struct fake_core {
	int (*enter)(const char *);
	void (*leave)(int *);
	void (*count_live)(int, int);
	void (*violation)(const char *, ...);
	int (*push)(void *stream, struct op);
	struct stream *(*stream_of)(void *);
	int (*ordered)(const char *);
	void (*advance)(struct stream *);
	void (*wait_change)(void);
	void (*changed)(void);
	int (*reachable)(int, const void *, unsigned long long);
	int (*current)(void);
	struct device *devices;
	int *device_count, *cuda_version;
	char *driver_version;
};

#endif
