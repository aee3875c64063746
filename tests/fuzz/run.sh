#!/bin/bash
# run.sh [SUITE...]: every decoder of every suite that links Fuzzer.cs or has tests of the trait fuzz (or of those named), FUZZ_SECONDS (60) each; one line per decoder.
# FUZZ_SEED repeats a run. Ends with 1 if a decoder failed; the failure names its seed and input.
set -u
cd "$(dirname "$0")/../.."
export FUZZ_SECONDS=${FUZZ_SECONDS:-60} FUZZ_LOG
FUZZ_LOG=$(mktemp)
trap 'rm -f "$FUZZ_LOG"' EXIT
failed=0
total=0
[ $# -gt 0 ] || set -- $({ grep -l 'fuzz/Fuzzer.cs' tests/*/*.csproj; grep -l '\[Trait("fuzz", "yes")\]' tests/*/*.cs; } | cut -d/ -f2 | sort -u)
for suite in "$@"; do
  project=$(ls tests/"$suite"/*.csproj 2>/dev/null) || { echo "error: no test suite $suite" >&2; exit 2; }
  name=$(basename "$project" .csproj)
  dotnet build "$project" -v q --nologo >/dev/null || { echo "error: $suite does not build" >&2; exit 1; }
  echo "== $suite, $FUZZ_SECONDS s each"
  : > "$FUZZ_LOG"
  output=$(dotnet "artifacts/bin/$name/debug/$name.dll" -noColor -parallel none -trait fuzz=yes 2>&1)
  rc=$?
  cat "$FUZZ_LOG"
  total=$((total + $(sed -n 's/.* \([0-9]*\) inputs.*/\1/p' "$FUZZ_LOG" | paste -sd+ | sed 's/^$/0/')))
  if [ $rc != 0 ]; then grep -A 8 '\[FAIL\]' <<<"$output"; failed=1; fi
done
echo "== $total inputs in all"
exit $failed
