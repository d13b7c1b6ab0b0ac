// The tile instructions of AMX in plain C, for tests of what is built on them where no processor has them. Wrong
// configurations, which the hardware refuses, abort.
#include <stdlib.h>

static _Thread_local struct {
	int configured;
	uint8_t rows[8];
	uint16_t bytes[8];
	uint32_t tile[8][16][16];
} amx;

static inline void amx_expect(int true_)
{
	if (!true_)
		abort();
}

static inline void amx_config(const void *p)
{
	const uint8_t *c = p;
	amx_expect(c[0] == 1 && c[1] == 0);
	memset(&amx, 0, sizeof amx);
	amx.configured = 1;
	for (int t = 0; t < 8; t++) {
		memcpy(&amx.bytes[t], c + 16 + 2 * t, 2);
		amx.rows[t] = c[48 + t];
		amx_expect(amx.rows[t] <= 16 && amx.bytes[t] <= 64 && !amx.rows[t] == !amx.bytes[t]);
	}
}

static inline void amx_release(void) { amx.configured = 0; }

static inline void amx_zero(int t)
{
	amx_expect(amx.configured && amx.rows[t]);
	memset(amx.tile[t], 0, sizeof amx.tile[t]);
}

static inline void amx_load(int t, const void *p, ptrdiff_t stride)
{
	amx_zero(t);
	for (int r = 0; r < amx.rows[t]; r++)
		memcpy(amx.tile[t][r], (const char *)p + r * stride, amx.bytes[t]);
}

static inline void amx_store(int t, void *p, ptrdiff_t stride)
{
	amx_expect(amx.configured && amx.rows[t]);
	for (int r = 0; r < amx.rows[t]; r++)
		memcpy((char *)p + r * stride, amx.tile[t][r], amx.bytes[t]);
}

static inline float amx_float(uint32_t x)
{
	float f;
	memcpy(&f, &x, sizeof f);
	return f;
}

static inline void amx_dot(int c, int a, int b)
{
	const int rows = amx.rows[c], cols = amx.bytes[c] / 4, depth = amx.bytes[a] / 4;
	amx_expect(amx.configured && c != a && c != b && a != b && amx.rows[a] == rows && amx.bytes[b] == amx.bytes[c] && amx.rows[b] == depth);
	for (int i = 0; i < rows; i++)
		for (int j = 0; j < cols; j++) {
			float sum = amx_float(amx.tile[c][i][j]);
			for (int k = 0; k < depth; k++) {
				const uint32_t x = amx.tile[a][i][k], y = amx.tile[b][k][j];
				sum += amx_float(x << 16) * amx_float(y << 16) + amx_float(x & 0xffff0000) * amx_float(y & 0xffff0000);
			}
			memcpy(&amx.tile[c][i][j], &sum, sizeof sum);
		}
}
