#!/bin/bash
# run.sh [SUITE...]: builds and runs every test suite (or those named, such as proxy or netlink) and sums their counts.
# TEST_LANES suites (2) run side by side, the end-to-end tests alone and last: what they show stands on all the others.
# The last line is «N passed, N failed, N skipped». A skipped test names what it lacks. Logs: artifacts/test-logs.
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
logs=artifacts/test-logs
name_of() { basename "$(ls tests/"$1"/*.csproj 2>/dev/null)" .csproj; }
count() { sed -nE "s/.*$1: ([0-9]+).*/\1/p"; }

# One suite: its line, its failures and skips, and «passed failed skipped» in a file for the sum.
run_suite() {
  local suite=$1 name start=$SECONDS log=$logs/$1.log rc summary t f s
  name=$(name_of "$suite")
  dotnet "artifacts/bin/$name/debug/$name.dll" -noColor -parallel none >"$log" 2>&1
  rc=$?
  summary=$(grep -E 'Total: [0-9]+, Errors: [0-9]+, Failed: [0-9]+, Skipped: [0-9]+' "$log" | tail -n 1)
  if [ -z "$summary" ]; then
    f=1 s=0 t=1
    printf '%-12s ended without a summary (exit code %d) after %d s\n' "$suite" "$rc" $((SECONDS - start))
    tail -n 30 "$log"
  else
    f=$(( $(count Errors <<<"$summary") + $(count Failed <<<"$summary") )) s=$(count Skipped <<<"$summary")
    t=$(( $(count Total <<<"$summary") - $(count 'Not Run' <<<"$summary") ))
    [ "$rc" = 0 ] || [ "$f" != 0 ] || { f=1 t=$((t + 1)); echo "$suite: no test failed, yet the exit code is $rc"; }
    printf '%-12s %4d passed, %d failed, %d skipped  %4d s\n%s\n%s\n' "$suite" $((t - f - s)) "$f" "$s" $((SECONDS - start)) \
      "$(grep -A 25 -E '\[FAIL\]' "$log" | head -n 200)" "$(grep -A 1 -E '\[SKIP\]' "$log")" | sed '/^$/d'
  fi
  echo "$((t - f - s)) $f $s" >"$logs/$suite.count"
}
if [ "${1:-}" = --one ]; then
  run_suite "$2" >"$logs/$2.report"
  cat "$logs/$2.report"
  exit
fi

if [ "$(id -u)" != 0 ]; then
  echo "error: the kernel and end-to-end tests make network namespaces and need root: sudo make test" >&2
  exit 1
fi
suites=("$@")
if [ ${#suites[@]} = 0 ]; then
  # The long ones first, so that no lane waits for one of them at the end.
  long=(proxy cni-bridge netpolicy cni-calico cni-flannel bgp-daemon frameworks uml kubelet)
  for project in tests/*/*.csproj; do suite=$(basename "$(dirname "$project")"); [[ " ${long[*]} e2e " == *" $suite "* ]] || suites+=("$suite"); done
  suites=("${long[@]}" "${suites[@]}" e2e)
fi
for suite in "${suites[@]}"; do ls tests/"$suite"/*.csproj >/dev/null 2>&1 || { echo "error: no test suite $suite" >&2; exit 2; }; done
rm -rf "$logs" && mkdir -p "$logs"
echo "building the tests"
# One compiler process for all the projects, ended with this run.
export UseSharedCompilation=true SharedCompilationId=podwire-tests-$$
trap 'pkill -f "VBCSCompiler.*pipename:$SharedCompilationId" || true' EXIT
start=$SECONDS
if ! dotnet build Net.sln -v q --nologo >"$logs/build.log" 2>&1; then
  grep -E 'error' "$logs/build.log" | sort -u | head -n 40 >&2
  echo "0 passed, 1 failed, 0 skipped"
  exit 1
fi
echo "built in $((SECONDS - start)) s"
printf '%s\n' "${suites[@]}" | grep -vx e2e | xargs -r -P "${TEST_LANES:-2}" -n 1 tests/run.sh --one
[[ " ${suites[*]} " != *" e2e "* ]] || tests/run.sh --one e2e
missing=0
for suite in "${suites[@]}"; do [ -f "$logs/$suite.count" ] || { echo "$suite has left no result"; missing=$((missing + 1)); }; done
# Once more what failed: the end of a long log is what is read first.
grep -hE '\[FAIL\]|ended without a summary' "$logs"/*.report | sed 's/^ */failed: /'
cat "$logs"/*.count | awk -v f="$missing" '{ p += $1; f += $2; s += $3 } END { printf "%d passed, %d failed, %d skipped\n", p, f, s; exit f > 0 }'
