"""Multisigs among the signers of a Filecoin multisig: followed so far and no farther."""

from __future__ import annotations

from support.filecoin_actors import F2, f1, judged, policy, state, two_of_three
from support.lotus_stub import ACCOUNT, MULTISIG, Lotus

from scanner.chains.evm import filecoin_keys
from scanner.model.control import Binding, Control


def nested(*inside: str, threshold: int = 2) -> Lotus:
    """Two of f0100 and a multisig of others."""
    node = two_of_three()
    node.actors[F2] = MULTISIG, state(2, "f0100", "f0200")
    node.actors["f0200"] = MULTISIG, state(threshold, *inside)
    return node


def test_a_multisig_among_the_signers_signs_by_its_own_signers() -> None:
    node = nested("f0101", "f0102")
    whole = judged(node, 0, 1, 2)
    assert (whole.control, whole.binding, len(whole.signed_by)) == (
        Control.CONTROLS,
        Binding.ON_CHAIN,
        3,
    )
    for too_few in ((0, 1), (1, 2), (0,)):
        found = judged(node, *too_few)
        assert found.control is Control.MISMATCH
        assert "of 2 signed" in found.reason
    assert judged(nested("f0101", "f0102", threshold=1), 0, 2).control is Control.CONTROLS


def test_who_signs_in_two_places_is_not_false_and_not_enough() -> None:
    assert judged(nested("f0100", "f0101", threshold=1), 0).control is Control.UNSUPPORTED
    assert judged(nested("f0100", "f0101", threshold=1), 0, 1).control is Control.CONTROLS


def test_three_multisigs_deep_and_no_deeper() -> None:
    node = nested("f0201", threshold=1)
    node.actors["f0201"] = MULTISIG, state(1, "f0101")
    assert judged(node, 0, 1).control is Control.CONTROLS
    assert judged(node, 0).control is Control.MISMATCH
    node.actors["f0201"] = MULTISIG, state(1, "f0202")
    node.actors["f0202"] = MULTISIG, state(1, "f0101")
    for signers in ((0,), (0, 1)):  # whoever f0202 is of
        assert judged(node, *signers).control is Control.UNSUPPORTED


def test_multisigs_in_a_ring_end() -> None:
    node = nested("f0201", threshold=1)
    node.actors["f0201"] = MULTISIG, state(1, "f0200")
    assert judged(node, 0).control is Control.UNSUPPORTED
    assert node.asked.count("Filecoin.StateReadState") < 10


def test_so_many_signers_are_asked_for_and_no_more() -> None:
    outer = [f"f0{1000 + n}" for n in range(200)]
    node = two_of_three()
    node.actors[F2] = MULTISIG, state(1, *outer)
    for n, number in enumerate(outer):
        node.actors[number] = MULTISIG, state(1, "f0101", *(f"f0{9000 + n}{k}" for k in range(9)))
        node.actors |= {f"f0{9000 + n}{k}": (ACCOUNT, {"Address": f1(2)}) for k in range(9)}
    (way,) = policy(node).ways
    assert node.asked.count("Filecoin.StateReadState") <= 1 + filecoin_keys.MOST_STATES
    assert any(m.hides for m in way.members)
    assert any(not m.hides for m in way.members)
    assert judged(node, 0).control is Control.UNSUPPORTED
    assert judged(node, 1).control is Control.CONTROLS
