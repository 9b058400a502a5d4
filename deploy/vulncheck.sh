#!/usr/bin/env bash
# Asks Go's database of known vulnerabilities whether parda's programs reach one (govulncheck looks at what is called, not at what is merely listed).
#
#   deploy/vulncheck.sh COUNTS    appends "passed failed skipped" to the file, as a step of deploy/test.sh
#   deploy/vulncheck.sh --record  writes a clean run into deploy/VULNCHECK.md; commit it
#
# Where the database or the program cannot be reached there is a visible SKIP, which counts as skipped and never as passed.
set -uo pipefail
cd "$(dirname "$0")/.."
version=v1.9.0
database=https://vuln.go.dev
run() {
  if [ -n "${GOVULNCHECK:-}" ]; then "$GOVULNCHECK" "$@"; else go run "golang.org/x/vuln/cmd/govulncheck@$version" "$@"; fi
}
count() { case "${1:-}" in --record|"") ;; *) echo "$2" >>"$1" ;; esac; }

out=$(run -db "$database" ./... 2>&1); rc=$?
if [ $rc -eq 0 ]; then
  echo "ok    govulncheck finds nothing that is called"
  count "${1:-}" "1 0 0"
  if [ "${1:-}" = --record ]; then
    sed -i '/^<!-- last -->$/,$d' deploy/VULNCHECK.md
    {
      echo "<!-- last -->"
      echo "Last clean run: $(date -u +%Y-%m-%d), commit $(git rev-parse --short HEAD), govulncheck $version, $(go version | cut -d' ' -f3), $database"
    } >>deploy/VULNCHECK.md
  fi
  exit 0
fi
if grep -q 'fetching vulnerabilities:' <<<"$out"; then
  echo "SKIP  govulncheck: its database cannot be reached; nothing was looked up ($database)"
elif [ -z "${GOVULNCHECK:-}" ] && grep -Eq "golang.org/x/vuln.*(dial tcp|no such host|timeout|connection refused|not available|disabled by GOPROXY|Forbidden|Not Found|Bad Gateway)" <<<"$out"; then
  echo "SKIP  govulncheck: the program itself cannot be had here; nothing was looked up"
else
  echo "FAIL  govulncheck"
  tail -60 <<<"$out"
  count "${1:-}" "0 1 0"
  exit 1
fi
count "${1:-}" "0 0 1"
[ "${1:-}" != --record ]
