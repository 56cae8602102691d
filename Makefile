# make run    the proxy, from a fresh machine to a running program
# make test   all tests, from a fresh machine to the summary
# Other targets: build, deps, deps-test, clients, lint, format, check, tsan, asan, bench, fuzz, kill, clean.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := build

SWIFT := $(firstword $(shell command -v swift) $(wildcard /opt/swift/usr/bin/swift /usr/libexec/swift/bin/swift))
# Such as: make test SWIFT_FLAGS="-j 1"
SWIFT_FLAGS ?=

CONFIG ?= config.toml
# Further arguments of the proxy: make run ARGS="--log-level debug"
ARGS ?=

RELEASE_FOLDER := .build-release
BINARY := $(RELEASE_FOLDER)/release/exporter-proxy
VENV := .build-venv
CLIENTS := .build-clients
PYTHON = "$$(ls /usr/bin/python3 2>/dev/null || command -v python3)"

# Where the comparison with other proxies lies, if it is there.
export EXPORTER_PROXY_BENCH ?= ../shared/bench

BUILD_PACKAGES := libcapnp-dev libtomlplusplus-dev libsqlite3-dev libsodium-dev libcrypt-dev libyaml-dev libre2-dev libsnappy-dev libzstd-dev \
	zlib1g-dev pkg-config git g++
# Push clients of other languages; `make clients` builds programs that use them.
CLIENT_PACKAGES := golang-go golang-github-prometheus-client-golang-dev prometheus-cpp-dev cargo librust-prometheus+push-dev
TEST_PACKAGES := $(BUILD_PACKAGES) netcat-openbsd prometheus prometheus-node-exporter prometheus-pushgateway python3-venv \
	python3-pip curl openssl chromium $(CLIENT_PACKAGES)
# Packages that would start a service, now and at each boot; the tests start copies of their own.
SERVICES := prometheus prometheus-node-exporter prometheus-pushgateway

# XCTest's runner has nothing to run here. One test at a time, and separate runs: tests block threads while they wait for
# what runs in the same process, and on two cores there are no others.
TEST_FLAGS := --disable-xctest --no-parallel
TEST_RUNS := ExpositionTests HyperDHTTests ExporterProxyTests EndToEndTests
# A crash in a test must not wait for a backtrace.
TEST_ENVIRONMENT := SWIFT_BACKTRACE=enable=no

.PHONY: run build deps deps-test swift venv clients test lint format check tsan asan bench fuzz kill clean

run: build
	exec $(BINARY) --config $(CONFIG) $(ARGS)

build: deps
	$(SWIFT) build -c release --static-swift-stdlib --scratch-path $(RELEASE_FOLDER) --product exporter-proxy $(SWIFT_FLAGS)

test: deps-test venv clients
	cd python_test_clients && $(PYTHON) -m unittest test_events
	$(SWIFT) build --build-tests $(SWIFT_FLAGS)
	for run in $(TEST_RUNS); do $(TEST_ENVIRONMENT) $(SWIFT) test --skip-build $(TEST_FLAGS) --filter $$run; done

lint: swift
	$(SWIFT) format lint -r --strict Sources Tests Benchmarks Fuzz/Package.swift $(wildcard Fuzz/Sources/Fuzz*/*.swift) Package.swift

format: swift
	$(SWIFT) format -i -r Sources Tests Benchmarks Package.swift

check: lint test

# The end-to-end tests run the program that was built with the same sanitizer.
tsan: export THREAD_SANITIZER = 1
tsan: export TSAN_OPTIONS = suppressions=$(CURDIR)/Tests/races-of-others.txt
tsan: deps-test venv clients
	$(SWIFT) build --build-tests --sanitize=thread --scratch-path .build-tsan $(SWIFT_FLAGS)
	for run in $(TEST_RUNS); do $(TEST_ENVIRONMENT) $(SWIFT) test --skip-build $(TEST_FLAGS) --sanitize=thread --scratch-path .build-tsan --filter $$run; done

asan: export LSAN_OPTIONS = suppressions=$(CURDIR)/Tests/leaks-of-others.txt
asan: deps-test venv clients
	$(SWIFT) build --build-tests --sanitize=address --scratch-path .build-asan $(SWIFT_FLAGS)
	for run in $(TEST_RUNS); do $(TEST_ENVIRONMENT) $(SWIFT) test --skip-build $(TEST_FLAGS) --sanitize=address --scratch-path .build-asan --filter $$run; done

bench: build
	Benchmarks/run

fuzz: deps
	Fuzz/run

# Two hundred times kill -9 under load, in five minutes or so; of another number: make kill KILLS=20
KILLS ?= 200
kill: build
	python3 Tests/Kill/kill.py --kills $(KILLS) $(BINARY)

clean:
	rm -rf .build .build-release .build-tsan .build-asan .build-venv .build-clients

# What has to be on the machine.

deps: swift
	@$(call install,$(BUILD_PACKAGES))

deps-test: swift
	@$(call install,$(TEST_PACKAGES))

venv: $(VENV)/made

$(VENV)/made: python_test_clients/requirements.txt Tests/Clients/python/peer.txt | deps-test
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet $(foreach file,$^,--requirement $(file))
	touch $@

# Debian has the libraries, all but python-hermes. Where one is missing, the tests that need it say so.
clients: $(CLIENTS)/go-push $(CLIENTS)/cpp-push $(CLIENTS)/rust-push $(CLIENTS)/hermes-pydantic1/made $(CLIENTS)/hermes-pydantic2/made

$(CLIENTS)/go-push: Tests/Clients/go/push.go | deps-test
	-env PATH=/usr/bin:$$PATH GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE=$(CURDIR)/$(CLIENTS)/go go build -o $@ $<

$(CLIENTS)/cpp-push: Tests/Clients/cpp/push.cc | deps-test
	-mkdir -p $(CLIENTS) && g++ -std=c++17 -o $@ $< $$(pkg-config --cflags --libs prometheus-cpp-push)

$(CLIENTS)/rust-push: Tests/Clients/rust/src/main.rs Tests/Clients/rust/Cargo.toml | deps-test
	-env PATH=/usr/bin:$$PATH cargo build --quiet --offline --manifest-path Tests/Clients/rust/Cargo.toml \
	  --target-dir $(CLIENTS)/rust --config 'source.crates-io.replace-with="debian"' \
	  --config 'source.debian.directory="/usr/share/cargo/registry"' && cp $(CLIENTS)/rust/debug/push-client $@

# It works with pydantic 1; what pip takes by itself is pydantic 2, with which half of it fails.
$(CLIENTS)/hermes-%/made: Tests/Clients/python/hermes-%.txt | deps-test
	-rm -rf $(@D) && { $(PYTHON) -m venv $(@D) && $(@D)/bin/pip install --quiet --requirement $< && touch $@ \
	  || { rm -rf $(@D); false; }; }

swift:
	@if [ -z "$(SWIFT)" ]; then \
	  echo "Swift 6.2 or newer is needed, and there is no swift on PATH."; \
	  echo "https://www.swift.org/install/linux/ says how to install it."; exit 1; \
	fi >&2; \
	version="$$($(SWIFT) --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)"; \
	if [ "$$(printf '%s\n' 6.2 "$${version:-0}" | sort -V | head -n 1)" != 6.2 ]; then \
	  echo "Swift 6.2 or newer is needed, and $(SWIFT) is $${version:-of an unknown version}."; \
	  echo "https://www.swift.org/install/linux/ says how to install it."; exit 1; \
	fi >&2

# Installs those Debian packages of $(1) that are missing, without starting any service.
define install
missing=; \
if ! command -v dpkg-query >/dev/null; then \
  echo "This is no Debian; it is taken for granted that you have what these packages hold: $(1)" >&2; \
else \
  for package in $(1); do \
    [ "$$(dpkg-query -W -f '$${db:Status-Status}' "$$package" 2>/dev/null || true)" = installed ] \
      || missing="$$missing $$package"; \
  done; \
fi; \
[ -n "$$missing" ] || exit 0; \
if [ "$$(id -u)" = 0 ]; then as_root=; \
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then as_root="sudo -n"; \
else \
  { echo "These Debian packages are missing. As root, do:"; \
    echo "  apt-get update && apt-get install -y --no-install-recommends$$missing"; } >&2; \
  exit 1; \
fi; \
echo "installing$$missing"; \
policy=/usr/sbin/policy-rc.d; \
if [ ! -e "$$policy" ]; then \
  trap '$$as_root rm -f "$$policy"' EXIT; \
  printf '#!/bin/sh\nexit 101\n' | $$as_root tee "$$policy" >/dev/null; \
  $$as_root chmod 755 "$$policy"; \
fi; \
$$as_root apt-get -q update; \
$$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends $$missing; \
for service in $(SERVICES); do \
  case " $$missing " in *" $$service "*) \
    if command -v systemctl >/dev/null; then $$as_root systemctl disable "$$service" >/dev/null 2>&1 || true; fi;; \
  esac; \
done
endef
