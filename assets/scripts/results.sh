#!/bin/sh
# Trains what docs/results.md reports, unless it is there already, and writes its tables and curves. Every run is an ordinary one, in
# the data folder; stop it at any time, and the same command goes on. Hours on two cores.
# Usage: results.sh path/to/growlab [SECTION...]; sections are 1m, operators, plans, 10m; without any, all.
# With PARTIAL=1 nothing is trained, and tables are of the runs that are there.
set -eu
growlab=$1
shift
[ $# -gt 0 ] || set -- 1m operators plans 10m
page=docs/results.md
out=docs/results
mkdir -p "$out"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

small='flm-1m flm-1m-twin stack-baseline flm-1m-small flm-1m-middle flm-1m-large'
large='flm-10m flm-10m-twin flm-10m-stack flm-10m-small flm-10m-middle flm-10m-large'

# put SECTION: replaces what stands in the page between the marks of a section by stdin.
put() {
	cat >"$tmp/section"
	awk -v name="$1" -v file="$tmp/section" '
		$0 == "<!-- end " name " -->" { while ((getline line < file) > 0) print line; skip = 0 }
		!skip { print }
		$0 == "<!-- begin " name " -->" { skip = 1 }
	' "$page" >"$tmp/page"
	cat "$tmp/page" >"$page"
}

# lr NAME: the learning rate that a comparison took for a contender of the 1 M scale.
lr() { awk -F, -v name="$1" '$1 == name && $6 == "true" { print $2; exit }' "$out/flm-1m/tuning.csv"; }

# once NAME ARGUMENTS...: trains a run unless one of that name is done, or goes on with it.
once() {
	name=$1
	shift
	state=$("$growlab" runs show "$name" --json 2>/dev/null | sed -n 's/.*"state": *"\([a-z]*\)".*/\1/p' | head -n 1)
	case $state in
	done) ;;
	'') [ -n "${PARTIAL-}" ] || "$growlab" train --name "$name" "$@" ;;
	*) [ -n "${PARTIAL-}" ] || "$growlab" resume "$name" ;;
	esac
}

# have NAME...: those of the runs that are done.
have() {
	for name; do
		"$growlab" runs show "$name" --json 2>/dev/null | grep -q '"state": *"done"' && echo "$name"
	done
	true
}

# keep REPORT FOLDER: what the repository keeps of a lab report, and small copies of the runs of seed 1 to compare others with.
keep() {
	mkdir -p "$out/$2"
	for file in curves.csv verdict.csv tuning.csv loss-flops.png; do
		[ ! -f "$1/$file" ] || cp "$1/$file" "$out/$2/$file"
	done
	awk -F, 'NR > 1 && $3 == 1 && !seen[$2]++ { print $1, $2 }' "$1/curves.csv" | while read -r name run; do
		rm -f "$out/$2/$name.growlab"
		"$growlab" runs export "$run" "$out/$2/$name.growlab"
	done
}

compare() { # FOLDER ARGUMENTS...
	folder=$1
	shift
	"$growlab" compare "$@" --markdown --report "$tmp/$folder" >"$tmp/$folder.md"
	keep "$tmp/$folder" "$folder"
}

# 1 M: tuned, three seeds
section_1m() {
	# shellcheck disable=SC2086 # names without blanks
	compare flm-1m --tune $small
	put 1m <"$tmp/flm-1m.md"
}

# every operator through flm-1m's plan, at flm-1m's tuned rate; llama-pro adds layers only and hypercloning multiplies widths by whole
# numbers only, so each has a plan of its own, and msg beside it
section_operators() {
	rate=$(lr flm-1m)
	names=
	[ -z "${PARTIAL-}" ] || names='final-flm-1m-1 final-stack-baseline-1' # msg and stack, trained for the comparison
	for op in $("$growlab" operators | awk 'NR > 1 { print $1 }'); do
		case $op in llama-pro | hypercloning) continue ;; esac
		ramp='--set stage.2.ramp=0 --set stage.3.ramp=0'
		"$growlab" operators | awk -v op="$op" '$1 == op' | grep -q ' yes ' && ramp=
		# shellcheck disable=SC2086 # words
		once "op-$op" --recipe flm-1m --seed 1 --set "train.lr=$rate" --set "stage.2.operator=$op" --set "stage.3.operator=$op" $ramp
		names="$names op-$op"
	done
	deep='--set stage.2.hidden=64 --set stage.3.hidden=64 --set stage.2.layers=6 --set stage.3.layers=12'
	# shellcheck disable=SC2086 # words
	once op-llama-pro-deep --recipe flm-1m --seed 1 --set "train.lr=$rate" $deep --set stage.2.operator=llama-pro --set stage.3.operator=llama-pro \
		--set stage.2.ramp=0 --set stage.3.ramp=0
	# shellcheck disable=SC2086 # words
	once op-msg-deep --recipe flm-1m --seed 1 --set "train.lr=$rate" $deep
	wide='--set stage.2.layers=3 --set stage.3.layers=3 --set stage.2.hidden=128 --set stage.3.hidden=256'
	# shellcheck disable=SC2086 # words
	once op-hypercloning-wide --recipe flm-1m --seed 1 --set "train.lr=$rate" $wide --set stage.2.operator=hypercloning \
		--set stage.3.operator=hypercloning --set stage.2.ramp=0 --set stage.3.ramp=0
	# shellcheck disable=SC2086 # words
	once op-msg-wide --recipe flm-1m --seed 1 --set "train.lr=$rate" $wide
	# shellcheck disable=SC2046,SC2086 # names without blanks
	"$growlab" runs table $(have $names op-llama-pro-deep op-msg-deep op-hypercloning-wide op-msg-wide) | put operators
}

# other plans for the same FLOPs, and for those of the twin, with fixed sizes, one seed each, against the envelope of the fixed
# sizes of all seeds
section_plans() {
	plan() {
		name=$1
		shift
		sets=
		for s; do sets="$sets --set $s"; done
		# shellcheck disable=SC2086 # words
		once "plan-$name" --recipe flm-1m --seed 1 --set "train.lr=$(lr flm-1m)" $sets
	}
	plan flat stage.2.lr=1.0 stage.3.lr=1.0
	plan late stage.1.tokens=3833856 stage.2.tokens=245760 stage.3.tokens=115200 stage.2.ramp=24576 stage.3.ramp=12288
	plan early stage.1.tokens=1062912 stage.2.tokens=522240 stage.3.tokens=428544
	plan shortlast stage.1.tokens=3330048 stage.3.tokens=115200 stage.3.ramp=12288
	plan longramp stage.2.ramp=118272 stage.3.ramp=79872
	awk '/^\[\[stage\]\]/ { n++ } n < 3' assets/recipes/flm-1m.toml >"$tmp/two.toml" # grows once
	once plan-deep --recipe "$tmp/two.toml" --seed 1 --set train.lr=1.1e-2 --set stage.1.tokens=3330048 --set stage.1.warmup=133632 \
		--set stage.2.hidden=64 --set stage.2.layers=6 --set stage.2.tokens=1047552 --set stage.2.ramp=105984
	once fixed-deep --recipe flm-1m-small --seed 1 --set train.lr=1.1e-2 --set stage.1.layers=6 --set stage.1.tokens=2789376 \
		--set stage.1.warmup=112128
	once longer-small --recipe flm-1m-small --seed 1 --set train.lr=1.1e-2 --set stage.1.tokens=18155520 --set stage.1.warmup=726528
	once longer-middle --recipe flm-1m-middle --seed 1 --set train.lr=8e-3 --set stage.1.tokens=5351424 --set stage.1.warmup=213504
	once longer-two --recipe "$tmp/two.toml" --seed 1 --set train.lr=1.1e-2 --set stage.1.tokens=9999360 --set stage.1.warmup=400896 \
		--set stage.2.tokens=2399232 --set stage.2.ramp=239616
	once longer-three --recipe flm-1m --seed 1 --set train.lr=1.1e-2 --set stage.1.tokens=7999488 --set stage.1.warmup=319488 \
		--set stage.2.tokens=1500672 --set stage.2.ramp=150528 --set stage.3.tokens=870912 --set stage.3.ramp=87552
	depth_plans
	# shellcheck disable=SC2086 # names without blanks
	plans=$(have plan-flat plan-late plan-early plan-shortlast plan-longramp plan-deep fixed-deep longer-small longer-middle longer-two longer-three $depth)
	# shellcheck disable=SC2086,SC2046 # names without blanks
	{
		"$growlab" runs table $plans
		echo '```'
		"$growlab" frontier $(awk -F, 'NR > 1 && !seen[$2]++ { print $2 }' "$out/flm-1m/curves.csv") $plans --csv "$out/frontier-1m.csv" --png "$out/frontier-1m.png"
		echo '```'
	} | put plans
}

# those of the plans below that are compared over three seeds
thrice='plan-2to4 control-3to3-falling'

# growth in depth alone, from below the best fixed size to above it, at the tuned rate of 64 channels; rates at the start of the last stage
# lie about on a cosine over the run. The controls have such a schedule, one that falls and one that stays at its peak, and do not grow
depth_plans() {
	depth=
	deep() { # NAME RECIPE ARGUMENTS...: once for each seed
		called=$1 recipe=$2
		shift 2
		sets=
		for s; do sets="$sets --set $s"; done
		for seed in 1 2 3; do
			of=$called
			[ $seed = 1 ] || of=$called-$seed
			case " $thrice " in *" $called "*) ;; *) [ $seed = 1 ] || continue ;; esac
			# shellcheck disable=SC2086 # words
			once "$of" --recipe "$recipe" --seed $seed --set train.lr=1.6e-2 $sets
			depth="$depth $of"
		done
	}
	two="$tmp/two.toml stage.2.hidden=64"
	# shellcheck disable=SC2086 # words
	{
		deep plan-2to4 $two stage.2.lr=0.35 stage.1.layers=2 stage.1.tokens=4597248 stage.1.warmup=184320 stage.2.layers=4 stage.2.tokens=1634304 stage.2.ramp=162816
		deep plan-2to3 $two stage.2.lr=0.5 stage.1.layers=2 stage.1.tokens=3832320 stage.1.warmup=153600 stage.2.layers=3 stage.2.tokens=2666496 stage.2.ramp=267264
		deep plan-3to4 $two stage.2.lr=0.1 stage.1.layers=3 stage.1.tokens=4265472 stage.1.warmup=170496 stage.2.layers=4 stage.2.tokens=817152 stage.2.ramp=81408
		deep plan-2to4-stack $two stage.2.lr=0.35 stage.1.layers=2 stage.1.tokens=4597248 stage.1.warmup=184320 stage.2.layers=4 stage.2.tokens=1634304 \
			stage.2.operator=stack stage.2.ramp=0
		deep control-3to3-falling $two stage.2.lr=0.1 stage.1.layers=3 stage.1.tokens=4265472 stage.1.warmup=170496 stage.2.layers=3 \
			stage.2.tokens=1065984 stage.2.ramp=0
		deep control-3to3 $two stage.2.lr=1 stage.1.layers=3 stage.1.tokens=4265472 stage.1.warmup=170496 stage.2.layers=3 stage.2.tokens=1065984 stage.2.ramp=0
	}
	deep fixed-2 flm-1m-small stage.1.layers=2 stage.1.tokens=7663104 stage.1.warmup=307200
	deep fixed-4 flm-1m-small stage.1.layers=4 stage.1.tokens=4087296 stage.1.warmup=164352
}

# 10 M: rates carried from 1 M
section_10m() {
	if [ -n "${PARTIAL-}" ]; then
		runs=$(for k in $large; do have "final-$k-1" "final-$k-2" "final-$k-3"; done)
		case $runs in
		*'
'*) ;;
		*) return 0 ;; # fewer than two
		esac
		# shellcheck disable=SC2086 # names without blanks
		compare flm-10m $runs
	else
		# shellcheck disable=SC2046,SC2086 # names without blanks
		compare flm-10m --tune --transfer "$(echo $small | tr ' ' ,)" $large
	fi
	put 10m <"$tmp/flm-10m.md"
}

for section; do
	"section_$section"
done
