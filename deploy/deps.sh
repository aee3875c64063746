#!/bin/bash
# deps.sh build|test|bench... : installs the Debian packages that are missing for these purposes; does nothing when all are there.
set -eu
missing=()
need() { # PACKAGE COMMAND-OR-FILE
  case $2 in
    /*) [ -e "$2" ] || missing+=("$1") ;;
    *) command -v "$2" >/dev/null || missing+=("$1") ;;
  esac
}
for purpose in "$@"; do
  case $purpose in
    build)
      need gcc gcc
      need musl-tools musl-gcc
      need libc6-dev /usr/include/stdlib.h
      need zlib1g-dev /usr/include/zlib.h
      need libssl-dev /usr/include/openssl/ssl.h
      need libsqlite3-0 /usr/lib/x86_64-linux-gnu/libsqlite3.so.0
      need ca-certificates /etc/ssl/certs/ca-certificates.crt ;;
    test)
      need iproute2 ip
      need nftables nft
      need conntrack conntrack
      need containernetworking-plugins /usr/lib/cni/bridge
      need curl curl
      need strace strace
      # Captures of the overlay decoded, load under churn, offloads off.
      need tshark tshark
      need iperf3 iperf3
      need ethtool ethtool
      # A kernel that runs as a process, with the modules that others leave out (tests/uml), and what is used inside it.
      need user-mode-linux linux.uml
      need kmod modprobe
      need iptables iptables
      need ipset ipset
      need ipvsadm ipvsadm
      # BGP speakers of others.
      need bird2 /usr/sbin/bird
      need gobgpd gobgpd
      need frr /usr/lib/frr/bgpd ;;
    bench)
      need gcc gcc
      need libc6-dev /usr/include/stdlib.h
      need iproute2 ip
      need curl curl
      need user-mode-linux linux.uml
      need kmod modprobe
      need nftables nft
      need containernetworking-plugins /usr/lib/cni/bridge
      # The peers of podwire-bgp.
      need bird2 /usr/sbin/bird
      need gobgpd gobgpd
      need frr /usr/lib/frr/bgpd
      need iptables iptables ;;
    *) echo "deps.sh: unknown purpose '$purpose'" >&2; exit 2 ;;
  esac
done
if ! command -v dotnet >/dev/null; then
  echo "error: the .NET SDK 10 is not installed ('dotnet' not found); see README.md" >&2
  exit 1
fi
[ ${#missing[@]} -gt 0 ] || exit 0
# iproute2's and iptables' programs live in sbin, which a user's PATH may lack.
if [ "$(id -u)" != 0 ]; then
  echo "error: not root, and these packages are missing: ${missing[*]}; run: sudo apt-get install ${missing[*]}" >&2
  exit 1
fi
echo "installing: ${missing[*]}"
log=$(mktemp)
# Only the programs are wanted: no service is to start (invoke-rc.d asks policy-rc.d).
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  printf '#!/bin/sh\nexit 101\n' >$policy
  chmod +x $policy
  trap 'rm -f $policy' EXIT
fi
if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "error: apt-get could not install ${missing[*]}" >&2
  exit 1
fi
rm -f "$log"
