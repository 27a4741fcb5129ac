# Every target makes the virtual environment .venv by itself when it is missing or the requirements changed.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

.PHONY: demo test bench lint venv clean

demo: $(READY)
	$(BIN)/python legacy_examples/digits/compare.py

test: $(READY)
	$(BIN)/python -m pytest

bench: $(READY)
	$(BIN)/python benchmarks/run.py

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

venv: $(READY)

$(READY): setup.py pyproject.toml constraints.txt
	test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet -c constraints.txt setuptools wheel
	$(BIN)/pip install --quiet -c constraints.txt --no-build-isolation -e '.[dev]'
	touch $@

clean:
	rm -rf .venv build *.egg-info .pytest_cache .ruff_cache
