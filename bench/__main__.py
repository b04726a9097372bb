"""`make bench`: run every benchmark of this folder, one after another; each prints JSON lines.

    python -m bench [NAME ...]      only those files, without .py

A benchmark is a file here that can be run as a program. Exits 1 if one of them failed.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main(names: list[str]) -> int:
    """Run the named benchmarks, all if none is named. Returns the exit status."""
    programs = {p.stem: p for p in sorted(HERE.glob("*.py")) if p.stem != "__main__" and _runs(p)}
    unknown = sorted(set(names) - set(programs))
    if unknown:
        print(
            f"no benchmark {', '.join(unknown)}: there are {', '.join(programs)}", file=sys.stderr
        )
        return 2
    failed = [
        name
        for name in names or programs
        if subprocess.run([sys.executable, programs[name]], check=False).returncode
    ]
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _runs(path: Path) -> bool:
    return '__name__ == "__main__"' in path.read_text("utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
