#!/usr/bin/env bash
# Runs every test there is and ends with the line "N passed, N failed, N skipped". Called by `make test`.
set -uo pipefail
cd "$(dirname "$0")/.."
[ -x .tools/node_modules/node/bin/node ] && export PATH="$PWD/.tools/node_modules/node/bin:$PATH"
counts=$(mktemp); trap 'rm -f "$counts"' EXIT
bad=0
step() { printf '\n== %s\n' "$1"; }

# one check that either holds or does not, counted like a test
check() {
  local name=$1; shift
  if out=$("$@" 2>&1); then echo "ok    $name"; echo "1 0 0" >>"$counts"
  else echo "FAIL  $name"; printf '%s\n' "$out" | tail -40; echo "0 1 0" >>"$counts"; bad=1; fi
}

step "Checks of the tree"
check "every Go file is formatted" bash -c 'f=$(git ls-files "*.go" | xargs gofmt -l); [ -z "$f" ] || { echo "$f"; exit 1; }'
check "go vet finds nothing" go vet ./...
check "the gateway builds without cgo" env CGO_ENABLED=0 go build -o bin/gateway ./gateway
check "the station builds" go build -o bin/station ./media/station
check "the courtroom camera builds" go build -o bin/courtroom ./media/courtroom

step "Go tests, with the race detector"
go test -race -timeout 20m -json ./... 2>&1 | go run ./deploy/tally "$counts" || bad=1

step "The interface: types, unit tests, and that the committed build comes out again, byte for byte"
check "types" npm --prefix courtroom-ui run --silent check
(cd courtroom-ui && npx --no-install vitest run --reporter=default --reporter=json --outputFile.json=../var/vitest.json) || bad=1
node -e 'const r=JSON.parse(require("fs").readFileSync("var/vitest.json"));console.log(r.numPassedTests,r.numFailedTests+(r.numFailedTestSuites&&!r.numFailedTests?r.numFailedTestSuites:0),r.numPendingTests)' >>"$counts" || { bad=1; echo "0 1 0" >>"$counts"; }
check "the committed interface is what its source builds" deploy/same-build.sh

step "The whole story, in real Chromium"
node courtroom-ui/e2e/run.mjs "$counts" || bad=1

awk '{ p += $1; f += $2; s += $3 } END { printf "\n%d passed, %d failed, %d skipped\n", p, f, s; exit (f > 0 || p == 0) }' "$counts" || bad=1
exit $bad
