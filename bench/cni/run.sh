#!/bin/sh
# Measures the CNI plugins beside Debian's containernetworking-plugins, as whole processes, in one run.
# Usage: bench/cni/run.sh [PLUGIN-DIR]     (default: out/cni)
# Needs root, gcc, iproute2 and containernetworking-plugins. Everything happens in network namespaces of its own.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
ours=${1:-$root/out/cni}
theirs=${REFERENCE:-/usr/lib/cni}
rounds=${ROUNDS:-60}
wide=${WIDE:-100}
[ "$(id -u)" = 0 ] || { echo "run.sh: needs root, to make network namespaces" >&2; exit 1; }
[ -x "$ours/bridge" ] || { echo "run.sh: no $ours/bridge; run deploy/cni/publish.sh $ours" >&2; exit 1; }
[ -x "$theirs/bridge" ] || { echo "run.sh: no $theirs/bridge; install containernetworking-plugins" >&2; exit 1; }

work=$(mktemp -d /dev/shm/podwire-bench-cni.XXXXXX)
id=cnib$$
cleanup() {
  for space in "$id-host" "$id-c" $(seq -f "$id-w%g" 0 $((wide - 1))); do
    if [ -e "/run/netns/$space" ]; then ip netns del "$space"; fi
  done
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

gcc -O2 -Wall -Wextra -o "$work/measure" "$root/bench/cni/measure.c"
ip netns add "$id-host"
ip netns add "$id-c"

config() { # FILE BRIDGE SUBNET MORE
  cat > "$work/$1" <<EOF
{"cniVersion":"1.0.0","name":"$2","type":"bridge","bridge":"$2","isGateway":true,
 "ipam":{"type":"host-local","dataDir":"$work/leases","ranges":[[{"subnet":"$3"}]],"routes":[{"dst":"0.0.0.0/0"}]}$4}
EOF
}
config go.json brgo 10.70.0.0/16 ""
config us.json brus 10.71.0.0/16 ""
config go-masq.json brgo 10.70.0.0/16 ',"ipMasq":true'
config us-masq.json brus 10.71.0.0/16 ',"ipMasq":true'
measure() { ip netns exec "$id-host" "$work/measure" "$@"; }

echo "$(uname -r), $(nproc) CPUs; $("$theirs/bridge" 2>&1 < /dev/null | head -n 1)"
echo "sizes: reference bridge $(stat -Lc %s "$theirs/bridge"), ours (all plugins) $(stat -c %s "$ours/bridge") bytes"
measure pair "$rounds" "/run/netns/$id-c" "reference=$theirs=$work/go.json" "podwire=$ours=$work/us.json"
echo "with ipMasq (the reference by iptables, podwire by nftables):"
measure pair "$((rounds / 3))" "/run/netns/$id-c" "reference=$theirs=$work/go-masq.json" "podwire=$ours=$work/us-masq.json"
measure one "$rounds" "/run/netns/$id-c" loopback ADD "reference=$theirs=$work/go.json" "podwire=$ours=$work/us.json"
measure one "$rounds" "/run/netns/$id-c" bridge VERSION "reference=$theirs=$work/go.json" "podwire=$ours=$work/us.json"

i=0
while [ "$i" -lt "$wide" ]; do ip netns add "$id-w$i"; i=$((i + 1)); done
measure wide "$wide" 32 "/run/netns/$id-w" "reference=$theirs=$work/go.json" "podwire=$ours=$work/us.json"

# 50,000 leases that someone else took, then host-local by itself; the empty one first is what it is compared with.
config empty.json leasesempty 10.72.0.0/16 ""
config full.json leasesfull 10.73.0.0/16 ""
mkdir -p "$work/leases/leasesfull"
awk -v dir="$work/leases/leasesfull" 'BEGIN { for (n = 2; n < 50002; n++) { f = sprintf("%s/10.73.%d.%d", dir, n / 256, n % 256); printf "other%d\r\neth0", n > f; close(f) } }'
printf '10.73.195.81' > "$work/leases/leasesfull/last_reserved_ip.0"
measure one "$((rounds / 2))" "/run/netns/$id-c" host-local ADD "empty=$ours=$work/empty.json" "50000-leases=$ours=$work/full.json"
