# Netwright: `make run` opens the window, `make test` runs the tests. Both set everything up in .venv first.

PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready
BIN := $(VENV)/bin

.PHONY: run test test-all check format bench examples clean

run: $(READY)
	@$(BIN)/python -m gui.unattended

# A test that even its timeout cannot end, in Qt's event loop say, ends with its process, and where it stood is told.
test: $(READY)
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -q -n auto --dist worksteal -m "not slow" \
		-o faulthandler_timeout=360 -o faulthandler_exit_on_timeout=true

test-all: $(READY)
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -q -n auto --dist worksteal

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) test

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY)
	@for bench in tests/benchmarks/bench_*.py; do echo "== $$bench"; QT_QPA_PLATFORM=offscreen $(BIN)/python $$bench || exit 1; done

# All examples, or: make examples NAMES="garments vae". With WRITE=--write the READMEs get the measured scores.
examples: $(READY)
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m tests.examples $(NAMES) $(WRITE)

$(READY): pyproject.toml constraints.txt resources/setup/prepare.sh
	@PYTHON=$(PYTHON) VENV=$(VENV) sh resources/setup/prepare.sh
	@touch $@

clean:
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis
