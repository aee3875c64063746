#!/bin/bash
# run.sh [-t SECONDS] [-m MEMORY] [-s FOLDER] [-e NAME=VALUE]... COMMAND [ARGUMENT...]
# Runs COMMAND as root in a User Mode Linux guest: Debian's kernel with ip_vs, ipip, dummy, bridge VLAN filtering, as an ordinary process.
# The guest sees this machine's files through a copy-on-write overlay: what it writes stays in its memory, except in FOLDER.
# Both output streams come out when the guest has ended. The exit code is COMMAND's, 124 if the time was over, 125 if no guest ran.
set -u
here=$(dirname "$(realpath "$0")")
seconds=120 memory=2G share='' environment=()
while getopts "+t:m:s:e:" option; do
  case $option in
    t) seconds=$OPTARG ;;
    m) memory=$OPTARG ;;
    s) share=$OPTARG ;;
    e) environment+=("$OPTARG") ;;
    *) sed -n 2p "$0" >&2; exit 2 ;;
  esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || { sed -n 2p "$0" >&2; exit 2; }
kernel=$(command -v linux.uml) && [ -d /usr/lib/uml/modules ] || { echo "error: no User Mode Linux kernel: deploy/deps.sh test installs Debian's package user-mode-linux" >&2; exit 125; }
[ -n "$share" ] || { share=$(mktemp -d "${TMPDIR:-/tmp}/podwire-uml.XXXXXX") && trap 'rm -rf "$share"' EXIT; }
share=$(realpath "$share")
mkdir -p "$share/root" "$share/memory"
rm -f "$share"/{code,out,err,console}
{
  printf 'cd %q\n' "$PWD"
  for pair in ${environment[@]+"${environment[@]}"}; do printf 'export %q\n' "$pair"; done
  printf '%q ' "$@"
  printf '\n'
} >"$share/command"
# The guest's memory is a file; TMPDIR says where. A tmpfs keeps it off the disk.
memory_at=$share/memory
[ -d /dev/shm ] && [ -w /dev/shm ] && memory_at=/dev/shm
# Every process of the guest is a process of this machine: a process namespace of their own takes them all along when the time is over.
timeout -k 2 "$seconds" unshare --pid --fork --kill-child env -i HOME="$share" TMPDIR="$memory_at" PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  "$kernel" mem="$memory" root=/dev/root rootfstype=hostfs rootflags=/ rw init="$here/init.sh" \
  con=null ssl=null con0=null,fd:7 console=tty0 quiet loglevel=3 panic=-1 UML_SHARE="$share" UML_HERE="$here" \
  7>"$share/console" >"$share/kernel" 2>&1 </dev/null 2>/dev/null &
guest=$!
# A guest that has powered down sometimes spins for ever: its command is over, so it is given five seconds for that.
{ until [ -s "$share/code" ]; do sleep 0.5; done; sleep 5; kill "$guest"; } >/dev/null 2>&1 &
watch=$!
wait "$guest" 2>/dev/null
ended=$?
kill "$watch" 2>/dev/null
[ ! -e "$share/out" ] || cat "$share/out"
[ ! -e "$share/err" ] || cat "$share/err" >&2
if [ -s "$share/code" ]; then exit "$(cat "$share/code")"; fi
if [ $ended = 124 ] || [ $ended = 137 ]; then echo "uml: the time limit of $seconds s is over" >&2; exit 124; fi
echo "uml: the guest ended (code $ended) before the command did" >&2
tail -n 20 "$share/kernel" "$share/console" >&2
exit 125
