#!/bin/sh
# nvrtc.sh FOLDER - fetches NVIDIA's run-time compiler 12.4 out of Debian's archive (trixie, non-free) into FOLDER, without root and
# without touching the system's packages or sources; quick when it is there. 18 MB are fetched. The folder's name of the libraries
# is printed. NVRTC alone makes PTX and machine code, and says what each kernel takes.
set -eu

folder=${1:?usage: nvrtc.sh FOLDER}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
libs=$folder/root/usr/lib/x86_64-linux-gnu
if [ ! -e "$libs/libnvrtc.so.12" ]; then
	# The mirror that this machine uses itself; elsewhere than on Debian, name one.
	mirror=${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' | grep debian | grep -v security | head -1)}
	[ -n "$mirror" ] || { echo "nvrtc.sh: no Debian mirror among apt's sources; name one in DEBIAN_MIRROR" >&2; exit 1; }
	apt=$folder/apt
	rm -rf "$apt" "$folder/root"
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/sources" "$apt/packages" "$folder/root"
	cat >"$apt/sources/trixie.sources" <<-END
		Types: deb
		URIs: $mirror
		Suites: trixie
		Components: non-free
		Architectures: amd64
		Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
	END
	cat >"$apt/apt.conf" <<-END
		Dir::Etc::sourcelist "/dev/null";
		Dir::Etc::sourceparts "$apt/sources";
		Dir::State::lists "$apt/lists";
		Dir::State::status "$apt/status";
		Dir::Cache "$apt/cache";
		Debug::NoLocking "1";
		APT::Sandbox::User "";
		Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
		Acquire::Languages "none";
	END
	: >"$apt/status"
	export APT_CONFIG="$apt/apt.conf"
	apt-get -qq update
	(cd "$apt/packages" && apt-get -qq download libnvrtc12 libnvrtc-builtins12.4)
	for package in "$apt"/packages/*.deb; do
		dpkg-deb --extract "$package" "$folder/root"
	done
	rm -rf "$apt"
fi
echo "$libs"
