# The verbs of the project; `make` alone lists them. Everything lives in .venv and js/node_modules.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test lint types unit frontend e2e notebooks wheel bench docs dev
SHELL := bash
PYTHON ?= python3
BIN := .venv/bin
BUNDLE := src/whylight/static/widget.js

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1
PYTEST := OMP_NUM_THREADS=$${OMP_NUM_THREADS:-1} $(BIN)/python -m pytest
DEMO := build/demo
JUPYTER := JUPYTER_CONFIG_DIR=$(CURDIR)/.jupyter JUPYTER_DATA_DIR=$(CURDIR)/.jupyter/data $(BIN)/jupyter
ENCRYPTED := --KernelManager.transport_encryption=auto
LAB := $(JUPYTER) lab $(ENCRYPTED) $(if $(filter 0,$(shell id -u)),--allow-root)
QUIET := .jupyter/lab/user-settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings

help:  ## list the verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

# ---------------------------------------------------------------- set up (stamps make a second call instant)

setup: $(BUNDLE) .venv/.installed  ## build .venv, install the package, build the bundle

.venv/.installed: .venv/.pins pyproject.toml hatch_build.py | $(BUNDLE)
	@echo "Installing Whylight itself (a second) ..."
	@$(BIN)/pip install -qq --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.pins: requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Whylight needs Python 3.11 or newer.")'
	@echo "Installing PyTorch, JupyterLab and the test tools into .venv (one to two minutes) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/pip install -qq --requirement requirements/dev.txt
	@touch $@

js/node_modules/.installed: js/package-lock.json
	@command -v npm >/dev/null || { echo "Whylight's widget is built with Node.js: install Node 20 or newer and try again."; exit 1; }
	@echo "Installing the front end's tools from npm (about 10 seconds) ..."
	@cd js && npm ci --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@

$(BUNDLE): js/node_modules/.installed $(wildcard js/build.mjs js/tsconfig.json) $(shell find js/src -type f 2>/dev/null)
	@echo "Building the widget (a second) ..."
	@cd js && npm run --silent build
	@touch $@

# ---------------------------------------------------------------- use

$(QUIET):  # no question about news over the demo
	@mkdir -p $(@D) && echo '{"fetchNews": "false", "checkForUpdates": false}' > $@

demo: setup $(QUIET)  ## open the quick start in JupyterLab, its cells already run
	@echo "Running the quick start (about 10 seconds) ..."
	@$(BIN)/jupyter nbconvert --to notebook --execute notebooks/01_quickstart.ipynb --output-dir $(DEMO) $(ENCRYPTED) --log-level=ERROR
	@$(JUPYTER) trust $(DEMO)/01_quickstart.ipynb >/dev/null 2>&1
	$(LAB) --ServerApp.root_dir=$(DEMO) --LabApp.default_url=/lab/tree/01_quickstart.ipynb

dev: setup $(QUIET)  ## JupyterLab with the bundle rebuilt and reloaded on every change
	@node js/build.mjs --watch & trap "kill $$!" EXIT; ANYWIDGET_HMR=1 $(LAB) --ServerApp.root_dir=notebooks

bench: setup  ## speed and accuracy, side by side with the alternatives
	$(BIN)/python -m tests.benchmarks
	$(BIN)/python -m tests.benchmarks.accuracy

docs: setup  ## build the documentation into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

# ---------------------------------------------------------------- check

test: lint types unit frontend e2e notebooks wheel docs  ## run every check

lint: setup  ## ruff and biome
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	cd js && npm run --silent lint

types: setup  ## pyright and tsc
	$(BIN)/pyright
	cd js && npm run --silent types

frontend: setup
	cd js && npm test --silent

unit: setup
	$(PYTEST) -n 2 tests/unit $(wildcard tests/contract)

e2e: setup
	@scripts/ensure_chromium.sh $(BIN)/python
	$(PYTEST) -n 2 --dist loadfile tests/e2e

notebooks wheel: setup
	$(PYTEST) tests/test_$@.py
