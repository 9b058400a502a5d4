#!/usr/bin/env bash
# Measures: the hot paths as Go benchmarks, the relay under load beside a plain one, then latency and CPU share through the real programs and a real Chromium. Called by `make bench`.
# The numbers are of this machine at this hour: load average is printed because other work on the machine makes them worse.
#
#   deploy/bench.sh [go|relay|live|typing]     one of the four alone
set -euo pipefail
cd "$(dirname "$0")/.."
[ -x .tools/node_modules/node/bin/node ] && export PATH="$PWD/.tools/node_modules/node/bin:$PATH"
part=${1:-all}

about() {
  local cpu
  cpu=$(awk -F': ' '/^model name/ { print $2; exit }' /proc/cpuinfo)
  printf 'machine   %s cores, %s, %s\n' "$(nproc)" "${cpu:-unknown processor}" "$(. /etc/os-release && echo "$PRETTY_NAME")"
  printf 'go        %s\n' "$(go version | awk '{ print $3, $4 }')"
  printf 'load      %s (average of 1, 5, 15 minutes, before)\n' "$(cut -d' ' -f1-3 /proc/loadavg)"
}

hot_paths() {
  printf '\n== Hot paths: time for one unit on one core, and its share of the time that the unit lasts\n'
  out=$(mktemp); trap 'rm -f "$out"' RETURN
  run() { go test -run '^$' -bench "$2" -benchtime "${3:-1s}" -cpu 1 "$1" >>"$out" || { cat "$out"; return 1; }; }
  run ./media/mask/voice '^BenchmarkNext$'
  run ./media/station '^BenchmarkObserve$'
  run ./media/mask/face '^BenchmarkDraw(640x480|1280x720)$'
  run ./media/publish/wire '^Benchmark(VP8|Opus)$' 100x
  run ./media/relay '^BenchmarkForward$/^(1|10|40)$' 0.5s
  run ./gateway/ledger '^BenchmarkAppend$' 200x
  awk '
    function row(what, unit, ns, period) {
      printf "  %-34s %9s / %-18s", what, ns < 1e5 ? sprintf("%.2f us", ns / 1e3) : sprintf("%.2f ms", ns / 1e6), unit
      if (period) printf "%6.1f %%", 100 * ns / period
      printf "\n"
    }
    { sub(/-[0-9]+$/, "", $1) }
    $1 == "BenchmarkNext"             { row("voice mask", "block of 20 ms", $3, 2e7) }
    $1 == "BenchmarkObserve/640x480"  { row("face, observe 640x480", "picture of 40 ms", $3, 4e7) }
    $1 == "BenchmarkObserve/1280x720" { row("face, observe 1280x720", "picture of 40 ms", $3, 4e7) }
    $1 == "BenchmarkDraw640x480"      { row("face, draw 640x480", "picture of 40 ms", $3, 4e7) }
    $1 == "BenchmarkDraw1280x720"     { row("face, draw 1280x720", "picture of 40 ms", $3, 4e7) }
    $1 == "BenchmarkVP8/480p"         { row("VP8, 640x480", "picture of 40 ms", $3, 4e7) }
    $1 == "BenchmarkVP8/720p"         { row("VP8, 1280x720", "picture of 40 ms", $3, 4e7) }
    $1 == "BenchmarkOpus"             { row("Opus", "packet of 20 ms", $3, 2e7) }
    $1 ~ /^BenchmarkForward\//        { n = substr($1, 18); for (i = 4; i < NF; i++) if ($(i + 1) == "ns/packet") row("relay\x27s own work, " n (n == 1 ? " viewer" : " viewers"), "packet and viewer", $i, 0) }
    $1 == "BenchmarkAppend"           { row("ledger, append and sync", "entry", $3, 0) }
    $1 ~ /^Benchmark/ { n_rows++ }
    END { print "  (the relay without SRTP and socket; those two are in the CPU share of the gateway)"; exit n_rows < 11 }' "$out" || { echo "a benchmark gave no number:"; cat "$out"; return 1; }
}

about
case $part in all | go) hot_paths ;; esac
case $part in all | relay) printf '\n== The relay beside a plain pion relay, in one run, N subscribers on loopback in another process\n'; go run ./media/relay/load ;; esac
case $part in all | live) echo; node courtroom-ui/e2e/latency.mjs ;; esac
case $part in all | typing) echo; node courtroom-ui/e2e/typing.mjs ;; esac
