// exp, log and the activations on vectors. Errors against exact results are measured in math_test.go.

// e^x, and 0 below the smallest normal result. Cody and Waite's reduction, polynomial of Cephes' expf.
V vf v_exp(vf x)
{
	const vf magic = v_set(0x1.8p23f), lowest = v_set(-87.33654f);
	vf c = v_min(v_set(88.37f), v_max(lowest, x));
	vf t = v_fma(c, v_set(1.44269504f), magic); // n + magic, n the integer nearest to x/ln 2
	vf n = v_sub(t, magic);
	vf r = v_fnma(n, v_set(-2.12194440e-4f), v_fnma(n, v_set(0.693359375f), c));
	vf p = v_set(1.9875691500e-4f);
	p = v_fma(p, r, v_set(1.3981999507e-3f));
	p = v_fma(p, r, v_set(8.3334519073e-3f));
	p = v_fma(p, r, v_set(4.1665795894e-2f));
	p = v_fma(p, r, v_set(1.6666665459e-1f));
	p = v_fma(p, r, v_set(5.0000001201e-1f));
	p = v_fma(p, v_mul(r, r), v_add(r, v_set(1)));
	return v_less(x, lowest, v_set(0), v_scale2(p, t));
}

// Natural logarithm of normal positive numbers. Polynomial of Cephes' logf.
V vf v_log(vf x)
{
	vf e, f = v_sub(v_split(x, &e), v_set(1)), f2 = v_mul(f, f);
	vf p = v_set(7.0376836292e-2f);
	p = v_fma(p, f, v_set(-1.1514610310e-1f));
	p = v_fma(p, f, v_set(1.1676998740e-1f));
	p = v_fma(p, f, v_set(-1.2420140846e-1f));
	p = v_fma(p, f, v_set(1.4249322787e-1f));
	p = v_fma(p, f, v_set(-1.6668057665e-1f));
	p = v_fma(p, f, v_set(2.0000714765e-1f));
	p = v_fma(p, f, v_set(-2.4999993993e-1f));
	p = v_fma(p, f, v_set(3.3333331174e-1f));
	p = v_fma(e, v_set(-2.12194440e-4f), v_mul(v_mul(p, f), f2));
	p = v_fnma(v_set(0.5f), f2, p);
	return v_fma(e, v_set(0.693359375f), v_add(f, p));
}

V float log1(float x)
{
	float y[VW];
	v_store(y, v_log(v_set(x)));
	return y[0];
}

// 1/(1 + e^-x), and its derivative if slope is not NULL: s(1-s) without the cancellation in 1-s.
V vf v_sigmoid(vf x, vf *slope)
{
	vf e = v_exp(v_sub(v_set(0), x));
	vf s = v_div(v_set(1), v_add(v_set(1), e));
	if (slope)
		*slope = v_mul(s, v_mul(e, s));
	return s;
}

// 2^x within the normal numbers. Polynomial of SLEEF's exp2f.
V vf v_exp2(vf x)
{
	const vf magic = v_set(0x1.8p23f);
	x = v_min(v_set(127), v_max(v_set(-126), x));
	vf t = v_add(x, magic), r = v_sub(x, v_sub(t, magic));
	vf p = v_set(1.535920892e-4f);
	p = v_fma(p, r, v_set(1.339262701e-3f));
	p = v_fma(p, r, v_set(9.618384764e-3f));
	p = v_fma(p, r, v_set(5.550347269e-2f));
	p = v_fma(p, r, v_set(2.402264476e-1f));
	p = v_fma(p, r, v_set(6.931471825e-1f));
	return v_scale2(v_fma(p, r, v_set(1)), t);
}

// GELU in its tanh form, x/2 (1 + tanh u) = x/(1 + e^-2u), u = sqrt(2/π) (x + 0.044715 x³), e^-2u = 2^(-x (A + B x²)).
#define GELU_A 2.302208198f   // 2 sqrt(2/π) log2(e)
#define GELU_B 0.1029432396f  // that times 0.044715
#define GELU_C 1.5957691216f  // 2 sqrt(2/π)
#define GELU_D 0.2140644488f  // that times 3*0.044715
#define GELU_LEAST -15.0f     // below it GELU and its slope are zero, which products of clamped parts would miss

V vf v_gelu(vf x)
{
	x = v_max(v_set(GELU_LEAST), x);
	vf e = v_exp2(v_mul(x, v_fma(v_mul(x, x), v_set(-GELU_B), v_set(-GELU_A))));
	return v_div(x, v_add(v_set(1), e));
}

V vf v_gelu_grad(vf x)
{
	x = v_max(v_set(GELU_LEAST), x);
	vf x2 = v_mul(x, x), e = v_exp2(v_mul(x, v_fma(x2, v_set(-GELU_B), v_set(-GELU_A))));
	vf s = v_div(v_set(1), v_add(v_set(1), e));
	vf slope = v_mul(v_mul(x, s), v_mul(e, s));
	return v_fma(slope, v_fma(x2, v_set(GELU_D), v_set(GELU_C)), s);
}

static void map(int f, float *y, const float *x, ptrdiff_t n)
{
	FOR_VECTORS (j, k, n) {
		vf a = v_get(x + j, k);
		switch (f) {
		case GL_MAP_EXP: a = v_exp(a); break;
		case GL_MAP_LOG: a = v_log(a); break;
		case GL_MAP_SIGMOID: a = v_sigmoid(a, NULL); break;
		case GL_MAP_GELU: a = v_gelu(a); break;
		case GL_MAP_GELU_GRAD: a = v_gelu_grad(a); break;
		}
		v_put(y + j, a, k);
	}
}
