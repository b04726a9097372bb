"""Fixtures with real nodes and a real database; a test that cannot have its node says why.

Session-wide ones are shared: leave them as useful as you found them (mine, but do not reorganise).
With CI=true a missing node fails the tests that need it, so that nothing passes by not running.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from support.missing import cannot
from support.postgres import Postgres, PostgresMissingError

from scanner.cli.common import hints
from scanner.demo.nodes import Anvil, Bitcoind, Node
from scanner.errors import NodeMissingError

AnyNode = TypeVar("AnyNode", bound=Node)


class AnvilFactory(Protocol):
    """Starts one more anvil, stopped at the end of the test."""

    def __call__(
        self,
        genesis: Mapping[str, object] | None = None,
        chain_id: int = 1,
        arguments: Sequence[str] = (),
    ) -> Anvil: ...


def pytest_configure() -> None:
    """Let the programs that tests start hear Ctrl-C and keep what they compile, whoever runs this.

    A shell starts what runs in the background with SIGINT ignored, and children inherit that. Where
    bytecode is not to be written, each of hundreds of commands would compile the scanner anew,
    which takes as long as what it does; `make clean` removes it.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


# A machine that has much else to do makes examples slowly; that is no fault of theirs.
settings.register_profile("busy", suppress_health_check=[HealthCheck.too_slow], deadline=None)
settings.load_profile("busy")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two processes to a core: a good part of the tests waits, for blocks or for servers."""
    return (os.cpu_count() or 1) * 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse two tests of one name: shared out to processes, only one of them would be run."""
    names = Counter(item.nodeid for item in items)
    if twice := [name for name, count in names.items() if count > 1]:
        raise pytest.UsageError(f"several tests have one name: {', '.join(twice)}")


def pytest_collection() -> None:
    """Let no garbage be looked for while tests are collected: nearly all that is made then stays."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Let the collector leave the tests themselves alone: there are tens of thousands of objects.

    It would go through all of them whenever a test has made some.
    """
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)


@pytest.fixture(autouse=True)
def nothing_given() -> None:
    """Keep hints from repeating what a command of another test was given, in the same process."""
    hints.remember({})


@pytest.fixture(scope="session", autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the tests away from the user's data, settings and databases."""
    patch = pytest.MonkeyPatch()
    for name in [n for n in os.environ if n.startswith("SCANNER_") and n not in _PROGRAMS]:
        patch.delenv(name)
    patch.setenv("SCANNER_DATA", str(tmp_path_factory.mktemp("data")))
    patch.setenv("SCANNER_PUBLISHERS", str(Path(__file__).with_name("support") / "publishers.toml"))
    patch.setenv("BCL_DATA_DIR", str(tmp_path_factory.mktemp("bitcoinlib")))
    yield
    patch.undo()


@pytest.fixture(scope="session")
def node_programs() -> None:
    """For tests of commands that start both nodes themselves."""
    try:
        Bitcoind.program()
        Anvil.program()
    except NodeMissingError as e:
        cannot(str(e))


@pytest.fixture(scope="session")
def bitcoind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bitcoind]:
    """A regtest node with all indexes and 110 blocks, shared by the session."""
    with ExitStack() as stack:
        node = _start(stack, lambda: Bitcoind(tmp_path_factory.mktemp("bitcoind")))
        node.rpc("generatetodescriptor", 110, "raw(51)")
        yield node


@pytest.fixture
def bitcoind_factory(tmp_path: Path) -> Iterator[Callable[..., Bitcoind]]:
    """Start further bitcoinds (chain="regtest" or "main"), each on a folder of its own."""
    with ExitStack() as stack:
        count = iter(range(1000))

        def make(chain: str = "regtest", arguments: Sequence[str] = ()) -> Bitcoind:
            folder = tmp_path / f"bitcoind-{next(count)}"
            return _start(stack, lambda: Bitcoind(folder, arguments, chain=chain))

        yield make


@pytest.fixture(scope="session")
def bitcoind_main(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bitcoind]:
    """A node with mainnet's rules and no network: the other opinion on addresses and messages."""
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("bitcoind-main")
        yield _start(stack, lambda: Bitcoind(folder, chain="main"))


@pytest.fixture(scope="session")
def anvil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Anvil]:
    """A development chain with id 1 and one block, shared by the session."""
    with ExitStack() as stack:
        node = _start(stack, lambda: Anvil(tmp_path_factory.mktemp("anvil")))
        node.rpc("anvil_mine", "0x1")
        yield node


@pytest.fixture
def anvil_factory(tmp_path: Path) -> Iterator[AnvilFactory]:
    """Start further anvils with a genesis, a chain id or arguments of their own."""
    with ExitStack() as stack:
        count = iter(range(1000))

        def make(
            genesis: Mapping[str, object] | None = None,
            chain_id: int = 1,
            arguments: Sequence[str] = (),
        ) -> Anvil:
            folder = tmp_path / f"anvil-{next(count)}"
            return _start(
                stack, lambda: Anvil(folder, arguments, genesis=genesis, chain_id=chain_id)
            )

        yield make


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Postgres]:
    """A private PostgreSQL server, shared by the session."""
    try:
        cluster = Postgres()
    except PostgresMissingError as e:
        cannot(str(e))
    with cluster:
        yield cluster


@pytest.fixture(scope="session")
def postgres(postgres_cluster: Postgres) -> str:
    """URL of one PostgreSQL database for the whole session ("postgresql+psycopg://...")."""
    return postgres_cluster.create_database()


@pytest.fixture
def postgres_database(postgres_cluster: Postgres) -> str:
    """URL of an empty PostgreSQL database for this test alone."""
    return postgres_cluster.create_database()


_PROGRAMS = {Bitcoind.program_variable, Anvil.program_variable}


def _start(stack: ExitStack, make: Callable[[], AnyNode]) -> AnyNode:
    try:
        return stack.enter_context(make())
    except NodeMissingError as e:
        cannot(str(e))
