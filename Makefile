# Everything from Python 3.11-3.13, make and a package index. `make help` lists what there is.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do "$$p" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && { echo "$$p"; break; }; done)
UV := .tools/bin/uv
BIN := .venv/bin
VIP := $(BIN)/python -m vip
MEMBERS := $(patsubst %/pyproject.toml,%,$(wildcard libs/*/pyproject.toml services/*/pyproject.toml gateway/pyproject.toml))
# Named after this folder: an environment that was moved or copied with it is set up anew.
READY := .venv/.ready-$(shell printf %s "$(CURDIR)" | cksum | cut -d" " -f1)
ARGS ?=

# The one environment is .venv; an environment active in the caller's shell must not be taken for it.
unexport VIRTUAL_ENV
export UV_PYTHON_DOWNLOADS := never
export UV_LINK_MODE ?= copy

.PHONY: help install up down status logs reset demo test check bench mutants soak contracts docs lock compose-test

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo '  Further options go in ARGS, for example: make up ARGS="--broker kafka", make test ARGS="-k calendar".'

install: $(READY)  ## the environment in .venv (done by every other target too, only when something changed)

up: $(READY)  ## start everything on this machine; Ctrl-C stops it
	@exec $(VIP) up $(ARGS)

down: $(READY)  ## stop what `make up` started
	@$(VIP) down $(ARGS)

status: $(READY)  ## what runs, where, since when
	@$(VIP) status $(ARGS)

logs: $(READY)  ## the services' logs; ARGS="card-service -f" follows one
	@$(VIP) logs $(ARGS)

reset: $(READY)  ## forget all data of `make up` (asks first)
	@$(VIP) reset $(ARGS)

demo: $(READY)  ## play the main story for one client, step by step
	@$(VIP) demo $(ARGS)

check: $(READY)  ## style, types, walls between the parts
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy $(addsuffix /src,$(MEMBERS))
	$(BIN)/python -m pytest -q tests/architecture $(ARGS)

# Tests that start a whole house have the machine to themselves; the rest run side by side. 5: nothing was chosen there.
test: $(READY)  ## all tests, on the PostgreSQL and the broker that come along
	@side=0; $(BIN)/python -m pytest -n 2 --dist loadfile -m "not house and not soak and not compose" $(ARGS) || side=$$?; \
	alone=0; $(BIN)/python -m pytest -m "house and not soak and not compose" $(ARGS) || alone=$$?; \
	case "$$side $$alone" in '0 0' | '0 5' | '5 0') ;; *) exit 1 ;; esac

contracts: $(READY)  ## write contracts/ anew from the code; review the difference
	$(VIP) contracts $(ARGS)

docs: $(READY)  ## write the generated pages of docs/ anew
	$(VIP) traceability --write $(ARGS)
	$(VIP) settings --write

bench: $(READY)  ## measure against the floors, on this machine
	$(BIN)/python tests/bench/run.py $(ARGS)

mutants: $(READY)  ## change the tier rules one by one; at least nine in ten changes must be noticed
	$(BIN)/python tests/mutants/run.py

soak: $(READY)  ## the long runs before a release
	$(BIN)/python -m pytest -m soak $(ARGS)

compose-test: $(READY)  ## the containers of docker-compose.yml, for real
	deploy/compose-test $(ARGS)

lock: $(UV)  ## resolve anew and write requirements.lock (names and hashes; no address of an index)
	$(UV) lock --python $(PYTHON) $(ARGS)
	$(UV) export --quiet --all-packages --all-groups --no-emit-workspace --no-header --no-annotate -o requirements.lock

$(UV): bootstrap.lock
	@if [ -z "$(PYTHON)" ]; then echo 'Python 3.11, 3.12 or 3.13 is needed; none of python3, python3.13, python3.12, python3.11 is one. Name it: make PYTHON=/path/to/python' >&2; exit 1; fi
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot make environments. On Debian or Ubuntu: apt-get install python3-venv (elsewhere: the package with ensurepip), then run make again." >&2; exit 1; }
	@rm -rf .tools
	@$(PYTHON) -m venv .tools
	@.tools/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r bootstrap.lock
	@touch $@

# Members are installed in place, without their dependencies (the lock has them all) and without a build
# environment of their own (the lock has the build backend too): nothing is fetched that the lock does not name.
$(READY): $(UV) requirements.lock pyproject.toml $(addsuffix /pyproject.toml,$(MEMBERS))
	@if ! $(BIN)/python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then $(UV) venv --quiet --clear --python $(PYTHON) .venv; fi
	@echo 'Installing the environment in .venv ...'
	@$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation $(addprefix --editable ,$(addprefix ./,$(MEMBERS)))
	@touch $@
