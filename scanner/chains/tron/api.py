"""java-tron's HTTP API: errors of every kind come with status 200, a block that is not there as {}.

Only the solidity paths are asked: the state that two thirds of the producers have confirmed.
Never Tron's JSON-RPC: it takes a block in the parameters of eth_call and answers from the newest.
Source: java-tron's HTTP API documentation; what nodes really answer: tests/vectors/tron.
"""

from __future__ import annotations

from scanner.chains.shape import HEX_32, named, take
from scanner.chains.tron.header import Header, read_header
from scanner.errors import (
    HeightNotReachedError,
    HeightPrunedError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.endpoint import Endpoint
from scanner.net.http import DEFAULT_LIMIT, Transport

BALANCE_OF = "70a08231"
TOO_LONG = "the contract takes too long"
NOBODY = "41" + "00" * 20
"""An account for calls that come from nobody."""

_MEANINGS = (
    ("lack of computing", "lack of computing resources there"),
    ("revert", "REVERT: the contract stopped the call"),
    ("no contract or not a smart contract", "there is no contract"),
    ("not exist", "the contract or account does not exist"),
    ("out of energy", "the contract takes too much energy"),
    ("does not support constant", "its configuration allows no calls"),
    ("out_of_time", TOO_LONG),
    ("cpu timeout", TOO_LONG),
)
"""Words of java-tron's messages, in lower case, and what is said of them."""

_CALL = ("transaction", "raw_data", "contract", 0, "parameter", "value")
"""Where an answer has the call that was run, as the transaction it would have been."""


class TakesTooLongError(SourceUnavailableError):
    """A call used up the time that a node gives to one (`OUT_OF_TIME`): a smaller one may do."""


class TronApi:
    """Asks one node, whose URL is the one above /wallet. Safe to use from several threads."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.name = endpoint.name
        self._http = Transport(endpoint)

    def ask(
        self, path: str, body: dict[str, object], limit: int = DEFAULT_LIMIT
    ) -> dict[str, object]:
        """POST to a path; the object that comes back, {} if it is empty.

        Raises SourceUnavailableError also for an answer that holds an `Error`, whatever it says:
        overload and a wrong question look alike.
        """
        reply = self._http.post_json(body, path, limit=limit)
        reply.raise_for_status()
        answer = take(self.name, reply.json(), dict)
        problem = answer.get("Error")
        if problem is not None:
            words = self._said(problem)
            raise SourceUnavailableError(self.name, f"answered with an error ({words})")
        return answer

    def solid_head(self) -> Header:
        """The newest solid block."""
        return read_header(self.name, self.ask("walletsolidity/getnowblock", {}))

    def genesis(self) -> str:
        """The id of block 0. Raises SourceUnavailableError."""
        block = self.ask("wallet/getblockbynum", {"num": 0})
        return named(self.name, block, HEX_32, "blockID")

    def solid_block(self, number: int) -> Header:
        """A solid block. Raises HeightNotReachedError, HeightPrunedError."""
        block = self.ask("walletsolidity/getblockbynum", {"num": number})
        if not block:
            head = self.solid_head().number
            if number > head:
                raise HeightNotReachedError(self.name, number, head)
            raise HeightPrunedError(self.name, number, "it does not have that block")
        header = read_header(self.name, block)
        if header.number != number:
            what = f"answered with block {header.number} when asked for {number}"
            raise SourceUnavailableError(self.name, what)
        return header

    def account(self, address: bytes) -> dict[str, object]:
        """An account's JSON with hex addresses, {} if the address was never used for TRX.

        address: 20 bytes. Raises SourceUnavailableError when another account comes back.
        """
        asked = "41" + address.hex()
        account = self.ask("walletsolidity/getaccount", {"address": asked, "visible": False})
        if account and take(self.name, account, str, "address") != asked:
            raise SourceUnavailableError(self.name, "answered about another account")
        return account

    def token_balance(self, token: bytes, holder: bytes) -> int:
        """What a TRC-20 contract says that a holder has; both 20 bytes.

        The question comes back in the answer, as the transaction it would have been, and is
        compared: a shifted parameter asks for somebody else and is answered with 0.
        Raises SourceRejectedError for what is no contract, or a call that reverts.
        """
        data = bytes(12) + holder
        answer = self.ask(
            "walletsolidity/triggerconstantcontract",
            {
                "owner_address": "41" + holder.hex(),
                "contract_address": "41" + token.hex(),
                "function_selector": "balanceOf(address)",
                "parameter": data.hex(),
            },
        )
        self._ran(answer)
        value = take(self.name, answer, dict, *_CALL)
        expected = {"data": BALANCE_OF + data.hex(), "contract_address": "41" + token.hex()}
        if any(value.get(key) != wanted for key, wanted in expected.items()):
            raise SourceUnavailableError(self.name, "ran another call than the one asked for")
        words = self._results(answer)
        if len(words) != 1 or len(words[0]) != 32:
            raise SourceRejectedError(self.name, "the contract does not answer with a balance")
        return int.from_bytes(words[0])

    def run(self, code: bytes, most: int) -> bytes:
        """Run creation code that never reaches the chain; what it returns.

        most: bytes of that. The code comes back in the answer and is compared, as in
        `token_balance`. Raises TakesTooLongError, SourceRejectedError where it does not run.
        """
        # Beside the result the code, twice; and each call inside is told in some 350 letters.
        limit = 100_000 + 6 * len(code) + 32 * most
        answer = self.ask(
            "walletsolidity/triggerconstantcontract",
            {"owner_address": NOBODY, "data": code.hex()},
            limit,
        )
        self._ran(answer)
        value = take(self.name, answer, dict, *_CALL, "new_contract")
        if value.get("bytecode") != code.hex():
            raise SourceUnavailableError(self.name, "ran another program than the one sent")
        results = self._results(answer)
        if len(results) != 1:
            raise SourceUnavailableError(self.name, "gave several results of one program")
        return results[0]

    def _results(self, answer: dict[str, object]) -> list[bytes]:
        texts = take(self.name, answer, list, "constant_result")
        try:
            return [bytes.fromhex(take(self.name, text, str)) for text in texts]
        except ValueError:
            raise SourceUnavailableError(self.name, "answered with invalid hex") from None

    def _ran(self, answer: dict[str, object]) -> None:
        """See that a constant call ran to its end: failures say `true` as well."""
        result = take(self.name, answer, dict, "result")
        if result.get("result") is not True or "code" in result:
            words = _words(result.get("message")) or str(result.get("code"))
            said = self._said(words)
            what = f"does not run the call ({said})"
            if said == TOO_LONG:
                raise TakesTooLongError(self.name, what)
            if result.get("code") == "CONTRACT_VALIDATE_ERROR":
                raise SourceRejectedError(self.name, what)
            raise SourceUnavailableError(self.name, what)
        outcome = take(self.name, answer, dict, "transaction", "ret", 0)
        if outcome.get("ret", "SUCESS") != "SUCESS" or "message" in result:
            words = _words(result.get("message"))
            raise SourceRejectedError(
                self.name, f"the contract refuses the call ({self._said(words)})"
            )

    def _said(self, words: object) -> str:
        """What a message means, by our table; its words only go to the log."""
        logged = self._http.heard(words)
        text = str(words).lower()
        return next((meaning for word, meaning in _MEANINGS if word in text), logged)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def _words(message: object) -> str:
    """A message of java-tron's: text in hex."""
    try:
        return bytes.fromhex(str(message or "")).decode("utf-8", "replace")
    except ValueError:
        return str(message)
