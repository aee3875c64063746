#!/bin/bash
# Picks the framework once: net10.0 where its NativeAOT runtime pack restores, net9.0 (on the same SDK) elsewhere.
# Writes artifacts/framework.props, which Directory.Build.props imports. PODWIRE_FRAMEWORK=net10.0 overrides the probe.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
props=$root/artifacts/framework.props
[ -s "$props" ] && [ -z "${PODWIRE_FRAMEWORK:-}" ] && exit 0
mkdir -p "$root/artifacts"
framework=${PODWIRE_FRAMEWORK:-}
if [ -z "$framework" ]; then
  probe=$(mktemp -d)
  trap 'rm -rf "$probe"' EXIT
  cat > "$probe/probe.csproj" <<'P'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <RuntimeIdentifier>linux-x64</RuntimeIdentifier>
    <PublishAot>true</PublishAot>
  </PropertyGroup>
</Project>
P
  if dotnet restore "$probe" >"$probe/log" 2>&1; then
    framework=net10.0
  elif grep -q NU1101 "$probe/log"; then
    framework=net9.0
    echo "notice: net10.0's NativeAOT runtime pack does not restore from this package feed; building for net9.0 (out of support), the same source"
  else
    cat "$probe/log" >&2
    echo "error: the framework probe could not restore; is the package feed reachable?" >&2
    exit 1
  fi
fi
printf '<Project><PropertyGroup><PodwireFramework>%s</PodwireFramework></PropertyGroup></Project>\n' "$framework" > "$props.new"
mv "$props.new" "$props"
