#!/bin/sh
# gpu-check.sh - checks growlab's CUDA engine on this machine's first NVIDIA GPU and measures its speed, in under ten minutes.
#
# It needs a driver, sh and coreutils, and uses what it finds besides: cuBLAS of CUDA 11, 12 or 13 (the toolkit's, a distribution's,
# or of a Python environment, that of python3 included), compute-sanitizer, and a python3 with torch for the yardstick. No Go, no
# compiler, no network. The program beside it wants a C library as new as that of the machine that built it (glibc 2.34 for Debian 12's).
#
# How to carry it: make gpu-check, on any Linux machine of the same architecture, makes bin/gpu-check.tar.gz. Copy that one file to the
# machine with the GPU, then there:
#
#	tar xzf gpu-check.tar.gz && sh gpu-check/gpu-check.sh
#
# and bring back gpu-check/result/result.json (one JSON object: the machine, and for each part its state, time, numbers, and what it
# printed first if it failed) and the logs beside it. The JSON is written again after each part, so that it holds what was done if
# this script is ended. A part that fails, crashes or takes too long does not keep the others from running; but where no GPU can be used,
# the first part's sentence about that is all. The exit status is 0 if no part failed; 1 if one did; a part that could not run for want of
# something is "skipped" and says of what.
#
# Usage: gpu-check.sh [PROGRAM [FOLDER]]; the program gpu-check.test and the folder result beside this script by default.
# GROWLAB_CUDA_LIBS=FOLDER:FOLDER names where NVIDIA's libraries are, if they are not found.
# GROWLAB_GPU_CHECK_PYTHON=FILE names a Python with torch, if it is not found.
# GROWLAB_GPU_CHECK_SECONDS=N gives it all N seconds instead of 590.
# GROWLAB_GPU_CHECK_LONG=1 carries flm-101m and its twin out afterwards as well, for which there are 40 minutes more.
set -u

here=$(cd "$(dirname "$0")" && pwd)
program=${1:-$here/gpu-check.test}
out=${2:-$here/result}
mkdir -p "$out" || exit 1
rm -f "$out"/*.json "$out"/*.log "$out"/*.part "$out"/parts.txt "$out"/unusable.txt
out=$(cd "$out" && pwd)
export GROWLAB_GPU_CHECK="${GROWLAB_GPU_CHECK:-gpu}" GROWLAB_GPU_CHECK_OUT="$out"
began=$(date +%s)
slow=1
if [ "$GROWLAB_GPU_CHECK" = fake ]; then slow=6; fi # kernels are emulated on a processor
limit=${GROWLAB_GPU_CHECK_SECONDS:-$((590 * slow))} # of everything
behind=16                                          # parts still to come
failed=0
parts="$out/parts.txt"
: >"$parts"

# left is how many seconds remain.
left() { echo $((limit - $(date +%s) + began)); }

# most is how many seconds a part may take that asks for so many: the others behind it keep 12 each, or all share what remains.
most() {
	rest=$(left)
	ours=$((rest - 12 * behind))
	if [ $ours -lt $((rest / (behind + 1))) ]; then ours=$((rest / (behind + 1))); fi
	if [ $ours -gt $(($1 * slow)) ]; then ours=$(($1 * slow)); fi
	echo $ours
}

# sentences are the lines of a log that do not only name tests.
sentences() {
	while IFS= read -r line; do
		case $line in
		*'--- '* | '=== '*) ;;
		*) printf '%s ' "$line" ;;
		esac
	done <"$1"
}

# text makes one line, fit for a JSON string, of the first sentences of a log.
text() { sentences "$1" | head -c 2000 | LC_ALL=C tr -d '\000-\037\177-\377"\\'; }

# skips tells of a log that tests were skipped and none passed.
skips() {
	skipped=1
	while IFS= read -r line; do
		case $line in
		'--- PASS'*) return 1 ;;
		'--- SKIP'*) skipped=0 ;;
		esac
	done <"$1"
	return $skipped
}

# result writes the JSON of all parts so far, whole or not at all.
result() {
	{
		printf '{"check":"growlab gpu-check 2","kind":"%s","date":"%s","host":"%s","seconds":%s,"complete":%s,"failed":%s,"parts":[' \
			"$GROWLAB_GPU_CHECK" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$(uname -n | tr -d '"\\')" "$(($(date +%s) - began))" "$1" \
			"$([ $failed -eq 0 ] && echo false || echo true)"
		paste -sd, "$parts"
		printf ']}\n'
	} >"$out/result.json.part" && mv "$out/result.json.part" "$out/result.json"
}

# note keeps what became of a part: NAME STATE SECONDS, and the log if there is something to tell.
note() {
	behind=$((behind - 1))
	{
		printf '{"part":"%s","state":"%s","seconds":%s' "$1" "$2" "$3"
		if [ -s "$out/$1.json" ]; then
			printf ',"numbers":'
			tr -d '\n' <"$out/$1.json"
		fi
		if [ "$2" != passed ] && [ -s "$out/$1.log" ]; then
			printf ',"said":"%s"' "$(text "$out/$1.log")"
		fi
		printf '}\n'
	} >>"$parts"
	echo "$1: $2 (${3} s)"
	if [ "$2" = failed ]; then failed=1; fi
	result false
}

# run carries out a part: NAME SECONDS COMMAND... Its output goes to NAME.log.
run() {
	name=$1
	behind=$((behind - 1))
	seconds=$(most "$2")
	behind=$((behind + 1))
	shift 2
	if [ "$seconds" -lt 1 ]; then
		echo "no time was left" >"$out/$name.log"
		note "$name" failed 0
		return
	fi
	from=$(date +%s)
	timeout -k 3 "$seconds" "$@" >"$out/$name.log" 2>&1
	code=$?
	took=$(($(date +%s) - from))
	if [ $code -eq 124 ] || [ $code -eq 137 ]; then echo "it was ended after $seconds s" >>"$out/$name.log"; fi
	if [ $code -ne 0 ]; then
		note "$name" failed $took
	elif skips "$out/$name.log"; then
		note "$name" skipped $took
	else
		note "$name" passed $took
	fi
}

# part runs a test of the program: NAME SECONDS TEST.
part() { run "$1" "$2" "$program" -test.v -test.run "^$3\$"; }

# skip says why a part does not run: NAME REASON.
skip() {
	echo "$2" >"$out/$1.log"
	note "$1" skipped 0
}

ended() {
	echo "this script was ended" >&2
	failed=1
	result false
	exit 1
}
trap ended HUP INT TERM

# A Python that has torch and sees a GPU; else any, for the libraries in its environment.
python='' any=''
for file in "${GROWLAB_GPU_CHECK_PYTHON:-}" python3 "${VIRTUAL_ENV:-/nowhere}/bin/python3" "${CONDA_PREFIX:-/nowhere}/bin/python3" /opt/*/.venv/bin/python3 /opt/*/venv/bin/python3 /opt/*/bin/python3; do
	if [ -z "$python" ] && [ -n "$file" ] && command -v "$file" >/dev/null 2>&1; then
		any=${any:-$file}
		if timeout 40 "$file" -c 'import torch, sys; sys.exit(not torch.cuda.is_available())' >/dev/null 2>&1; then python=$file; fi
	fi
done
# Where its packages of NVIDIA's libraries lie: for the engine to look there too, behind what the user named.
if [ -n "${python:-$any}" ]; then
	wheels=$(timeout 20 "${python:-$any}" -c '
import glob, site, sys
roots = sys.path + site.getsitepackages() + [site.getusersitepackages()]
print(":".join(dict.fromkeys(d for r in roots if r for d in sorted(glob.glob(r + "/nvidia/*/lib"), reverse=True))))' 2>/dev/null)
	if [ -n "$wheels" ]; then export GROWLAB_CUDA_LIBS="${GROWLAB_CUDA_LIBS:+$GROWLAB_CUDA_LIBS:}$wheels"; fi
fi

# The order is that of worth: what is right, how fast it is, what tools say. Times are the most that a part may take; all parts together
# may not take longer than the limit.
part machine 40 TestPartMachine
if [ -s "$out/unusable.txt" ]; then
	result true
	rm -f "$parts"
	echo "there is no GPU here to check: $(cat "$out/unusable.txt")" >&2
	exit 1
fi
part small 40 TestPartSmall
part ceilings 30 TestPartCeilings
part gpt2 100 TestPartGPT2
part profile 40 TestPartProfile
part curve 80 TestPartCurve
part determinism 50 TestPartDeterminism
part kernels 90 TestPartKernels
part gradients 60 TestPartGradients
part flm101m 60 TestPartFLM101M
if [ ! -f "$here/gpu-check-torch.py" ]; then
	skip torch "gpu-check-torch.py is not beside this script"
elif [ -n "$python" ]; then
	run torch 150 "$python" "$here/gpu-check-torch.py" "$out/torch.json" 130
else
	skip torch "there is no python3 with torch that sees a GPU"
fi
part operations 120 TestPartOperations

sanitizer=$(command -v compute-sanitizer || true)
for dir in ${CUDA_HOME:-} ${CUDA_PATH:-} /usr/local/cuda /usr/local/cuda-* /opt/cuda; do
	if [ -z "$sanitizer" ] && [ -x "$dir/bin/compute-sanitizer" ]; then sanitizer=$dir/bin/compute-sanitizer; fi
done
for tool in memcheck racecheck synccheck; do
	if [ -n "$sanitizer" ]; then
		run "$tool" 60 "$sanitizer" --tool $tool --error-exitcode 7 "$program" -test.v -test.run '^TestPartSmall$'
	else
		skip "$tool" "compute-sanitizer was found neither on PATH nor in /usr/local/cuda; it comes with the CUDA toolkit"
	fi
done

if [ -n "${GROWLAB_GPU_CHECK_LONG:-}" ]; then
	limit=$((limit + 2400))
	part flm101mrun 2400 TestPartFLM101MRun
else
	skip flm101mrun "GROWLAB_GPU_CHECK_LONG=1 asks for it"
fi

result true
rm -f "$parts"
echo "written: $out/result.json"
exit $failed
