"""Compiled templates, kept where Python keeps its own compiled files.

To compile a report's templates takes as long as all that is written with them. What is kept is
code, as in a .pyc file: in the same folder, which Python must have made, and under Python's own
settings. Who can write there can change the program already; nothing is written elsewhere.
"""

from __future__ import annotations

import marshal
import os
import sys
from contextlib import suppress
from hashlib import sha256
from importlib.util import cache_from_source
from pathlib import Path
from secrets import token_hex

import jinja2
from jinja2 import compiler
from jinja2.bccache import Bucket

_DIGEST = sha256().digest_size


class CompiledTemplates(jinja2.BytecodeCache):
    """Keeps one environment's compiled templates in the `__pycache__` of a folder of modules.

    PYTHONDONTWRITEBYTECODE keeps none, PYTHONPYCACHEPREFIX keeps them elsewhere. Where nothing can
    be written, or what is kept is damaged or of another text, a template is compiled.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        """The file of a template, by its name."""
        del filename
        with suppress(NotImplementedError):  # a Python that keeps nothing
            return cache_from_source(str(self._folder / name.replace("/", ".")))
        return ""

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give a template its code, if that is kept, whole, and of the template's text."""
        with suppress(OSError):
            kept = Path(bucket.key).read_bytes()
            digest, code = kept[:_DIGEST], kept[_DIGEST:]
            if digest == _digest(bucket, code):
                bucket.code = marshal.loads(code)  # noqa: S302 - trusted as a .pyc file is

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a template's code, if Python keeps its own."""
        if sys.dont_write_bytecode or not bucket.key:
            return
        code = marshal.dumps(bucket.code)
        fresh = f"{bucket.key}.{token_hex(8)}"
        with suppress(OSError):
            opened = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
            try:
                with open(opened, "wb") as file:
                    file.write(_digest(bucket, code) + code)
                os.replace(fresh, bucket.key)
            except OSError:
                os.unlink(fresh)


def _digest(bucket: Bucket, code: bytes) -> bytes:
    """Of the code, and of all that it is made from: text, options, Jinja and Python."""
    environment, jinja = bucket.environment, os.stat(compiler.__file__)
    made_from = (
        *(bucket.checksum, sys.version, jinja.st_size, jinja.st_mtime_ns),
        *(environment.autoescape, environment.trim_blocks, environment.lstrip_blocks),
        *(environment.finalize is None, environment.optimized, sorted(environment.extensions)),
    )
    return sha256(f"{made_from}\n".encode() + code).digest()
