#!/bin/sh
# sid.sh DIR: puts Debian sid's containernetworking-plugins into DIR, by the mirror that this system's apt uses and without changing
# the system: lists and packages go to a folder beside DIR. Prints where the plugins are; fails where they are not to be had.
set -eu
out=$1
bin=$out/usr/lib/cni
if [ -x "$bin/bridge" ]; then echo "$bin"; exit 0; fi
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>/dev/null | grep -v security | head -n 1)
[ -n "$mirror" ] || mirror=$(sed -nE 's/^URIs: *([^ ]+).*/\1/p' /etc/apt/sources.list.d/*.sources 2>/dev/null | grep -v security | head -n 1)
[ -n "$mirror" ] || mirror=$(sed -nE 's/^deb +(\[[^]]*\] +)?([^ ]+).*/\2/p' /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | grep -v security | head -n 1)
[ -n "$mirror" ] || exit 1
mkdir -p "$out/apt/lists/partial" "$out/apt/cache/archives/partial"
keys=$(ls /usr/share/keyrings/debian-archive-keyring.* 2>/dev/null | head -n 1)
printf 'deb [signed-by=%s] %s sid main\n' "$keys" "$mirror" > "$out/apt/sources.list"
apt() {
  apt-get -qq -o Dir::Etc::SourceList="$out/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists="$out/apt/lists" \
    -o Dir::Cache="$out/apt/cache" -o Dir::State::Status=/dev/null -o APT::Sandbox::User=root -o Acquire::Languages=none "$@"
}
apt update > "$out/apt/log" 2>&1 || exit 1
(cd "$out/apt" && apt download containernetworking-plugins >> log 2>&1) || exit 1
dpkg-deb -x "$out"/apt/containernetworking-plugins_*.deb "$out"
rm -rf "$out/apt/lists" "$out/apt/cache"
[ -x "$bin/bridge" ] && echo "$bin"
