#!/bin/bash
# build.sh OUT: publishes the NativeAOT executables into OUT/bin and OUT/cni. Names that share a file are hard links.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
out=$(mkdir -p "$1/bin" "$1/cni" && cd "$1" && pwd)
mkdir -p "$root/artifacts"
log=$root/artifacts/publish.log
# One compiler process for all the projects, ended with this run.
export UseSharedCompilation=true SharedCompilationId=podwire-build-$$
trap 'pkill -f "VBCSCompiler.*pipename:$SharedCompilationId" || true' EXIT
step() { # NAME COMMAND...: shows the name and the seconds, and the output only of a failure
  local name=$1 start=$SECONDS; shift
  printf '  .. %s\n' "$name"
  if ! "$@" >"$log" 2>&1; then
    cat "$log" >&2
    echo "error: $name does not build" >&2
    exit 1
  fi
  printf '  ok %s %d s\n' "$name" $((SECONDS - start))
}
publish() { # PROJECT: into artifacts/aot/PROJECT. Stack traces name their methods without the debugger's symbols, which take long.
  step "$1" dotnet publish "$root/$1" -c Release -p:NativeDebugSymbols=false -v q --nologo -o "$root/artifacts/aot/$1"
}
link() { # FILE DIR NAME...: replaces each name atomically, so that a running program keeps its file
  local file=$1 dir=$2; shift 2
  local first=
  for name in "$@"; do
    if [ -z "$first" ]; then cp "$file" "$dir/.$name.new"; first=$dir/$name; else ln -f "$first" "$dir/.$name.new"; fi
    mv -f "$dir/.$name.new" "$dir/$name"
  done
}
step deploy/cni "$root/deploy/cni/publish.sh" "$out/cni"
publish deploy/sample
link "$root/artifacts/aot/deploy/sample/podwire-echo" "$out/bin" podwire-echo
publish deploy/bin
link "$root/artifacts/aot/deploy/bin/podwire" "$out/bin" podwire podwire-apiserver podwire-kubelet podwire-flannel podwire-bgp podwire-calico podwire-proxy podwire-netpolicy
