// Streams are lazy: what is queued runs when somebody waits for it, and only that, so that a missing wait shows. With a seed, other
// streams run ahead by chance as well, as far as events allow, so that a buffer overwritten too early shows. Capture records into a graph.
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "core.h"

enum { STREAM = 0x5712ea, EVENT = 0xe7e27, GRAPH = 0x62a9, EXEC = 0xe8ec, NON_BLOCKING = 1, NO_TIMING = 2 };

// What a thread records: nodes in the order of issue, which is a legal order to run them in.
struct capture { struct stream *origin; struct op *head, **tail; int nodes, invalid; pthread_t thread; struct stream *streams[64]; int stream_count; };
static __thread struct capture *capturing;

struct listed { struct stream *s; struct listed *next; };
static struct listed *streams;
static struct stream defaults[MAX_DEVICES];

static struct stream *new_stream(struct stream *s, int device, unsigned flags) {
  struct listed *l = malloc(sizeof *l);
  *s = (struct stream){.magic = STREAM, .device = device, .flags = flags, .tail = &s->head};
  *l = (struct listed){s, streams};
  streams = l;
  return s;
}
struct stream *stream_of(void *handle) {
  struct stream *s = handle;
  if (!s) { s = &defaults[current - 1]; if (!s->magic) new_stream(s, current - 1, 0); }
  return s->magic == STREAM && s->device == current - 1 ? s : NULL;
}

int push(struct stream *s, struct op op) {
  struct op *o = malloc(sizeof *o);
  *o = op;
  o->next = NULL;
  struct op ***tail = &s->tail;
  if (s->capture) {
    if (s->capture->invalid) { free(o); return CAPTURE_INVALIDATED; }
    tail = &s->capture->tail;
    s->capture->nodes += op.kind == RUN;
    s->captured++;
  }
  **tail = o;
  *tail = &o->next;
  changed();
  return OK;
}
int run_queued(struct stream *s, int (*run)(void *), void *arg) { return push(s, (struct op){.kind = RUN, .run = run, .arg = arg}); }

static double seconds(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec * 1e-9; }

static void finish(struct op *o) {
  if (o->kind == RECORD && o->event->completed < o->target) { o->event->completed = o->target; o->event->at = seconds(); }
}

// drop_work empties all queues of a GPU whose context died; waiters elsewhere are let go.
void drop_work(int device) {
  for (struct listed *l = streams; l; l = l->next) {
    if (l->s->device != device || l->s->busy) continue;
    for (struct op *o = l->s->head; o; o = o->next) finish(o);
    l->s->head = NULL;
    l->s->tail = &l->s->head;
  }
  changed();
}

static int ready(struct op *o) { return o->kind != WAIT || o->event->completed >= o->target; }

// step runs the head of a queue.
static int step(struct stream *s) {
  struct op *o = s->head;
  int r = OK, device = s->device;
  s->busy = 1;
  while (!ready(o) && o->source->head && !r) {
    if (o->source->busy) { wait_change(); continue; }
    int q = step(o->source), same = o->source->device == device;
    if (q && same) r = q;   // a GPU that dies does not take another with it; its events count as reached
  }
  if (!r && !ready(o)) violation("a stream waits for an event that no stream will reach");
  if (!r && o->kind == RUN && !(r = ordered("run"))) r = o->run(o->arg);
  if (!r) finish(o);
  s->busy = 0;
  if (r || devices[device].error) {
    if (!devices[device].error) devices[device].error = r;
    drop_work(device);
    return devices[device].error;
  }
  s->head = o->next;
  if (!s->head) s->tail = &s->head;
  free(o);
  changed();
  return OK;
}

// advance runs one entry of a queue that nobody is running.
void advance(struct stream *s) { if (s->head && !s->busy) step(s); }

// run_ahead lets other streams go on by chance.
static void run_ahead(void) {
  while (seed && random_number() % 3 == 0) {
    int n = 0;
    for (struct listed *l = streams; l; l = l->next) n++;
    struct listed *l = streams;
    for (n = random_number() % n; n--;) l = l->next;
    if (!l->s->busy && l->s->head && !l->s->head->collective && ready(l->s->head)) step(l->s);
  }
}

// drain runs a queue to its end.
int drain(struct stream *s) {
  while (s->head) {
    int r;
    if (s->busy) { wait_change(); continue; }
    run_ahead();
    if (!s->busy && s->head && (r = step(s))) return r;
  }
  return devices[s->device].error;
}
int drain_device(int device, unsigned without_flag) {
  for (struct listed *l = streams; l; l = l->next) {
    int r;
    if (l->s->device == device && !(l->s->flags & without_flag) && (r = drain(l->s))) return r;
  }
  return devices[device].error;
}

static int invalidate(struct capture *c, int code) { c->invalid = 1; return code; }
int unsafe_call(void) { return capturing ? invalidate(capturing, CAPTURE_UNSUPPORTED) : OK; }

API cuStreamCreateWithPriority(void **p, unsigned flags, int priority) {
  ENTER_CONTEXT(cuStreamCreateWithPriority);
  (void)priority;
  if (flags & ~1u) return INVALID_VALUE;
  *p = new_stream(malloc(sizeof(struct stream)), current - 1, flags);
  count_live(LIVE_STREAM, 1);
  return OK;
}
API cuStreamDestroy_v2(void *p) {
  ENTER_CONTEXT(cuStreamDestroy_v2);
  struct stream *s = p ? stream_of(p) : NULL;
  if (!s) return INVALID_HANDLE;
  int r = drain(s);
  if (r) return r;
  s->magic = 0;   // it stays in the list: another thread may be going through it
  count_live(LIVE_STREAM, -1);
  return OK;
}
API cuStreamSynchronize(void *p) {
  ENTER_CONTEXT(cuStreamSynchronize);
  struct stream *s = stream_of(p);
  if (!s) return INVALID_HANDLE;
  return s->capture ? invalidate(s->capture, CAPTURE_UNSUPPORTED) : drain(s);
}
// A query runs one entry, so that a loop of queries ends.
API cuStreamQuery(void *p) {
  ENTER_CONTEXT(cuStreamQuery);
  struct stream *s = stream_of(p);
  if (!s) return INVALID_HANDLE;
  if (s->capture) return invalidate(s->capture, CAPTURE_UNSUPPORTED);
  int r = s->head && !s->busy ? step(s) : OK;
  return r ? r : s->head ? NOT_READY : OK;
}

API cuEventCreate(void **p, unsigned flags) {
  ENTER_CONTEXT(cuEventCreate);
  struct event *e = calloc(1, sizeof *e);
  *e = (struct event){.magic = EVENT, .device = current - 1, .flags = flags};
  *p = e;
  count_live(LIVE_EVENT, 1);
  return OK;
}
static struct event *event_of(void *p) { struct event *e = p; return e && e->magic == EVENT ? e : NULL; }
API cuEventDestroy_v2(void *p) {
  ENTER_CONTEXT(cuEventDestroy_v2);
  struct event *e = event_of(p);
  if (!e) return INVALID_HANDLE;
  e->magic = 0;   // not freed: queues may still point to it
  count_live(LIVE_EVENT, -1);
  return OK;
}
API cuEventRecord(void *p, void *stream) {
  ENTER_CONTEXT(cuEventRecord);
  struct event *e = event_of(p);
  struct stream *s = stream_of(stream);
  if (!e || !s || e->device != s->device) return INVALID_HANDLE;
  e->capture = s->capture;
  if (s->capture) { e->source = s; e->captured = s->captured; return OK; }
  e->source = s;
  return push(s, (struct op){.kind = RECORD, .event = e, .target = ++e->recorded});
}
static int join(struct stream *s, struct event *e) {
  struct capture *c = e->capture;
  if (c->invalid) return CAPTURE_INVALIDATED;
  if (e->source->joined < e->captured) e->source->joined = e->captured;
  if (s->capture == c) return OK;
  if (c->stream_count == 64) return invalidate(c, CAPTURE_UNSUPPORTED);
  s->capture = c;
  s->captured = 1;   // the wait itself has to be joined again
  s->joined = 0;
  c->streams[c->stream_count++] = s;
  return OK;
}
API cuStreamWaitEvent(void *stream, void *p, unsigned flags) {
  ENTER_CONTEXT(cuStreamWaitEvent);
  struct stream *s = stream_of(stream);
  struct event *e = event_of(p);
  if (!s || !e) return INVALID_HANDLE;
  if (flags) return INVALID_VALUE;
  if (e->capture && (!s->capture || s->capture == e->capture)) return join(s, e);
  if (s->capture && e->recorded) return invalidate(s->capture, CAPTURE_ISOLATION);
  if (!e->recorded) return OK;
  return push(s, (struct op){.kind = WAIT, .event = e, .target = e->recorded, .source = e->source});
}
API cuEventSynchronize(void *p) {
  ENTER_CONTEXT(cuEventSynchronize);
  struct event *e = event_of(p);
  if (!e) return INVALID_HANDLE;
  if (e->capture) return invalidate(e->capture, CAPTURED_EVENT);
  while (e->completed < e->recorded && e->source->head) {
    int r;
    if (e->source->busy) { wait_change(); continue; }
    run_ahead();
    if (!e->source->busy && e->source->head && (r = step(e->source))) return r;
  }
  return devices[e->device].error;
}
API cuEventQuery(void *p) {
  ENTER_CONTEXT(cuEventQuery);
  struct event *e = event_of(p);
  if (!e) return INVALID_HANDLE;
  if (e->capture) return invalidate(e->capture, CAPTURED_EVENT);
  int r = e->completed < e->recorded && e->source->head && !e->source->busy ? step(e->source) : OK;
  return r ? r : e->completed < e->recorded ? NOT_READY : OK;
}
API cuEventElapsedTime(float *ms, void *from, void *to) {
  ENTER_CONTEXT(cuEventElapsedTime);
  struct event *a = event_of(from), *b = event_of(to);
  if (!a || !b || (a->flags | b->flags) & NO_TIMING || !a->recorded || !b->recorded) return INVALID_HANDLE;
  if (a->completed < a->recorded || b->completed < b->recorded) return NOT_READY;
  *ms = (float)((b->at - a->at) * 1e3);
  return OK;
}

struct graph { int magic; struct op *head; int nodes; };
API cuStreamBeginCapture_v2(void *p, int mode) {
  ENTER_CONTEXT(cuStreamBeginCapture_v2);
  struct stream *s = p ? stream_of(p) : NULL;
  if (!s) return INVALID_HANDLE;
  if (s->capture || capturing || mode != 1) return INVALID_VALUE;   // thread-local is the only mode we know
  struct capture *c = calloc(1, sizeof *c);
  c->origin = s;
  c->tail = &c->head;
  c->thread = pthread_self();
  s->capture = capturing = c;
  s->captured = s->joined = 0;
  return OK;
}
API cuStreamEndCapture(void *p, void **out) {
  ENTER_CONTEXT(cuStreamEndCapture);
  struct stream *s = stream_of(p);
  *out = NULL;
  if (!s) return INVALID_HANDLE;
  struct capture *c = s->capture;
  if (!c || c->origin != s) return CAPTURE_UNMATCHED;
  if (!pthread_equal(c->thread, pthread_self())) return CAPTURE_WRONG_THREAD;
  int r = c->invalid ? CAPTURE_INVALIDATED : OK;
  for (int i = 0; i < c->stream_count; i++) {
    if (!r && c->streams[i]->captured > c->streams[i]->joined) r = CAPTURE_UNJOINED;
    c->streams[i]->capture = NULL;
  }
  s->capture = capturing = NULL;
  if (r) return r;
  struct graph *g = calloc(1, sizeof *g);
  *g = (struct graph){GRAPH, c->head, c->nodes};
  *out = g;
  count_live(LIVE_GRAPH, 1);
  return OK;
}
API cuGraphGetNodes(void *p, void **nodes, size_t *n) {
  ENTER_CONTEXT(cuGraphGetNodes);
  struct graph *g = p;
  if (!g || g->magic != GRAPH || nodes) return INVALID_VALUE;
  *n = g->nodes;
  return OK;
}
API cuGraphInstantiateWithFlags(void **out, void *p, unsigned long long flags) {
  ENTER_CONTEXT(cuGraphInstantiateWithFlags);
  struct graph *g = p, *x;
  if (!g || g->magic != GRAPH || flags) return INVALID_VALUE;
  x = calloc(1, sizeof *x);
  *x = (struct graph){EXEC, g->head, g->nodes};
  *out = x;
  count_live(LIVE_EXEC, 1);
  return OK;
}
static struct graph *exec_of(void *p) { struct graph *g = p; return g && g->magic == EXEC ? g : NULL; }
static int run_graph(void *arg) {
  for (struct op *o = ((struct graph *)arg)->head; o; o = o->next) {
    int r = o->kind == RUN ? ordered("run") : OK;
    if (!r && o->kind == RUN) r = o->run(o->arg);
    if (r) return r;
  }
  return OK;
}
API cuGraphLaunch(void *p, void *stream) {
  ENTER_CONTEXT(cuGraphLaunch);
  struct stream *s = stream_of(stream);
  struct graph *g = exec_of(p);
  if (!s || !g) return INVALID_HANDLE;
  struct graph *copy = malloc(sizeof *copy);   // the exec may be destroyed before this run
  *copy = *g;
  struct op all = {.kind = RUN, .run = run_graph, .arg = copy};
  for (struct op *o = g->head; o; o = o->next) all.collective |= o->collective;
  return push(s, all);
}
API cuGraphUpload(void *p, void *stream) { ENTER_CONTEXT(cuGraphUpload); return exec_of(p) && stream_of(stream) ? OK : INVALID_HANDLE; }
API cuGraphDestroy(void *p) {
  ENTER_CONTEXT(cuGraphDestroy);
  struct graph *g = p;
  if (!g || g->magic != GRAPH) return INVALID_VALUE;
  g->magic = 0;   // its entries stay for what was instantiated from it
  count_live(LIVE_GRAPH, -1);
  return OK;
}
API cuGraphExecDestroy(void *p) {
  ENTER_CONTEXT(cuGraphExecDestroy);
  struct graph *g = exec_of(p);
  if (!g) return INVALID_VALUE;
  g->magic = 0;
  count_live(LIVE_EXEC, -1);
  return OK;
}
