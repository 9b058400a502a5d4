#!/usr/bin/env bash
# Installs what a bare Debian machine lacks, says what and why, and does nothing where all is there (so it works offline after the first time).
#
#   deploy/setup.sh demo    what building and the demonstration need
#   deploy/setup.sh test    also what the tests need: a browser, Node, tools that look at media from outside
set -euo pipefail
cd "$(dirname "$0")/.."
purpose=${1:?usage: deploy/setup.sh demo|test}

# package : the file or command that shows it is there : why
demo_packages='
gcc:command gcc:cgo, for the codecs of the shielded room
libc6-dev:/usr/include/stdlib.h:headers for cgo
pkg-config:command pkg-config:finds the codec libraries
libvpx-dev:/usr/include/vpx/vpx_encoder.h:VP8, the picture codec
libopus-dev:/usr/include/opus/opus.h:Opus, the sound codec
libopusfile-dev:/usr/include/opus/opusfile.h:hraban/opus builds against it without build tags
ffmpeg:command ffmpeg:reads clips that stand in for a camera
espeak-ng:command espeak-ng:speaks the testimony of the demonstration
ca-certificates:/etc/ssl/certs/ca-certificates.crt:to fetch the modules
'
test_packages='
chromium:command chromium:the browser that the tests drive
fonts-noto-core:/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf:a typeface for screenshots
pulseaudio:command pulseaudio:a null sink that stands in for a sound card
pulseaudio-utils:command paplay:plays into it
poppler-utils:command pdftotext:reads the protocol from outside
mkvtoolnix:command mkvinfo:reads the recordings from outside
unzip:command unzip:reads the bundle from outside
coturn:command turnserver:the TURN server whose shipped settings are tested
nginx-light:/usr/sbin/nginx:the proxy whose shipped settings are tested
pebble:command pebble:an ACME authority that gives the gateway a certificate
glewlwyd:command glewlwyd:an identity provider (OpenID Connect) to sign in with
swtpm:command swtpm:a TPM 2.0 in software, for the key of a room
exim4-daemon-light:/usr/sbin/exim4:a mail server that takes the letters of referrals
'

missing=()
look() {
  local name probe why
  while IFS=: read -r name probe why; do
    [ -n "$name" ] || continue
    if [[ $probe == command\ * ]]; then command -v "${probe#command }" >/dev/null && continue; else [ -e "$probe" ] && continue; fi
    printf '  missing  %-18s %s\n' "$name" "$why"
    missing+=("$name")
  done <<<"$1"
}

say() { printf '[setup] %s\n' "$*"; }

say "looking for what parda needs ($purpose)"
look "$demo_packages"
[ "$purpose" = demo ] || look "$test_packages"
if [ ${#missing[@]} -gt 0 ]; then
  sudo=; [ "$(id -u)" = 0 ] || sudo=sudo
  say "installing ${#missing[@]} Debian packages (a few minutes the first time)"
  $sudo apt-get update -qq -o DPkg::Lock::Timeout=600
  # Debian starts servers as soon as they are installed. Here they are wanted for tests on loopback alone: nothing of them is to listen on this machine.
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    printf '#!/bin/sh\nexit 101\n' | $sudo install -m 755 /dev/stdin /usr/sbin/policy-rc.d
    trap '$sudo rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q -o DPkg::Lock::Timeout=600 --no-install-recommends "${missing[@]}" |
    awk '/^Setting up/ { printf "  installed  %s\n", $3; fflush() }'
  for server in nginx coturn glewlwyd exim4; do # nor at the next start of the machine, where it was not there before
    case " ${missing[*]} " in *" $server"*) [ ! -d /run/systemd/system ] || $sudo systemctl disable --quiet "$server" || true ;; esac
  done
fi

if ! command -v go >/dev/null; then
  say "Go 1.26 is needed: https://go.dev/doc/install"; exit 1
fi
if ! go list -deps ./gateway ./media/station ./media/courtroom ./media/tripwire >/dev/null 2>&1; then
  say "fetching the Go modules that go.sum pins"
  go mod download
fi

if [ "$purpose" = test ]; then
  # Vite 8 needs Node >= 20.19 and Debian 12 has 18: a newer one comes from npm, into .tools.
  new_enough='const [a,b]=process.versions.node.split(".").map(Number);process.exit(a>20||(a===20&&b>=19)?0:1)'
  if ! { command -v node >/dev/null && command -v npm >/dev/null && node -e "$new_enough"; } && [ ! -x .tools/node_modules/node/bin/node ]; then
    if ! command -v npm >/dev/null; then
      say "installing Debian's npm, to fetch a newer Node with it"
      sudo=; [ "$(id -u)" = 0 ] || sudo=sudo
      $sudo apt-get update -qq
      DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -q --no-install-recommends nodejs npm >/dev/null
    fi
    say "fetching Node 22 into .tools"
    mkdir -p .tools
    npm install --prefix .tools --no-save --no-audit --no-fund --loglevel=error node@22
  fi
  [ -x .tools/node_modules/node/bin/node ] && PATH="$PWD/.tools/node_modules/node/bin:$PATH"
  if [ ! -d courtroom-ui/node_modules ] || [ courtroom-ui/package-lock.json -nt courtroom-ui/node_modules/.package-lock.json ]; then
    say "installing the interface's npm packages from its lock file"
    (cd courtroom-ui && npm ci --no-audit --no-fund --loglevel=error)
  fi
fi
say "ready"
