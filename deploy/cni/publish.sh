#!/bin/sh
# Builds the CNI plugins' three executables with NativeAOT and links each under its plugins' names.
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
platform="linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')"
publish() { # PROJECT FILE NAME...
  project=$1 file=$2
  shift 2
  dotnet publish "$project" -c Release -r "$platform" -p:NativeDebugSymbols=false -o "$scratch/$file.d" -v quiet -nologo
  # Each name is replaced by a rename: a runtime that is calling the old file meanwhile keeps it.
  for name in "$@"; do
    ln -f "$scratch/$file.d/$file" "$scratch/link"
    mv -f "$scratch/link" "$out/$name"
  done
}
publish "$here/Podwire.CniExecutable.csproj" podwire-cni bridge host-local loopback flannel
publish "$here/../cni-chained/Podwire.CniChainedExecutable.csproj" podwire-cni-chained portmap firewall ptp bandwidth host-device macvlan sbr static tuning podwire-policy
publish "$here/../cni-calico/Podwire.CniCalicoExecutable.csproj" podwire-cni-calico calico calico-ipam
