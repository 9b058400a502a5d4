#!/usr/bin/env bash
# The interface is committed as built, so that the gateway builds without Node. This builds it anew and compares every byte.
set -euo pipefail
cd "$(dirname "$0")/../courtroom-ui"
fresh=$(mktemp -d); trap 'rm -rf "$fresh"' EXIT
npx --no-install vite build --outDir "$fresh" --emptyOutDir --logLevel error
diff -r dist "$fresh" && echo "identical"
npx --no-install vite build -c vite.companion.config.ts --outDir "$fresh" --emptyOutDir --logLevel error
diff -r companion/page "$fresh" && echo "the companion's page is identical"
