"""Endpoints that know validators are needed by lists that name some, and by no others."""

import pytest
from support.snapshot_stub import StubSource, eth_claim, stored

from scanner.errors import ConfigError
from scanner.store.database.engine import open_store
from scanner.store.writing.runs import require_validators

KEY = "0xa" + "1" * 95


class TooFew(StubSource):
    def require_validators(self):
        raise ConfigError("too few")

    def find_validators(self, wanted, at, progress=None):
        raise NotImplementedError


@pytest.fixture
def store(tmp_path):
    with open_store(f"sqlite:///{tmp_path / 'x.db'}", create=True) as store:
        yield store


def test_accounts_need_none(store):
    listed = stored(store, [eth_claim(1)]).list_id
    require_validators(store, listed, {"ethereum": TooFew(), "bitcoin": None})


def test_a_row_that_cannot_be_read_names_no_validator(store):
    """Its key is "?" and the text, and may be as long as a validator's."""
    listed = stored(store, [eth_claim(1), eth_claim(2, address="x" * 97)]).list_id
    require_validators(store, listed, {"ethereum": TooFew()})


def test_validators_do(store):
    listed = stored(store, [eth_claim(1), eth_claim(2, address=KEY)]).list_id
    require_validators(store, listed, {"ethereum": StubSource(), "bitcoin": TooFew()})
    with pytest.raises(ConfigError, match="too few"):
        require_validators(store, listed, {"ethereum": TooFew()})
