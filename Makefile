# make demo    the scanner at work on a signed list, two real nodes and a dozen recorded servers
# make test    every test, with real nodes and a real PostgreSQL
# make check   lint, and the unit tests of what changed: within a minute
# make test-nodes  readers on nodes that take minutes, one an hour, to build: simd, geth, Lodestar, electrs,
#              Chopsticks, starknet-devnet
# make test-core  the Bitcoin tests again on Bitcoin Core itself, 30 and 31, built once (half an hour)
# make lint    style, types, import rules, limits
# make bench   one JSON object a line: name, value, unit, against, ratio
# make clean   remove results and caches; make distclean: .venv and the nodes' programs too

PY ?= python3
BIN := .venv/bin

.PHONY: demo test check fuzz soak test-mutations test-kills test-foreign-lists test-nodes test-core lint bench clean distclean runtime development nodes bitcoind anvil peers

# What is missing is fetched side by side: packages and nodes wait for different servers.
demo:
	@$(MAKE) --no-print-directory -j 3 runtime bitcoind anvil
	@$(BIN)/scanner demo

# Without its node a test is skipped and says why; in CI (CI=true) it fails. Every process has nodes
# and databases of its own; a file's tests stay together, files come in their order, long ones first.
# A process that crashes ends the run: without it the rest would be waited for, for ever.
SHARED_OUT := -n auto --maxprocesses 6 --dist loadfile --no-loadscope-reorder --max-worker-restart 0
test: development
	@$(MAKE) --no-print-directory nodes || test "$$CI" != true
	@$(MAKE) --no-print-directory peers || test "$$CI" != true
	@scripts/install-postgres || test "$$CI" != true
	@scripts/install-browser .devnet/browser || test "$$CI" != true
	$(BIN)/python -m pytest $(SHARED_OUT) $(ARGS)

# 20,000 changes of each form of a proof of liabilities, 100,000 of signed rows, of state proofs and of
# UTXO snapshots, none of which may pass; a share of them is in every run. An hour or two.
test-mutations: development
	SCANNER_MUTATIONS=all $(BIN)/python -m pytest --timeout 0 $(SHARED_OUT) \
	    tests/unit/liabilities tests/unit/ownership tests/unit/chains/evm/test_trie.py \
	    tests/unit/chains/bitcoin/test_utxo_scan.py $(ARGS)

# Workers killed 200 times, and 200 questions to a database lost or refused, not a share: some minutes.
test-kills: development nodes
	@scripts/install-postgres
	SCANNER_TEST_KILLS=200 $(BIN)/python -m pytest --timeout 0 tests/integration/test_worker_faults.py \
	    tests/integration/test_lost_answers.py tests/integration/test_lost_answers_sqlite.py $(ARGS)

# 20,000 lists of random headers, nestings and units, each read right or told; 1,500 are in every run.
test-foreign-lists: development
	SCANNER_LISTS=20000 $(BIN)/python -m pytest --timeout 0 $(SHARED_OUT) tests/unit/lists/test_foreign_properties.py $(ARGS)

# 100,000 changes of every answer and list that a parser takes; a share of them is in every run.
fuzz: development
	SCANNER_FUZZ=100000 $(BIN)/python -m pytest --timeout 0 tests/fuzz $(ARGS)

# Ten minutes of faulty nodes, killed workers, a full disk, a restarted PostgreSQL, hostile lists and
# visitors; SCANNER_SOAK says how many seconds.
soak: development
	@scripts/install-postgres
	SCANNER_SOAK=$${SCANNER_SOAK:-600} $(BIN)/python -m pytest -n0 -s tests/soak $(ARGS)

# More real nodes, slower to build: the readers again against them.
NODE_TESTS := $(foreach node,cosmos geth beacon electrs asset_hub starknet,tests/integration/test_$(node)_node.py)
test-nodes: development nodes
	scripts/install-electrumx .devnet/electrumx
	scripts/install-simd .devnet/simd
	scripts/install-geth .devnet/geth
	scripts/install-lodestar .devnet/lodestar
	scripts/install-electrs .devnet/electrs
	scripts/install-chopsticks .devnet/chopsticks
	scripts/install-starknet-devnet .devnet/starknet-devnet
	SCANNER_NODES=all $(BIN)/python -m pytest $(NODE_TESTS) $(ARGS)

# Core without a wallet: what signs transactions stays with Knots.
CORE_TESTS := $(foreach part,core core_scans utxo sources several relatives,tests/integration/test_bitcoin_$(part).py)
test-core: development peers
	@for version in 30 31; do \
	    scripts/build-bitcoin-core .devnet/core-$$version $$version && \
	    SCANNER_BITCOIND=$(CURDIR)/.devnet/core-$$version/bin/bitcoind \
	        $(BIN)/python -m pytest $(CORE_TESTS) $(ARGS) || exit 1; \
	done

check: lint
	@$(BIN)/python scripts/test-changed $(ARGS)

lint: development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/check-limits

bench: development nodes peers
	@$(BIN)/python -m bench $(ARGS)

clean:
	rm -rf .demo dist build .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find scanner tests bench migrations -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean
	rm -rf .venv .devnet

runtime:
	@scripts/make-venv "$(PY)" requirements.lock

development:
	@scripts/make-venv "$(PY)" requirements-dev.lock

nodes: bitcoind anvil

bitcoind:
	@test -n "$$SCANNER_BITCOIND" || scripts/install-bitcoind .devnet/bitcoin

anvil:
	@test -n "$$SCANNER_ANVIL" || scripts/install-anvil .devnet/anvil

peers:
	@scripts/install-electrumx .devnet/electrumx
	-@scripts/install-nodeos .devnet/nodeos
	-@scripts/install-litesvm .devnet/litesvm
	-@scripts/install-ton-sandbox .devnet/ton-sandbox
	@test -n "$$SCANNER_LITECOIND" || scripts/install-litecoind .devnet/litecoin
