"""Where a holding lies on two chains, an operator is a voice with servers of both."""

import pytest

from scanner.chains.fleet.beside import pairs_of
from scanner.errors import ConfigError
from scanner.model.endpoint import Endpoint

CHAINS = ("hub", "relay")


def endpoints(names: str) -> list[Endpoint]:
    """Of names such as "hA", run by A; "h" is run by nobody knows whom."""
    return [
        Endpoint(n, "hub", "p", f"http://127.0.0.1/{n}", operator=n[1:2]) for n in names.split()
    ]


@pytest.mark.parametrize(
    ("quorum", "hubs", "relays", "expected"),
    [
        (1, "hA", "rA", "hA-rA"),
        (1, "hA hB", "rB rC", "hA-rB hB-rB"),
        (1, "hA hB", "rC rD", "hA-rC hB-rD"),
        (1, "hA1 hA2", "rA1 rA2", "hA1-rA1 hA2-rA2"),
        (2, "hA hB", "rA rB", "hA-rA hB-rB"),
        (2, "hA hB hC", "rB rA", "hA-rA hB-rB"),
        (2, "hA hB", "rA rB rC", "hA-rA hB-rB"),
        (2, "hA", "rA", "hA-rA"),  # what FleetSource refuses
    ],
)
def test_who_goes_with_whom(quorum, hubs, relays, expected):
    found = pairs_of("hub", CHAINS, endpoints(hubs), endpoints(relays), quorum)
    assert " ".join(f"{a.name}-{b.name}" for a, b in found) == expected


@pytest.mark.parametrize(
    ("hubs", "relays", "words"),
    [
        ("hA hB", "rA", "there is 1: add an endpoint of relay by the operator of hB (B)"),
        ("hA", "rA rB", "there is 1: add an endpoint of hub by the operator of rB (B)"),
        (
            "hA",
            "rB",
            "there are 0: add an endpoint of relay by the operator of hA (A), or of hub by the "
            "operator of rB (B)",
        ),
        ("h hB", "rB", "of relay by the operator of h (name the operator)"),
    ],
)
def test_too_few_have_both(hubs, relays, words):
    with pytest.raises(ConfigError) as caught:
        pairs_of("hub", CHAINS, endpoints(hubs), endpoints(relays), 2)
    said = str(caught.value)
    assert said.startswith("hub: a quorum of 2 needs as many operators with endpoints of both ")
    assert said.endswith(words)
