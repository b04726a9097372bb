"""Keeps finished answers until the database changes: what was made once need not be made again."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b
from threading import Lock

MOST_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """A body and what it is. tag: its ETag, made from the bytes, so equal on every process."""

    body: bytes
    media: str
    tag: str


def answer(body: bytes, media: str) -> Answer:
    """Make an answer and its tag."""
    return Answer(body, media, f'"{blake2b(body, digest_size=16).hexdigest()}"')


class AnswerCache:
    """Answers by (version of the data, what was asked); the least used go first."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._bytes = 0
        self._lock = Lock()
        self._kept: OrderedDict[tuple[str, bytes], Answer] = OrderedDict()

    def get(self, version: str, asked: bytes) -> Answer | None:
        """The answer, if it was made from this version of the data."""
        with self._lock:
            found = self._kept.get((version, asked))
            if found is not None:
                self._kept.move_to_end((version, asked))
            return found

    def put(self, version: str, asked: bytes, made: Answer) -> None:
        """Keep an answer; others go if there is no room."""
        with self._lock:
            if (version, asked) in self._kept or len(made.body) > self._most:
                return
            self._kept[version, asked] = made
            self._bytes += len(made.body)
            while self._bytes > self._most:
                _, gone = self._kept.popitem(last=False)
                self._bytes -= len(gone.body)
