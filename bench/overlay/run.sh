#!/bin/bash
# run.sh [MODES [ROUNDS [NODES]]]: the ways between two nodes, ours beside the same made by hand, then thousands of nodes; see README.md here.
# Figures are of one run. Needs root, gcc, ip and bridge; ipip is measured in User Mode Linux where the machine's kernel lacks it.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
[ "$(id -u)" = 0 ] || { echo "error: the bench makes network namespaces and needs root" >&2; exit 1; }
"$root/deploy/framework.sh"
bin=$root/artifacts/bench-overlay
mkdir -p "$bin"
for tool in netload tunloop; do gcc -O2 -Wall -Wextra -pthread -o "$bin/$tool" "$root/bench/overlay/$tool.c"; done
dotnet build "$root/bench/overlay" -c Release -v q --nologo >"$bin/build.log" 2>&1 || { cat "$bin/build.log" >&2; exit 1; }
bench=$root/artifacts/bin/Podwire.OverlayBench/release/Podwire.OverlayBench.dll
agent=${FLANNEL_BINARY:-$root/out/bin/podwire-flannel}
[ -x "$agent" ] || agent=$bench
dotnet "$bench" paths "$bin" "$agent" "${1:-host-gw,vxlan,udp}" "${2:-3}"
if [ "${1:-}" = "" ]; then
  echo "ipip, in User Mode Linux (bare is node to node in there):"
  "$root/tests/uml/run.sh" -t 240 dotnet "$bench" paths "$bin" "$bench" ipip 1 || echo "not measured: User Mode Linux did not run"
fi
dotnet "$bench" nodes "$agent" "${3:-5000}"
