"""Words inside a plotly figure, which would otherwise read tags and variables in them."""


def plain(text: str) -> str:
    """Return `text` so that plotly draws it letter by letter: no tag, no link, no entity, no %{variable}."""
    for letter, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("%{", "%&#123;"), ("$", "&#36;")):
        text = text.replace(letter, entity)
    return text
