# make run     everything on this machine, from nothing      make test    all tests
# make check   style, types, imports, flows                  make bench   the numbers of the real server
# make bench-voice   what hearing costs, and what it gets wrong
# make chaos   200 calls over a good and over a bad network: is everything the same?
# make faults  1,000 faults under load: nothing is lost, nothing is done twice (an hour)
# make floor-show  ten callers and three agents, and what each of them saw, as tables
# make screenshots   the pictures in docs/                   make clean   all that can be made again (data stays)
.DEFAULT_GOAL := help
.PHONY: help venv dev vendor run test check chaos faults bench bench-voice floor-show screenshots lock clean

BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1

help:
	@sed -n 's/^# //p' Makefile

venv:
	@scripts/venv.sh requirements.txt

dev:
	@scripts/venv.sh requirements-dev.txt

vendor:
	@$(BIN)/python scripts/vendor.py

run: venv
	@$(BIN)/python scripts/vendor.py
	@exec $(BIN)/hotline run

test: dev
	@$(BIN)/python scripts/vendor.py
	$(BIN)/pytest -n 2 --dist loadgroup --no-loadscope-reorder || { \
	  echo "Once more, alone: what failed beside others on two busy cores. Failing twice is a failure."; \
	  $(BIN)/pytest --last-failed --last-failed-no-failures none; }

check: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hotline flows check flows/library/hotline.yaml

chaos: dev
	@$(BIN)/python scripts/vendor.py
	CHAOS_CALLS=$${CHAOS_CALLS:-200} $(BIN)/pytest tests/test_whole_chaos.py -s

faults: dev
	@$(BIN)/python scripts/vendor.py
	FAULTS=$${FAULTS:-1000} FAULTS_RECORDS=$${FAULTS_RECORDS:-both} $(BIN)/pytest tests/test_whole_faults.py -s

bench: dev
	@$(BIN)/python scripts/vendor.py
	$(BIN)/python bench/bench.py

bench-voice: dev
	$(BIN)/python bench/hearing.py

floor-show: dev
	@$(BIN)/python scripts/vendor.py
	@$(BIN)/python scripts/floor_show.py

screenshots: dev
	@$(BIN)/python scripts/vendor.py
	$(BIN)/python scripts/screenshots.py

lock: dev
	scripts/lock.sh
	npm install --package-lock-only

clean:
	rm -rf .venv node_modules ivr/static/vendor build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache \
	  .hypothesis .import_linter_cache .grimp_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "The data in $${DATA_DIR:-var} stays; delete that folder to begin anew."
