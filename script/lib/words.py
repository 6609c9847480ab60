"""Brings the catalogues in diary/translations up to date with the words in the code, and compiles them.

python -m script.lib.words
"""

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from diary.languages import ENGLISH, LANGUAGES
from script.lib.rules_code import ROOT

TRANSLATIONS: Final = ROOT / "diary" / "translations"
TRANSLATED: Final = tuple(code for code in LANGUAGES if code != ENGLISH)
"""The languages with a catalogue: the code's own words are English."""
KEYWORDS: Final = {
    **DEFAULT_KEYWORDS,
    "_l": None,
    "lazy_gettext": None,
    "lazy_ngettext": (1, 2),
    "Sentence": None,
}
FOLDERS: Final = ("diary", "templates")
LINE: Final = 100
HEAD: Final = (
    "# {name} words of Ebb. `script/words` keeps this file; docs/decisions/0024-languages.md says how we translate."
)

HEAD_LINES: Final = ("Language", "Plural-Forms", "MIME-Version", "Content-Type", "Content-Transfer-Encoding")


def main() -> int:
    """Bring every catalogue up to date and say how many words wait for a translator."""
    found = words_in_code()
    for code in TRANSLATED:
        catalogue = brought_up_to_date(read_catalogue(code), found)
        file = catalogue_file(code)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(as_po(catalogue))
        file.with_suffix(".mo").write_bytes(as_mo(catalogue))
        waiting = sum(1 for message in messages_of(catalogue) if not is_translated(message))
        print(f"{code}: {len(catalogue)} words, {waiting} to translate ({file.relative_to(ROOT)})")
    return 0


def words_in_code() -> Catalog:
    """Return every word that a patient can meet, with the files it stands in; babel.cfg says where to look."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as rules:
        methods, options = parse_mapping_cfg(rules)  # type: ignore[no-untyped-call]
    options = {pattern: {**given, "silent": "false"} for pattern, given in options.items()} | {
        pattern: {"silent": "false"} for pattern, method in methods if method == "jinja2"
    }
    catalogue = Catalog()
    for file, _line, words, _comments, context in extract_from_dir(
        ROOT, methods, options, keywords=KEYWORDS, directory_filter=_is_ours
    ):
        catalogue.add(words, locations=[(file, 0)], context=context)
    return catalogue


def read_catalogue(code: str) -> Catalog:
    """Return the catalogue of a language as it is kept, empty where there is none yet."""
    file = catalogue_file(code)
    if not file.exists():
        return Catalog(locale=code)
    with file.open("rb") as kept:
        return read_po(kept, locale=code, abort_invalid=True)


def brought_up_to_date(kept: Catalog, found: Catalog) -> Catalog:
    """Return the words of the code with the translations that are kept; nothing is guessed, and nothing old stays."""
    catalogue = Catalog(locale=kept.locale, fuzzy=False)
    for message in sorted(messages_of(found), key=_place):
        known = kept.get(message.id, context=message.context)
        said = known.string if known is not None and known.pluralizable == message.pluralizable else None
        catalogue.add(message.id, said, locations=sorted(set(message.locations)), context=message.context)
    return catalogue


def messages_of(catalogue: Catalog) -> Iterator[Message]:
    """Yield the words without the head of the file."""
    return (message for message in catalogue if message.id)


def is_translated(message: Message) -> bool:
    """Say whether every form of a word is there."""
    return all(message.string) if isinstance(message.string, tuple | list) else bool(message.string)


def as_po(catalogue: Catalog) -> bytes:
    """Return a catalogue as a translator edits it; it carries no dates and no line numbers, which would always move."""
    head = [HEAD.format(name=catalogue.locale.english_name if catalogue.locale else ""), 'msgid ""', 'msgstr ""']
    head += [f'"{name}: {value}\\n"' for name, value in _Plain(locale=catalogue.locale).mime_headers]
    body = BytesIO()
    write_po(body, catalogue, width=LINE, omit_header=True, include_lineno=False)
    return "\n".join([*head, "", ""]).encode() + body.getvalue()


def as_mo(catalogue: Catalog) -> bytes:
    """Return a catalogue as the server reads it."""
    plain, compiled = _Plain(locale=catalogue.locale, fuzzy=False), BytesIO()
    for message in messages_of(catalogue):
        plain.add(message.id, message.string, context=message.context)
    write_mo(compiled, plain)
    return compiled.getvalue()


def catalogue_file(code: str) -> Path:
    """Return the file of a language that a translator edits."""
    return TRANSLATIONS / code / "LC_MESSAGES" / "messages.po"


class _Plain(Catalog):
    """A catalogue whose head says what is needed to read it, and nothing that changes from one run to the next."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        """Return the lines of the head."""
        return [(name, value) for name, value in super().mime_headers if name in HEAD_LINES]


def _place(message: Message) -> tuple[str, str]:
    """Return where a word stands first: those of one page follow each other."""
    first = min((file for file, _line in message.locations), default="")
    return first, message.id if isinstance(message.id, str) else message.id[0]


def _is_ours(folder: str) -> bool:
    parts = Path(folder).relative_to(ROOT).parts
    return not parts or (parts[0] in FOLDERS and not parts[-1].startswith((".", "_")))


if __name__ == "__main__":
    sys.exit(main())
