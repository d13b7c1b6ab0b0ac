#!/bin/sh
# pictures.sh FOLDER - pictures of every page of the window, for docs/guide.md, into FOLDER, as small PNGs. Needs bin/growlab, and
# convert of ImageMagick; no display. The runs shown are those of GROWLAB_PICTURES, a data folder with a finished run of flm-1m and one
# of flm-1m-twin; without it both are trained first, which takes some ten minutes on two cores.
set -eu
out=$1
home=$(mktemp -d /tmp/growlab-XXXXXX)
live=""
clean() {
	[ -z "$live" ] || kill "$live" 2>/dev/null || :
	rm -rf "$home"
}
trap clean EXIT
trap 'exit 1' INT TERM
mkdir -p "$out" "$home/cache"

if [ -n "${GROWLAB_PICTURES:-}" ]; then
	GROWLAB_HOME=$GROWLAB_PICTURES
	export GROWLAB_HOME
else
	GROWLAB_HOME=$home/data
	export GROWLAB_HOME
	bin/growlab train --recipe flm-1m --name flm-1m
	bin/growlab train --recipe flm-1m-twin --name flm-1m-twin
fi
# What the window remembers of this user would show, and so would the path of the runs.
XDG_CONFIG_HOME=$home XDG_CACHE_HOME=$home/cache HOME=$(dirname "$GROWLAB_HOME")
export XDG_CONFIG_HOME XDG_CACHE_HOME HOME

# picture NAME THEME PAGE [RUN]
picture() {
	bin/growlab gui --theme "$2" --page "$3" ${4:+--run "$4"} --screenshot "$home/$1.png"
	convert "$home/$1.png" -dither None -colors 255 -strip -define png:compression-level=9 "PNG8:$out/$1.png"
	echo "wrote $out/$1.png"
}

run=flm-1m
for page in loss transitions samples compare log plan devices; do
	picture "$page" dark "$page" "$run"
done

# The page Tune is about a run that trains.
bin/growlab train --recipe flm-1m --name live --threads 1 --json >"$home/live" &
live=$!
while [ "$(grep -c '"event":"step"' "$home/live")" -lt 100 ]; do sleep 1; done
picture tune dark tune live
kill "$live"
wait "$live" || :
live=""
bin/growlab runs rm --yes live

picture loss-light light loss "$run"
picture norms dark "loss+update ratio" "$run"
convert "$out/norms.png" -crop 274x292+1006+48 +repage -strip "$out/norms.png"
GROWLAB_HOME=$home/empty
picture first dark presets
