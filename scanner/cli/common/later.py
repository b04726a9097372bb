"""The one door of heavy imports: what a command's module imports as a module waits to be used.

A command's module has its options and words. What its work needs it imports as modules, at its top:

    from scanner.store.database import engine      # imported at the first `engine.something`
    from scanner.model.amount import counted       # a name is needed at once: imported now

So help, completion and a refused option wait for no library, and each command for its own only.
This holds where `scanner.cli.table` imports a command's module; elsewhere imports are Python's own.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType


class _Later(ModuleType):
    """Stands for a module of this program, and imports it when something of it is asked for."""

    _itself: ModuleType | None = None

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):  # whether it is a package, for one: that is no use of it
            raise AttributeError(name)
        return getattr(self._module(), name)

    def _module(self) -> ModuleType:
        if self._itself is None:  # two threads may come here: they are given the same module
            if sys.modules.get(self.__name__) is self:
                del sys.modules[self.__name__]
            self._itself = import_module(self.__name__)
        return self._itself


def import_ahead(module: ModuleType) -> None:
    """Import what will be used, at a moment when there is time; nothing if it has been used."""
    if isinstance(module, _Later):
        module._module()


class _Door(MetaPathFinder, Loader):
    """Gives a stand-in for each module of this program that is imported, once."""

    def __init__(self) -> None:
        self.given: set[str] = set()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.startswith("scanner.") or fullname in self.given:
            return None
        found = PathFinder.find_spec(fullname, path, target)
        if found is None or found.submodule_search_locations is not None:
            return None
        self.given.add(fullname)
        return ModuleSpec(fullname, self, origin=found.origin)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Later(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing: a stand-in has no code."""


@contextmanager
def imported_when_used() -> Iterator[None]:
    """Within, modules of this program that are imported as modules are imported when used.

    Behind it no stand-in is found by an import: others, and threads, import the module itself.
    """
    door = _Door()
    sys.meta_path.insert(0, door)
    try:
        yield
    finally:
        sys.meta_path.remove(door)
        for name in door.given:
            if isinstance(sys.modules.get(name), _Later):
                del sys.modules[name]
                package, _, last = name.rpartition(".")
                delattr(sys.modules[package], last)
