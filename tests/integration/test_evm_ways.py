"""Every way of asking a real anvil gives what single calls give, and the size walls are survived."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from support import evm_chain as chain

from scanner.chains.evm import blocks, ladder
from scanner.chains.evm.columns import NATIVE, Column, Told
from scanner.chains.evm.multicall import CANONICAL
from scanner.chains.evm.node import Node
from scanner.chains.evm.reader import BATCH, SINGLE, pace_of, read_columns
from scanner.errors import SourceRejectedError
from scanner.model.block import BlockRef

pytestmark = pytest.mark.node

ACCOUNTS = [chain.holder(n) for n in range(2000)]
TOKENS = [bytes.fromhex(f"{0xA00 + n:040x}") for n in range(3)]
ODD = {
    bytes.fromhex(f"{0xB00 + n:040x}"): code
    for n, code in enumerate(
        [
            chain.REVERTS_FOR_ONE,
            chain.SHORT_FOR_ONE,
            chain.EMPTY_FOR_ONE,
            chain.BURNS_FOR_ONE,
            chain.LOOPS_FOR_ONE,
            chain.SILENT,
            chain.NO_DECIMALS,
        ]
    )
}
RICH = bytes.fromhex(f"{0xD00:040x}")
"""Its balances lie on both sides of what a sheet's record can hold."""
AMOUNTS = [0, 2**120 - 1, 2**120, 2**128 + 1, 2**256 - 1]
ABSENT = bytes.fromhex(f"{0xC00:040x}")
WHALE = bytes.fromhex(f"{0xD01:040x}")
WAYS = {way.name: way for way in ladder.LADDER}


@pytest.fixture(scope="module")
def anvil(tmp_path_factory):
    from support.missing import cannot

    from scanner.demo.nodes import Anvil
    from scanner.errors import NodeMissingError

    native = {a: 10**20 + n for n, a in enumerate(ACCOUNTS)}
    tokens = {
        t: chain.token_account(chain.PLAIN, 6, {a: 10**k + n for n, a in enumerate(ACCOUNTS)})
        for k, t in enumerate(TOKENS)
    }
    for token, code in ODD.items():
        tokens[token] = chain.token_account(code, 18, {ACCOUNTS[0]: 5})
    tokens[RICH] = chain.token_account(chain.PLAIN, 0, dict(zip(ACCOUNTS, AMOUNTS, strict=False)))
    native[WHALE] = 2**127
    tokens[CANONICAL] = {"balance": "0x0", "code": "0x" + chain.MULTICALL.hex(), "storage": {}}
    try:
        with Anvil(tmp_path_factory.mktemp("ways"), genesis=chain.genesis(native, tokens)) as node:
            node.rpc("anvil_mine", "0x2")
            yield node
    except NodeMissingError as e:
        cannot(str(e))


@pytest.fixture
def node(anvil):
    made = Node(anvil.endpoint("one"), "1")
    yield made
    made.close()


@pytest.fixture
def at(node):
    head = blocks.at_height(node.rpc, 2)
    return BlockRef("ethereum", "1", 2, head.hash, head.time)


@pytest.mark.parametrize("name", WAYS)
def test_plain_items(node, at, name):
    columns = [Column(NATIVE, ACCOUNTS[:60]), *(Column(t, ACCOUNTS[:60]) for t in TOKENS)]
    with node.pinned(at) as block:  # not through the reader: it would fall back to another way
        found = WAYS[name].read(node, columns, block, at)
    assert found[0].amounts == [10**20 + n for n in range(60)]
    for k in range(3):
        assert found[k + 1].amounts == [10**k + n for n in range(60)]
        assert (found[k + 1].decimals, found[k + 1].code) == (6, True)
    assert not any(reading.failed for reading in found)


@pytest.mark.parametrize("name", WAYS)
def test_odd_tokens_in_company(node, at, name):
    """One bad item among good ones: it alone fails, and it fails as what it is."""
    holders = [ACCOUNTS[0], chain.BAD_HOLDER, ACCOUNTS[1]]
    columns = [Column(token, holders) for token in [*ODD, ABSENT, TOKENS[0]]]
    found = read_columns(node, WAYS[name], columns, at)
    kinds = [[r.failed.get(n, (Told.OK, ""))[0] for n in range(3)] for r in found]
    fine, bad = Told.OK, kinds[3][1]
    assert kinds[:3] == [[fine, k, fine] for k in (Told.REVERTED, Told.SHORT, Told.EMPTY)]
    # anvil words a burnt call as a revert or as an execution error: never as an amount
    assert bad in (Told.REVERTED, Told.NOTHING)
    assert kinds[4][0::2] == [fine, fine]
    assert kinds[4][1] in (Told.REVERTED, Told.NOTHING)
    assert kinds[5] == [Told.EMPTY] * 3
    assert kinds[6] == [fine] * 3
    assert found[6].decimals is None
    assert kinds[7] == [Told.NO_CODE] * 3
    assert not found[7].code
    assert kinds[8] == [fine] * 3
    assert [r.amounts[0] for r in found] == [5, 5, 5, 5, 5, 0, 7, 0, 1]
    assert found[8].amounts == [1, 0, 2]


@pytest.mark.parametrize("name", WAYS)
def test_amounts_of_every_width_are_read_to_the_last_unit(node, at, name):
    columns = [Column(NATIVE, [WHALE, ACCOUNTS[0]]), Column(RICH, ACCOUNTS[: len(AMOUNTS)])]
    coin, token = read_columns(node, WAYS[name], columns, at)
    assert (coin.amounts, coin.failed) == ([2**127, 10**20], {})
    assert (token.amounts, token.failed, token.decimals) == (AMOUNTS, {}, 0)


@pytest.mark.parametrize("name", ["override sheet", "revert sheet", "deployless sheet"])
def test_a_sheet_says_that_an_amount_is_wide_and_never_cuts_it(node, at, name):
    columns = [Column(NATIVE, [WHALE]), Column(RICH, ACCOUNTS[: len(AMOUNTS)])]
    with node.pinned(at) as block:
        coin, token = WAYS[name].read(node, columns, block, at)
    wide = (Told.WIDE, "")
    assert (coin.amounts, coin.failed) == ([0], {0: wide})
    assert token.amounts == [0, 2**120 - 1, 0, 0, 0]
    assert token.failed == {2: wide, 3: wide, 4: wide}


@pytest.mark.parametrize("name", [name for name in WAYS if name != SINGLE.name])
def test_more_items_than_one_request_holds(node, at, name):
    columns = [Column(NATIVE, ACCOUNTS), Column(TOKENS[1], ACCOUNTS)]
    found = read_columns(node, WAYS[name], columns, at)
    assert found[0].amounts == [10**20 + n for n in range(2000)]
    assert found[1].amounts == [10 + n for n in range(2000)]


def test_the_best_way_is_chosen_and_remembered(node, at):
    columns = [Column(NATIVE, ACCOUNTS[:5]), Column(TOKENS[0], ACCOUNTS[:5])]
    assert ladder.choose(node, columns, at).name == "override sheet"
    before = node.rpc.calls
    ladder.choose(node, columns, at)
    assert node.rpc.calls == before


def test_wide_amounts_among_the_first_do_not_speak_against_sheets(node, at):
    columns = [Column(NATIVE, [WHALE]), Column(RICH, ACCOUNTS[2:5])]
    assert ladder.choose(node, columns, at).name == "override sheet"


def test_eighty_thousand_balances_take_about_twenty_calls(node, at):
    holders = [ACCOUNTS[n % 2000] for n in range(4000)]
    way = WAYS["override sheet"]
    read_columns(node, way, [Column(NATIVE, holders)], at)
    before = node.rpc.calls
    for _ in range(20):
        read_columns(node, way, [Column(TOKENS[0], holders)], at)
    assert node.rpc.calls - before <= 20


def test_a_request_above_the_nodes_own_limit_of_two_megabytes_is_halved(node, at):
    pace = pace_of(node, BATCH)
    pace._size = pace._most = 20_000
    holders = [ACCOUNTS[n % 2000] for n in range(20_000)]
    assert len(json.dumps([["eth_getBalance", "0x" + h.hex(), at.hash] for h in holders])) > 2**21
    before = node.rpc.requests
    (found,) = read_columns(node, BATCH, [Column(NATIVE, holders)], at)
    assert found.amounts == [10**20 + n % 2000 for n in range(20_000)]
    assert not found.failed
    assert pace.size < 20_000, "the node refused the whole"
    assert node.rpc.requests - before > 2


@pytest.mark.parametrize("name", [name for name in WAYS if name not in (BATCH.name, SINGLE.name)])
def test_every_way_that_runs_code_names_the_block_it_ran_in(node, at, name):
    """A gateway that puts another block in the place of the one asked for, in these calls alone."""
    columns = [Column(NATIVE, ACCOUNTS[:3]), Column(TOKENS[0], ACCOUNTS[:3])]
    with pytest.raises(SourceRejectedError, match="ran a call for block 2 in block 1"):
        WAYS[name].read(node, columns, hex(1), replace(at, height=2, time=(at.time or 0) + 5))


def test_a_number_of_another_chain_is_no_other_block(anvil, node, at):
    """On Arbitrum a program sees the number of Ethereum's block, and the time of its own."""
    arbitrum = Node(anvil.endpoint("two"), "42161")
    arbitrum.ran_in(at, 20_000_000, at.time)
    arbitrum.ran_in(at, at.height + 1, at.time + 12)  # run on top of the block
    arbitrum.ran_in(replace(at, time=None), 20_000_000, 1)
    arbitrum.close()
    for other, number in ((arbitrum, at.height + 2), (node, at.height + 2)):
        with pytest.raises(SourceRejectedError, match="Name another endpoint"):
            other.ran_in(at, number, at.time + 24)
    with pytest.raises(SourceRejectedError, match="in block 20000000"):
        node.ran_in(at, 20_000_000, at.time)
