"""`--at NETWORK=TIME` on a real chain."""

from __future__ import annotations

import pytest

from scanner.cli.common.times import heights_for_times
from scanner.errors import ConfigError, SourceError, SourceRejectedError
from scanner.settings.tables import load_registry

REGISTRY = load_registry()


@pytest.mark.node
def test_times_become_heights_and_the_rest_stays(anvil_factory, tmp_path, capsys):
    node = anvil_factory(None, 1, ["--slots-in-an-epoch", "1"])
    for n in range(1, 9):
        node.rpc("evm_setNextBlockTimestamp", 1_900_000_000 + 100 * n)  # 2030-03-17T17:46:40Z
        node.rpc("anvil_mine", "0x1")
    file = tmp_path / "endpoints.toml"
    file.write_text(
        f'[[endpoint]]\nname = "a"\nnetwork = "ethereum"\nprotocol = "ethereum_rpc"\nurl = "{node.url}"\n'
        f'chain = "{node.chain}"\n'
    )
    texts = [
        "bitcoin=800000",
        "ERC20=2030-03-17T17:52:00Z",
        "tron=latest",
        "ETH=2030-03-17T18:51:40+01:00",
    ]
    found = heights_for_times(texts, file, REGISTRY, 1)
    assert found == ["bitcoin=800000", "ethereum=3", "tron=latest", "ethereum=3"]
    assert "is 3" in capsys.readouterr().err
    with pytest.raises(ConfigError, match=r"'ethereum=2031-.*': that time is in the future"):
        heights_for_times(["ethereum=2031-01-01T00:00:00Z"], file, REGISTRY, 1)
    with pytest.raises(ConfigError, match="cannot be read by time"):
        heights_for_times(["bitcoin=2030-03-17T17:52:00Z"], file, REGISTRY, 1)
    with pytest.raises(ConfigError, match="a quorum of 2 needs as many operators"):
        heights_for_times(["ETH=2030-03-17T17:52:00Z"], file, REGISTRY, 2)


@pytest.mark.node
def test_a_time_that_is_over_and_has_no_final_block_yet(anvil_factory, tmp_path):
    """The newest final block is far below the tip, which was called the tip."""
    node = anvil_factory(None, 1, ["--timestamp", "1700000000"])
    for n in range(1, 21):
        node.rpc("evm_setNextBlockTimestamp", 1_700_000_000 + 100 * n)
        node.rpc("anvil_mine", "0x1")
    file = tmp_path / "endpoints.toml"
    file.write_text(
        f'[[endpoint]]\nname = "a"\nnetwork = "ethereum"\nprotocol = "ethereum_rpc"\nurl = "{node.url}"\n'
        f'chain = "{node.chain}"\n'
    )
    says = (
        "a: has no final block yet that is as late as 2023-11-14T22:30:00Z: its last final one is 0"
    )
    with pytest.raises(SourceError, match=says):
        heights_for_times(["ethereum=2023-11-14T22:30:00Z"], file, REGISTRY, 1)


@pytest.mark.node
def test_operators_that_name_other_blocks(anvil_factory, tmp_path):
    file, text = tmp_path / "endpoints.toml", ""
    for who, step in (("Ann", 100), ("Bob", 50)):
        node = anvil_factory(None, 1, ["--slots-in-an-epoch", "1"])
        for n in range(1, 19):
            node.rpc("evm_setNextBlockTimestamp", 1_900_000_000 + step * n)
            node.rpc("anvil_mine", "0x1")
        text += (
            f'[[endpoint]]\nname = "{who}"\nnetwork = "ethereum"\nprotocol = "ethereum_rpc"\n'
            f'url = "{node.url}"\nchain = "{node.chain}"\noperator = "{who}"\n'
        )
    file.write_text(text)
    asked = ["ETH=2030-03-17T17:52:00Z"]
    assert heights_for_times(asked, file, REGISTRY, 1)[0] in ("ethereum=3", "ethereum=6")
    with pytest.raises(SourceRejectedError, match="Ann, Bob disagree"):
        heights_for_times(asked, file, REGISTRY, 2)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ethereum=2026-11-01T00:00:00", "add the offset"),
        ("ethereum=2026-13-01T00:00:00Z", "no such date or time"),
        ("ethereum=2026-11-01T25:00:00Z", "no such date or time"),
    ],
)
def test_times_that_are_none(text, says):
    with pytest.raises(ConfigError, match=says):
        heights_for_times([text], None, REGISTRY, 1)
