# `make demo` and `make test` work on a fresh machine; `make help` lists all targets.
# PYTHON: interpreter; CUDA=12 or CUDA=13: lock file of the accelerator; VENV: folder of the environment.

PYTHON ?= python3
VENV   ?= .venv
CUDA   ?=
LOCK   := requirements$(if $(CUDA),-cuda$(CUDA)).lock
STAMP  := $(VENV)/.installed-$(LOCK)
RUN    := $(VENV)/bin/python
DEMO   ?= demo
ARGS   ?=

.DEFAULT_GOAL := help
.PHONY: help venv demo test test-slow lint format bench lock clean

help: ## list these targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): $(LOCK) pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "inkloop needs Python 3.11 or newer; this is $$($(PYTHON) --version). Choose another: make PYTHON=python3.12 ..." >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r $(LOCK)
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@if [ -n "$$(command -v npm)" ]; then $(RUN) -m inkloop export runtime >/dev/null || \
	  echo "without it only \`inkloop export page\` does not work"; fi
	@rm -f $(VENV)/.installed-*
	@touch $@

venv: $(STAMP) ## create .venv from the pinned versions

demo: $(STAMP) ## sample pages -> tiles -> GAN -> videos and colour, in demo/
	$(VENV)/bin/inkloop demo --out $(DEMO) $(ARGS)

lint: $(STAMP) ## ruff, mypy, and tsc if it is installed
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy
	@if [ -n "$$(command -v tsc)" ]; then \
	  for config in studio/jsconfig.json animate/page/jsconfig.json; do \
	    echo "tsc -p $$config"; tsc -p $$config || exit 1; done; fi

format: $(STAMP) ## apply ruff's fixes and format
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

test: lint ## lint, then the tests (under 10 minutes on 2 cores)
	$(RUN) -m pytest -m "not slow" -n 2 --dist worksteal $(ARGS)

test-slow: lint ## every test, slow ones included; again on Python 3.12 if installed
	$(RUN) -m pytest -n 2 --dist worksteal $(ARGS)
	@if [ -n "$$(command -v python3.12)" ] && python3.12 -c 'import venv' 2>/dev/null && \
	    ! $(RUN) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 12))'; then \
	  $(MAKE) PYTHON=python3.12 VENV=.venv-3.12 test-312; \
	else echo "test-slow: no other python3.12 found; the suite ran on $$($(RUN) --version) only"; fi

.PHONY: test-312
test-312: $(STAMP)
	$(RUN) -m pytest -m "not slow" -n 2 --dist worksteal $(ARGS)

bench: $(STAMP) ## run every benchmark (results belong in benchmarks/README.md)
	@for question in $$(grep -l __main__ benchmarks/*.py); do echo "== $$question"; $(RUN) $$question || exit 1; done

lock: ## rewrite the locks from pyproject.toml (needs uv)
	for extra in "" 12 13; do \
	  uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes --extra dev \
	    $${extra:+--extra cuda$$extra} --custom-compile-command "make lock" \
	    --output-file requirements$${extra:+-cuda$$extra}.lock || exit 1; done

clean: ## remove .venv and caches
	rm -rf .venv .venv-3.12 .pytest_cache .ruff_cache .mypy_cache
	find . -name __pycache__ -not -path './.git/*' -exec rm -rf {} +
