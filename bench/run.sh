#!/bin/bash
# run.sh [BENCH...]: every bench, or those named (cni, proxy, up, code; bgp, netpolicy and overlay only if named, since they take minutes). Figures are ratios of one run; see bench/README.md.
set -eu
cd "$(dirname "$0")"
if [ "$(id -u)" != 0 ]; then
  echo "error: the benches make network namespaces and need root: sudo make bench" >&2
  exit 1
fi
[ $# -gt 0 ] || set -- code cni proxy up
for bench in "$@"; do
  [ -x "$bench/run.sh" ] || { echo "error: there is no bench '$bench'; there are: $(ls -d */run.sh | cut -d/ -f1 | tr '\n' ' ')" >&2; exit 2; }
  echo "== $bench"
  "$bench/run.sh"
  echo
done
