"""What deploy/ holds agrees with the app: settings, headers, addresses with secrets in them, units that are shut in."""

import configparser
import re
import shutil
import subprocess
from functools import partial

import pytest

from diary.services.kept_backups import BEFORE, moment_in
from diary.settings import ROOT, Settings
from diary.web import large_files
from diary.web.headers import ALWAYS, HSTS

DEPLOY = ROOT / "deploy"
SITE = (DEPLOY / "nginx" / "ebb.conf").read_text(encoding="utf-8")
TOKEN = "kD3x-9_zQ0aLrT6vYb8NcA"
PATIENT = "0b3f5f5c-0b3f-4b3f-8b3f-0b3f5f5c0b3f"
UNITS = ("ebb@.service", "ebb-worker@.service")
PARTS = [DEPLOY / "on-one-machine", DEPLOY / "promote-standby", DEPLOY / "diary", *sorted((DEPLOY / "lib").iterdir())]
SHUT_IN = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "CapabilityBoundingSet": "",
    "UMask": "0077",
    "StateDirectoryMode": "0700",
    "User": "ebb",
}


def test_the_backup_before_an_upgrade_has_a_name_of_which_it_is_known_when_it_goes():
    page = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    (named,) = re.findall(r"diary backup \S*/backups/(.+)", page)
    asked = subprocess.run(["bash", "-c", f"echo {named}"], capture_output=True, text=True, check=True)
    assert any(moment_in(asked.stdout.strip(), *form) for form in BEFORE)


def test_the_example_of_settings_serves_in_production_once_its_blanks_are_filled():
    lines = (DEPLOY / "ebb.env.example").read_text(encoding="utf-8").splitlines()
    said = dict(line.split("=", 1) for line in lines if line.startswith("DIARY_"))
    said = {name: value.strip("'") for name, value in said.items()}
    settings = Settings.from_environment({**said, "DIARY_SECRET_KEY": "s" * 64})
    assert settings.production
    assert settings.proxy_hops == 1
    code = (ROOT / "diary" / "settings.py").read_text(encoding="utf-8")
    assert [name for name in said if f'"{name}"' not in code] == []


def test_what_nginx_answers_by_itself_carries_what_the_app_puts_on_everything():
    lines = (DEPLOY / "nginx" / "headers.conf").read_text(encoding="utf-8")
    said = dict(re.findall(r'^add_header (\S+) "?([^"]*?)"? always;$', lines, re.MULTILINE))
    ours = {name: value for name, value in ALWAYS.items() if name != "Ebb"}
    assert said == ours | {"Strict-Transport-Security": HSTS}


def masked(path):
    """Return what nginx would log of a path."""
    rules = re.search(r"^map \$uri \$ebb_masked \{(.*?)^\}", SITE, re.MULTILINE | re.DOTALL).group(1)
    for pattern, shown in re.findall(r'^\s+"~(.*?)" "(.*?)";$', rules, re.MULTILINE):
        found = re.search(pattern.replace("(?<", "(?P<"), path)
        if found:
            return re.sub(r"\$(\w+)", partial(group_of, found), shown)
    return path


def group_of(found, named):
    return found.group(named[1]) or ""


def test_no_address_with_a_secret_in_it_reaches_the_log_of_nginx(app):
    rules = [rule for rule in app.url_map.iter_rules() if "token" in rule.arguments]
    assert len(rules) > 15
    for rule in rules:
        for token in (TOKEN, "short"):
            path = re.sub(r"<[^>]+>", token, rule.rule)
            assert token not in masked(path), path
            assert masked(path).endswith(rule.rule.rpartition(">")[2]) or "." in rule.rule, path


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/", "/"),
        ("/sync/entries", "/sync/entries"),
        ("/account/passkeys/ask/sign-in", "/account/passkeys/ask/sign-in"),
        (f"/clinic/patients/{PATIENT}", "/clinic/patients/…"),
        (f"/clinic/patients/{PATIENT}/courses/{PATIENT}/edit", "/clinic/patients/…/courses/…/edit"),
        (f"/{TOKEN}", "/…"),
    ],
)
def test_nginx_logs_places_and_nobodys_number(path, shown):
    assert masked(path) == shown


def test_the_largest_diary_that_the_app_takes_in_passes_through_nginx():
    line = (DEPLOY / "lib" / "nginx.sh").read_text(encoding="utf-8")
    megabytes = int(re.search(r"LARGEST=(\d+)m", line).group(1))
    assert large_files.LARGEST <= megabytes * 1024 * 1024 < 2 * large_files.LARGEST


def test_a_form_is_never_sent_to_a_second_server_but_entries_are():
    told = re.findall(r"location ([^{]*)\{[^}]*non_idempotent", SITE)
    assert told == ["= /sync/entries "]


@pytest.mark.parametrize("name", UNITS)
def test_a_process_may_touch_its_own_folder_and_nothing_else(name):
    unit = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    unit.optionxform = str
    unit.read(DEPLOY / "systemd" / name)
    service = unit["Service"]
    assert {key: service.get(key) for key in SHUT_IN} == SHUT_IN
    what = "work" if "worker" in name else "serve"
    told = f"""/bin/sh -c 'exec "$$(pwd -P)/.venv/bin/python" -m flask --app wsgi diary {what}'"""
    assert (service["ExecStart"], service["WorkingDirectory"]) == (told, "/srv/ebb/current")


@pytest.mark.parametrize("script", PARTS, ids=lambda path: path.name)
def test_every_script_can_be_read_by_bash(script):
    assert subprocess.run(["bash", "-n", script], capture_output=True, check=False).stderr == b""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Name the address that patients type"),
        (("https://diary.example",), "write it in small letters, without https://"),
        (("diary.example", "--certificate", __file__), "--certificate needs its --key"),
        (("diary.example", "--servers", "none"), "--servers needs a number"),
        (("diary.example", "--stop"), "--stop and --start go with --without-systemd"),
        (("diary.example", "--faster"), "There is no option --faster"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_sentence(arguments, words):
    done = run(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_machine_without_nginx_is_told_what_to_install(tmp_path):
    programs = tmp_path / "programs"
    programs.mkdir()
    for tool in ("bash", "dirname", "mkdir", "openssl", "setsid", "readlink", "id", "env"):
        (programs / tool).symlink_to(shutil.which(tool))
    done = run("--without-systemd", str(tmp_path / "folder"), PATH=str(programs), EBB_NGINX="/nowhere/nginx")
    assert done.returncode == 1
    assert "apt-get install nginx-light" in done.stderr


SYSTEMCTL = """#!/bin/sh
[ "$1" = restart ] || exit 0
release=$(basename "$(readlink "$HERE/srv/current")")
echo "$2 $release $(cat "$HERE/units/ebb@.service")" >>"$HERE/restarted"
! grep -qx "$2 $release" "$HERE/broken"
"""
UPGRADE = """
set -euo pipefail
for part in say machine; do . deploy/lib/$part.sh; done
PROGRAM=$HERE/srv CURRENT=$HERE/srv/current RELEASE=$HERE/srv/releases/new
ETC=$HERE UNITS=$HERE/units MARKS=$HERE SERVERS=3
show_newest
start_servers
"""


@pytest.fixture
def upgrade(tmp_path):
    """Replace three servers of the old release by the new one, where `broken` do not start; return what happened."""
    for release in ("old", "new"):
        units = tmp_path / "srv/releases" / release / "deploy/systemd"
        units.mkdir(parents=True)
        (units / "ebb@.service").write_text(release)
    for folder in ("units", "bin"):
        (tmp_path / folder).mkdir()
    (tmp_path / "ebb.env").touch()
    (tmp_path / "bin/systemctl").write_text(SYSTEMCTL)
    (tmp_path / "bin/systemctl").chmod(0o755)
    current = tmp_path / "srv/current"

    def upgraded(*broken, before="old"):
        if before:
            current.symlink_to(tmp_path / "srv/releases" / before)
        (tmp_path / "broken").write_text("".join(f"{line}\n" for line in broken))
        (tmp_path / "restarted").write_text("")
        done = subprocess.run(
            ["bash", "-c", UPGRADE], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
            env={"PATH": f"{tmp_path}/bin:/usr/bin:/bin", "HERE": str(tmp_path)},
        )  # fmt: skip
        restarted = (tmp_path / "restarted").read_text().replace("ebb@", "").replace(".service", "")
        return (
            done,
            restarted.splitlines(),
            current.readlink().name,
            sorted(file.name for file in tmp_path.glob("*.of")),
        )

    return upgraded


def test_an_upgrade_that_fails_takes_back_the_servers_that_were_replaced_already(upgrade):
    done, restarted, current, marks = upgrade("ebb@8003.service new")
    assert restarted == ["8001 new new", "8002 new new", "8003 new new", "8003 old old", "8001 old old", "8002 old old"]
    assert (done.returncode, current, marks) == (1, "old", [])
    assert "The server on port 8003 did not start" in done.stderr
    assert "All go on with the version before." in done.stderr


def test_a_server_that_does_not_come_back_is_named_and_the_others_come_back(upgrade):
    done, restarted, current, _marks = upgrade("ebb@8002.service new", "ebb@8002.service old")
    assert restarted == ["8001 new new", "8002 new new", "8002 old old", "8001 old old"]
    assert (done.returncode, current) == (1, "old")
    assert "these do not start either: ebb@8002.service." in done.stderr
    assert "All go on" not in done.stderr


@pytest.mark.parametrize("before", ["new", None])
def test_where_there_is_no_version_before_a_server_that_fails_ends_it(upgrade, before):
    done, restarted, current, marks = upgrade("ebb@8002.service new", before=before)
    assert restarted == ["8001 new new", "8002 new new"]
    assert (done.returncode, current, marks) == (1, "new", ["ebb-ebb@8001.service.of"])
    assert "The servers after it were not touched." in done.stderr


def test_an_upgrade_that_goes_well_replaces_each_server_once(upgrade):
    done, restarted, current, marks = upgrade()
    assert restarted == ["8001 new new", "8002 new new", "8003 new new"]
    assert (done.returncode, current, len(marks)) == (0, "new", 3), done.stderr


def run(*arguments, **environment):
    return subprocess.run(
        [DEPLOY / "on-one-machine", *arguments],
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "EBB_PYTHON": "/usr/bin/env", **environment},
        capture_output=True, text=True, check=False, timeout=60, stdin=subprocess.DEVNULL,
    )  # fmt: skip
