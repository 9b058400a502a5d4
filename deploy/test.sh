#!/usr/bin/env bash
# Runs every test there is and ends with the line "N passed, N failed, N skipped". Called by `make test`.
set -uo pipefail
cd "$(dirname "$0")/.."
[ -x .tools/node_modules/node/bin/node ] && export PATH="$PWD/.tools/node_modules/node/bin:$PATH"
counts=$(mktemp); trap 'rm -f "$counts"' EXIT
bad=0
mkdir -p bin var
step() { printf '\n== %s\n' "$1"; }
failures() { awk '{ f += $2 } END { print f + 0 }' "$counts"; }

# a part that counts its own tests; one that ends badly without having counted a failure is itself a failure
part() {
  local before; before=$(failures)
  "$@" && return
  bad=1
  [ "$(failures)" -gt "$before" ] || { echo "FAIL  $*"; echo "0 1 0" >>"$counts"; }
}

# one check that either holds or does not, counted like a test
check() {
  local name=$1; shift
  if out=$("$@" 2>&1); then echo "ok    $name"; echo "1 0 0" >>"$counts"
  else echo "FAIL  $name"; printf '%s\n' "$out" | tail -40; echo "0 1 0" >>"$counts"; bad=1; fi
}

step "Checks of the tree"
check "every Go file is formatted" bash -o pipefail -c 'f=$(git ls-files -z "*.go" | xargs -0 gofmt -l) && [ -z "$f" ] || { echo "$f"; exit 1; }'
check "go vet finds nothing" go vet ./...
check "the gateway builds without cgo" env CGO_ENABLED=0 go build -o bin/gateway ./gateway
check "the station builds" go build -o bin/station ./media/station
check "the audio tripwire builds" go build -o bin/tripwire ./media/tripwire
check "the courtroom camera builds" go build -o bin/courtroom ./media/courtroom
check "the companion builds without cgo" env CGO_ENABLED=0 go build -o bin/companion ./courtroom-ui/companion

step "Go tests, with the race detector"
# The masks compute alone, on the caller's goroutine, and the detector makes them ten times slower: they run whole without it, and with it what they do from two goroutines.
rest() { go list ./... | grep -v '^parda/media/mask/'; }
go_tests() { { go test -race -timeout 20m -json $(rest); go test -race -run 'AtOnce|Goroutine' -timeout 20m -json ./media/mask/...; } 2>&1 | go run ./deploy/tally "$counts"; }
part go_tests

step "Go tests of the masks, whole"
mask_tests() { go test -timeout 20m -json ./media/mask/... 2>&1 | go run ./deploy/tally "$counts"; }
part mask_tests

step "Known vulnerabilities"
part deploy/vulncheck.sh "$counts"

step "The interface: types, unit tests, and that the committed build comes out again, byte for byte"
check "types" npm --prefix courtroom-ui run --silent check
unit_tests() {
  local report=$PWD/var/vitest.json ended=0
  rm -f "$report"
  (cd courtroom-ui && npx --no-install vitest run --reporter=default --reporter=json --outputFile.json="$report") || ended=1
  node deploy/vitest-counts.mjs "$report" >>"$counts" && return $ended
}
part unit_tests
check "the committed interface is what its source builds" deploy/same-build.sh

step "In real Chromium: the screens, a hearing by keyboard, the whole story"
part node courtroom-ui/e2e/run.mjs "$counts"

awk '{ p += $1; f += $2; s += $3 } END { printf "\n%d passed, %d failed, %d skipped\n", p, f, s; exit (f > 0 || p == 0) }' "$counts" || bad=1
exit $bad
