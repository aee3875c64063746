#!/bin/sh
# Builds the CNI plugins' one executable with NativeAOT and links it under every plugin's name.
# Usage: deploy/cni/publish.sh OUTDIR
set -eu
if [ $# -ne 1 ]; then
  echo "usage: $0 OUTDIR" >&2
  exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)
scratch=$(mktemp -d "$out/.publish.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
dotnet publish "$here/Podwire.CniExecutable.csproj" -c Release -r "linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')" -o "$scratch" -v quiet -nologo
# Each name is replaced by a rename: a runtime that is calling the old file meanwhile keeps it.
for name in bridge host-local loopback portmap firewall ptp bandwidth host-device macvlan sbr static tuning podwire-policy flannel; do
  ln -f "$scratch/podwire-cni" "$scratch/link"
  mv -f "$scratch/link" "$out/$name"
done
