// Ranks are threads, or one thread in a group. A collective runs when some stream reaches it: it then waits for the other
// ranks to queue theirs, lets their streams run up to it, and the last to arrive reduces in the order of ranks.
#include "shared.h"

enum { SYSTEM_ERROR = 2, BAD_ARGUMENT = 4, BAD_USAGE = 5, REMOTE_ERROR = 6, IN_PROGRESS = 7, MAX_RANKS = 16 };

enum { ALL_REDUCE, REDUCE_SCATTER, ALL_GATHER, BROADCAST };

enum { FLOAT16 = 6, FLOAT32 = 7, FLOAT64 = 8, BFLOAT16 = 9 };

struct id {
	char bytes[128];
};

struct call {
	int kind, type, reduction, root, device;
	long arrived, done;
	const void *send;
	void *recv;
	size_t count;
	struct stream *stream;
	struct comm *comm;
	long number;
	struct call *next;
};

struct comm {
	struct group *group;
	int rank, device, dead;
	long issued;
	struct call *calls, **tail;
};

struct group {
	struct id id;
	int ranks, joined, aborted;
	struct comm *members[MAX_RANKS];
	struct group *next;
};
static struct group *groups;

FAKE_EXPORT const char *ncclGetErrorString(int code)
{
	static const char *texts[] = {"no error",
				      "unhandled cuda error",
				      "unhandled system error",
				      "internal error",
				      "invalid argument",
				      "invalid usage",
				      "remote process exited or there was a network error",
				      "in progress"};
	return code >= 0 && code < 8 ? texts[code] : "unknown result code";
}

FAKE_EXPORT const char *ncclGetLastError(void *comm)
{
	(void)comm;
	return "";
}

API ncclGetVersion(int *v)
{
	*v = 22203;
	ENTER_SHARED(ncclGetVersion, 0);
	return 0;
}

#define ENTER_NCCL(call) ENTER_SHARED(call, SYSTEM_ERROR)

API ncclGetUniqueId(struct id *id)
{
	ENTER_NCCL(ncclGetUniqueId);
	static int made;
	memset(id, 0, sizeof *id);
	for (int i = 0; i < 128; i++)
		id->bytes[i] = (char)(37 * i + 1);
	memcpy(id->bytes + 60, &made, sizeof made);
	made++;
	return 0;
}

struct config {
	size_t size;
	unsigned magic, version;
	int blocking;
};

// Does not wait for the other ranks: ncclCommGetAsyncError tells when they have come.
API ncclCommInitRankConfig(struct comm **out, int ranks, struct id id, int rank, const struct config *config)
{
	ENTER_NCCL(ncclCommInitRankConfig);
	struct group *g = groups;
	if (!core->current() || ranks < 1 || ranks > MAX_RANKS || rank < 0 || rank >= ranks || id.bytes[0] != 1 ||
	    id.bytes[127] != (char)(37 * 127 + 1))
		return BAD_ARGUMENT;
	if (config->size != 24 || config->magic != 0xcafebeef || config->version != 21400 || config->blocking)
		return BAD_ARGUMENT;
	while (g && memcmp(&g->id, &id, sizeof id))
		g = g->next;
	if (!g) {
		g = calloc(1, sizeof *g);
		*g = (struct group){.id = id, .ranks = ranks, .next = groups};
		groups = g;
	}
	if (g->ranks != ranks || g->members[rank])
		return BAD_USAGE;
	for (int i = 0; i < ranks; i++)
		if (g->members[i] && g->members[i]->device == core->current() - 1)
			return BAD_USAGE; // one rank per GPU
	struct comm *c = calloc(1, sizeof *c);
	*c = (struct comm){.group = g, .rank = rank, .device = core->current() - 1, .tail = &c->calls};
	g->members[rank] = *out = c;
	g->joined++;
	core->count_live(LIVE_COMM, 1);
	core->changed();
	return g->joined < ranks ? IN_PROGRESS : 0;
}

static int leave_group(struct comm *c, int abort_all)
{
	if (!c || c->dead)
		return BAD_ARGUMENT;
	c->dead = 1;
	if (abort_all)
		c->group->aborted = 1;
	core->count_live(LIVE_COMM, -1);
	core->changed();
	return 0;
}

API ncclCommDestroy(struct comm *c)
{
	ENTER_NCCL(ncclCommDestroy);
	return leave_group(c, 0);
}

API ncclCommAbort(struct comm *c)
{
	ENTER_NCCL(ncclCommAbort);
	return leave_group(c, 1);
}

API ncclCommGetAsyncError(struct comm *c, int *code)
{
	ENTER_NCCL(ncclCommGetAsyncError);
	if (!c || c->dead)
		return BAD_ARGUMENT;
	*code = c->group->aborted ? REMOTE_ERROR : core->ordered("ncclAsync");
	if (!*code && c->group->joined < c->group->ranks)
		*code = IN_PROGRESS;
	return 0;
}

static struct call *numbered(struct comm *c, long n)
{
	struct call *k = c->calls;
	while (k && k->number != n)
		k = k->next;
	return k;
}

static double load(const void *p, int type, size_t i)
{
	float f;
	if (type == FLOAT64)
		return ((const double *)p)[i];
	if (type == FLOAT32)
		return ((const float *)p)[i];
	uint32_t u = (uint32_t)((const uint16_t *)p)[i] << 16;
	memcpy(&f, &u, 4);
	return f;
}

static void store(void *p, int type, size_t i, double v)
{
	uint32_t u;
	float f = (float)v;
	if (type == FLOAT64) {
		((double *)p)[i] = v;
		return;
	}
	if (type == FLOAT32) {
		((float *)p)[i] = f;
		return;
	}
	memcpy(&u, &f, 4);
	((uint16_t *)p)[i] = (u & 0x7fffffff) > 0x7f800000 ? 0x7fff : (uint16_t)((u + 0x7fff + (u >> 16 & 1)) >> 16);
}

static size_t width(int type) { return type == FLOAT64 ? 8 : type == FLOAT32 ? 4 : 2; }

// Elements that a rank sends and gets.
static size_t sent(const struct call *k) { return k->kind == REDUCE_SCATTER ? k->count * k->comm->group->ranks : k->count; }

static size_t received(const struct call *k) { return k->kind == ALL_GATHER ? k->count * k->comm->group->ranks : k->count; }

static int same(const struct call *a, const struct call *b)
{
	return a->kind == b->kind && a->type == b->type && a->count == b->count && a->reduction == b->reduction &&
	       a->root == b->root;
}

// reduced rounds each sum to the type, but for bf16, of which sums are float.
static double reduced(struct call **all, int ranks, size_t i)
{
	double v = load(all[0]->send, all[0]->type, i);
	for (int r = 1; r < ranks; r++) {
		double x = load(all[r]->send, all[r]->type, i);
		switch (all[0]->reduction) {
		case 2:
			v = x > v ? x : v;
			break;
		case 3:
			v = x < v ? x : v;
			break;
		default:
			v = all[0]->type == FLOAT64 ? v + x : (float)(v + x);
		}
	}
	return all[0]->reduction == 4 ? v / ranks : v;
}

static void perform(struct call **all, int ranks)
{
	size_t elements = all[0]->kind == ALL_GATHER ? all[0]->count * ranks : sent(all[0]), w = width(all[0]->type);
	char *result = malloc(elements * w + 1);
	for (size_t i = 0; i < elements; i++) {
		double v;
		if (all[0]->kind == ALL_GATHER)
			v = load(all[i / all[0]->count]->send, all[0]->type, i % all[0]->count);
		else if (all[0]->kind == BROADCAST)
			v = load(all[all[0]->root]->send, all[0]->type, i);
		else
			v = reduced(all, ranks, i);
		store(result, all[0]->type, i, v);
	}
	for (int r = 0; r < ranks; r++)
		memcpy(all[r]->recv, result + (all[0]->kind == REDUCE_SCATTER ? r * all[0]->count * w : 0),
		       received(all[r]) * w);
	free(result);
}

// run counts arrivals, so that a graph may bring the same call many times.
static int run(void *arg)
{
	struct call *k = arg, *all[MAX_RANKS];
	struct group *g = k->comm->group;
	long turn = ++k->arrived;
	if (!core->reachable(k->device, k->send, sent(k) * width(k->type)) ||
	    !core->reachable(k->device, k->recv, received(k) * width(k->type)))
		return ILLEGAL_ADDRESS;
	core->changed();
	while (k->done < turn) {
		int present = 0;
		for (int r = 0; r < g->ranks && !g->aborted; r++) {
			struct call *o = g->members[r] ? numbered(g->members[r], k->number) : NULL;
			if (g->members[r] && core->devices[g->members[r]->device].error) {
				g->aborted = 1;
				break;
			} // a GPU died
			if (o && !same(o, k)) {
				core->violation("rank %d and rank %d disagree on collective %ld", k->comm->rank, r, k->number);
				return 719;
			}
			while (o && o->arrived < turn && k->done < turn && o->stream->head && !o->stream->busy)
				core->advance(o->stream);
			if (k->done >= turn)
				return 0;
			if (o && o->arrived >= turn)
				all[present++] = o;
		}
		if (g->aborted) {
			core->changed();
			return 0;
		}
		if (present == g->ranks) {
			perform(all, g->ranks);
			for (int r = 0; r < g->ranks; r++)
				all[r]->done++;
			core->changed();
		} else
			core->wait_change();
	}
	return 0;
}

static int queue(struct comm *c, void *stream, struct call k)
{
	if (!c || c->dead || c->group->joined < c->group->ranks || (k.type != FLOAT64 && k.type != FLOAT32 && k.type != BFLOAT16))
		return BAD_ARGUMENT;
	if (c->device != core->current() - 1 || !core->stream_of(stream))
		return BAD_ARGUMENT;
	struct call *made = malloc(sizeof *made);
	*made = k;
	made->comm = c;
	made->device = c->device;
	made->number = c->issued++;
	made->stream = core->stream_of(stream);
	if (core->push(stream, (struct op){.kind = RUN, .run = run, .arg = made, .collective = 1}))
		return 1;
	*c->tail = made;
	c->tail = &made->next;
	core->changed();
	return 0;
}

API ncclAllReduce(const void *send, void *recv, size_t n, int type, int reduction, struct comm *c, void *stream)
{
	ENTER_NCCL(ncclAllReduce);
	return queue(c, stream,
		     (struct call){
			     .kind = ALL_REDUCE, .send = send, .recv = recv, .count = n, .type = type, .reduction = reduction});
}

API ncclReduceScatter(const void *send, void *recv, size_t n, int type, int reduction, struct comm *c, void *stream)
{
	ENTER_NCCL(ncclReduceScatter);
	return queue(
		c, stream,
		(struct call){
			.kind = REDUCE_SCATTER, .send = send, .recv = recv, .count = n, .type = type, .reduction = reduction});
}

API ncclAllGather(const void *send, void *recv, size_t n, int type, struct comm *c, void *stream)
{
	ENTER_NCCL(ncclAllGather);
	return queue(c, stream, (struct call){.kind = ALL_GATHER, .send = send, .recv = recv, .count = n, .type = type});
}

API ncclBroadcast(const void *send, void *recv, size_t n, int type, int root, struct comm *c, void *stream)
{
	ENTER_NCCL(ncclBroadcast);
	if (!c || root < 0 || root >= c->group->ranks)
		return BAD_ARGUMENT;
	return queue(c, stream,
		     (struct call){.kind = BROADCAST, .send = send, .recv = recv, .count = n, .type = type, .root = root});
}
