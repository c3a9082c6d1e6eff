# The front door. `make help` lists what there is; every target sets up what it needs.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
CACHE  := .cache
VCSIM  := $(CACHE)/bin/vcsim
VCSIM_VERSION := v0.46.3
EVENTS ?=

PACKAGES := hooks adapter vsphere standalone

.PHONY: all bench demo help lint peers setup test
.DEFAULT_GOAL := help

all: lint test ## Everything CI checks: lint, types, import contracts, tests, a short demo
	$(MAKE) demo EVENTS=20

bench: $(VENV)/.tests peers ## Measure throughput, CPU and memory of the adapter
	$(BIN)/python tests/bench/throughput.py

demo: $(VENV)/.runtime ## Run the whole system without a cluster or a vCenter; EVENTS=50 ends after 50
	@$(BIN)/python -m standalone demo $(if $(EVENTS),--events $(EVENTS))

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

lint: $(VENV)/.tests ## Check style, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

setup: $(VENV)/.tests peers ## Install everything the other targets use

test: $(VENV)/.tests peers ## Run every test that needs no cluster
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

peers: ## Build the real servers the tests talk to (needs Go; without it those tests are skipped)
	@if command -v go >/dev/null; then $(MAKE) --no-print-directory $(VCSIM); \
	else echo "Go is missing: tests against vcsim will be skipped. Install Go 1.24 or newer to run them." >&2; fi

$(VENV)/.runtime: requirements.txt hooks/requirements.txt adapter/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --requirement requirements.txt
	@touch $@

$(VENV)/.tests: $(VENV)/.runtime tests/requirements.txt
	$(BIN)/python -m pip install --quiet --requirement tests/requirements.txt
	@touch $@

$(VCSIM):
	GOBIN=$(abspath $(CACHE)/bin) go install github.com/vmware/govmomi/vcsim@$(VCSIM_VERSION)
