# Everything a person does here has a name. `make` alone lists the names.
# Needs Python 3.11 or newer and nothing else; another interpreter: make setup PYTHON=python3.12

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
UV := $(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 \
      --no-header --no-annotate --no-emit-index-url --no-emit-find-links -c requirements/constraints.in

# A stamp names the content it was made from, so that a changed lock file installs again and an unchanged one never does.
stamp = .venv/.$(1)-$(shell cat pyproject.toml requirements/$(1).txt | cksum | tr ' ' '-')
BASE := $(call stamp,base)
TEST := $(call stamp,test)
GPU := $(call stamp,gpu)
# uv does not read where pip was told to look for wheels on disk.
FOUND = UV_FIND_LINKS="$$($(BIN)/python -m pip config get global.find-links 2>/dev/null)"

.DEFAULT_GOAL := help
.PHONY: help setup demo serve test check fix docs strip bench scale sim chaos fuzz audit sharing gpu peers lock
MAKEFLAGS += --no-print-directory

help:  ## list what there is
	@grep -E '^[a-z]+:.*##' Makefile | grep -v '^help' | sed -E 's/:[^#]*## /\t/' | awk -F'\t' '{ printf "  make %-8s %s\n", $$1, $$2 }'

setup: $(BASE)  ## make .venv with castlist in it, from the hash-pinned lock file
	@echo "castlist is ready: $(BIN)/castlist --help"

demo: $(BASE)  ## one picture in, pictures of the same character out, through a real server; see out/demo/sheet.jpg
	@$(BIN)/castlist demo --out out/demo

serve: $(BASE)  ## serve on http://127.0.0.1:8000 until Ctrl-C
	@$(BIN)/castlist serve

test: check  ## check, then run every test
	@$(MAKE) gpu 2>/dev/null || echo "torch for the processor is not offered here: the tests that need it will be skipped"
	@$(BIN)/pytest

check: $(TEST)  ## style, types and the house's boundaries
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(BIN)/pyright
	@$(BIN)/lint-imports --no-logo

fix: $(TEST)  ## put style right where a program can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: $(BASE)  ## write the generated parts of README.md and docs/ anew
	@$(BIN)/python scripts/generate_docs.py

strip: $(BASE)  ## draw the README's strip from the last demo
	@$(BIN)/python scripts/strip.py out/demo

bench: $(BASE)  ## measure speed and quality here; writes docs/performance.md, docs/quality.md and, with FACES=folder, docs/scores.md
	@$(BIN)/python -m bench.studio
	@$(BIN)/python -m bench.scores $(if $(FACES),--faces $(FACES)) $(if $(DRAWINGS),--drawings $(DRAWINGS))

peers: $(TEST)  ## accepted jobs a second beside LitServe, BentoML, Cog, Gradio and a bare handler; installs them under out/
	@$(BIN)/python -m bench.peers --page $(if $(POSTGRES),--postgres $(POSTGRES))

scale: $(TEST)  ## cost as tables grow to ROWS jobs, overhead an image, formats, 1 to 4 workers; writes into docs/performance.md (half an hour)
	@$(BIN)/python -m bench.scale --page $(if $(ROWS),--rows $(ROWS))

CASES ?= 100000

chaos: $(TEST)  ## kill and starve real processes on both back ends, audit; writes docs/reliability-chaos.md (about an hour)
	@$(BIN)/python -m bench.chaos

sim: $(TEST)  ## live through a million histories of an installation in which all that can fail fails; HISTORIES=n, SEED=n tells one
	@$(BIN)/python -m simulation $(if $(SEED),--seed $(SEED),--histories $(or $(HISTORIES),1000000) --page)

fuzz: $(TEST)  ## CASES generated requests against the whole API, and as many broken pictures against the decoder
	@CASTLIST_FUZZ_CASES=$(CASES) $(BIN)/pytest -s tests/api/test_schemathesis.py
	@$(BIN)/python -m fuzz.pictures --cases $(CASES)

audit: $(TEST)  ## look every pinned package up in the public list of known weaknesses; needs the network
	@$(BIN)/uv tool run pip-audit --require-hashes --disable-pip -r requirements/base.txt

sharing: $(GPU)  ## measure what one reference pass for all images of a job saves; writes into docs/performance.md
	@$(BIN)/python -m bench.sharing --write

gpu: $(GPU)  ## what the tests of the local diffusion engine need: torch for the processor, 0.25 GB to fetch, 1.1 GB on disk

lock: $(TEST)  ## make requirements/*.txt anew, keeping what is pinned; newest releases: make lock UPGRADE=--upgrade
	@$(UV) $(UPGRADE) pyproject.toml requirements/build.in -o requirements/base.txt
	@$(UV) $(UPGRADE) pyproject.toml requirements/build.in requirements/test.in -c requirements/base.txt -o requirements/test.txt
	@$(FOUND) $(UV) $(UPGRADE) requirements/gpu.in -c requirements/test.txt -o requirements/gpu.txt || \
	  echo "torch for the processor is not offered here: requirements/gpu.txt stays as it was"
	@$(UV) --no-deps $(UPGRADE) requirements/torchvision.in -o requirements/torchvision.txt

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "castlist needs Python 3.11 or newer. Say which: make setup PYTHON=python3.11")'
	@echo "Making .venv"
	@$(PYTHON) -m venv .venv

$(BASE): | .venv/bin/python
	@echo "Installing castlist from requirements/base.txt"
	@$(PIP) install --require-hashes -r requirements/base.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@rm -f .venv/.base-* && touch $@

$(TEST): $(BASE)
	@echo "Installing what the tests need from requirements/test.txt"
	@$(PIP) install --require-hashes -r requirements/test.txt
	@rm -f .venv/.test-* && touch $@

$(GPU): $(TEST)
	@echo "Installing torch for the processor from requirements/gpu.txt"
	@$(PIP) install --require-hashes --no-deps -r requirements/gpu.txt
	@$(PIP) install --require-hashes --no-deps --upgrade --target .venv/torchvision -r requirements/torchvision.txt
	@rm -f .venv/.gpu-* && touch $@
