# Two commands do everything on a fresh Debian 12 machine with git, make and Go 1.26:
#
#   make demo     a hearing with a protected witness, on this machine; prints one link for each seat
#   make test     every test; ends with "N passed, N failed"
#
# CAMERA= and MICROPHONE= put a real camera and microphone, or a file, in the place of the demonstration's witness.

SHELL := /bin/bash
export GOFLAGS ?= -buildvcs=false
CAMERA ?=
MICROPHONE ?=
DEMO_FLAGS ?=

.PHONY: demo build test bench soak listen clean

demo: ; @deploy/setup.sh demo && $(MAKE) --no-print-directory build && exec bin/gateway demo -station bin/station -courtroom bin/courtroom \
	  -camera "$(CAMERA)" -microphone "$(MICROPHONE)" $(DEMO_FLAGS)

build:
	@mkdir -p bin
	@echo "[build] gateway (no cgo; the first build of SQLite takes about two minutes)"; CGO_ENABLED=0 go build -o bin/gateway ./gateway
	@echo "[build] station (with the codecs)"; go build -o bin/station ./media/station
	@echo "[build] audio tripwire (with the decoder, in a process of its own)"; go build -o bin/tripwire ./media/tripwire
	@echo "[build] courtroom camera"; go build -o bin/courtroom ./media/courtroom
	@echo "[build] companion (keeps a key holder's key on the seat; no cgo)"; CGO_ENABLED=0 go build -o bin/companion ./courtroom-ui/companion

test:
	@deploy/setup.sh test && mkdir -p bin var && deploy/test.sh

bench:
	@deploy/setup.sh test && $(MAKE) --no-print-directory build && deploy/bench.sh

soak:
	@deploy/setup.sh test && deploy/soak.sh

# A page to hear and see what each voice mask does. It is no part of the product.
listen: build
	@go run ./deploy/listen -station bin/station -out var/listen && echo "open var/listen/index.html"

clean:
	rm -rf bin var demo-data
