// A compiler that checks how it is called. Its code is the text of all it was given; a source with #error fails with a log.
#include "shared.h"

enum { BAD_INPUT = 3, BAD_PROGRAM = 4, BAD_OPTION = 5, COMPILATION = 6, SYSTEM = 11, PROGRAM = 0x9209 };

struct program {
	int magic;
	char *code, *log;
	char *source;
};

FAKE_EXPORT const char *nvrtcGetErrorString(int code)
{
	switch (code) {
	case 0:
		return "NVRTC_SUCCESS";
	case BAD_PROGRAM:
		return "NVRTC_ERROR_INVALID_PROGRAM";
	case BAD_OPTION:
		return "NVRTC_ERROR_INVALID_OPTION";
	case COMPILATION:
		return "NVRTC_ERROR_COMPILATION";
	}
	return "NVRTC_ERROR unknown";
}

API nvrtcVersion(int *major, int *minor)
{
	*major = 12;
	*minor = 4;
	ENTER_SHARED(nvrtcVersion, 0);
	return 0;
}

#define ENTER_NVRTC(call) ENTER_SHARED(call, SYSTEM)

static char *joined(char *so_far, const char *format, const char *a, const char *b)
{
	char *all;
	if (asprintf(&all, format, so_far, a, b) < 0)
		abort();
	free(so_far);
	return all;
}

API nvrtcCreateProgram(struct program **out, const char *source, const char *name, int n, const char *const *headers,
		       const char *const *names)
{
	ENTER_NVRTC(nvrtcCreateProgram);
	if (!source || n < 0 || (n && (!headers || !names)))
		return BAD_INPUT;
	struct program *p = calloc(1, sizeof *p);
	p->magic = PROGRAM;
	p->source = strdup(source);
	p->code = joined(strdup(""), "%sprogram %s%s\n", name, "");
	for (int i = 0; i < n; i++)
		p->code = joined(p->code, "%sheader %s: %s\n", names[i], headers[i]);
	*out = p;
	core->count_live(LIVE_PROGRAM, 1);
	return 0;
}

#define ENTER_PROGRAM(call) \
	ENTER_NVRTC(call); \
	if (!p || p->magic != PROGRAM) \
	return BAD_PROGRAM

API nvrtcDestroyProgram(struct program **p)
{
	ENTER_NVRTC(nvrtcDestroyProgram);
	if (!p || !*p || (*p)->magic != PROGRAM)
		return BAD_PROGRAM;
	(*p)->magic = 0;
	*p = NULL;
	core->count_live(LIVE_PROGRAM, -1);
	return 0;
}

API nvrtcCompileProgram(struct program *p, int n, const char *const *options)
{
	ENTER_PROGRAM(nvrtcCompileProgram);
	p->log = strdup("");
	for (int i = 0; i < n; i++) {
		if (strncmp(options[i], "--", 2)) {
			p->log = joined(p->log, "%sunrecognized option %s%s\n", options[i], "");
			return BAD_OPTION;
		}
		p->code = joined(p->code, "%soption %s%s\n", options[i], "");
	}
	if (strstr(p->source, "#error")) {
		p->log = joined(p->log, "%sk.cu(1): error: %s%s\n", strstr(p->source, "#error"), "");
		return COMPILATION;
	}
	p->log = joined(p->log, "%sptxas info: 42 registers%s%s\n", "", "");
	p->code = joined(p->code, "%ssource %s%s\n", p->source, "");
	return 0;
}

#define GIVE(call, type, field) \
	API call(struct program *p, type *to) \
	{ \
		ENTER_PROGRAM(call); \
		strcpy(to, p->field); \
		return 0; \
	}
#define SIZE(call, field) \
	API call(struct program *p, size_t *n) \
	{ \
		ENTER_PROGRAM(call); \
		*n = p->field ? strlen(p->field) + 1 : 0; \
		return 0; \
	}
SIZE(nvrtcGetPTXSize, code)
GIVE(nvrtcGetPTX, char, code)
SIZE(nvrtcGetCUBINSize, code)
GIVE(nvrtcGetCUBIN, char, code)
SIZE(nvrtcGetProgramLogSize, log)
GIVE(nvrtcGetProgramLog, char, log)
