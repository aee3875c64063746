#!/bin/bash
# run.sh [--seconds=N] [--exchanges=N] [ROW...]: podwire-proxy as a whole process, fed by a fake API server in a network namespace of its own,
# beside nft, a bare netlink loader and the iptables layout. Figures are of one run; see README.md here. Needs root, nft, iptables and gcc.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
[ "$(id -u)" = 0 ] || { echo "error: the bench makes network namespaces and needs root" >&2; exit 1; }
for need in nft:nftables iptables-restore:iptables gcc:gcc taskset:util-linux; do
  command -v "${need%%:*}" >/dev/null || { echo "error: the bench needs ${need%%:*}: apt-get install ${need##*:}" >&2; exit 1; }
done
"$root/deploy/framework.sh"
dotnet build "$root/bench/proxy" -c Release -v q --nologo >"$root/artifacts/bench-proxy.log" 2>&1 || { cat "$root/artifacts/bench-proxy.log" >&2; exit 1; }
tools=$root/artifacts/bench-proxy
mkdir -p "$tools"
for tool in bare-loader traffic; do
  gcc -O2 -Wall -o "$tools/$tool" "$root/bench/proxy/$tool.c"
done
proxy=${PROXY_BINARY:-$root/out/bin/podwire-proxy}
exec dotnet "$root/artifacts/bin/Podwire.ProxyBench/release/Podwire.ProxyBench.dll" --tools="$tools" $([ -x "$proxy" ] && echo "--binary=$proxy") "$@"
