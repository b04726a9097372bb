"""One line an event, JSON or text, and no secret however it gets in."""

import io
import json
import logging
import warnings
from urllib.parse import quote, quote_plus, urlsplit

import pytest
from sqlalchemy import URL

from scanner.reports.tables.text import harmless
from scanner.settings.log_format import LogFormat
from scanner.settings.logs import configure
from scanner.settings.secrets import secret_parts

KEY = "CANARYd41d8cd98f00b204"


@pytest.fixture
def lines():
    """Start logging into a buffer; put the root logger back afterwards."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()

    def start(form, *secrets):
        known = secrets or secret_parts(f"https://node.example/v2/{KEY}")
        configure(form, harmless, known, stream)
        return stream

    yield start
    root.handlers[:] = before
    root.setLevel(level)
    logging.captureWarnings(False)


class Odd:
    def __str__(self):
        return f"odd {KEY}"


def everything(log):
    log.warning("plain %s", KEY)
    log.info("url %s", f"https://other.example/{KEY[::-1]}?x=1")
    log.error("database %s", f"postgresql://me:{KEY}@db/x")
    log.warning("more", extra={"list": [Odd(), {KEY: 1}], "count": 3, KEY: None})
    log.warning(Odd())
    log.warning("a\nforged line\x1b[2J")
    try:
        raise ValueError(f"inside {KEY}")  # noqa: TRY301
    except ValueError:
        log.exception("failed")
    warnings.warn(f"library {KEY}", stacklevel=1)


@pytest.mark.parametrize("form", LogFormat)
def test_no_secret_and_one_line_an_event(lines, form):
    stream = lines(form)
    everything(logging.getLogger("scanner.test"))
    text = stream.getvalue()
    assert KEY not in text
    assert KEY[::-1] not in text
    assert "\x1b" not in text
    assert len(text.splitlines()) == 8
    assert "Traceback" in text
    assert "***" in text


def test_json_lines_are_objects_with_the_same_first_keys(lines):
    stream = lines(LogFormat.JSON)
    everything(logging.getLogger("scanner.test"))
    objects = [json.loads(line) for line in stream.getvalue().splitlines()]
    for found in objects:
        assert {"timestamp", "level", "logger", "event"} <= set(found)
        assert found["timestamp"].endswith("Z")
    assert objects[0]["event"] == "plain ***"
    assert objects[0]["level"] == "warning"
    assert objects[3]["count"] == 3
    assert objects[3]["list"] == ["odd ***", {"***": 1}]


def test_text_is_for_people(lines):
    stream = lines(LogFormat.TEXT)
    logging.getLogger("scanner.test").warning("so it is", extra={"snapshot": 7})
    moment, _, rest = stream.getvalue().strip().partition(" ")
    assert moment.endswith("Z")
    assert rest == "warning scanner.test: so it is (snapshot=7)"


def test_libraries_that_print_urls_are_silent(lines):
    stream = lines(LogFormat.TEXT)
    logging.getLogger("httpx").error("GET https://x/%s", KEY)
    logging.getLogger("procrastinate.worker").info("started job")
    assert stream.getvalue() == ""


@pytest.mark.parametrize("form", LogFormat)
def test_a_password_is_hidden_as_urls_write_it_too(lines, form):
    """A driver quotes the part of a URL that it could not read, in the URL's spelling."""
    password = "w\u00f6rd 'of' \"many\"+signs"
    stream = lines(form, password)
    url = URL.create("postgresql", "me", password, "db").render_as_string(hide_password=False)
    spelt = [quote(password, safe=""), quote_plus(password), urlsplit(url).password]
    for text in (password, *spelt):
        logging.getLogger("scanner.test").warning("near %s, here", text)
    assert stream.getvalue().count("near ***, here") == 4
