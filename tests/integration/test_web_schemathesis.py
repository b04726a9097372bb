"""The API held against its own description by a stranger who has read nothing else."""

from __future__ import annotations

import re
from collections import Counter

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import checks
from support.web_data import make_database, served

from scanner.web.app import WebSettings, make_app

pytestmark = pytest.mark.node

# Not asked for: that every odd question is refused. A name nobody knows is 404, an unknown
# parameter is ignored, and both are described.
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.unsupported_method,
]
DESCRIPTION = make_app(WebSettings("sqlite://")).app.openapi()
described = schemathesis.openapi.from_dict(DESCRIPTION)


@pytest.fixture(scope="module")
def answered():
    """How often each address gave each status."""
    return Counter()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The address of a server with the very same description."""
    url = f"sqlite:///{tmp_path_factory.mktemp('schemathesis') / 'scanner.db'}"
    make_database(url)
    with served(url) as site:
        assert site.get("/openapi.json").json() == DESCRIPTION
        yield str(site.base_url)


def answers_of(path):
    """A test of one address: all in one would have one name, and be one test to pytest-xdist."""

    @described.include(path=path).parametrize()
    @settings(
        max_examples=25,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    def test_every_answer_is_as_described(case, server, answered):
        answer = case.call_and_validate(base_url=server, checks=CHECKS)
        answered[case.operation.path, answer.status_code] += 1

    return test_every_answer_is_as_described


for _path in DESCRIPTION["paths"]:
    globals()["test_answers_of" + re.sub(r"\W+", "_", _path)] = answers_of(_path)


def test_every_address_was_reached_and_refused_something(answered):
    """Otherwise nothing but error answers, or nothing but good ones, would have been looked at."""
    paths = {path for path, _ in answered}
    assert paths == set(DESCRIPTION["paths"])
    assert {path for path in paths if not answered[path, 200]} == set()
    statuses = Counter(status for _, status in answered.elements())
    assert statuses[400] > len(paths), statuses
    assert statuses[404], statuses
