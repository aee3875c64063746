#!/bin/bash
# run.sh [SERVICES ENDPOINTS]: podwire-proxy as a whole process, fed by a fake API server in a network namespace of its own,
# beside nft loading the same rules. Figures are of one run; see README.md here. Needs root and nft.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
[ "$(id -u)" = 0 ] || { echo "error: the bench makes network namespaces and needs root" >&2; exit 1; }
command -v nft >/dev/null || { echo "error: nft is the peer of this bench: apt-get install nftables" >&2; exit 1; }
"$root/deploy/framework.sh"
dotnet build "$root/bench/proxy" -c Release -v q --nologo >"$root/artifacts/bench-proxy.log" 2>&1 || { cat "$root/artifacts/bench-proxy.log" >&2; exit 1; }
proxy=${PROXY_BINARY:-$root/out/bin/podwire-proxy}
[ -x "$proxy" ] || proxy=
exec dotnet "$root/artifacts/bin/Podwire.ProxyBench/release/Podwire.ProxyBench.dll" bench "${1:-10000}" "${2:-10}" $proxy
