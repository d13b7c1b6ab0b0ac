#!/bin/sh
# Times whole training steps: shapes A to D in both precisions, the masked path beside the plain one, and beside a busy process.
# One JSON object a line, for docs/performance.md. Usage: speed.sh path/to/growlab
set -eu
growlab=$1
bench() { "$growlab" bench --json --seconds 2 --runs 7 "$@" | tail -n 1; }

"$growlab" devices >&2
for shape in A B C D; do
	for precision in fp32 bf16; do
		bench --shape "$shape" --precision "$precision"
	done
done
for precision in fp32 bf16; do
	bench --shape A --precision "$precision" --masked
done
sh -c 'while :; do :; done' &
busy=$!
trap 'kill "$busy"' EXIT
for shape in A B; do
	bench --shape "$shape" --precision bf16
done
