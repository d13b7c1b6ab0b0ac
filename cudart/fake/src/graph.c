// Capture of streams into graphs, and graphs.
#include <stdlib.h>
#include "core.h"

enum { GRAPH = 0x62a9, EXEC = 0xe8ec };

__thread struct capture *capturing;

int invalidate(struct capture *c, int code)
{
	c->invalid = 1;
	return code;
}

int unsafe_call(void) { return capturing ? invalidate(capturing, CAPTURE_UNSUPPORTED) : OK; }

// join makes a stream part of the capture that an event belongs to, or takes note that the event's stream was joined.
int join(struct stream *s, struct event *e)
{
	struct capture *c = e->capture;
	if (c->invalid)
		return CAPTURE_INVALIDATED;
	if (e->source->joined < e->captured)
		e->source->joined = e->captured;
	if (s->capture == c)
		return OK;
	if (c->stream_count == 64)
		return invalidate(c, CAPTURE_UNSUPPORTED);
	s->capture = c;
	s->captured = 1; // the wait itself has to be joined again
	s->joined = 0;
	c->streams[c->stream_count++] = s;
	return OK;
}

struct graph {
	int magic;
	struct op *head;
	int nodes;
};

API cuStreamBeginCapture_v2(void *p, int mode)
{
	ENTER_CONTEXT(cuStreamBeginCapture_v2);
	struct stream *s = p ? stream_of(p) : NULL;
	if (!s)
		return INVALID_HANDLE;
	if (s->capture || capturing || mode != 1)
		return INVALID_VALUE; // thread-local is the only mode we know
	struct capture *c = calloc(1, sizeof *c);
	c->origin = s;
	c->tail = &c->head;
	c->thread = pthread_self();
	s->capture = capturing = c;
	s->captured = s->joined = 0;
	return OK;
}

// However it ends, the stream records no more: so does a failure that was ordered.
API cuStreamEndCapture(void *p, void **out)
{
	int failure __attribute__((cleanup(leave))) = enter("cuStreamEndCapture");
	if (!current)
		return INVALID_CONTEXT;
	if (devices[current - 1].error)
		return devices[current - 1].error;
	struct stream *s = stream_of(p);
	*out = NULL;
	if (!s)
		return INVALID_HANDLE;
	struct capture *c = s->capture;
	if (!c || c->origin != s)
		return CAPTURE_UNMATCHED;
	if (!pthread_equal(c->thread, pthread_self()))
		return CAPTURE_WRONG_THREAD;
	int r = failure ? failure : c->invalid ? CAPTURE_INVALIDATED : OK;
	for (int i = 0; i < c->stream_count; i++) {
		if (!r && c->streams[i]->captured > c->streams[i]->joined)
			r = CAPTURE_UNJOINED;
		c->streams[i]->capture = NULL;
	}
	s->capture = capturing = NULL;
	if (r)
		return r;
	struct graph *g = calloc(1, sizeof *g);
	*g = (struct graph){GRAPH, c->head, c->nodes};
	*out = g;
	count_live(LIVE_GRAPH, 1);
	return OK;
}

API cuGraphGetNodes(void *p, void **nodes, size_t *n)
{
	ENTER_CONTEXT(cuGraphGetNodes);
	struct graph *g = p;
	if (!g || g->magic != GRAPH || nodes)
		return INVALID_VALUE;
	*n = g->nodes;
	return OK;
}

API cuGraphInstantiateWithFlags(void **out, void *p, unsigned long long flags)
{
	ENTER_CONTEXT(cuGraphInstantiateWithFlags);
	struct graph *g = p, *x;
	if (!g || g->magic != GRAPH || flags)
		return INVALID_VALUE;
	x = calloc(1, sizeof *x);
	*x = (struct graph){EXEC, g->head, g->nodes};
	*out = x;
	count_live(LIVE_EXEC, 1);
	return OK;
}

static struct graph *exec_of(void *p)
{
	struct graph *g = p;
	return g && g->magic == EXEC ? g : NULL;
}

static int run_graph(void *arg)
{
	for (struct op *o = ((struct graph *)arg)->head; o; o = o->next) {
		int r = o->kind == RUN ? ordered("run") : OK;
		if (!r && o->kind == RUN)
			r = o->run(o->arg);
		if (r)
			return r;
	}
	return OK;
}

API cuGraphLaunch(void *p, void *stream)
{
	ENTER_CONTEXT(cuGraphLaunch);
	struct stream *s = stream_of(stream);
	struct graph *g = exec_of(p);
	if (!s || !g)
		return INVALID_HANDLE;
	struct graph *copy = malloc(sizeof *copy); // the exec may be destroyed before this run
	*copy = *g;
	struct op all = {.kind = RUN, .run = run_graph, .arg = copy};
	for (struct op *o = g->head; o; o = o->next)
		all.collective |= o->collective;
	return push(s, all);
}

API cuGraphUpload(void *p, void *stream)
{
	ENTER_CONTEXT(cuGraphUpload);
	return exec_of(p) && stream_of(stream) ? OK : INVALID_HANDLE;
}

API cuGraphDestroy(void *p)
{
	ENTER_CONTEXT(cuGraphDestroy);
	struct graph *g = p;
	if (!g || g->magic != GRAPH)
		return INVALID_VALUE;
	g->magic = 0; // its entries stay for what was instantiated from it
	count_live(LIVE_GRAPH, -1);
	return OK;
}

API cuGraphExecDestroy(void *p)
{
	ENTER_CONTEXT(cuGraphExecDestroy);
	struct graph *g = exec_of(p);
	if (!g)
		return INVALID_VALUE;
	g->magic = 0;
	count_live(LIVE_EXEC, -1);
	return OK;
}
