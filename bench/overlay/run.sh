#!/bin/bash
# run.sh [ROWS [ROUNDS [NODES]]]: the ways between two nodes, ours beside the same made by hand, then thousands of nodes; see README.md here.
# ROWS: of host-gw, vxlan, udp, same, ipip and nodes, with commas; all without it. Needs root, gcc, ip and bridge; ipip is measured in User Mode
# Linux. Figures are of one run.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
[ "$(id -u)" = 0 ] || { echo "error: the bench makes network namespaces and needs root" >&2; exit 1; }
rows=,${1:-host-gw,vxlan,udp,same,ipip,nodes},
for row in ${rows//,/ }; do
  case $row in host-gw|vxlan|udp|same|ipip|nodes) ;; *) echo "error: no row $row; there are host-gw, vxlan, udp, same, ipip and nodes" >&2; exit 2;; esac
done
"$root/deploy/framework.sh"
bin=$root/artifacts/bench-overlay
mkdir -p "$bin"
for tool in netload tunloop; do gcc -O2 -Wall -Wextra -pthread -o "$bin/$tool" "$root/bench/overlay/$tool.c"; done
dotnet build "$root/bench/overlay" -c Release -v q --nologo >"$bin/build.log" 2>&1 || { cat "$bin/build.log" >&2; exit 1; }
bench=$root/artifacts/bin/Podwire.OverlayBench/release/Podwire.OverlayBench.dll
agent=${FLANNEL_BINARY:-$root/out/bin/podwire-flannel}
[ -x "$agent" ] || agent=$bench
paths=
for row in host-gw vxlan udp; do case $rows in *,$row,*) paths=$paths,$row;; esac; done
[ -z "$paths" ] || dotnet "$bench" paths "$bin" "$agent" "${paths#,}" "${2:-3}"
case $rows in *,same,*) dotnet "$bench" pairs "$bin" "$agent" host-gw,vxlan 24;; esac
case $rows in *,ipip,*)
  echo "ipip, in User Mode Linux (bare is node to node in there):"
  "$root/tests/uml/run.sh" -t 240 dotnet "$bench" paths "$bin" "$bench" ipip "${2:-1}" || echo "not measured: User Mode Linux did not run";;
esac
case $rows in *,nodes,*) dotnet "$bench" nodes "$agent" "${3:-5000}";; esac
