"""Inspects and verifies one list in a process of its own: no network, no database, hard limits.

`python -m scanner.web.list_check OPTIONS < LIST` writes one JSON object. The list stays in memory
where the system can (Linux); a name that stands for it lies in a folder of its own in that which it
is started in, which the server removes. Modules are looked for in neither (see `scanner.web.jobs`).
"""

from __future__ import annotations

import os
import resource
import sys
from functools import partial
from pathlib import Path
from typing import Any

from scanner.errors import InputError, ListFormatError, ScannerError
from scanner.lists.interface import OpenList
from scanner.lists.open import open_list
from scanner.model.finding import exit_status
from scanner.model.jsontext import own_json
from scanner.model.publisher import publisher_of_file
from scanner.model.registry import Registry
from scanner.ownership.parallel import judge_blocks
from scanner.ownership.statement import make_rule
from scanner.reports.commands.inspection import inspection_json
from scanner.reports.commands.ownership import OwnershipSummary, render_block
from scanner.reports.commands.ownership_json import ownership_json
from scanner.reports.commands.reading import read_through
from scanner.reports.tables.jsontext import compact
from scanner.settings.publishers import load_publishers
from scanner.settings.tables import load_registry

MOST_MEMORY = 3 * 2**30
"""Bytes of address space; libraries alone take half of one."""
CPU_SECONDS = 60


def main() -> None:
    """Read options and list, write what was found; never more than the limits allow."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answer: dict[str, Any]
    try:
        options = own_json(sys.argv[1])
        answer = check(_laid_down(options["name"], sys.stdin.buffer.read()), options)
    except ListFormatError as e:
        answer = {"trouble": e.what if e.line is None else f"line {e.line}: {e.what}"}
    except ScannerError as e:
        answer = {"trouble": str(e)}
    except MemoryError:
        answer = {"trouble": "this list needs more memory than a page may use", "limited": True}
    sys.stdout.buffer.write(compact(answer))


def _laid_down(name: str, body: bytes) -> Path:
    """A file of that name in a folder for it alone, in memory if it can be."""
    path = Path("list", name)
    path.parent.mkdir()
    if hasattr(os, "memfd_create"):
        held = os.memfd_create("list")
        with os.fdopen(os.dup(held), "wb") as file:
            file.write(body)
        path.symlink_to(f"/proc/{os.getpid()}/fd/{held}")
    else:
        path.write_bytes(body)
    return path


def check(path: Path, options: dict[str, str]) -> dict[str, Any]:
    """What is in the list, and whose keys signed. options: of the form, "" where nothing is said.

    Raises InputError, ListFormatError.
    """
    registry, publishers = load_registry(), load_publishers()

    def opened() -> OpenList:
        return _open(path, registry, options)

    with opened() as rows:
        summary, found = read_through(rows, registry)
    given = options["publisher"].strip()
    name = given or publisher_of_file(path.name, publishers)
    known = publishers.find(name)
    name = known.name if known is not None else name
    wanted = tuple(filter(None, map(str.strip, options["statement"].splitlines())))
    texts = None if known and known.texts else found.texts
    rule = make_rule(name, publishers, texts, wanted=wanted, guessed=not given)
    ownership = OwnershipSummary()
    render = partial(render_block, lines=False, rule=rule)
    with opened() as rows:
        for part, _ in judge_blocks(rows.blocks(), render, workers=1):
            ownership.merge(part)
        ownership.doubt_units(registry, rows.summary().unit)
    return {
        "publisher": name,
        "exit_status": exit_status(found.problems.weights | ownership.weights),
        "inspection": inspection_json(path.name, summary, found),
        "ownership": ownership_json(ownership, rule),
    }


def _open(path: Path, registry: Registry, options: dict[str, str]) -> OpenList:
    columns: dict[str, str] = {}
    for part in filter(None, options["columns"].split(",")):
        field, equals, name = (p.strip() for p in part.partition("="))
        if not (field and equals and name):
            raise InputError(f"columns are given as FIELD=NAME, not {part!r}")
        columns[field] = name
    return open_list(
        path, registry, columns=columns, network=options["network"], asset=options["asset"]
    )


if __name__ == "__main__":
    main()
