#!/bin/sh
# screenshot.sh FILE.png - runs flm-1m in the window on a virtual display of its own, and pictures it when the run has
# ended. Needs bin/growlab, Xvfb, and import of ImageMagick; takes as long as the run, some two minutes.
set -eu
out=$1
home=$(mktemp -d /tmp/growlab-XXXXXX)
display=""
window=""
# The engine outlives the window on purpose; it is known by the path of its run file.
clean() {
	if [ -n "$window" ]; then # before its display goes, or it complains
		kill "$window" 2>/dev/null || :
		wait "$window" 2>/dev/null || :
	fi
	[ -z "$display" ] || kill "$display" 2>/dev/null || :
	pkill -f "$home/data" 2>/dev/null || :
	rm -rf "$home"
}
trap clean EXIT
trap 'exit 1' INT TERM

Xvfb -displayfd 3 -screen 0 1280x800x24 -nolisten tcp -noreset 3>"$home/display" 2>"$home/xvfb.log" &
display=$!
for _ in $(seq 100); do
	[ -s "$home/display" ] && break
	sleep 0.1
done
[ -s "$home/display" ] || { echo "Xvfb did not start:" >&2; cat "$home/xvfb.log" >&2; exit 1; }
DISPLAY=:$(cat "$home/display")
GROWLAB_HOME=$home/data
export DISPLAY GROWLAB_HOME

bin/growlab gui --train flm-1m &
window=$!
for _ in $(seq 300); do
	sleep 2
	kill -0 "$window" 2>/dev/null || { echo "the window closed before the run ended" >&2; exit 1; }
	case $(bin/growlab runs list --json) in
	*'"state":"done"'*) break ;;
	*'"state":"failed"'*) echo "the run failed" >&2; exit 1 ;;
	esac
done
sleep 3 # for the last repaint
import -window root "$out"
echo "wrote $out"
