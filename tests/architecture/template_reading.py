"""Templates as a browser and a person would get them: markup and words, without Jinja."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from jinja2 import Environment, nodes

VALUE = "\ufffc"
"""Stands where a value is printed."""
TRANSLATED, UNTRANSLATED = "\ue000", "\ue001"
"""Stand where words that translators see begin and end."""

PARSER = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"], autoescape=True)
GETTEXT = {"_", "gettext", "ngettext", "pgettext", "npgettext", "lazy_gettext"}


def without_jinja(source: str) -> str:
    """Return a template's own markup and words on their lines, with values and translations marked."""
    text: list[str] = []
    kind = ""
    statement: list[str] = []
    open_parts: list[str] = []
    for _line, token, value in PARSER.lex(source):
        if token == "data":
            text.append(value)
            continue
        text.append("\n" * value.count("\n"))
        if token in {"block_begin", "variable_begin", "comment_begin"}:
            kind, statement = token, []
        elif token == "name":
            statement.append(value)
        elif token == "variable_end":
            text.append(VALUE)
        elif token == "block_end" and kind == "block_begin":
            text.append(mark_of(statement, open_parts))
    return "".join(text)


def mark_of(statement: list[str], open_parts: list[str]) -> str:
    """Return the mark that a Jinja statement leaves; a block `…_class` and a macro `…_of` give codes, not words."""
    match statement:
        case ["trans", *_]:
            return TRANSLATED
        case ["endtrans", *_]:
            return UNTRANSLATED
        case ["block" | "macro", name, *_]:
            open_parts.append(name)
            return TRANSLATED if name.endswith(("_class", "_of")) else ""
        case ["endblock" | "endmacro", *_]:
            return UNTRANSLATED if open_parts.pop().endswith(("_class", "_of")) else ""
    return ""


@dataclass(frozen=True)
class Tag:
    """A start tag with its attributes as written."""

    line: int
    name: str
    attributes: dict[str, str]


@dataclass(frozen=True)
class Words:
    """Words that a person will read and no translator: their line, and where they stand."""

    line: int
    place: str
    text: str


@dataclass
class Markup(HTMLParser):
    """What a template says in HTML: its tags, and its words outside translations."""

    tags: list[Tag] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)
    translated: bool = False

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.tags.append(Tag(self.getpos()[0], tag, attributes))
        if not self.translated:
            self.words += [
                Words(self.getpos()[0], f"{tag} {name}", outside_translations(value)[0])
                for name, value in attributes.items()
                if is_read_by_people(tag, name, attributes)
            ]

    def handle_data(self, data: str) -> None:
        line = self.getpos()[0]
        left, self.translated = outside_translations(data, translated=self.translated)
        self.words.append(Words(line, "text", left))


def read_markup(source: str) -> Markup:
    """Parse what is left of a template without Jinja."""
    markup = Markup()
    markup.feed(without_jinja(source))
    markup.close()
    return markup


def outside_translations(text: str, *, translated: bool = False) -> tuple[str, bool]:
    """Cut out what translators see; say whether the text ends inside of it."""
    kept: list[str] = []
    for letter in text:
        if letter in {TRANSLATED, UNTRANSLATED}:
            translated = letter == TRANSLATED
        elif not translated:
            kept.append(letter)
    return "".join(kept), translated


def is_read_by_people(tag: str, attribute: str, attributes: dict[str, str]) -> bool:
    """Say whether an attribute's value is shown or spoken."""
    if attribute in {
        "title",
        "alt",
        "placeholder",
        "aria-label",
        "aria-description",
        "aria-roledescription",
        "label",
    }:
        return True
    if attribute == "value":
        return tag == "input" and attributes.get("type") in {"submit", "button", "reset"}
    return tag == "meta" and attribute == "content" and attributes.get("name") in {"description", "application-name"}


def texts_in_expressions(source: str) -> Iterator[tuple[int, str]]:
    """Give the strings in a template's expressions that may be shown and that no translator sees."""
    yield from _texts(PARSER.parse(source))


def _texts(node: nodes.Node) -> Iterator[tuple[int, str]]:
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in GETTEXT:
        return
    if isinstance(node, nodes.Compare | nodes.Test):
        return
    if isinstance(node, nodes.Pair):
        yield from _texts(node.value)
        return
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node.lineno, node.value
    for child in node.iter_child_nodes():
        yield from _texts(child)


def filters(source: str) -> Iterator[tuple[int, str]]:
    """Give every filter used in a template."""
    yield from ((node.lineno, node.name) for node in PARSER.parse(source).find_all(nodes.Filter))
