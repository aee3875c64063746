#!/bin/bash
# run.sh [ROW...]: the enforcer's rows: connections, change, load, memory, reload. Figures are of one run, ratios within it; see README.md
# here. Needs root, nft, iptables and ipset.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
[ "$(id -u)" = 0 ] || { echo "error: the bench makes network namespaces and needs root" >&2; exit 1; }
for peer in nft iptables-legacy ipset; do
  command -v $peer >/dev/null || { echo "error: $peer is a peer of this bench: deploy/deps.sh bench" >&2; exit 1; }
done
"$root/deploy/framework.sh"
dotnet build "$root/bench/netpolicy" -c Release -v q --nologo >"$root/artifacts/bench-netpolicy.log" 2>&1 || { cat "$root/artifacts/bench-netpolicy.log" >&2; exit 1; }
if [ -z "${NETPOLICY_BINARY:-}" ] && [ -x "$root/out/bin/podwire-netpolicy" ]; then export NETPOLICY_BINARY=$root/out/bin/podwire-netpolicy; fi
# Rows whose figures are times and not rates run ahead of other processes: a time slice that somebody else has is longer than what is measured.
echo "$(nft --version); $(uname -r); $(nproc) processors"
for row in ${*:-connections change load memory reload}; do
  case $row in change|load) ahead="chrt -f 1";; *) ahead=;; esac
  echo
  $ahead dotnet "$root/artifacts/bin/Podwire.NetPolicyBench/release/Podwire.NetPolicyBench.dll" "$row"
done
