#!/bin/sh
# flm-101m, on 2 machines with 4 GPUs.
# Run it on every machine, with the name of one of them: HEAD=machine1 sh THIS_FILE.
# Written by growlab launch-script; change it as you like.
# torchrun tells each process which rank it is; when one fails it starts all anew, and they go on with the run.
set -eu
: "${HEAD:?is the name of the machine where the ranks meet}"
exec torchrun --no-python --nnodes=2 --nproc-per-node=4 --max-restarts=3 \
	--rdzv-backend=c10d --rdzv-endpoint="$HEAD:${PORT:-29400}" --rdzv-id=flm-101m \
	/opt/growlab/bin/growlab train --recipe=flm-101m --device=cuda --precision=bf16
