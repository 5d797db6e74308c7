# Postern: set-up, run, tests. `make help` lists the targets.
# Only .venv/ and build results are written; paths with spaces are fine, since all paths here are relative.

PYTHON ?= python3
PIP = .venv/bin/python -m pip --disable-pip-version-check
LOCK = requirements.lock

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup setup-dev debian run test fuzz lint format bench build lock clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|' 2>/dev/null \
	  || sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1  \2/p' Makefile

setup: .venv/.installed ## Create .venv with Postern and what it needs (Python packages only)

setup-dev: .venv/.installed-dev ## The same, with the tools for tests

.venv/bin/python:
	@command -v '$(PYTHON)' >/dev/null 2>&1 || { \
	  echo "make: there is no '$(PYTHON)' here. Install Python 3.11 or newer (Debian: apt install python3 python3-venv)," >&2; \
	  echo "make: or name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12" >&2; exit 1; }
	@'$(PYTHON)' -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "make: Postern needs Python 3.11 or newer, and '$(PYTHON)' is $$('$(PYTHON)' --version 2>&1)." >&2; \
	  echo "make: name another one: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12" >&2; exit 1; }
	@'$(PYTHON)' -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "make: '$(PYTHON)' cannot create a virtual environment; on Debian and Ubuntu: apt install python3-venv" >&2; \
	  exit 1; }
	'$(PYTHON)' -m venv .venv || { rm -rf .venv; exit 1; }

.venv/.installed: pyproject.toml $(LOCK) | .venv/bin/python
	$(PIP) install --quiet --editable . --constraint $(LOCK)
	@touch $@

.venv/.installed-dev: pyproject.toml $(LOCK) | .venv/bin/python
	$(PIP) install --quiet --editable '.[dev]' --constraint $(LOCK)
	@touch .venv/.installed $@

debian: ## Install the Debian packages that tests and benchmarks use, those that are missing
	@bash tests/setup/debian.sh

run: setup ## Start the gateway with the demonstration configuration (Ctrl-C stops it)
	@exec .venv/bin/postern run -c config/demo.toml --demo

lint: setup-dev ## Style, format and types
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/mypy --config-file tests/mypy.ini

format: setup-dev ## Put the source into its standard format
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

test: setup-dev debian lint ## Everything that must hold: style, types, unit and integration tests
	.venv/bin/python -m pytest

fuzz: setup-dev ## Fuzz at length: make fuzz TARGET=walker SECONDS=600; without TARGET, each target in turn
	.venv/bin/python -m tests.fuzz $(or $(TARGET),all) $(or $(SECONDS),300)

bench: setup-dev debian ## Measure the gateway beside Postfix; results also go to benchmarks/results/
	.venv/bin/python benchmarks/run.py $(BENCH)

build: setup-dev ## Wheel and source archive, into dist/
	.venv/bin/python -m build

lock: ## Renew requirements.lock from what pyproject.toml allows today
	@bash tests/setup/lock.sh '$(PYTHON)' $(LOCK)

clean: ## Remove .venv and everything that was made
	rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis benchmarks/results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
