#!/bin/bash
# flm-101m, on 2 machines with 4 GPUs.
# Submit it where the results are to be: sbatch THIS_FILE. Written by growlab launch-script; change it as you like.
#SBATCH --job-name=flm-101m
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=4
#SBATCH --gpus-per-node=4
#SBATCH --cpus-per-task=8
#SBATCH --time=1-12:00:00
#SBATCH --partition=gpu
#SBATCH --account=flm,lab
# Three minutes before the end of its time the run saves a checkpoint and stops.
#SBATCH --signal=TERM@180
#SBATCH --open-mode=append
#SBATCH --requeue
set -u

# The run file is an SQLite database, which is not safe on a network disk: it is written on a local disk of the first node, and kept
# in $keep at the end. A job that Slurm starts anew goes on with it.
keep="$SLURM_SUBMIT_DIR/growlab-$SLURM_JOB_ID"
export GROWLAB_HOME="${TMPDIR:-/tmp}/growlab-$SLURM_JOB_ID"
mkdir -p "$GROWLAB_HOME"
if [ -d "$keep" ]; then cp -r "$keep/." "$GROWLAB_HOME"; fi

# srun tells each process which rank it is. One that fails tells the others, and all end; rank 0 may need a while to save.
srun --kill-on-bad-exit=0 --wait=600 growlab train --recipe=flm-101m '--data=/data/it'\''s my text' --device=cuda
code=$?

mkdir -p "$keep" && cp -r "$GROWLAB_HOME/." "$keep" && rm -rf "$GROWLAB_HOME"
# 143 and 75: the run stopped on request, with a checkpoint.
if [ $code -eq 143 ] || [ $code -eq 75 ]; then scontrol requeue "$SLURM_JOB_ID"; fi
exit $code
