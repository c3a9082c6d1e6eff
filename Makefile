# The front door. `make help` lists what there is; every target sets up what it needs.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
CACHE  := .cache
VCSIM  := $(CACHE)/bin/vcsim
VCSIM_VERSION := v0.46.3
HELM   := $(CACHE)/bin/helm
HELM_VERSION := v3.19.5
KUBERNETES_VERSION := v1.36.3
CONTROL_PLANE := $(addprefix $(CACHE)/bin/,etcd kube-apiserver kube-controller-manager kubectl)
EVENTS ?=
JSON ?=
SHORT ?=
WRITE_DOCS ?=
SOURCES ?=
IMAGES ?=
VERSION ?=

.PHONY: all bench bench-cluster demo e2e faults help lint peers record release setup test
.DEFAULT_GOAL := help

all: lint e2e test ## Everything CI checks: lint, types, contracts, tests, a cluster, and short runs of what else there is
	$(MAKE) faults SHORT=1
	$(MAKE) bench SHORT=1
	$(MAKE) demo EVENTS=20

bench: $(VENV)/.tests $(VCSIM) ## Measure the adapter: speed, latency, CPU, memory (SHORT=1 a quick look; GO_ADAPTER=the Go project's)
	$(BIN)/python -m tests.bench.adapter $(if $(SHORT),--short) $(if $(JSON),--json $(JSON)) $(if $(WRITE_DOCS),--write-docs)

bench-cluster: $(VENV)/.tests $(CONTROL_PLANE) ## Measure hooks and Metacontroller with thousands of objects (needs METACONTROLLER)
	$(BIN)/python -m tests.bench.cluster sources $(if $(SOURCES),--sources $(SOURCES))
	$(BIN)/python -m tests.bench.cluster bindings

demo: $(VENV)/.runtime ## Run the whole system without a cluster or a vCenter; EVENTS=50 ends after 50
	@$(BIN)/python -m standalone demo $(if $(EVENTS),--events $(EVENTS))

e2e: $(VENV)/.tests $(CONTROL_PLANE) $(VCSIM) $(HELM) ## Run the tests on a real control plane (needs Go; METACONTROLLER=its binary)
	$(BIN)/python -m pytest tests/e2e

faults: $(VENV)/.tests $(VCSIM) ## Make everything fail that can, and count what is lost or comes twice (SHORT=1: in two minutes)
	$(BIN)/python -m tests.faults $(if $(SHORT),--short) $(if $(ONLY),--only $(ONLY)) $(if $(JSON),--json $(JSON)) $(if $(WRITE_DOCS),--write-docs)

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

lint: $(VENV)/.tests ## Check style, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

setup: $(VENV)/.tests peers ## Install everything the other targets use

test: $(VENV)/.tests peers ## Run every test that needs no cluster
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

peers: ## Build the real programs the tests talk to (needs Go; without it those tests are skipped)
	@if command -v go >/dev/null; then $(MAKE) --no-print-directory $(VCSIM) $(HELM); \
	else echo "Go is missing: tests against vcsim and of the Helm chart will be skipped. Install Go 1.24 or newer to run them." >&2; fi

record: $(VENV)/.tests $(CONTROL_PLANE) ## Record anew what Metacontroller sends, for tests/wire (needs METACONTROLLER)
	$(BIN)/python -m pytest tests/e2e/system/sources/test_wire.py --record tests/wire

release: $(VENV)/.runtime ## Render build/release.yaml; IMAGES=registry.example.com/team VERSION=0.1.0 say of what
	@$(BIN)/python -m release $(if $(IMAGES),--images $(IMAGES)) $(if $(VERSION),--version $(VERSION))

$(VENV)/.runtime: requirements.txt hooks/requirements.txt adapter/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --requirement requirements.txt
	@touch $@

$(VENV)/.tests: $(VENV)/.runtime tests/requirements.txt
	$(BIN)/python -m pip install --quiet --requirement tests/requirements.txt
	@touch $@

$(VCSIM):
	GOBIN=$(abspath $(CACHE)/bin) go install github.com/vmware/govmomi/vcsim@$(VCSIM_VERSION)

$(HELM):
	GOBIN=$(abspath $(CACHE)/bin) go install -ldflags '-s -w' helm.sh/helm/v3/cmd/helm@$(HELM_VERSION)

# About ten minutes when Go has nothing of it yet. The API server's version is what it tells its
# clients, so the linker has to set it.
$(CACHE)/bin/kube%: tests/peers/go.mod
	cd tests/peers && CGO_ENABLED=0 go build -trimpath -o $(abspath $@) \
	  -ldflags '-s -w -X k8s.io/component-base/version.gitVersion=$(KUBERNETES_VERSION)' \
	  k8s.io/kubernetes/cmd/$(@F)

$(CACHE)/bin/etcd: tests/peers/go.mod
	cd tests/peers && CGO_ENABLED=0 go build -trimpath -o $(abspath $@) -ldflags '-s -w' \
	  go.etcd.io/etcd/server/v3
