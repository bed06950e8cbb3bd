# What to type in a checkout of curate. Nothing needs to be there but Python 3.11 and make.

VENV = .venv
RUN = $(VENV)/ready-to-run
TEST = $(VENV)/ready-to-test
UV = $(shell command -v uv || echo .venv-uv/bin/uv)
TESTS = tests

help:
	@echo 'make demo    go through curate once, on sample feeds, sending nothing'
	@echo 'make test    run all tests, installing first what they need (one folder: make test TESTS=tests/inbox)'
	@echo 'make sweep   the tests of faults with their full counts: 500 kills instead of 50, and so on (an hour and more)'
	@echo 'make check   lint, formatting, types, and who may import whom'
	@echo 'make bench   measure, and hold the figures against their limits'
	@echo 'make lock    write the lock files anew after a change in pyproject.toml (newer versions: UPGRADE=--upgrade)'

demo: $(RUN)
	@$(VENV)/bin/curate demo --again

test: $(TEST)
	@.ci/counterparts.sh
	$(VENV)/bin/python -m pytest -n auto --maxprocesses 4 --max-worker-restart 0 --dist loadgroup $(TESTS)

sweep: export CURATE_SWEEP = 1
sweep: $(TEST)
	@.ci/counterparts.sh
	$(VENV)/bin/python -m pytest -n auto --maxprocesses 4 --max-worker-restart 0 -o faulthandler_timeout=1800 tests/faults tests/safety/test_fuzz.py tests/site/test_poison.py tests/site/test_incremental.py tests/inbox/test_histories.py

check: $(TEST)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/python -m pytest -q tests/test_layers.py tests/test_imports.py

bench: $(RUN)
	@.ci/bench-peers.sh
	$(VENV)/bin/python -m bench.today
	$(VENV)/bin/python -m bench.fetch
	$(VENV)/bin/python -m bench.stories
	$(VENV)/bin/python -m bench.build

$(RUN): requirements.lock pyproject.toml .ci/venv.sh
	@.ci/venv.sh requirements.lock
	@touch $@

# The development lock holds the other one's pins as well, so one environment serves both.
$(TEST): requirements-dev.lock requirements.lock pyproject.toml .ci/venv.sh
	@.ci/venv.sh requirements-dev.lock
	@touch $(RUN) $@

COMPILE = pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header $(UPGRADE)
lock: | $(UV)
	$(UV) $(COMPILE) pyproject.toml --group build --output-file requirements.lock
	$(UV) $(COMPILE) --group bench --output-file requirements-bench.lock
	$(UV) $(COMPILE) pyproject.toml --group dev --constraints requirements.lock --output-file requirements-dev.lock

.venv-uv/bin/uv:
	python3 -m venv .venv-uv
	.venv-uv/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.13'

.PHONY: help demo test sweep check bench lock
