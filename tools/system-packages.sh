#!/usr/bin/env bash
# Installs the Debian packages that a step needs, and says nothing when all of them are there.
# usage: tools/system-packages.sh build|test|fuzz
set -euo pipefail

packages=(g++ make cmake pkg-config libopus-dev libyuv-dev libspeexdsp-dev libsrtp2-dev)
case "${1:-}" in
  build) ;;
  test) packages+=(chromium coturn doctest-dev) ;;
  fuzz) packages+=(clang libclang-rt-14-dev) ;;
  *) echo "usage: $0 build|test|fuzz" >&2; exit 2 ;;
esac
# A Python or Node.js of another origin than Debian's is as good.
python3 - <<'PY' 2>/dev/null || packages+=(python3 python3-venv python3-dev)
import ensurepip, os, sysconfig, venv
raise SystemExit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))
PY
if [ "$1" = test ]; then
  command -v node >/dev/null || packages+=(nodejs)
  command -v npm >/dev/null || packages+=(npm)
fi

missing=()
for package in "${packages[@]}"; do
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" = 0 ]; then
  as_root=()
elif command -v sudo >/dev/null; then
  as_root=(sudo)
else
  echo "chime-native needs these Debian packages: ${missing[*]}" >&2
  echo "You are not root and there is no sudo; ask an administrator to run:" >&2
  echo "  apt-get install ${missing[*]}" >&2
  exit 1
fi
echo "installing Debian packages: ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
