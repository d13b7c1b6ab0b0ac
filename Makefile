# growlab: build, test and look at it. `make help` lists the targets.
# Every target first sees to what it needs: Go's own modules through go, system packages through apt-get (see
# assets/scripts/need.sh); both are quick when nothing is missing. Works as root or not, again and again.

SHELL := /bin/sh
.DEFAULT_GOAL := help

# Go switches to the version that go.mod names, also where a distribution turned that off; export GOTOOLCHAIN to decide yourself.
export GOTOOLCHAIN ?= auto
export CGO_ENABLED := 1

# x11: one window system, so that nothing but libc is linked. no_emoji: no emoji font in the binary.
# migrated_fynedo: Fyne's callbacks run on one goroutine.
TAGS := x11,no_emoji,migrated_fynedo
# The same flags for all, the linter included, so that SQLite and GLFW (C) are compiled once, and once more for -race.
# -buildvcs=false: the version is set below, and git refuses a checkout of another user.
export GOFLAGS := $(GOFLAGS) -trimpath -buildvcs=false -tags=$(TAGS)
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)

BUILD_PACKAGES := gcc libc6-dev pkg-config ca-certificates git \
	libgl-dev libxcursor-dev libxrandr-dev libxinerama-dev libxi-dev libxxf86vm-dev
TEST_PACKAGES := $(BUILD_PACKAGES) g++ xvfb xdotool

# Packages in which several goroutines meet.
RACE := ./app/... ./cudart/... ./store/... ./trainer/...

# How long the tests of one package may take; go's 10 minutes are too few where other things run too.
PATIENCE := -timeout 45m

LINT_VERSION := v2.15.0
LINT := bin/tools/golangci-lint-$(LINT_VERSION)

.PHONY: help demo build test lint unit arm64 race window bench speed screenshot kernels mutants gpu-check generate clean build-deps test-deps

.NOTPARALLEL: # the window tests measure processor time

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: build ## build, and train the first preset: in the window, or on the terminal where there is no display
	@code=4; \
	if [ -n "$${DISPLAY:-}" ]; then code=0; bin/growlab gui --train flm-1m || code=$$?; fi; \
	if [ $$code -eq 4 ]; then code=0; bin/growlab train --recipe flm-1m || code=$$?; fi; \
	exit $$code

build: build-deps ## build bin/growlab
	@mkdir -p bin
	go build -ldflags "-s -w -X growlab/app/cli.version=$(VERSION)" -o bin/growlab .

test: test-deps lint unit race window ## everything: lint and vet, unit, race and window tests

lint: test-deps $(LINT) ## formatting, vet, and the linters and arrows of .golangci.yml
	$(LINT) run ./...

unit: test-deps ## all tests, those of the CPU engine once more with AMX's tiles emulated
	go test $(PATIENCE) ./...
	go test $(PATIENCE) -tags $(TAGS),amxemulated ./trainer/compute/cpu

arm64: test-deps ## the CPU engine's suite for arm64 (NEON), under emulation
	@assets/scripts/need.sh gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user
	@mkdir -p bin
	CC=aarch64-linux-gnu-gcc GOARCH=arm64 go test -c -o bin/cpu-arm64.test ./trainer/compute/cpu
	qemu-aarch64 -L /usr/aarch64-linux-gnu bin/cpu-arm64.test -test.short -test.run 'Reference|Gradients|NaN|Layer|Reserve|AdamWPacks'

race: test-deps ## the tests of packages with concurrency, with the race detector
	go test $(PATIENCE) -race $$(go list $(RACE) | grep -v /computetest) # which starts no goroutine, and takes minutes

window: build test-deps ## real windows on a virtual display, that of bin/growlab too
	GROWLAB_BIN=$(CURDIR)/bin/growlab go test $(PATIENCE) -tags $(TAGS),xvfb ./app

bench: build-deps ## all benchmarks, with what they allocate
	go test -run '^$$' -bench . -benchmem ./...

speed: build ## whole training steps of several shapes, in ten minutes on an idle machine; see docs/performance.md
	assets/scripts/speed.sh bin/growlab

screenshot: build test-deps ## assets/screenshot.png, of the window with a finished run, and docs/pictures, of every page
	@assets/scripts/need.sh imagemagick
	assets/scripts/screenshot.sh assets/screenshot.png
	assets/scripts/pictures.sh docs/pictures

kernels: build-deps ## the CUDA kernels' machine code, PTX and table again, by a compiler fetched without root
	@libs=$$(assets/scripts/nvrtc.sh bin/nvrtc) && GROWLAB_CUDA_LIBS=$$libs go run ./cudart/kernels/compile -out cudart/kernels/code

gpu-check: build-deps ## bin/gpu-check.tar.gz: checks and times the CUDA engine on a machine with a GPU and no Go; its script says how to carry it
	@rm -rf bin/gpu-check && mkdir -p bin/gpu-check
	go test -c -ldflags "-s -w" -o bin/gpu-check/gpu-check.test ./trainer/compute/cuda/gpucheck
	cp assets/scripts/gpu-check.sh assets/scripts/gpu-check-torch.py bin/gpu-check
	tar czf bin/gpu-check.tar.gz -C bin gpu-check

mutants: build-deps ## plants every known bug into the CUDA kernels, one by one; each has to be caught (make test plants some)
	GROWLAB_MUTANTS=all go test -count 1 -run Mutants -v ./cudart/kernels/kernelstest

generate: ## make generated files again (the corpus needs the Debian packages bible-kjv and bible-kjv-text)
	@assets/scripts/need.sh bible-kjv bible-kjv-text
	go generate ./...

clean: ## remove what make made
	rm -rf bin

build-deps:
	@assets/scripts/go.sh
	@assets/scripts/need.sh $(BUILD_PACKAGES)

test-deps:
	@assets/scripts/go.sh
	@assets/scripts/need.sh $(TEST_PACKAGES)

# Built by the same Go as the project, or the linter refuses to read it.
$(LINT): | test-deps
	@mkdir -p bin/tools
	n=3; until GOBIN=$(CURDIR)/bin/tools GOTOOLCHAIN=$$(go env GOVERSION) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION); do \
		n=$$((n-1)); [ $$n -gt 0 ] || exit 1; sleep 10; done # the network may fail for a moment
	@mv bin/tools/golangci-lint $@
