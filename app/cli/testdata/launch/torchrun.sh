#!/bin/sh
# flm-101m, on one machine with 8 GPUs.
# Run it there: sh THIS_FILE. Written by growlab launch-script; change it as you like.
# torchrun tells each process which rank it is; when one fails it starts all anew, and they go on with the run.
set -eu
exec torchrun --no-python --standalone --nproc-per-node=8 --max-restarts=3 \
	growlab train --recipe=flm-101m --device=cuda --seed=7 --set=train.lr=1e-3
