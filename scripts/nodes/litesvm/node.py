"""A Solana node's JSON-RPC over LiteSVM: real programs run real transactions in this process.

Accounts are written by Agave's own answer types, which solders brings. What is a node's
and not the machine's (slots, block hashes, which accounts a mint's owner has) is kept here. It
listens on 127.0.0.1, prints one line of JSON (its port, and what it has made) and serves until it
is ended.
"""

from __future__ import annotations

import json
import re
import struct
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

from solders.hash import Hash
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.litesvm import LiteSVM
from solders.message import Message
from solders.pubkey import Pubkey
from solders.rpc.responses import (
    GetMultipleAccountsResp,
    GetProgramAccountsWithContextResp,
    GetTokenAccountsByOwnerResp,
    GetVoteAccountsResp,
    RpcKeyedAccount,
    RpcResponseContext,
    RpcVoteAccountInfo,
    RpcVoteAccountStatus,
)
from solders.system_program import (
    CreateAccountParams,
    InitializeNonceAccountParams,
    TransferParams,
    create_account,
    initialize_nonce_account,
    transfer,
)
from solders.token.associated import get_associated_token_address
from solders.transaction import Transaction

TOKEN = Pubkey.from_string("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA")
TOKEN_2022 = Pubkey.from_string("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb")
ASSOCIATED = Pubkey.from_string("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL")
STAKE = Pubkey.from_string("Stake11111111111111111111111111111111111111")
VOTE = Pubkey.from_string("Vote111111111111111111111111111111111111111")
SYSTEM = Pubkey.from_string("1" * 32)
RENT, CLOCK, HISTORY, CONFIG = (
    Pubkey.from_string(text)
    for text in (
        "SysvarRent111111111111111111111111111111111",
        "SysvarC1ock11111111111111111111111111111111",
        "SysvarStakeHistory1111111111111111111111111",
        "StakeConfig11111111111111111111111111111111",
    )
)
START = 1_700_000_000
MINT_BYTES, STAKE_BYTES, VOTE_BYTES, OWNER_AT = 82, 200, 3762, 32


def key(name: str) -> Keypair:
    """A key of a name: the same each time."""
    return Keypair.from_seed(name.encode().ljust(32, b"."))


class Chain:
    """The machine, and one payer who signs whatever has to be signed by nobody else."""

    def __init__(self) -> None:
        self.svm = LiteSVM().with_lamports(10**18)
        self.payer = key("payer")
        self.svm.airdrop(self.payer.pubkey(), 10**17)
        self.hashes: dict[int, Hash] = {}
        self.genesis = self.svm.latest_blockhash()
        self.go_to(1_000)

    @property
    def slot(self) -> int:
        """The newest slot."""
        return int(self.svm.get_clock().slot)

    def go_to(self, slot: int) -> None:
        """Make the next block at a slot."""
        self.svm.warp_to_slot(slot)
        self.svm.expire_blockhash()
        self.hashes[slot] = self.svm.latest_blockhash()

    def run(self, *instructions: Instruction, signers: tuple[Keypair, ...] = ()) -> None:
        """Send one transaction; it must succeed."""
        message = Message(list(instructions), self.payer.pubkey())
        transaction = Transaction([self.payer, *signers], message, self.svm.latest_blockhash())
        done = self.svm.send_transaction(transaction)
        if type(done).__name__ == "FailedTransactionMetadata":
            raise SystemExit(f"a transaction failed: {done}")
        self.svm.expire_blockhash()

    def make(self, new: Keypair, size: int, owner: Pubkey, extra: int = 0) -> Instruction:
        """Create an account of a program."""
        rent = self.svm.minimum_balance_for_rent_exemption(size) + extra
        return create_account(
            CreateAccountParams(
                from_pubkey=self.payer.pubkey(),
                to_pubkey=new.pubkey(),
                lamports=rent,
                space=size,
                owner=owner,
            )
        )

    def pay(self, to: Pubkey, lamports: int) -> None:
        """Send coins."""
        self.run(
            transfer(
                TransferParams(from_pubkey=self.payer.pubkey(), to_pubkey=to, lamports=lamports)
            )
        )


def meta(who: Pubkey, signs: bool = False, writes: bool = True) -> AccountMeta:
    """An account of an instruction."""
    return AccountMeta(who, signs, writes)


def mint(chain: Chain, name: str, program: Pubkey) -> Pubkey:
    """Make a token of six decimals, which the payer may mint and freeze."""
    new, boss = key(name), bytes(chain.payer.pubkey())
    begin = bytes((20, 6)) + boss + b"\1" + boss  # InitializeMint2
    chain.run(
        chain.make(new, MINT_BYTES, program),
        Instruction(program, begin, [meta(new.pubkey())]),
        signers=(new,),
    )
    return new.pubkey()


def associated(chain: Chain, owner: Pubkey, token: Pubkey, program: Pubkey) -> Pubkey:
    """Make the account that wallets use."""
    place = get_associated_token_address(owner, token, program)
    who = [meta(chain.payer.pubkey(), True), meta(place), meta(owner, writes=False)]
    who += [meta(p, writes=False) for p in (token, SYSTEM, program)]
    chain.run(Instruction(ASSOCIATED, b"\0", who))
    return place


def another(chain: Chain, name: str, owner: Pubkey, token: Pubkey, program: Pubkey) -> Pubkey:
    """Make a further account of an owner: InitializeAccount3."""
    new = key(name)
    begin = bytes((18,)) + bytes(owner)
    who = [meta(new.pubkey()), meta(token, writes=False)]
    chain.run(chain.make(new, 165, program), Instruction(program, begin, who), signers=(new,))
    return new.pubkey()


def give(chain: Chain, to: Pubkey, token: Pubkey, program: Pubkey, amount: int) -> None:
    """MintTo."""
    who = [meta(token), meta(to), meta(chain.payer.pubkey(), True, False)]
    chain.run(Instruction(program, bytes((7,)) + amount.to_bytes(8, "little"), who))


def freeze(chain: Chain, place: Pubkey, token: Pubkey, program: Pubkey) -> None:
    """FreezeAccount."""
    who = [meta(place), meta(token, writes=False), meta(chain.payer.pubkey(), True, False)]
    chain.run(Instruction(program, bytes((10,)), who))


def hand_over(chain: Chain, place: Pubkey, owner: Keypair, to: Pubkey, program: Pubkey) -> None:
    """SetAuthority of the owner."""
    who = [meta(place), meta(owner.pubkey(), True, False)]
    chain.run(Instruction(program, bytes((6, 2, 1)) + bytes(to), who), signers=(owner,))


def validator(chain: Chain) -> Pubkey:
    """A vote account that stake can be given to."""
    new, node = key("vote"), key("node")
    who = [meta(new.pubkey()), *(meta(s, writes=False) for s in (RENT, CLOCK))]
    begin = struct.pack("<I", 0) + bytes(node.pubkey()) * 3 + b"\5"
    chain.run(
        chain.make(new, VOTE_BYTES, VOTE),
        Instruction(VOTE, begin, [*who, meta(node.pubkey(), True, False)]),
        signers=(new, node),
    )
    return new.pubkey()


def stake(chain: Chain, name: str, owner: Keypair, lamports: int, until: int = 0) -> Pubkey:
    """A stake account that `owner` may withdraw from. until: its lockup ends, seconds."""
    new, boss = key(name), bytes(owner.pubkey())
    lockup = struct.pack("<qQ", until, 0) + bytes(SYSTEM)
    begin = struct.pack("<I", 0) + boss * 2 + lockup
    chain.run(
        chain.make(new, STAKE_BYTES, STAKE, lamports),
        Instruction(STAKE, begin, [meta(new.pubkey()), meta(RENT, writes=False)]),
        signers=(new,),
    )
    return new.pubkey()


def delegate(chain: Chain, place: Pubkey, owner: Keypair, to: Pubkey) -> None:
    """DelegateStake."""
    who = [meta(place), *(meta(p, writes=False) for p in (to, CLOCK, HISTORY, CONFIG))]
    chain.run(
        Instruction(STAKE, struct.pack("<I", 2), [*who, meta(owner.pubkey(), True, False)]),
        signers=(owner,),
    )


def leave(chain: Chain, place: Pubkey, owner: Keypair) -> None:
    """Deactivate."""
    who = [meta(place), meta(CLOCK, writes=False), meta(owner.pubkey(), True, False)]
    chain.run(Instruction(STAKE, struct.pack("<I", 5), who), signers=(owner,))


def nonce(chain: Chain, name: str, authority: Keypair) -> Pubkey:
    """A durable nonce's account, whose lamports `authority` may take."""
    new = key(name)
    begin = InitializeNonceAccountParams(nonce_pubkey=new.pubkey(), authority=authority.pubkey())
    chain.run(chain.make(new, 80, SYSTEM, 10**9), initialize_nonce_account(begin), signers=(new,))
    return new.pubkey()


def furnish(chain: Chain) -> dict[str, Any]:
    """Make what the tests ask for; names and addresses of it."""
    rich, other = key("rich"), key("other")
    chain.pay(rich.pubkey(), 4_047_288_082)
    chain.pay(other.pubkey(), 2**53 + 1)
    plain, extended = mint(chain, "plain", TOKEN), mint(chain, "extended", TOKEN_2022)
    first = associated(chain, rich.pubkey(), plain, TOKEN)
    second = another(chain, "second", rich.pubkey(), plain, TOKEN)
    given_away = another(chain, "given", rich.pubkey(), plain, TOKEN)
    give(chain, first, plain, TOKEN, 2**60 + 1)
    give(chain, second, plain, TOKEN, 5)
    give(chain, given_away, plain, TOKEN, 1_000)
    hand_over(chain, given_away, rich, other.pubkey(), TOKEN)
    frozen = associated(chain, rich.pubkey(), extended, TOKEN_2022)
    give(chain, frozen, extended, TOKEN_2022, 77)
    freeze(chain, frozen, extended, TOKEN_2022)
    voter = validator(chain)
    active = stake(chain, "active", rich, 5 * 10**12)
    leaving = stake(chain, "leaving", rich, 3 * 10**9)
    locked = stake(chain, "locked", rich, 10**9, START * 2)
    stake(chain, "others", other, 9 * 10**9)
    delegate(chain, active, rich, voter)
    delegate(chain, leaving, rich, voter)
    chain.go_to(1_000 + 432_000)
    leave(chain, leaving, rich)
    rent = chain.svm.minimum_balance_for_rent_exemption(STAKE_BYTES)
    return {
        "genesis": str(chain.genesis),
        "rich": str(rich.pubkey()),
        "other": str(other.pubkey()),
        "nobody": str(key("nobody").pubkey()),
        "program": str(first),
        "plain": str(plain),
        "extended": str(extended),
        "voter": str(voter),
        "votes_owner": str(key("node").pubkey()),
        "active": str(active),
        "locked": str(locked),
        "nonce": str(nonce(chain, "nonce", other)),
        "stake_rent": rent,
    }


class Node:
    """Answers the calls of the JSON-RPC. Only the newest state is there, as everywhere."""

    def __init__(self, chain: Chain, voter: str) -> None:
        self.chain, self.voter = chain, Pubkey.from_string(voter)

    def answer(self, raw: str) -> dict[str, Any]:
        """One answer to one call."""
        asked = json.loads(raw)
        name, params = asked["method"], asked.get("params", [])
        head = {"jsonrpc": "2.0", "id": asked["id"]}
        try:
            method = re.sub("[A-Z]", lambda letter: "_" + letter[0].lower(), f"_{name}")
            found = getattr(self, method)(params)
        except _RefusedError as e:
            return head | {"error": {"code": e.args[0], "message": e.args[1]}}
        return head | {"result": found}

    def _context(self, config: dict[str, Any]) -> RpcResponseContext:
        if (config["encoding"], config["commitment"]) != ("base64", "finalized"):
            raise _RefusedError(-32602, "Invalid params: only finalized accounts in base64")
        if config.get("minContextSlot", 0) > self.chain.slot:
            raise _RefusedError(-32016, "Minimum context slot has not been reached")
        return RpcResponseContext(self.chain.slot)

    def _get_genesis_hash(self, params: list[Any]) -> object:
        return str(self.chain.genesis)

    def _get_health(self, params: list[Any]) -> object:
        return "ok"

    def _get_slot(self, params: list[Any]) -> object:
        return self.chain.slot

    def _get_blocks(self, params: list[Any]) -> object:
        return [slot for slot in sorted(self.chain.hashes) if params[0] <= slot <= params[1]]

    def _get_block(self, params: list[Any]) -> object:
        slot = params[0]
        if slot not in self.chain.hashes:
            raise _RefusedError(-32009, f"Slot {slot} was skipped, or missing in storage")
        heights = sorted(self.chain.hashes)
        return {
            "blockhash": str(self.chain.hashes[slot]),
            "blockTime": START + slot,
            "blockHeight": heights.index(slot),
        }

    def _get_block_time(self, params: list[Any]) -> object:
        return START + params[0]

    def _get_multiple_accounts(self, params: list[Any]) -> object:
        context = self._context(params[1])
        found = [self.chain.svm.get_account(Pubkey.from_string(who)) for who in params[0]]
        return _result(GetMultipleAccountsResp(found, context))

    def _get_token_accounts_by_owner(self, params: list[Any]) -> object:
        context = self._context(params[2])
        owner, token = Pubkey.from_string(params[0]), Pubkey.from_string(params[1]["mint"])
        made = self.chain.svm.get_account(token)
        if made is None or made.owner not in (TOKEN, TOKEN_2022):
            raise _RefusedError(-32602, "Invalid param: could not find mint")
        found = [
            RpcKeyedAccount(place, account)
            for place, account in self.chain.svm.get_program_accounts(made.owner)
            if account.data[:32] == bytes(token)
            and account.data[OWNER_AT : OWNER_AT + 32] == bytes(owner)
        ]
        return _result(GetTokenAccountsByOwnerResp(found, context))

    def _get_program_accounts(self, params: list[Any]) -> object:
        context, program = self._context(params[1]), Pubkey.from_string(params[0])
        filters = [f["memcmp"] for f in params[1]["filters"]]
        wanted = [(f["offset"], Pubkey.from_string(f["bytes"])) for f in filters]
        found = [
            RpcKeyedAccount(place, account)
            for place, account in self.chain.svm.get_program_accounts(program)
            if all(account.data[at : at + 32] == bytes(who) for at, who in wanted)
        ]
        return _result(GetProgramAccountsWithContextResp(found, context))

    def _get_vote_accounts(self, params: list[Any]) -> object:
        info = RpcVoteAccountInfo(
            vote_pubkey=self.voter,
            node_pubkey=key("node").pubkey(),
            activated_stake=8 * 10**9,
            commission=5,
            epoch_vote_account=True,
            epoch_credits=[],
            last_vote=self.chain.slot,
            root_slot=0,
        )
        return _result(GetVoteAccountsResp(RpcVoteAccountStatus([info], [])))


class _Response(Protocol):
    def to_json(self) -> str: ...


class _RefusedError(Exception):
    """Code and message of an error."""


def _result(response: _Response) -> object:
    return json.loads(response.to_json())["result"]


def main() -> None:
    """Serve until ended."""
    chain = Chain()
    made = furnish(chain)
    node = Node(chain, made["voter"])

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            sent = json.dumps(node.answer(body)).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(json.dumps({"port": server.server_port, **made}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
