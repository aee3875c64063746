#!/bin/bash
# run.sh [SUITE...]: builds and runs every test suite (or those named, such as proxy or netlink) and sums their counts.
# The last line is «N passed, N failed, N skipped». A skipped test names what it lacks. RUN_SUITES_LOG keeps the output.
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
if [ "$(id -u)" != 0 ]; then
  echo "error: the kernel and end-to-end tests make network namespaces and need root: sudo make test" >&2
  exit 1
fi
suites=("$@")
if [ ${#suites[@]} = 0 ]; then
  # The end-to-end tests come last: what they show stands on all the others.
  for project in tests/*/*.csproj; do name=$(basename "$(dirname "$project")"); [ "$name" = e2e ] || suites+=("$name"); done
  suites+=(e2e)
fi
mkdir -p artifacts/test-logs
passed=0 failed=0 skipped=0 broken=()
echo "building the tests"
if ! dotnet build Net.sln -v q --nologo >artifacts/test-logs/build.log 2>&1; then
  grep -E 'error' artifacts/test-logs/build.log | sort -u | head -n 40 >&2
  echo "0 passed, 1 failed, 0 skipped"
  exit 1
fi
for suite in "${suites[@]}"; do
  project=$(ls tests/"$suite"/*.csproj 2>/dev/null) || { echo "error: no test suite $suite" >&2; exit 2; }
  name=$(basename "$project" .csproj)
  log=artifacts/test-logs/$suite.log
  start=$SECONDS
  dotnet "artifacts/bin/$name/debug/$name.dll" -noColor -parallel none >"$log" 2>&1
  rc=$?
  summary=$(grep -E 'Total: [0-9]+, Errors: [0-9]+, Failed: [0-9]+, Skipped: [0-9]+' "$log" | tail -n 1)
  count() { sed -nE "s/.*$1: ([0-9]+).*/\1/p" <<<"$summary"; }
  if [ -z "$summary" ]; then
    tail -n 30 "$log"
    broken+=("$suite")
    failed=$((failed + 1))
    continue
  fi
  f=$(( $(count Errors) + $(count Failed) )) s=$(count Skipped) t=$(( $(count Total) - $(count 'Not Run') ))
  passed=$((passed + t - f - s)) failed=$((failed + f)) skipped=$((skipped + s))
  printf '%-12s %4d passed, %d failed, %d skipped  %4d s\n' "$suite" $((t - f - s)) "$f" "$s" $((SECONDS - start))
  [ "$f" = 0 ] && [ "$rc" = 0 ] || { grep -A 25 -E '\[FAIL\]' "$log" | head -n 200; [ "$f" != 0 ] || { failed=$((failed + 1)); broken+=("$suite"); }; }
  grep -A 1 -E '\[SKIP\]' "$log"
done
[ ${#broken[@]} = 0 ] || echo "ended without a summary or with an error: ${broken[*]}"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
