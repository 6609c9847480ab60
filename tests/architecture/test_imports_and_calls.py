"""Who may import and call what: the rules of our own beside the layers that import-linter checks."""

import ast

import pytest

from tests.architecture.source_tree import Module, dotted, product_modules

CLOCK_READERS = {
    *(f"{before}datetime.{name}" for before in ("", "datetime.") for name in ("now", "utcnow", "today")),
    *("date.today", "datetime.date.today", "time.time", "time.time_ns", "time.localtime", "time.gmtime"),
}
ENVIRONMENT_READERS = {"os.environ", "os.getenv", "os.environb"}
OPENERS_OF_TRANSACTIONS = {"diary.db.writing", "diary.db.reading", "diary.db.transaction"}
QUERIES = {"commit", "query", "execute", "scalars", "scalar", "select", "flush"}
RAW_SQL = {"text", "exec_driver_sql", "executescript", "run_text"}
TEMPLATES_OF_TEXTS = {"render_template_string", "stream_template_string", "from_string"}
ORDERS = {"order_by", "group_by", "distinct"}


def starts_with(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def fault(module: Module, line: int, words: str) -> str:
    return f"{module.path}:{line}: {words}"


def transactions_outside_services(module: Module) -> list[str]:
    if module.is_in("diary.services", "diary.db"):
        return []
    return [
        fault(module, line, f"only diary/services opens a transaction, and this imports {name}")
        for line, name in module.imports()
        if starts_with(name, *OPENERS_OF_TRANSACTIONS)
    ]


def plotly_outside_charts(module: Module) -> list[str]:
    if module.is_in("diary.charts"):
        return []
    return [
        fault(module, line, "only diary/charts imports plotly")
        for line, name in module.imports()
        if starts_with(name, "plotly")
    ]


def clock_read_elsewhere(module: Module) -> list[str]:
    if module.is_in("diary.clock"):
        return []
    return [
        fault(module, call.lineno, f"only diary/clock.py reads the time, and this calls {name}")
        for call, name in module.calls()
        if name in CLOCK_READERS
    ] + [
        fault(module, line, f"only diary/clock.py reads the time, and this imports {name}")
        for line, name in module.imports()
        if name in {"time.time", "time.time_ns"}
    ]


def environment_read_elsewhere(module: Module) -> list[str]:
    if module.is_in("diary.settings", "script"):
        return []
    read = [
        (node.lineno, f"os.{node.attr}")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os"
    ]
    return [
        fault(module, line, f"only diary/settings.py reads the environment, and this uses {name}")
        for line, name in [*read, *module.imports()]
        if name in ENVIRONMENT_READERS
    ]


def queries_in_models(module: Module) -> list[str]:
    if not module.is_in("diary.models"):
        return []
    return [
        fault(module, call.lineno, f"models hold tables and constraints, and this calls {name}")
        for call, name in module.calls()
        if name.rpartition(".")[2] in QUERIES
    ]


def values_written_into_sql(module: Module) -> list[str]:
    return [
        fault(
            module,
            call.lineno,
            f"values go to the database as parameters, and this builds the text of {name}",
        )
        for call, name in module.calls()
        if name.rpartition(".")[2] in RAW_SQL and any(map(is_built, call.args))
    ]


WITHOUT_PARAMETERS = (
    "PRAGMA ",
    "BEGIN ",
    "SET LOCAL ",
    "ALTER TABLE ",
    "GRANT ",
    "REVOKE ",
    "TRUNCATE ",
    "LOCK TABLE ",
    "COMMENT ON ",
)


def is_built(text: ast.expr) -> bool:
    """Say whether a text is put together at run time; statements that take no parameters may be."""
    match text:
        case ast.JoinedStr(values=[ast.Constant(value=str(start)), *_]) if start.startswith(WITHOUT_PARAMETERS):
            return False
        case ast.JoinedStr():
            return any(isinstance(part, ast.FormattedValue) for part in text.values)
        case ast.BinOp(op=ast.Mod() | ast.Add()):
            return True
        case ast.Call(func=ast.Attribute(attr="format" | "join" | "replace")):
            return True
    return False


def templates_made_of_texts(module: Module) -> list[str]:
    return [
        fault(module, call.lineno, f"pages come from files, which escape what they print, and this calls {name}")
        for call, name in module.calls()
        if name.rpartition(".")[2] in TEMPLATES_OF_TEXTS and module.is_in("diary")
    ]


def columns_named_by_a_request(module: Module) -> list[str]:
    """Find a column, an attribute or a whole row that a request may name: order and fields are lists of our own."""
    if not module.is_in("diary.web", "diary.services", "diary.access"):
        return []
    return [
        fault(module, call.lineno, f"fields and order are chosen from a list of our own, and this hands {name} a name")
        for call, name in module.calls()
        if names_a_column(call, name.rpartition(".")[2])
    ]


def names_a_column(call: ast.Call, name: str) -> bool:
    spread = any(word.arg is None and speaks_of_a_request(word.value) for word in call.keywords)
    if name in {"getattr", "setattr"} and len(call.args) > 1:
        return spread or speaks_of_a_request(call.args[1])
    if name in ORDERS:
        parts = [node for argument in call.args for node in ast.walk(argument)]
        chosen = any(isinstance(node, ast.Call) and dotted(node.func) in {"getattr", "text"} for node in parts)
        return spread or chosen or any(map(speaks_of_a_request, call.args))
    return spread or name == "populate_obj"


def speaks_of_a_request(expression: ast.expr) -> bool:
    """Say whether an expression reads a request, or a whole form."""
    names = {dotted(node) for node in ast.walk(expression) if isinstance(node, ast.Attribute)}
    return any(name.startswith("request.") or name == "form.data" for name in names)


def words_outside_gettext(module: Module) -> list[str]:
    """Find words for people that a view or a form gives away untranslated."""
    if not module.is_in("diary.web"):
        return []
    return [
        fault(module, text.lineno, f"words for people go through gettext, and {name} gets {text.value!r}")
        for call, name in module.calls()
        for text in spoken_arguments(call, name.rpartition(".")[2])
        if isinstance(text, ast.Constant) and isinstance(text.value, str) and any(map(str.isalpha, text.value))
    ]


def spoken_arguments(call: ast.Call, name: str) -> list[ast.expr]:
    """Pick the arguments that people will read: labels of fields, messages of validators, what is flashed."""
    named = [word.value for word in call.keywords if word.arg in {"label", "description", "message"}]
    is_spoken = name == "flash" or name.endswith("Field")
    return [*call.args[:1], *named] if is_spoken else named


RULES = [
    transactions_outside_services,
    plotly_outside_charts,
    clock_read_elsewhere,
    environment_read_elsewhere,
    queries_in_models,
    values_written_into_sql,
    templates_made_of_texts,
    columns_named_by_a_request,
    words_outside_gettext,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_product_keeps_the_rule(rule):
    faults = [line for module in product_modules() for line in rule(module)]
    assert not faults, "\n".join(faults)


BROKEN = [
    (transactions_outside_services, "diary/web/today.py", "from diary.db import writing"),
    (transactions_outside_services, "diary/jobs.py", "from diary.db import reading"),
    (plotly_outside_charts, "diary/web/clinic/figure.py", "import plotly.graph_objects as go"),
    (clock_read_elsewhere, "diary/services/entries.py", "from datetime import datetime\ndatetime.now(UTC)"),
    (clock_read_elsewhere, "diary/services/entries.py", "import datetime\ndatetime.date.today()"),
    (clock_read_elsewhere, "diary/services/entries.py", "from time import time"),
    (environment_read_elsewhere, "diary/app.py", "import os\nos.environ['X']"),
    (environment_read_elsewhere, "diary/app.py", "from os import getenv"),
    (queries_in_models, "diary/models/patient.py", "def find(session): return session.scalars(1)"),
    (values_written_into_sql, "diary/services/audit.py", "text(f'select {x}')"),
    (values_written_into_sql, "diary/services/audit.py", "sa.text('select %s' % x)"),
    (values_written_into_sql, "diary/services/audit.py", "text('select {}'.format(x))"),
    (values_written_into_sql, "diary/services/audit.py", "run_text(connection, f'select {x}')"),
    (templates_made_of_texts, "diary/web/errors.py", "render_template_string(f'<p>{x}</p>')"),
    (templates_made_of_texts, "diary/charts/patient_svg.py", "env.from_string(x)"),
    (columns_named_by_a_request, "diary/web/clinic/worklist.py", "getattr(Row, request.args['sort'])"),
    (columns_named_by_a_request, "diary/services/worklist.py", "wanted.order_by(getattr(Row, sort))"),
    (columns_named_by_a_request, "diary/services/worklist.py", "wanted.order_by(text(sort))"),
    (columns_named_by_a_request, "diary/services/worklist.py", "wanted.order_by(Row.c[request.args.get('sort')])"),
    (columns_named_by_a_request, "diary/web/clinic/settings.py", "change_clinic(who, **form.data)"),
    (columns_named_by_a_request, "diary/web/clinic/settings.py", "Clinic(**request.form.to_dict())"),
    (columns_named_by_a_request, "diary/web/clinic/settings.py", "form.populate_obj(clinic)"),
    (words_outside_gettext, "diary/web/forms.py", "StringField('Name')"),
    (words_outside_gettext, "diary/web/forms.py", "InputRequired(message='Choose a score')"),
]


@pytest.mark.parametrize(("rule", "path", "source"), BROKEN)
def test_a_broken_rule_is_seen(rule, path, source):
    assert rule(Module(path, source))


KEPT = [
    (transactions_outside_services, "diary/services/entries.py", "from diary.db import writing"),
    (clock_read_elsewhere, "diary/jobs.py", "import time\ntime.sleep(1)\ntime.monotonic()"),
    (clock_read_elsewhere, "diary/clock.py", "datetime.now(UTC)"),
    (environment_read_elsewhere, "diary/db.py", "import os\nos.path.join('a', 'b')"),
    (values_written_into_sql, "diary/db.py", "text('select 1')"),
    (values_written_into_sql, "diary/db.py", "connection.exec_driver_sql(f'PRAGMA {name}={value}')"),
    (values_written_into_sql, "diary/db.py", "run_text(connection, 'SELECT 1 WHERE x = %(x)s', {'x': x})"),
    (templates_made_of_texts, "diary/web/errors.py", "render_template('errors/error.html', title=x)"),
    (columns_named_by_a_request, "diary/services/worklist.py", "wanted.order_by(Row.band, Row.since.desc())"),
    (columns_named_by_a_request, "diary/services/clinics.py", "setattr(clinic, name, value)"),
    (columns_named_by_a_request, "diary/web/patient/today.py", "record_entry(who, **form.answer)"),
    (words_outside_gettext, "diary/web/forms.py", "StringField(_('Name'))"),
]


@pytest.mark.parametrize(("rule", "path", "source"), KEPT)
def test_a_kept_rule_is_left_alone(rule, path, source):
    assert not rule(Module(path, source))
