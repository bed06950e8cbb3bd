"""The wheel has everything inside, and what is installed from it works far from this checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

from curate import __version__

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.xdist_group("packaging")  # one worker builds and installs


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a fresh environment with the wheel in it; other packages are borrowed from this one."""
    home = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-index", "--no-deps"]
    subprocess.run([*pip, str(wheel)], check=True)
    where = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.run(where, check=True, capture_output=True, text=True).stdout.strip())
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python.parent


def run(*command: str | Path, cwd: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=cwd, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_file_curate_reads_at_run_time_is_in_the_wheel(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    package = {path for path in (ROOT / "curate").rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    wanted = {path.relative_to(ROOT).as_posix() for path in package}
    theme = {path for path in (ROOT / "themes" / "byline").rglob("*") if path.is_file()}
    wanted |= {f"curate/{path.relative_to(ROOT).as_posix()}" for path in theme}
    assert wanted - inside == set()
    kinds = {"curate/desk/schema/001_desk.sql", "curate/themes/byline/templates/base.html"}
    assert kinds <= inside
    assert any(name.startswith("curate/samples/") for name in inside)


def test_nothing_else_is_in_the_wheel_but_its_licence(wheel: Path) -> None:
    inside = zipfile.ZipFile(wheel).namelist()
    strangers = [name for name in inside if not name.startswith(("curate/", f"curate_desk-{__version__}.dist-info/"))]
    assert strangers == []
    licence = zipfile.ZipFile(wheel).read(f"curate_desk-{__version__}.dist-info/licenses/LICENSE").decode()
    assert "GNU AFFERO GENERAL PUBLIC LICENSE" in licence


def test_the_lock_files_pin_every_package_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    wanted = {
        "requirements.lock": [*project["project"]["dependencies"], *groups["build"]],
        "requirements-dev.lock": [*project["project"]["dependencies"], *groups["build"], *groups["dev"]],
    }
    pins = {name: pinned(ROOT / name) for name in wanted}
    for name, asked in wanted.items():
        names = {normal(one) for one in asked if isinstance(one, str)}
        assert names - pins[name].keys() == set()
    assert pins["requirements.lock"].items() <= pins["requirements-dev.lock"].items()


def pinned(lock: Path) -> dict[str, set[str]]:
    """Return the versions a lock file pins, by package; each with at least one hash."""
    pins: dict[str, set[str]] = {}
    for entry in lock.read_text(encoding="utf-8").replace("\\\n", "").splitlines():
        if entry and not entry.lstrip().startswith("#"):
            assert "--hash=sha256:" in entry, entry
            name, _, version = entry.split(maxsplit=1)[0].partition("==")
            pins.setdefault(normal(name), set()).add(version)
    return pins


def normal(requirement: str) -> str:
    """Return a requirement's package name as indexes compare it."""
    name = requirement.split("=", maxsplit=1)[0].rstrip("<>~! ")
    return name.lower().replace("_", "-").replace(".", "-")


def test_the_installed_command_works_from_an_empty_folder(programs: Path, tmp_path: Path) -> None:
    assert __version__ in run(programs / "curate", "--version", cwd=tmp_path)
    assert __version__ in run(programs / "python", "-m", "curate", "--version", cwd=tmp_path)
    where = run(programs / "python", "-c", "import curate; print(curate.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(programs.parent)
    run(programs / "curate", "init", "desk", "--name", "Dana Okafor", "--no-git", "--no-input", cwd=tmp_path)
    found = json.loads(run(programs / "curate", "-C", "desk", "config", "get", "site.name", "--json", cwd=tmp_path))
    assert found["data"]["value"] == "Dana Okafor"


def test_the_demo_runs_from_the_wheel_alone(programs: Path, tmp_path: Path) -> None:
    shown = run(programs / "curate", "demo", cwd=tmp_path)
    assert "site serve" in shown
    assert (tmp_path / "demo-desk" / "output" / "index.html").is_file()
