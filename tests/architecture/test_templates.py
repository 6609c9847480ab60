"""Templates: they parse, carry no inline script or style, and say nothing that translators do not see."""

import re
from collections import Counter

import pytest

from tests.architecture.source_tree import ROOT, Module, product_modules, templates
from tests.architecture.template_reading import (
    PARSER,
    VALUE,
    filters,
    outside_translations,
    read_markup,
    texts_in_expressions,
    without_jinja,
)

WORD = re.compile(r"[^\W\d_]{2,}")
SENTENCE_IN_CODE = re.compile(r"[A-Z][a-z]+(?![A-Za-z_])")
NAMES_THAT_STAY = {"Ebb"}
MAY_MAKE_MARKUP = {
    "diary.web.patient.diary",  # our own chart, which escapes its labels
    "diary.web.clinic.letter_charts",  # our own chart, which escapes every label
    "diary.web.clinic.letters",  # a letter in its own language, from our own template, within an English page
    "diary.web.clinic.worklist_row",  # our own small curve, made of numbers
}


def inline_code(source: str) -> list[str]:
    faults = []
    for tag in read_markup(source).tags:
        if tag.name == "script" and not tag.attributes.get("src"):
            faults.append(f"{tag.line}: a script without src")
        if tag.name == "style":
            faults.append(f"{tag.line}: a style element")
        for name, value in tag.attributes.items():
            if name == "style" or name.startswith("on"):
                faults.append(f"{tag.line}: the attribute {name}")
            if value.strip().lower().startswith("javascript:"):
                faults.append(f"{tag.line}: a javascript: address")
    return faults


def unescaped(source: str) -> list[str]:
    faults = [f"{line}: the filter safe" for line, name in filters(source) if name == "safe"]
    return faults + [
        f"{number}: escaping switched off"
        for number, line in enumerate(source.splitlines(), 1)
        if re.search(r"{%-?\s*autoescape\b", line)
    ]


def doubled_ids(source: str) -> list[str]:
    ids = Counter(tag.attributes["id"] for tag in read_markup(source).tags if "id" in tag.attributes)
    return [f"the id {name} stands {times} times" for name, times in ids.items() if times > 1 and VALUE not in name]


def untranslated_words(source: str) -> list[str]:
    shown = [(words.line, words.place, words.text) for words in read_markup(source).words]
    written = [
        (line, "expression", text) for line, text in texts_in_expressions(source) if SENTENCE_IN_CODE.match(text)
    ]
    return [f"{line}: {place}: {text.strip()!r}" for line, place, text in shown + written if speaks(text)]


def untranslated_lines(source: str) -> list[str]:
    """Find words outside translations in a template of plain text."""
    left, _ = outside_translations(without_jinja(source))
    return [line.strip() for line in left.splitlines() if speaks(line)]


def speaks(text: str) -> bool:
    return bool(set(WORD.findall(text)) - NAMES_THAT_STAY)


RULES = [inline_code, unescaped, doubled_ids, untranslated_words]


def test_every_template_parses():
    for path in templates():
        PARSER.parse(path.read_text(encoding="utf-8"), filename=str(path))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_pages_keep_the_rule(rule):
    faults = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in templates()
        if path.suffix == ".html"
        for line in rule(path.read_text(encoding="utf-8"))
    ]
    assert not faults, "\n".join(faults)


def test_plain_texts_say_nothing_untranslated():
    faults = [
        f"{path.relative_to(ROOT)}: {line}"
        for path in templates()
        if path.suffix == ".txt"
        for line in untranslated_lines(path.read_text(encoding="utf-8"))
    ]
    assert not faults, "\n".join(faults)


def markup_made_in_code(module: Module) -> list[str]:
    if module.name in MAY_MAKE_MARKUP:
        return []
    return [
        f"{module.path}:{call.lineno}: markup made in code, which nothing escapes"
        for call, name in module.calls()
        if name.rpartition(".")[2] == "Markup"
    ]


def test_markup_is_made_in_code_in_few_places():
    faults = [line for module in product_modules() for line in markup_made_in_code(module)]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        (inline_code, "<script>let a</script>"),
        (inline_code, "<p style='color: red'>"),
        (inline_code, "<style>p {}</style>"),
        (inline_code, "<button onclick='{{ x }}'>"),
        (inline_code, "<a href='javascript:x()'>"),
        (unescaped, "{{ note|safe }}"),
        (unescaped, "{% autoescape false %}{{ note }}{% endautoescape %}"),
        (doubled_ids, "<p id=a></p><p id=a></p>"),
        (untranslated_words, "<p>Your pain</p>"),
        (untranslated_words, "<p>{{ x }} days</p>"),
        (untranslated_words, "<p>{% trans %}Your pain{% endtrans %} today</p>"),
        (untranslated_words, "<img alt='A curve'>"),
        (untranslated_words, "<input type=submit value=Save>"),
        (untranslated_words, "{{ button('Save') }}"),
        (untranslated_words, "{{ {'due': 'Repeat due'}[state] }}"),
        (untranslated_words, "{% macro kind_of(field) %}radios{% endmacro %}<p>Your pain</p>"),
        (untranslated_words, "{{ field(form.score, hint='Average pain') }}"),
        (untranslated_lines, "Hello {{ name }}"),
    ],
)
def test_a_broken_rule_is_seen(rule, source):
    assert rule(source)


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        (inline_code, "<script type=module src='{{ url_for('static', filename='a.js') }}'></script>"),
        (unescaped, "{{ note|upper }}"),
        (doubled_ids, "<p id='a-{{ i }}'></p><p id='a-{{ i }}'></p>"),
        (untranslated_words, "{# Words for us #}<p class='note'>{{ _('Your pain') }} 0–10</p>"),
        (
            untranslated_words,
            "<p>{% trans n=3 %}One <b>bad</b> day{% pluralize %}{{ n }} days{% endtrans %}</p>",
        ),
        (untranslated_words, "<a title=\"{{ _('Save') }}\" href='/today'>{{ name }}</a>"),
        (untranslated_words, "<title>{% block title %}{{ title }}{% endblock %} · Ebb</title>"),
        (untranslated_words, "{% block main_class %}wide{% endblock %}"),
        (untranslated_words, "{% macro kind_of(field) %}{% if field %}radios{% endif %}{% endmacro %}"),
        (untranslated_words, "{{ {'Select': 'select'}.get(widget) }}"),
        (untranslated_words, "{% if field.type == 'RadioField' %}{% endif %}"),
        (untranslated_words, "{% if state == 'HOLDING' %}<p class='good'></p>{% endif %}"),
        (untranslated_lines, "{% trans %}Hello{% endtrans %} {{ name }}\n"),
    ],
)
def test_a_kept_rule_is_left_alone(rule, source):
    assert not rule(source)


def test_markup_made_elsewhere_is_seen():
    assert markup_made_in_code(Module("diary/web/today.py", "Markup('<b>')"))
    assert markup_made_in_code(Module("diary/web/me.py", "markupsafe.Markup(name)"))
    assert not markup_made_in_code(Module("diary/web/patient/diary.py", "Markup(svg)"))
