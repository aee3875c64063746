#!/bin/bash
# The code below the daemons: message building, diffing, decoding. Arguments are BenchmarkDotNet's; all benchmarks without any.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
[ $# -gt 0 ] || set -- --filter '*'
"$root/deploy/framework.sh" >/dev/null
dotnet build -c Release -v q --nologo "$root/bench/code"
cd "$root/artifacts"
dotnet "$root/artifacts/bin/Podwire.Bench/release/Podwire.Bench.dll" "$@"
