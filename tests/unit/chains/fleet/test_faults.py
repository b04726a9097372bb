"""Errors of real nodes and providers, in their own words, and what they mean."""

import pytest

from scanner.chains.fleet.faults import Fault, classify, message_of, read_error, wait_hint

WORDS = [
    (-32000, "missing trie node 1a2b (path ) state 0x99 is not available", Fault.PRUNED),  # geth
    (-32000, "required historical state unavailable (reexec=128)", Fault.PRUNED),
    (-32000, "historical state 0xabc is not available", Fault.PRUNED),
    (4444, "pruned history unavailable", Fault.PRUNED),
    (-32000, "distance to target block exceeds maximum proof window", Fault.PRUNED),  # reth
    (-32000, "old data not available due to pruning", Fault.PRUNED),  # erigon
    (-32000, "No state available for block 0x10", Fault.PRUNED),  # nethermind
    (1, "bad tipset height: lookbacks of more than 24h0m0s are disallowed", Fault.PRUNED),  # lotus
    (-32000, "header not found", Fault.NO_BLOCK),  # geth
    (-32000, "hash 0x1 is not currently canonical", Fault.NO_BLOCK),
    (-32001, "Resource not found.", Fault.NO_BLOCK),  # anvil
    (-32602, "BlockOutOfRangeError: block height is 400 but requested was 10", Fault.NO_BLOCK),
    (-39001, "Unknown block", Fault.NO_BLOCK),
    (-32000, "block not found: hash 0xdead", Fault.NO_BLOCK),
    (-32000, "out of gas", Fault.TOO_BIG),
    (-32603, "EVM error OutOfGas", Fault.TOO_BIG),  # anvil
    (-32000, "gas required exceeds allowance (50000000)", Fault.TOO_BIG),
    (-32600, "Invalid request", Fault.TOO_BIG),  # anvil, body over its limit
    (-32000, "execution timeout", Fault.TOO_BIG),
    (-32000, "execution aborted (timeout = 5s)", Fault.TOO_BIG),
    (-32000, "max initcode size exceeded: code size 60000 limit 49152", Fault.TOO_BIG),
    (-32600, "batch size limit exceeded", Fault.TOO_BIG),
    (-32000, "EVM error CreateContractSizeLimit", Fault.TOO_BIG),
    (-32005, "daily request count exceeded, request rate limited", Fault.LIMITED),
    (429, "Your app has exceeded its compute units per second capacity", Fault.LIMITED),
    (-32097, "rate limit exceeded", Fault.LIMITED),
    (-32029, "Too many requests", Fault.LIMITED),
    (-32601, "the method eth_getProof does not exist/is not available", Fault.UNSUPPORTED),
    (-32601, "", Fault.UNSUPPORTED),
    (-32602, "too many arguments, want at most 2", Fault.UNSUPPORTED),
    (-32602, "invalid argument 1: json: cannot unmarshal object into Go value", Fault.UNSUPPORTED),
    (3, "execution reverted: anything, even out of gas", Fault.REVERTED),
    (-32000, "execution reverted", Fault.REVERTED),
    (-32015, "VM execution error.", Fault.REVERTED),
    (-32000, "invalid opcode: INVALID", Fault.REVERTED),
    (-32000, "invalid jump destination", Fault.REVERTED),
    (-32603, "Internal error", Fault.OTHER),
    (-32000, "", Fault.OTHER),
]


@pytest.mark.parametrize(("code", "text", "fault"), WORDS)
def test_words_of_real_nodes(code, text, fault):
    assert classify(code, text) is fault


@pytest.mark.parametrize(
    ("detail", "data"),
    [
        ("0x1234", b"\x12\x34"),
        ("Reverted 0x1234", b"\x12\x34"),  # parity's form
        ({"data": "0x1234"}, b"\x12\x34"),
        ({"result": "0x1234"}, b"\x12\x34"),
        ({"data": {"data": "0x1234"}}, b"\x12\x34"),
        ("0x12345", b""),
        ("0x1234 and more", b""),
        ("0xzz", b""),
        (None, b""),
        (7, b""),
        ([], b""),
    ],
)
def test_the_data_of_a_revert_in_its_many_places(detail, data):
    error = {"code": 3, "message": "execution reverted", "data": detail}
    assert read_error("n", error, "execution reverted").data == data


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        ({"code": -32005, "message": "x", "data": {"rate": {"backoff_seconds": 30}}}, 30),
        ({"code": 429, "message": "rate limited, try again in 250ms"}, 0.25),
        ({"code": 429, "message": "Too many requests. Retry after 2 seconds"}, 2),
        ({"code": 429, "message": "wait 1m"}, 60),
        ({"code": 429, "message": "slow down"}, None),
        ({"code": 429, "message": None, "data": {"rate": {"backoff_seconds": -1}}}, None),
        ({"code": 429, "data": {"rate": {"backoff_seconds": "9"}}}, None),
        ({"code": 429, "data": {"rate": {"backoff_seconds": 1e12}}}, 3600),
        ("text", None),
    ],
)
def test_how_long_a_provider_asks_to_wait(error, seconds):
    assert wait_hint(error) == seconds


@pytest.mark.parametrize("error", [{}, [], None, 5, {"message": 5}, {"code": True}, {"code": "x"}])
def test_errors_that_are_no_errors(error):
    fault = read_error("n", error, message_of(error))
    assert fault.code == 0
    assert fault.endpoint == "n"


def test_a_message_is_one_short_printable_line():
    text = message_of({"message": "a\nb\x1b[31m" + "x" * 1000})
    assert "\n" not in text
    assert "\x1b" not in text
    assert len(text) <= 400
