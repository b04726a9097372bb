"""Too few operators of beacon endpoints: refused before anything is asked, where it matters."""

import pytest

KEY = "0xa" + "1" * 95
ACCOUNT = "0x8ba1f109551bD432803012645Ac136ddd64DBA72"


@pytest.fixture
def table(tmp_path):
    """Two operators of Ethereum and one of its beacon chain; nobody is there."""
    rows = [
        ("n0", "ethereum", "ethereum_rpc", "Ann"),
        ("n1", "ethereum", "ethereum_rpc", "Bob"),
        ("b0", "ethereum-beacon", "beacon", "Ann"),
    ]
    (tmp_path / "endpoints.toml").write_text(
        "".join(
            f'[[endpoint]]\nname = "{name}"\nnetwork = "{network}"\nprotocol = "{protocol}"\n'
            f'operator = "{operator}"\nurl = "http://127.0.0.1:{port}"\n'
            for port, (name, network, protocol, operator) in enumerate(rows, 7)
        )
    )
    return ("--endpoints", "endpoints.toml", "--quorum", "2")


def test_a_list_with_validators_is_refused_before_there_is_a_snapshot(scanner, tmp_path, table):
    (tmp_path / "list.csv").write_text(
        f"network,asset,address,amount\nethereum,ETH,{ACCOUNT},1\nethereum,ETH,{KEY},32\n"
    )
    done = scanner("snapshot", "list.csv", *table)
    assert (done.status, done.out) == (2, b"")
    words = "beacon endpoints of ethereum: a quorum of 2 needs as many operators, the endpoints "
    assert done.lines[-1] == f"scanner: {words}have 1"
    assert "snapshot 1" not in done.err


def test_so_is_a_search_for_them(scanner, table):
    done = scanner("validators", ACCOUNT, "--at", "ethereum=1", *table)
    assert (done.status, done.out) == (2, b"")
    assert "beacon endpoints of ethereum: a quorum of 2" in done.lines[-1]
