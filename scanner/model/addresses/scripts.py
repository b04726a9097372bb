"""Output scripts of UTXO addresses: what an address pays to, and the address of a script."""

from __future__ import annotations

from scanner.model.addresses.interface import Address

# BIP-141: OP_0 is 0x00, OP_1..OP_16 are 0x51..0x60.
_WITNESS_OPCODES = (0x00, *range(0x51, 0x61))


def p2pkh(key_hash: bytes) -> bytes:
    """OP_DUP OP_HASH160 <20> OP_EQUALVERIFY OP_CHECKSIG."""
    return b"\x76\xa9\x14" + key_hash + b"\x88\xac"


def p2sh(script_hash: bytes) -> bytes:
    """OP_HASH160 <20> OP_EQUAL (BIP-16)."""
    return b"\xa9\x14" + script_hash + b"\x87"


def witness(version: int, program: bytes) -> bytes:
    """OP_n <2..40> (BIP-141). version: 0 to 16."""
    return bytes((_WITNESS_OPCODES[version], len(program))) + program


def witness_format(version: int, program: bytes) -> str:
    """Name of a witness program: p2wpkh, p2wsh, p2tr, p2a, or "witness_v<n>" if not yet defined.

    Raises ValueError for a version-0 program that is neither 20 nor 32 bytes: unspendable.
    """
    if version == 0:
        if len(program) == 20:
            return "p2wpkh"
        if len(program) == 32:
            return "p2wsh"
        raise ValueError("a version-0 program has 20 or 32 bytes")
    if version == 1 and len(program) == 32:
        return "p2tr"
    if version == 1 and program == b"\x4e\x73":
        return "p2a"
    return f"witness_v{version}"


def script_pubkey(address: Address) -> bytes:
    """Give the output script of a UTXO network's address.

    Raises ValueError for an address of another kind of network: those have no script.
    """
    if address.format == "p2pkh":
        return p2pkh(address.payload)
    if address.format == "p2sh":
        return p2sh(address.payload)
    if address.format == "script":  # a descriptor without an address
        return address.payload
    # Witness addresses of every version: their key is the script itself, made by `witness`.
    if address.format in ("p2wpkh", "p2wsh", "p2tr", "p2a") or address.format.startswith("witness"):
        return bytes.fromhex(address.key)
    raise ValueError(f"an address of format {address.format!r} has no output script")
