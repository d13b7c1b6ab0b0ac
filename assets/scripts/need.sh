#!/bin/sh
# need.sh PACKAGE... - sees to it that these Debian packages' contents are there.
# Silent and quick when nothing is missing. What is missing it installs by apt-get as root or with a sudo that asks
# no password; where it may not, it prints one line that says exactly what to install, and fails.
set -eu

# here PACKAGE - is what we need of it there? Asked of the thing itself, not of dpkg, so that a compiler from
# elsewhere, or another distribution, will do.
here() {
	case $1 in
	gcc) command -v "${CC:-gcc}" ;;
	libc6-dev) echo '#include <stdlib.h>' | "${CC:-gcc}" -E - ;;
	pkg-config) command -v pkg-config ;;
	ca-certificates)
		[ -n "${SSL_CERT_FILE:-}${SSL_CERT_DIR:-}" ] || [ -s /etc/ssl/certs/ca-certificates.crt ] ||
			[ -s /etc/pki/tls/certs/ca-bundle.crt ] || [ -s /etc/ssl/ca-bundle.pem ] || [ -s /etc/ssl/cert.pem ] ;;
	git) command -v git ;;
	libgl-dev) pkg-config --exists gl ;;
	libxcursor-dev) pkg-config --exists xcursor ;;
	libxrandr-dev) pkg-config --exists xrandr ;;
	libxinerama-dev) pkg-config --exists xinerama ;;
	libxi-dev) pkg-config --exists xi ;;
	libxxf86vm-dev) pkg-config --exists xxf86vm ;;
	xvfb) command -v Xvfb ;;
	imagemagick) command -v import ;;
	*) dpkg-query --show --showformat='${db:Status-Status}' "$1" | grep -qx installed ;;
	esac >/dev/null 2>&1
}

missing=
for package; do
	here "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
	echo "growlab needs these system packages (Debian's names; this system has no apt-get):$missing" >&2
	exit 1
fi
if [ "$(id -u)" = 0 ]; then
	as=
elif sudo -n true 2>/dev/null; then
	as="sudo -n"
else
	echo "growlab needs system packages; run: sudo apt-get install --no-install-recommends$missing" >&2
	exit 1
fi

# A mirror that does not answer is asked again, and another installation that is under way is waited for.
patient="-o Acquire::Retries=5 -o DPkg::Lock::Timeout=300"
install() {
	# shellcheck disable=SC2086 # all are lists of words
	$as env DEBIAN_FRONTEND=noninteractive apt-get $patient install -qq -y --no-install-recommends $missing
}
echo "installing system packages:$missing" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# The lists of packages may be absent or old: fetch them when the first try fails.
# shellcheck disable=SC2086 # a list of words
if ! { install || { $as apt-get $patient update -qq && install; }; } >"$log" 2>&1; then
	tail -n 5 "$log" >&2
	echo "growlab could not install system packages; run: apt-get update && apt-get install --no-install-recommends$missing" >&2
	exit 1
fi
