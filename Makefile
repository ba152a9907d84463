# Needs Python >= 3.11, pip and make. Another interpreter: make demo PYTHON=python3.12
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --constraint constraints.txt
PARALLEL := --numprocesses 2 --dist loadfile
BENCHMARKS := chain dag mesh meters memory patterns importance neurons expectation failout_training repetition studies accuracy_in_loop startup store

.DEFAULT_GOAL := help
.PHONY: help demo test test-all test-jax bench docs gallery wheel clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.installed ## Install into .venv and run scenarios/first.yaml
	$(BIN)/sim run scenarios/first.yaml

test: $(VENV)/.installed-test ## Install what tests need and run them, without the slow ones
	$(BIN)/python -m pytest -m "not slow" $(PARALLEL)

test-all: $(VENV)/.installed-test ## Run all tests, the slow ones too
	$(BIN)/python -m pytest $(PARALLEL)

test-jax: $(VENV)/.installed-jax ## Run the model tests and the first scenario with Keras on jax
	KERAS_BACKEND=jax $(BIN)/python -m pytest tests/model
	out=$$(mktemp -d) && KERAS_BACKEND=jax $(BIN)/sim run scenarios/first.yaml --quick --out "$$out/first"; \
		code=$$?; rm -rf "$$out"; exit $$code

bench: $(VENV)/.installed-test ## Run the benchmarks and print their ratios
	@set -e; for bench in $(BENCHMARKS); do echo "== $$bench"; $(BIN)/python -m "benchmarks.$$bench"; done

docs: $(VENV)/.installed-docs ## Build the documentation as a site: site/index.html
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

gallery: $(VENV)/.installed ## Run the scenarios whose small picture is missing in docs/images/gallery
	$(BIN)/python docs/site/gallery.py

wheel: $(VENV)/.installed-test ## Build the wheel and the source archive into dist/
	$(BIN)/python -m build --no-isolation --outdir dist

clean: ## Remove what was built and installed here; runs/ stays
	rm -rf $(VENV) build dist site *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis .import_linter_cache
	find simulator tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$(PYTHON) is older than Python 3.11; name another one: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	touch $@

# The stamps: a second call installs nothing unless what is to be installed has changed.
$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/.made
	$(INSTALL) --editable .
	touch $@

$(VENV)/.installed-test: pyproject.toml constraints.txt | $(VENV)/.made
	$(INSTALL) --editable ".[test]"
	touch $(VENV)/.installed $@

$(VENV)/.installed-docs: pyproject.toml constraints.txt | $(VENV)/.made
	$(INSTALL) --editable ".[docs]"
	touch $(VENV)/.installed $@

$(VENV)/.installed-jax: pyproject.toml constraints.txt | $(VENV)/.made
	$(INSTALL) --editable ".[test,jax]"
	touch $(VENV)/.installed $(VENV)/.installed-test $@
