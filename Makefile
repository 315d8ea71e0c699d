# The four commands of Bavn. Each sets up what it needs; "make" alone lists them.
# The system's Python where it will do: it is built with optimisations that one built by hand often lacks.
SUITS := import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(or $(shell for p in /usr/bin/python3 python3; do \
  $$p -c '$(SUITS)' 2>/dev/null && echo $$p && break; done),python3)
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: help demo test check bench clean
help:
	@echo "make demo    an alert reaches a crisis staff while its networks fail (ARGS='--stay' to look around)"
	@echo "make test    the whole suite, with real servers where users have them"
	@echo "make check   ruff, mypy --strict and the import staircase, in seconds"
	@echo "make bench   the benchmarks, with their peers"
	@echo "make clean   removes the virtual environment and what the tools left"

# The plugin is copied where Python looks for it, so that a change of it has to be installed again.
$(VENV)/runtime.ok: requirements.lock pyproject.toml hardware/pytest_plugin.py
	@echo "Setting up the virtual environment (once) ..."
	@$(PYTHON) -c 'import sys; sys.exit(not ((3, 11) <= sys.version_info[:2] <= (3, 13)))' \
	  || { echo "Bavn needs Python 3.11, 3.12 or 3.13: make PYTHON=python3.12 demo"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "The venv module is missing: apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev.ok: $(VENV)/runtime.ok requirements-dev.lock requirements-peers.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements-peers.lock
	@touch $@

demo: $(VENV)/runtime.ok
	@$(BIN)/bavn demo $(ARGS)

test: $(VENV)/dev.ok
	@PATH="$(CURDIR)/$(BIN):$$PATH" tests/run $(ARGS)

check: $(VENV)/dev.ok
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache | tail -n 12

bench: $(VENV)/dev.ok
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m tests.benchmarks $(ARGS)

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
