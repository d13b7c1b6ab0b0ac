"""The yardstick of gpu-check: how fast PyTorch trains GPT-2 124M on this machine's GPU, in the same shape and batch.

The model is GPT-2's as nanoGPT writes it (pre-norm, biases, GELU in its tanh form, learned positions, tied embedding, vocabulary padded
to 50,304), bf16 by autocast, torch.compile, scaled_dot_product_attention's flash kernel, fused AdamW, clipping to norm 1: what a
practised user of PyTorch would run. 2**19 tokens of random text a step, taken in the largest micro-batch that is as fast as any.
Where torch.compile does not work (it wants a C compiler), the eager model is timed, and the result says so.

Usage: gpu-check-torch.py RESULT.json [SECONDS], which it does not go beyond by much; the result is written after each attempt.
"""

import json
import os
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

VOCAB, CONTEXT, LAYERS, HEADS, HIDDEN = 50304, 1024, 12, 12, 768
BATCH = 1 << 19  # tokens of a step


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(HIDDEN), nn.LayerNorm(HIDDEN)
        self.qkv, self.out = nn.Linear(HIDDEN, 3 * HIDDEN), nn.Linear(HIDDEN, HIDDEN)
        self.up, self.down = nn.Linear(HIDDEN, 4 * HIDDEN), nn.Linear(4 * HIDDEN, HIDDEN)

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = (
            y.view(b, t, HEADS, c // HEADS).transpose(1, 2)
            for y in self.qkv(self.norm1(x)).split(c, dim=2)
        )
        o = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(o.transpose(1, 2).reshape(b, t, c))
        return x + self.down(F.gelu(self.up(self.norm2(x)), approximate="tanh"))


class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(VOCAB, HIDDEN), nn.Embedding(CONTEXT, HIDDEN)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm = nn.LayerNorm(HIDDEN)
        self.logits = nn.Linear(HIDDEN, VOCAB, bias=False)
        self.logits.weight = self.tokens.weight
        for p in self.parameters():
            if p.dim() == 2:
                nn.init.normal_(p, std=0.02)

    def forward(self, inputs, targets):
        x = self.tokens(inputs) + self.positions(torch.arange(inputs.size(1), device=inputs.device))
        for block in self.blocks:
            x = block(x)
        return F.cross_entropy(self.logits(self.norm(x)).view(-1, VOCAB), targets.view(-1))


def trained(micro, seconds, compiled):
    """Steps with micro sequences at a time: seconds of each, of the first, and the last loss."""
    torch.manual_seed(1)
    model = GPT().cuda()
    matrices = [p for p in model.parameters() if p.dim() == 2]
    others = [p for p in model.parameters() if p.dim() != 2]
    adam = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}],
        lr=6e-4, betas=(0.9, 0.95), fused=True,
    )
    step_model = torch.compile(model) if compiled else model
    parts = BATCH // (micro * CONTEXT)
    text = torch.randint(VOCAB, (2, parts, micro, CONTEXT), device="cuda")
    took, loss = [], None
    begin = time.perf_counter()
    while len(took) < 8 or time.perf_counter() - begin < seconds:
        torch.cuda.synchronize()
        t0 = time.perf_counter()
        for i in range(parts):
            with torch.autocast("cuda", torch.bfloat16):
                part = step_model(text[0, i], text[1, i]) / parts
            part.backward()
            loss = part.detach() if i == 0 else loss + part.detach()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()
        adam.zero_grad(set_to_none=True)
        torch.cuda.synchronize()
        took.append(time.perf_counter() - t0)
    return took[3:], took[0], loss.item()


def attempt(micro, seconds, compiled):
    """What came of steps with micro sequences at a time."""
    run = {"micro_batch_sequences": micro, "compiled": compiled}
    try:
        took, first, loss = trained(micro, seconds, compiled)
    except torch.OutOfMemoryError:
        return run | {"error": "out of memory"}
    except Exception as e:  # torch.compile fails in many ways; the result is to say how
        return run | {"error": f"{type(e).__name__}: {e}"[:500]}
    rates = sorted(BATCH / s for s in took)
    return run | {
        "tokens_per_s": rates[len(rates) // 2], "best_tokens_per_s": rates[-1], "worst_tokens_per_s": rates[0],
        "steps_timed": len(rates), "first_step_seconds": first, "loss": loss,
    }


def write(path, tried):
    """The answer so far, whole or not at all."""
    timed = [r for r in tried if "error" not in r]
    answer = {
        "torch": torch.__version__, "cuda": torch.version.cuda, "gpu": torch.cuda.get_device_name(0), "batch_tokens": BATCH,
        "shape": "GPT-2 124M, context 1024, bf16 autocast, torch.compile, SDPA",
        "fastest": max(timed, key=lambda r: r["tokens_per_s"], default=None), "tried": tried,
    }
    with open(path + ".part", "w", encoding="utf-8") as f:
        json.dump(answer, f)
    os.replace(path + ".part", path)
    return answer


def main():
    begin = time.perf_counter()
    budget = float(sys.argv[2]) if len(sys.argv) > 2 else 150.0
    torch.set_float32_matmul_precision("high")
    tried, compiled = [], True
    for micro in (64, 32, 16, 8):
        start = time.perf_counter()
        run = attempt(micro, 12, compiled)
        if "error" in run and run["error"] != "out of memory" and compiled:
            tried.append(run)
            compiled = False
            run = attempt(micro, 12, compiled)
        tried.append(run)
        answer = write(sys.argv[1], tried)
        torch.cuda.empty_cache()
        took = time.perf_counter() - start
        if len([r for r in tried if "error" not in r]) == 2 or time.perf_counter() - begin + took > budget:
            break
    print(json.dumps(answer))
    return 0 if answer["fastest"] else 1


if __name__ == "__main__":
    sys.exit(main())
