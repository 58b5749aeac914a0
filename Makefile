# hiphinge: make install | demo | test | check | bench | measure NAME | lock
# Everything lives in .venv; a target that needs it brings it up to date first.

BIN := .venv/bin
STAMP := .venv/installed
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check
PYTHON ?= python3 python3.13 python3.12 python3.11 python
SUITABLE := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))

.PHONY: install demo test check bench measure lock FORCE
.DELETE_ON_ERROR:

install: $(STAMP)

# The stamp holds the folder that .venv was made in: a moved or broken one is made anew.
CURRENT := $(shell [ "$$(cat $(STAMP) 2>/dev/null)" = "$(CURDIR)" ] && $(BIN)/python -c '$(SUITABLE)' 2>/dev/null && echo yes)

$(STAMP): pyproject.toml requirements.lock $(if $(CURRENT),,FORCE)
	@$(if $(CURRENT),,$(find_python) && "$$python" -m venv --clear .venv &&) \
	echo "Installing the packages of requirements.lock into .venv; the first time takes a few minutes." && \
	awk '/^[^ ]/ {vqf = /^vqf==/} !vqf' requirements.lock > .venv/most.lock && \
	awk '/^[^ ]/ {vqf = /^vqf==/} vqf' requirements.lock > .venv/vqf.lock && \
	$(PIP) --require-hashes -r .venv/most.lock && \
	{ $(PIP) --require-hashes --no-deps -r .venv/vqf.lock > .venv/vqf.log 2>&1 || \
	  { ! grep 'NOT MATCH THE HASHES' .venv/vqf.log && echo "$(no_vqf)"; }; } && \
	$(PIP) --no-deps --no-build-isolation -e . && \
	echo "$(CURDIR)" > $@ && \
	echo "Ready: $(BIN)/hiphinge --help"

demo: install
	@$(BIN)/hiphinge demo $(ARGS)

# Four at a time on any machine: many tests wait for a radio, a browser or a clock.
test: install
	@$(BIN)/python -m pytest -q -n 4 --nbmake tests src $(wildcard notebooks) $(ARGS)

check: install
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m pytest -q tests/contract/test_lock.py

bench: install
	@$(BIN)/python -m pytest -q --benchmark-enable --benchmark-only tests/benchmarks $(ARGS)

# `make measure` lists the names; `make measure recording` and `make measure NAME=recording` run one.
measure: install
	@$(BIN)/python -m tests.benchmarks.measure $(or $(NAME),$(WORDS)) $(ARGS)

ifeq ($(firstword $(MAKECMDGOALS)),measure)
WORDS := $(wordlist 2,9,$(MAKECMDGOALS))
$(foreach word,$(WORDS),$(eval $(word): ; @:))
endif

lock:
	@command -v uv >/dev/null || { echo "uv: not found. Install it (pip install uv), then: make lock" >&2; exit 1; }
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	  --extra dev pyproject.toml --output-file requirements.lock

no_vqf = vqf: not installed, most often for want of a wheel or a C++ compiler (.venv/vqf.log says why); a filter of \
ahrs steps in, with a larger uncertainty. For the better one install a compiler, then: rm -r .venv; make install

# Sets $$python to the first suitable one, or says in one sentence what is missing.
define find_python
for p in $(PYTHON); do \
  if $$p -c '$(SUITABLE)' 2>/dev/null; then python=$$p; break; fi; \
  v=$$($$p -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) && found="$$found $$p is $$v,"; \
done; \
if [ -z "$$python" ]; then \
  case "$$found" in \
    *3.1[123],*) echo "Python:$$found but without the venv module. Install it (Debian, Ubuntu: sudo apt-get install python3-venv), then: make install" ;; \
    *) echo "Python:$${found:- none found,} expected 3.11, 3.12 or 3.13. Install one, or name it: make install PYTHON=/path/to/python3.12" ;; \
  esac >&2; exit 1; \
fi
endef
