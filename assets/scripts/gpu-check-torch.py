"""The yardstick of gpu-check: how fast PyTorch trains GPT-2 124M on this machine's GPU, in the same shape and batch.

The model is GPT-2's as nanoGPT writes it (pre-norm, biases, GELU in its tanh form, learned positions, tied embedding, vocabulary padded
to 50,304), bf16 by autocast, torch.compile, scaled_dot_product_attention's flash kernel, fused AdamW, clipping to norm 1: what a
practised user of PyTorch would run. 2**19 tokens of random text a step, taken in the largest micro-batch that is as fast as any.

Usage: gpu-check-torch.py RESULT.json
"""

import json
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


def trained(micro, seconds):
    """Steps with micro sequences at a time: seconds of each, of the first, and the last loss."""
    torch.manual_seed(1)
    model = GPT().cuda()
    matrices = [p for p in model.parameters() if p.dim() == 2]
    others = [p for p in model.parameters() if p.dim() != 2]
    adam = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}],
        lr=6e-4, betas=(0.9, 0.95), fused=True,
    )
    step_model = torch.compile(model)
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


def main():
    torch.set_float32_matmul_precision("high")
    result, tried = None, []
    for micro in (64, 32, 16, 8):
        try:
            took, first, loss = trained(micro, 12)
        except torch.OutOfMemoryError:
            tried.append({"micro_batch_sequences": micro, "error": "out of memory"})
            torch.cuda.empty_cache()
            continue
        rates = sorted(BATCH / s for s in took)
        run = {
            "micro_batch_sequences": micro, "tokens_per_s": rates[len(rates) // 2], "best_tokens_per_s": rates[-1],
            "worst_tokens_per_s": rates[0], "steps_timed": len(rates), "first_step_seconds": first, "loss": loss,
        }
        tried.append(run)
        if result is None or run["tokens_per_s"] > result["tokens_per_s"]:
            result = run
        if len([r for r in tried if "error" not in r]) == 2:
            break
    answer = {
        "torch": torch.__version__, "cuda": torch.version.cuda, "gpu": torch.cuda.get_device_name(0), "batch_tokens": BATCH,
        "shape": "GPT-2 124M, context 1024, bf16 autocast, torch.compile, SDPA", "fastest": result, "tried": tried,
    }
    with open(sys.argv[1], "w", encoding="utf-8") as f:
        json.dump(answer, f)
    print(json.dumps(answer))
    return 0 if result else 1


if __name__ == "__main__":
    sys.exit(main())
