#!/bin/sh
# Measures the CNI plugins beside Debian's containernetworking-plugins (this release's, and sid's where apt can fetch it) and beside a
# floor in C, as whole processes, in one run. Ends with the list of targets, met or not, and why where not.
# Usage: bench/cni/run.sh [PLUGIN-DIR]     (default: out/cni)     ROUNDS=60 WIDE=100 SID=no
# Needs root, gcc, iproute2, iptables and containernetworking-plugins. Everything happens in network namespaces of its own.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
here=$root/bench/cni
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
  for space in "$id-host" "$id-reference" "$id-sid" "$id-podwire" "$id-c" $(seq -f "$id-w%g" 0 $((wide - 1))); do
    if [ -e "/run/netns/$space" ]; then ip netns del "$space"; fi
  done
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

mkdir "$work/floor"
gcc -O2 -Wall -Wextra -o "$work/measure" "$here/measure.c"
gcc -O2 -static -Wall -Wextra -Wno-format-truncation -o "$work/floor/bridge" "$here/floor.c"
newest=
[ "${SID:-yes}" = no ] || newest=$("$here/sid.sh" "$root/artifacts/bench-cni/sid" 2>/dev/null) || newest=
ip netns add "$id-host"
ip netns add "$id-c"
for label in reference sid podwire; do ip netns add "$id-$label"; done

config() { # FILE BRIDGE SUBNET MORE
  cat > "$work/$1" <<EOF
{"cniVersion":"1.0.0","name":"$2","type":"bridge","bridge":"$2","isGateway":true,
 "ipam":{"type":"host-local","dataDir":"$work/leases","ranges":[[{"subnet":"$3"}]],"routes":[{"dst":"0.0.0.0/0"}]}$4}
EOF
}
config go.json brgo 10.70.0.0/16 ""
config us.json brus 10.71.0.0/16 ""
config fl.json brfl 10.74.0.0/16 ""
config go-masq.json brgo 10.70.0.0/16 ',"ipMasq":true'
config us-masq.json brus 10.71.0.0/16 ',"ipMasq":true'
export SUMMARY="$work/summary"
measure() { ip netns exec "$id-host" env "$@"; }
m=$work/measure

version() { dpkg-query -W -f '${Version}' containernetworking-plugins 2>/dev/null || echo "of unknown version"; }
newer() { basename "$root"/artifacts/bench-cni/sid/apt/containernetworking-plugins_*.deb | cut -d_ -f2 | sed 's/%3a/:/'; }
echo "$(uname -r), $(nproc) CPUs; reference $(version); sid $(if [ -n "$newest" ]; then newer; else echo "not to be had"; fi)"
ref="reference=$theirs=$work/go.json" us="podwire=$ours=$work/us.json" floor="floor=$work/floor=$work/fl.json"
sid() { [ -z "$newest" ] || echo "sid=$newest=$work/$1"; }
size() { stat -Lc %s "$1/bridge"; }
line="size: reference bridge $(size "$theirs") bytes, podwire (bridge, host-local, loopback and flannel in one file) $(size "$ours")"
if [ "$(size "$ours")" -le "$(size "$theirs")" ]; then line="met      $line"; else line="NOT MET  $line"; fi
echo "$line" | tee -a "$SUMMARY"

measure TARGET_ADD="0.27 0.25 0.6 1.6" TARGET_DEL="0.10 - 0.6 -" "$m" pair "$rounds" "/run/netns/$id-c" bridge "$ref" $(sid go.json) "$us" "$floor"
# Here each has a namespace of its own: where there are chains of the reference's, podwire starts iptables to look at them.
echo "with ipMasq (the reference by iptables, podwire by nftables):"
measure HOSTS="/run/netns/$id-" KIND=" ipMasq" TARGET_ADD="0.12 - - -" TARGET_DEL="0.06 - - -" "$m" pair "$((rounds / 3))" "/run/netns/$id-c" bridge \
  "reference=$theirs=$work/go-masq.json" $(sid go-masq.json) "podwire=$ours=$work/us-masq.json"

# Two ports on a container that has an address; what portmap adds to a chain is its own process's time.
if [ -x "$ours/portmap" ]; then
  ports() { # FILE SUBNET-BEGIN PORT
    cat > "$work/$1" <<EOF
{"cniVersion":"1.0.0","name":"ports","type":"portmap","snat":true,"capabilities":{"portMappings":true},
 "runtimeConfig":{"portMappings":[{"hostPort":${3}1,"containerPort":80,"protocol":"tcp"},{"hostPort":${3}2,"containerPort":53,"protocol":"udp"}]},
 "prevResult":{"cniVersion":"1.0.0","interfaces":[{"name":"eth0","sandbox":"/run/netns/$id-c"}],"ips":[{"interface":0,"address":"$2.0.9/16","gateway":"$2.0.1"}],"dns":{}}}
EOF
  }
  # New namespaces: in the others connections are tracked by now, and the bridge has reported to its multicast groups.
  for label in reference sid podwire; do
    ip netns del "$id-$label"
    ip netns add "$id-$label"
  done
  ports go-ports.json 10.70 3000
  ports us-ports.json 10.71 3001
  measure HOSTS="/run/netns/$id-" KIND=", 2 ports" TARGET_ADD="0.05 - - -" TARGET_DEL="0.05 - - -" "$m" pair "$((rounds / 3))" "/run/netns/$id-c" portmap \
    "reference=$theirs=$work/go-ports.json" $(sid go-ports.json) "podwire=$ours=$work/us-ports.json"

  # The same with one connection in each namespace: then flows are listed, and the kernel walks the table that all namespaces share for that.
  for label in reference sid podwire; do
    ip -n "$id-$label" link set lo up
    ip netns exec "$id-$label" bash -c 'echo 600 > /proc/sys/net/netfilter/nf_conntrack_udp_timeout; echo > /dev/udp/127.0.0.1/9'
  done
  measure HOSTS="/run/netns/$id-" KIND=", 2 ports, connected" TARGET_ADD="0.05 - - -" TARGET_DEL="0.05 - - -" "$m" pair "$((rounds / 3))" "/run/netns/$id-c" portmap \
    "reference=$theirs=$work/go-ports.json" $(sid go-ports.json) "podwire=$ours=$work/us-ports.json"
else
  echo "portmap: $ours does not have it"
fi
measure TARGET="0.6 - 0.6 -" "$m" one "$rounds" "/run/netns/$id-c" loopback ADD "$ref" $(sid go.json) "$us"
measure TARGET="0.6 - 0.6 -" "$m" one "$rounds" "/run/netns/$id-c" bridge VERSION "$ref" $(sid go.json) "$us" "$floor"

i=0
while [ "$i" -lt "$wide" ]; do ip netns add "$id-w$i"; i=$((i + 1)); done
measure TARGET=2.3 "$m" wide "$wide" 32 "/run/netns/$id-w" "$ref" $(sid go.json) "$us" "$floor"

# 50,000 leases that someone else took, then host-local by itself; the empty one first is what it is compared with.
config empty.json leasesempty 10.72.0.0/16 ""
config full.json leasesfull 10.73.0.0/16 ""
mkdir -p "$work/leases/leasesfull"
awk -v dir="$work/leases/leasesfull" 'BEGIN { for (n = 2; n < 50002; n++) { f = sprintf("%s/10.73.%d.%d", dir, n / 256, n % 256); printf "other%d\r\neth0", n > f; close(f) } }'
printf '10.73.195.81' > "$work/leases/leasesfull/last_reserved_ip.0"
echo "host-local with 50,000 leases (podwire) and without (empty), both ours:"
measure TARGET="1.3 - - -" "$m" one "$((rounds / 2))" "/run/netns/$id-c" host-local ADD "empty=$ours=$work/empty.json" "podwire=$ours=$work/full.json"

if grep -q '^NOT MET' "$SUMMARY"; then
  # Where the time of an ADD goes, by calls that do less: VERSION is the start; a refused configuration adds reading it and the error;
  # host-local adds a lease; what is left of ADD is the kernel's and the messages to it.
  config refused.json brus 10.71.0.0/16 ',"mtu":1'
  echo "breakdown of podwire's ADD (medians, ms):"
  for part in "start:bridge:VERSION:us.json" "JSON:bridge:ADD:refused.json" "lease:host-local:ADD:us.json"; do
    name=${part%%:*} rest=${part#*:}
    plugin=${rest%%:*} rest=${rest#*:}
    measure EXPECT="$(if [ "$name" = JSON ]; then echo 1; else echo 0; fi)" SUMMARY= "$m" one "$rounds" "/run/netns/$id-c" "$plugin" "${rest%%:*}" "podwire=$ours=$work/${rest#*:}" |
      awk -v name="$name" '$1 == "podwire" { printf "  up to and with %-8s %7.2f wall %7.2f CPU\n", name, $2, $3 }'
  done
  measure SUMMARY= "$m" pair "$rounds" "/run/netns/$id-c" bridge "$us" "$floor" |
    awk '/ADD/ { add = 1 } /DEL/ { add = 0 } add && $1 == "podwire" { printf "  all of ADD               %7.2f wall %7.2f CPU\n", $2, $3 } add && $1 == "floor" { printf "  the floor in C           %7.2f wall %7.2f CPU\n", $2, $3 }'
fi
echo "targets:"
cat "$SUMMARY"
