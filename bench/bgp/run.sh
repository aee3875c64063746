#!/bin/bash
# run.sh [--rounds=N] [--changes=N] [--limit=SECONDS] [--speakers=LIST] [ROW...]: podwire-bgp as a route reflector beside bird2, gobgp and frr, fed by
# clients that verify every delivery. Figures are of one run, ratios within it; see README.md here. Needs root and ip; a peer that is not installed
# is left out. ROW: ten, wide, hundred, one, memory, pod or CLIENTSxROUTES.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
[ "$(id -u)" = 0 ] || { echo "error: the bench makes network namespaces and needs root" >&2; exit 1; }
command -v ip >/dev/null || { echo "error: the bench needs ip: apt-get install iproute2" >&2; exit 1; }
"$root/deploy/framework.sh"
dotnet build "$root/bench/bgp" -c Release -v q --nologo >"$root/artifacts/bench-bgp.log" 2>&1 || { cat "$root/artifacts/bench-bgp.log" >&2; exit 1; }
bgp=${BGP_BINARY:-$root/out/bin/podwire-bgp}
exec dotnet "$root/artifacts/bin/Podwire.BgpBench/release/Podwire.BgpBench.dll" $([ -x "$bgp" ] && echo "--binary=$bgp") $([ -x "$root/out/bin/podwire" ] && echo "--programs=$root/out") "$@"
