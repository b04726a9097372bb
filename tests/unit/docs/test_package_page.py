"""What an index page shows of the package: whole, without a link that leads nowhere there."""

from __future__ import annotations

import re
import shutil
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def test_no_link_or_picture_of_the_page_is_relative():
    page = (ROOT / PROJECT["readme"]).read_text("utf-8")
    assert re.findall(r"\]\((?!https?://)[^)]*\)", page) == []
    assert not re.search(r"<(?:img|a)\b", page)


def test_the_page_says_what_the_readme_says():
    """The parts that both have are the same, and its optional parts are those of the package."""
    page, readme = ((ROOT / n).read_text("utf-8") for n in (PROJECT["readme"], "README.md"))
    for heading in ("| 0 | ", "| 1 | ", "| 2 | ", "| 3 | "):
        (line,) = re.findall(f"^{re.escape(heading)}.*$", readme, re.M)
        assert line in page
    flat = " ".join(page.split())
    for paragraph in (
        "Exchanges and custodians publish",
        "It **fails closed**",
        "A signature shows",
    ):
        (said,) = (p for p in readme.split("\n\n") if p.startswith(paragraph))
        assert " ".join(said.split()) in flat
    for extra in PROJECT["optional-dependencies"]:
        assert extra == "web" or f"`{extra}`" in page, extra


def test_no_page_installs_it_by_its_name():
    """It is on no index: pip would fetch what somebody else put there under the name."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    found = [
        str(p)
        for p in pages
        if re.search(r"pip install[^`\n]*reserve-scanner", p.read_text("utf-8"))
    ]
    assert not found, "write: pip install '.[EXTRA]' in the folder of the source"


def test_the_wheel_says_who_made_it_and_where_it_runs(tmp_path, monkeypatch):
    hatchling = pytest.importorskip("hatchling.build", reason="hatchling builds the wheel")
    monkeypatch.chdir(ROOT)
    with zipfile.ZipFile(tmp_path / hatchling.build_wheel(str(tmp_path))) as wheel:
        (name,) = (n for n in wheel.namelist() if n.endswith(".dist-info/METADATA"))
        said = Parser().parsestr(wheel.read(name).decode())
        assert {f"scanner/_config/start/{n}" for n in ("endpoints.toml", "scanner.env")} <= set(
            wheel.namelist()
        )
    assert said["Author"] == "The Reserve scanner maintainers"
    assert "Operating System :: POSIX :: Linux" in said.get_all("Classifier")
    assert said["Description-Content-Type"] == "text/markdown"
    assert "fails closed" in said.get_payload()


def test_the_image_is_built_of_files_that_are_enough(tmp_path, monkeypatch):
    """What the build stage of the Dockerfile copies makes the same wheel."""
    hatchling = pytest.importorskip("hatchling.build", reason="hatchling builds the wheel")
    stage = (ROOT / "Dockerfile").read_text("utf-8").split(" AS build")[1].split("\nFROM ")[0]
    for line in re.findall(r"^COPY (.+)$", stage, re.M):
        *sources, target = line.split()
        for source in sources:
            found = tmp_path / (source if target == "./" else target)
            found.parent.mkdir(parents=True, exist_ok=True)
            place = ROOT / source
            (shutil.copytree if place.is_dir() else shutil.copy)(place, found)
    monkeypatch.chdir(tmp_path)
    made = tmp_path / hatchling.build_wheel(str(tmp_path))
    with zipfile.ZipFile(made) as wheel:
        assert "scanner/_config/start/endpoints.toml" in wheel.namelist()
