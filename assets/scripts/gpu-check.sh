#!/bin/sh
# gpu-check.sh - checks growlab's CUDA engine on this machine's first NVIDIA GPU and measures its speed, in under ten minutes.
#
# It needs a driver, and uses what it finds besides: cuBLAS of CUDA 11, 12 or 13 (the toolkit's, a distribution's, or of a Python
# environment that is active), compute-sanitizer, and python3 with torch for the yardstick. No Go, no compiler, no network.
#
# How to carry it: make gpu-check, on any Linux machine of the same architecture, makes bin/gpu-check.tar.gz. Copy that one file to the
# machine with the GPU, then there:
#
#	tar xzf gpu-check.tar.gz && sh gpu-check/gpu-check.sh
#
# and bring back gpu-check/result/result.json (one JSON object: the machine, and for each part its state, time, numbers, and the end of
# what it printed if it failed) and the logs beside it. A part that fails does not keep the others from running. The exit status is 0
# if no part failed; 1 if one did; a part that could not run for want of something is "skipped" and says of what.
#
# Usage: gpu-check.sh [PROGRAM [FOLDER]]; the program gpu-check.test and the folder result beside this script by default.
# GROWLAB_CUDA_LIBS=FOLDER:FOLDER names where NVIDIA's libraries are, if they are not found.
set -u

here=$(cd "$(dirname "$0")" && pwd)
program=${1:-$here/gpu-check.test}
out=${2:-$here/result}
mkdir -p "$out" || exit 1
rm -f "$out"/*.json "$out"/*.log
out=$(cd "$out" && pwd)
export GROWLAB_GPU_CHECK="${GROWLAB_GPU_CHECK:-gpu}" GROWLAB_GPU_CHECK_OUT="$out"
began=$(date +%s)
limit=${GROWLAB_GPU_CHECK_SECONDS:-590} # of everything
failed=0
parts="$out/parts.txt"
: >"$parts"

# left is how many seconds remain.
left() { echo $((limit - $(date +%s) + began)); }

# text makes one line, fit for a JSON string, of the first sentences of a log: without the lines that only name tests.
text() { grep -v -e '^ *---' -e '^ *===' "$1" | head -c 2000 | tr '\n\t' '  ' | LC_ALL=C tr -d '\000-\037\177-\377"\\'; }

# note keeps what became of a part: NAME STATE SECONDS, and the log if there is something to tell.
note() {
	printf '{"part":"%s","state":"%s","seconds":%s' "$1" "$2" "$3" >>"$parts"
	if [ -s "$out/$1.json" ]; then
		printf ',"numbers":' >>"$parts"
		tr -d '\n' <"$out/$1.json" >>"$parts"
	fi
	if [ "$2" != passed ] && [ -s "$out/$1.log" ]; then
		printf ',"said":"%s"' "$(text "$out/$1.log")" >>"$parts"
	fi
	printf '}\n' >>"$parts"
	echo "$1: $2 (${3} s)"
	if [ "$2" = failed ]; then failed=1; fi
}

# run carries out a part: NAME SECONDS COMMAND... Its output goes to NAME.log.
run() {
	name=$1
	most=$2
	shift 2
	rest=$(left)
	if [ "$rest" -lt "$most" ]; then most=$rest; fi
	if [ "$most" -lt 5 ]; then
		echo "no time was left" >"$out/$name.log"
		note "$name" failed 0
		return
	fi
	from=$(date +%s)
	timeout -k 5 "$most" "$@" >"$out/$name.log" 2>&1
	code=$?
	took=$(($(date +%s) - from))
	if [ $code -eq 124 ] || [ $code -eq 137 ]; then echo "it was ended after $most s" >>"$out/$name.log"; fi
	if [ $code -ne 0 ]; then
		note "$name" failed $took
	elif grep -q '^--- SKIP' "$out/$name.log" && ! grep -q '^--- PASS' "$out/$name.log"; then
		note "$name" skipped $took
	else
		note "$name" passed $took
	fi
}

# part runs tests of the program: NAME SECONDS TEST.
part() { run "$1" "$2" "$program" -test.v -test.run "^$3\$" -test.timeout "${2}s"; }

# skip says why a part does not run: NAME REASON.
skip() {
	echo "$2" >"$out/$1.log"
	note "$1" skipped 0
}

part machine 60 TestPartMachine
part small 60 TestPartSmall
if [ -x "$here/kernels.test" ]; then
	run kernels 120 "$here/kernels.test" -test.v -test.short -test.timeout 120s
else
	skip kernels "kernels.test is not beside this script"
fi
part operations 150 TestPartOperations
part gradients 90 TestPartGradients
part determinism 60 TestPartDeterminism
part curve 120 TestPartCurve

part gpt2 120 TestPartGPT2
part flm101m 90 TestPartFLM101M
if [ ! -f "$here/gpu-check-torch.py" ]; then
	skip torch "gpu-check-torch.py is not beside this script"
elif python3 -c 'import torch, sys; sys.exit(not torch.cuda.is_available())' >/dev/null 2>&1; then
	run torch 150 python3 "$here/gpu-check-torch.py" "$out/torch.json"
else
	skip torch "there is no python3 with torch that sees a GPU"
fi

sanitizer=$(command -v compute-sanitizer || true)
for dir in ${CUDA_HOME:-} ${CUDA_PATH:-} /usr/local/cuda /usr/local/cuda-*; do
	if [ -z "$sanitizer" ] && [ -x "$dir/bin/compute-sanitizer" ]; then sanitizer=$dir/bin/compute-sanitizer; fi
done
for tool in memcheck racecheck synccheck; do
	if [ -n "$sanitizer" ]; then
		run "$tool" 60 "$sanitizer" --tool $tool --error-exitcode 7 "$program" -test.run '^TestPartSmall$'
	else
		skip "$tool" "compute-sanitizer was found neither on PATH nor in /usr/local/cuda; it comes with the CUDA toolkit"
	fi
done

{
	printf '{"check":"growlab gpu-check 1","kind":"%s","date":"%s","host":"%s","seconds":%s,"failed":%s,"parts":[' \
		"$GROWLAB_GPU_CHECK" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$(uname -n | tr -d '"\\')" "$(($(date +%s) - began))" \
		"$([ $failed -eq 0 ] && echo false || echo true)"
	paste -sd, "$parts"
	printf ']}\n'
} >"$out/result.json"
rm -f "$parts"
echo "written: $out/result.json"
exit $failed
