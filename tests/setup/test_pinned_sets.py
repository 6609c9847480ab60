"""What is installed is written down, to the version, and comes from nowhere in particular."""

import json
import subprocess
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.source_tree import ROOT, project_files

SETS = ["requirements.txt", "requirements-dev.txt", "requirements-mutants.txt"]
SCRIPTS = [*(f"script/{name}" for name in ("server", "test", "lint", "lighthouse", "mutants")), ".ci/run"]
PART_OF_THE_ENVIRONMENT = {"pip", "setuptools", "wheel"}


def pins(name):
    lines = (ROOT / name).read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-r "))]


def names(requirements):
    return {canonicalize_name(requirement.name) for requirement in requirements}


def needs(name):
    """Give what an installed package asks for on this machine."""
    wanted = map(Requirement, metadata.requires(name) or [])
    return [want for want in wanted if want.marker is None or want.marker.evaluate({"extra": ""})]


@pytest.mark.parametrize("name", SETS)
def test_every_requirement_names_one_version(name):
    for pin in pins(name):
        assert [specifier.operator for specifier in pin.specifier] == ["=="], pin


def test_everything_that_is_installed_is_pinned():
    installed = {canonicalize_name(distribution.name) for distribution in metadata.distributions()}
    assert installed - PART_OF_THE_ENVIRONMENT <= names(pins("requirements.txt") + pins("requirements-dev.txt"))


def test_the_product_needs_nothing_of_the_tests():
    product = names(pins("requirements.txt"))
    assert names(want for name in product for want in needs(name)) <= product


def test_locked_packages_have_a_digest_and_no_address():
    for lock in (path for path in project_files() if path.name == "package-lock.json"):
        packages = {name: what for name, what in json.loads(lock.read_text())["packages"].items() if name}
        assert packages, lock
        assert all("integrity" in what and "resolved" not in what for what in packages.values()), lock


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_can_be_run_and_bash_understands_it(script):
    assert (ROOT / script).stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", ROOT / script], check=False).returncode == 0
