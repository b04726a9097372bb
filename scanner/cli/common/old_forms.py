"""Forms of options that older versions took, put into today's: nobody's scripts break.

They are in no help. One option means one thing in every command: `--json` writes one document to
stdout, `--jsonl FILE` one object a line ('-' for stdout), `--network` is the network that is meant
where nothing else says it, `--networks` are those that are asked, `--format` is what is written.
"""

from __future__ import annotations

from collections.abc import Sequence

_READS_LISTS = (
    ("verify",), ("snapshot",), ("doctor",), ("lists", "inspect"), ("schedule", "add"),
)  # fmt: skip
_SWITCHES = (("show",), ("diff",))
_TABLES = (("totals",), ("value",))


def modern(arguments: Sequence[str]) -> list[str]:
    """Rewrite one command line, without the program's name; what is not old stays as it is."""
    words = list(arguments)
    if _is(words, *_READS_LISTS):
        return [_renamed(word, "--format", "--list-format") for word in words]
    if _is(words, *_TABLES):
        return ["--format=csv" if word == "--csv" else word for word in words]
    if _is(words, ("endpoints", "check")):
        return [_renamed(word, "--network", "--networks") for word in words]
    if _is(words, *_SWITCHES) and "--jsonl" in words:
        at = words.index("--jsonl") + 1
        if at == len(words) or _is_no_file(words[at]):
            words.insert(at, "-")
    return words


def _is(words: Sequence[str], *commands: tuple[str, ...]) -> bool:
    """Whether the command line is one of these; an option before it has a value of its own."""
    start = 2 if words[:1] == ["--database"] else 1 if words[:1] and words[0][:2] == "--" else 0
    return any(tuple(words[start : start + len(c)]) == c for c in commands)


def _renamed(word: str, old: str, new: str) -> str:
    name, equals, value = word.partition("=")
    return f"{new}{equals}{value}" if name == old else word


def _is_no_file(word: str) -> bool:
    """Whether what follows `--jsonl` is another option or a snapshot, as when it was a switch."""
    return (word.startswith("-") and word != "-") or word == "latest" or word.isdigit()
