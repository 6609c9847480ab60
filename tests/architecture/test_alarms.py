"""Every alarm has its page, and asks for figures that there are."""

import re

import pytest
import yaml

from diary.db import db
from tests.architecture.named_in_pages import names_of_nothing
from tests.architecture.source_tree import ROOT

RULES = yaml.safe_load((ROOT / "deploy/prometheus-rules.yml").read_text(encoding="utf-8"))["groups"][0]["rules"]
RUNBOOK = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")
OPERATIONS = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
FIGURE = re.compile(r"\bebb_[a-z_]+")
SAID_ONLY_WHEN_THERE = {"ebb_backup_age_seconds", "ebb_anchor_age_seconds", "ebb_jobs_pass_seconds"}


@pytest.fixture
def told(app):
    asked = app.test_client().get("/sign-in", buffered=True)
    assert asked.status_code == 200
    text = app.test_client().get("/metrics", buffered=True).text
    db.engine.dispose()
    return set(FIGURE.findall(text))


def test_every_alarm_asks_for_figures_that_there_are(told):
    for rule in RULES:
        wanted = set(FIGURE.findall(rule["expr"]))
        assert wanted or rule["expr"].startswith("up{"), rule["alert"]
        assert wanted <= told | SAID_ONLY_WHEN_THERE, rule["alert"]


def test_whatever_can_wait_raises_an_alarm_when_it_waits_for_long(told):
    asked = {name for rule in RULES for name in FIGURE.findall(rule["expr"])}
    waiting = {name for name in told if name.endswith("_oldest_seconds")}
    assert len(waiting) >= 5
    assert waiting - asked == {"ebb_reminders_due_oldest_seconds"}  # ebb_reminders_late counts them by their minute


def test_every_alarm_has_its_section_and_every_section_its_alarm():
    sections = [name for name in re.findall(r"^## (\w+)$", RUNBOOK, re.MULTILINE) if name.startswith("Ebb")]
    assert sorted(sections) == sorted(rule["alert"] for rule in RULES)
    assert len(RULES) >= 20


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alarm_says_in_a_sentence_what_is_wrong_and_how_urgent_it_is(rule):
    assert rule["annotations"]["summary"].endswith(".")
    assert rule["labels"]["severity"] in {"page", "ticket"}


def test_every_figure_is_explained(told):
    explained = OPERATIONS.replace("`…_oldest_seconds`", " ".join(f"{name}_oldest_seconds" for name in ("x",)))
    for name in {re.sub(r"_(bucket|sum|count)$", "", name) for name in told}:
        base = re.sub(r"_oldest_seconds$", "", name)
        assert name in explained or base in explained, name


def test_commands_and_settings_that_the_pages_name_are_there(app):
    known = set(app.cli.commands["diary"].commands)
    for page in (RUNBOOK, OPERATIONS):
        for command in re.findall(r"flask --app wsgi diary ([a-z-]+)", page):
            assert command in known, command
        assert names_of_nothing(page) == []
    settings = (ROOT / "diary/settings.py").read_text(encoding="utf-8")
    for name in set(re.findall(r"DIARY_[A-Z_]+", RUNBOOK + OPERATIONS)):
        assert name in settings, name
