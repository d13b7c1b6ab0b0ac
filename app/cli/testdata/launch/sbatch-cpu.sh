#!/bin/bash
# flm-101m, on 4 machines, by processor.
# Submit it where the results are to be: sbatch THIS_FILE. Written by growlab launch-script; change it as you like.
#SBATCH --job-name=small.1
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=1
# Three minutes before the end of its time the run saves a checkpoint and stops.
#SBATCH --signal=TERM@180
#SBATCH --open-mode=append
set -u

# The run file is an SQLite database, which is not safe on a network disk: it is written on a local disk of the first node, and kept
# in $keep at the end. A job that Slurm starts anew goes on with it.
keep="$SLURM_SUBMIT_DIR/growlab-$SLURM_JOB_ID"
export GROWLAB_HOME="${TMPDIR:-/tmp}/growlab-$SLURM_JOB_ID"
mkdir -p "$GROWLAB_HOME"
if [ -d "$keep" ]; then cp -r "$keep/." "$GROWLAB_HOME"; fi

# srun tells each process which rank it is. One that fails tells the others, and all end; rank 0 may need a while to save.
srun --kill-on-bad-exit=0 --wait=600 growlab train --recipe=flm-101m --name=small.1 --device=cpu
code=$?

mkdir -p "$keep" && cp -r "$GROWLAB_HOME/." "$keep" && rm -rf "$GROWLAB_HOME"
exit $code
