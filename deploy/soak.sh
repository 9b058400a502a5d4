#!/usr/bin/env bash
# Three hours through the masks, faster than they last: no drift, no growth, no value that is not a number, no change of level. Called by `make soak`.
# A voice test that has a long form reads PARDA_SOAK (how much time of the hearing it goes through), the face's takes -soak; short forms run in `make test`.
#
#   deploy/soak.sh [3h]
set -euo pipefail
cd "$(dirname "$0")/.."
export PARDA_SOAK=${1:-3h}
packages=$(grep -rl --include='*_test.go' 'PARDA_SOAK' media | xargs -n1 dirname | sort -u | sed 's|^|./|')
[ -n "$packages" ] || { echo "no test has a long form: this would hold nothing"; exit 1; }
tests=$(grep -rh --include='*_test.go' -B40 'os.Getenv("PARDA_SOAK")' media | grep -o '^func Test[A-Za-z0-9_]*' | sed 's/^func //' | sort -u | paste -sd'|')
echo "[soak] $PARDA_SOAK of hearing through: $(echo "$tests" | tr '|' ' ')"
# shellcheck disable=SC2086
go test -count=1 -timeout 5h -v -run "^($tests)\$" $packages
exec go test -count=1 -timeout 0 -v -run '^(TestSoak|TestAStillPersonNodsAtNothing|TestWhoSpeaksOrSwaysDoesNotNod|TestANodIsANod)' ./media/mask/face -soak "$PARDA_SOAK"
