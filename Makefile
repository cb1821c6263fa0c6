# Everything a newcomer needs: `make demo` and `make test`. Each sets up what it needs in .venv.
.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
INSTALL := $(PIP) install --quiet --constraint constraints.txt

.PHONY: help demo test test-slow check format attacks docs bench clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
		|| { echo "langprop needs Python 3.10 or later: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
		|| { echo "python's venv module doesn't work here; on Debian or Ubuntu: apt install python3-venv"; exit 1; }
	@touch $@

$(VENV)/.demo: $(VENV)/.made pyproject.toml constraints.txt
	@echo "installing langprop into $(VENV) ..."
	@$(INSTALL) --editable '.[gym]'
	@touch $@

$(VENV)/.dev: $(VENV)/.made pyproject.toml constraints.txt
	@echo "installing langprop and the developers' tools into $(VENV) ..."
	@$(INSTALL) --editable '.[dev]'
	@touch $@ $(VENV)/.demo

$(VENV)/.docs: $(VENV)/.dev
	@$(INSTALL) --editable '.[docs]'
	@touch $@

demo: $(VENV)/.demo ## Train CartPole from an empty stub, offline, in under a minute
	@$(BIN)/langprop fit examples/cartpole

test: $(VENV)/.dev ## Run the tests
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile

test-slow: $(VENV)/.dev ## Run the tests that take longer: training the examples
	@$(BIN)/python -m pytest -m slow

check: $(VENV)/.dev ## Run the linters: ruff, mypy, import-linter, codespell
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/codespell src tests examples benchmarks docs *.md

format: $(VENV)/.dev ## Format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

attacks: $(VENV)/.dev ## Run the attack suite on the sandbox, and print what got out
	@$(BIN)/python tests/sandbox/attacks/table.py

docs: $(VENV)/.docs ## Build the documentation in docs/_build
	@$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build

bench: $(VENV)/.dev ## Print the figures of the documentation
	@$(BIN)/python -m benchmarks

clean: ## Remove what the other targets made
	@rm -rf $(VENV) docs/_build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build
