"""What a bare machine lacks is said in words, with the package to install; nothing half-made stays behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="make and its scripts are for POSIX systems")

OLD = "exit 1"  # every program it is handed fails, that which asks for the version first
NO_ENSUREPIP = 'case "$*" in *ensurepip*) exit 1;; esac; exit 0'
# Makes a .venv whose Python is this very script, and whose pip fails with {words}.
PIP_FAILS = """case "$*" in
*"-m venv"*) mkdir -p .venv/bin; cp "$0" .venv/bin/python; cp "$0" .venv/bin/pip;;
*"-m pip"*) echo "{words}"; exit 1;;
esac"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with nothing but the script in it."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "venv.sh", tmp_path / ".ci" / "venv.sh")
    return tmp_path


def make_venv(checkout: Path, python: str) -> str:
    """Run the script with a stand-in for Python, which must make it fail; return its words."""
    stub = checkout / "python-stub"
    stub.write_text(f"#!/bin/sh\n{python}\n")
    stub.chmod(0o755)
    environment = {**os.environ, "PYTHON": str(stub)}
    command = [str(checkout / ".ci" / "venv.sh"), "requirements.lock"]
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    return done.stderr


def test_an_old_python_is_refused_with_the_package_to_install(checkout: Path) -> None:
    words = make_venv(checkout, OLD)
    assert "needs Python 3.11 or newer" in words
    assert "apt install python3" in words
    assert not (checkout / ".venv").exists()


def test_a_python_without_venv_is_refused_with_the_package_to_install(checkout: Path) -> None:
    words = make_venv(checkout, NO_ENSUREPIP)
    assert "apt install python3-venv" in words
    assert not (checkout / ".venv").exists()


@pytest.mark.parametrize("said", ["error: command 'gcc' failed: No such file", "fatal error: Python.h: No such file"])
def test_a_missing_compiler_is_told_with_the_packages_to_install(checkout: Path, said: str) -> None:
    words = make_venv(checkout, PIP_FAILS.format(words=said))
    assert said in words
    assert "apt install build-essential python3-dev" in words


def test_an_index_out_of_reach_is_not_taken_for_a_missing_compiler(checkout: Path) -> None:
    words = make_venv(checkout, PIP_FAILS.format(words="ERROR: Could not find a version that satisfies it"))
    assert "Is the package index reachable" in words
    assert "build-essential" not in words
