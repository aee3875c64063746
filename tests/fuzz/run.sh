#!/bin/bash
# run.sh [SUITE...]: every decoder of every suite that has tests of the trait fuzz (or of those named), FUZZ_SECONDS (60) each, and BGP's
# (tests/bgp) until each has had FUZZ_INPUTS (10,000,000) as well; FUZZ_LANES (2) classes of tests side by side, one line per decoder and, indented,
# how far it is every FUZZ_PROGRESS (30) seconds. FUZZ_SEED repeats a run. Ends with 1 if a decoder failed; the failure names its seed and input.
set -u
cd "$(dirname "$0")/../.."
# One class of tests: «run.sh --one SUITE CLASS».
if [ "${1:-}" = --one ]; then
  name=$(basename tests/"$2"/*.csproj .csproj)
  [ "$2" = bgp ] || unset FUZZ_INPUTS
  output=$(dotnet "artifacts/bin/$name/release/$name.dll" -noColor -parallel none -trait fuzz=yes -class "$3" 2> >(sed -u 's/^/  /' >&2)) && exit 0
  { echo "== $2, $3 failed"; grep -A 12 '\[FAIL\]' <<<"$output" || tail -n 20 <<<"$output"; } >&2
  exit 1
fi
export FUZZ_SECONDS=${FUZZ_SECONDS:-60} FUZZ_INPUTS=${FUZZ_INPUTS:-10000000} FUZZ_PROGRESS=${FUZZ_PROGRESS:-30} FUZZ_LOG
FUZZ_LOG=$(mktemp)
trap 'rm -f "$FUZZ_LOG"' EXIT
[ $# -gt 0 ] || set -- $(grep -l '\[Trait("fuzz", "yes")\]' tests/*/*.cs tests/*/*/*.cs | cut -d/ -f2 | sort -u)
classes=()
for suite in "$@"; do
  project=$(ls tests/"$suite"/*.csproj 2>/dev/null) || { echo "error: no test suite $suite" >&2; exit 2; }
  # Released code: what is fuzzed is what is shipped, and it gets through more.
  dotnet build "$project" -c Release -v q --nologo >/dev/null || { echo "error: $suite does not build" >&2; exit 1; }
  for file in $(grep -rl --include='*.cs' '\[Trait("fuzz", "yes")\]' "tests/$suite"); do
    classes+=("$suite $(sed -n 's/^namespace \(.*\);\r\?$/\1/p' "$file").$(basename "$file" .cs)")
  done
done
echo "== ${#classes[@]} classes of tests, $FUZZ_SECONDS s for each decoder, BGP's $FUZZ_INPUTS inputs at least"
tail -n +1 -f "$FUZZ_LOG" & shown=$!
printf '%s\n' "${classes[@]}" | xargs -P "${FUZZ_LANES:-2}" -L 1 tests/fuzz/run.sh --one
failed=$?
sleep 1
kill "$shown"
awk '{ for (i = 2; i <= NF; i++) if ($i ~ /^inputs/) all += $(i - 1) } END { printf "== %d inputs to %d decoders\n", all, NR }' "$FUZZ_LOG"
[ "$failed" = 0 ]
