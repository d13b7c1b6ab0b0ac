#!/bin/sh
# go.sh - fails with one line unless there is a Go that can build this module: 1.26, or one since 1.21, which fetches
# the version that go.mod names.
set -eu
if ! command -v go >/dev/null; then
	echo "growlab needs Go 1.21 or newer in PATH: https://go.dev/dl/" >&2
	exit 1
fi
version=$(cd / && GOTOOLCHAIN=local go env GOVERSION)
minor=${version#go1.}
minor=${minor%%[!0-9]*}
case $version in
go1.*) [ "$minor" -ge 21 ] && exit 0 ;;
*) exit 0 ;; # a development version, or a Go that we do not know yet
esac
echo "growlab needs Go 1.21 or newer, and $(command -v go) is $version: https://go.dev/dl/" >&2
exit 1
