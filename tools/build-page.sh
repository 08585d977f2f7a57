#!/usr/bin/env bash
# Bundles amazon-chime-sdk-js for the page of the local service; without npm the page does all but join, and says so.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$PWD/python/chime_native/service/page/sdk.js
if ! command -v npm >/dev/null; then
  echo "npm is not there: the page of the local service will not be able to join meetings itself" >&2
  exit 0
fi
work=build/page
mkdir -p "$work"
cp tools/page/* "$work/"
cd "$work"
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
npm run --silent build -- "$out"
