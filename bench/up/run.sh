#!/bin/bash
# From built binaries to a sample that answers: seconds of each step and of the whole, and what each daemon holds in memory.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
export PODWIRE_CLUSTER=$root/artifacts/bench/cluster
podwire=$root/out/bin/podwire
runs=${RUNS:-3}
mkdir -p "$root/artifacts/bench"
trap '"$podwire" down >/dev/null 2>&1 || true' EXIT
"$podwire" down >/dev/null 2>&1 || true
for ((run = 1; run <= runs; run++)); do
  "$podwire" up --api-port 26443 >"$root/artifacts/bench/status" 2>"$root/artifacts/bench/progress" || { cat "$root/artifacts/bench/progress" >&2; exit 1; }
  grep -E '^up in' "$root/artifacts/bench/progress" | sed "s/^/run $run: /"
  [ "$run" = "$runs" ] || "$podwire" down >/dev/null 2>&1
done
echo
echo "steps of the last run:"
grep -E '^  ok' "$root/artifacts/bench/progress"
echo
"$podwire" status | sed -n '/DAEMON/,/^$/p'
