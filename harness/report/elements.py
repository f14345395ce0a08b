"""A page out of elements, for where there are no templates: only the standard library.

Text becomes HTML in one place, the serialiser of `xml.etree`; what is put in here is text until
then, made printable, and can become neither an element nor an attribute.
"""

from __future__ import annotations

from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from harness.report import skeleton
from harness.report.wording import printable

Child = Element | str | None


def element(tag: str, *children: Child, **attributes: str) -> Element:
    """`class_` is the attribute `class`, `aria_label` is `aria-label`; None is no child."""
    names = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
    made = Element(tag, {name: printable(value) for name, value in names.items()})
    return add(made, *children)


def add(parent: Element, *children: Child) -> Element:
    """More children for an element, which is also what comes back."""
    for child in children:
        if isinstance(child, str):
            words = printable(child)
            if len(parent):
                parent[-1].tail = (parent[-1].tail or "") + words
            else:
                parent.text = (parent.text or "") + words
        elif child is not None:
            parent.append(child)
    return parent


def table(label: str, heads: list[str], rows: list[list[Child]], kind: str = "words") -> Element:
    """A table in a region that scrolls; the first cell of a row is its head."""
    head = element("tr", *(element("th", words, scope="col") for words in heads))
    body = element("tbody")
    for first, *rest in rows:
        cells = (element("td", cell) for cell in rest)
        body.append(element("tr", element("th", first, scope="row"), *cells))
    made = element("table", element("thead", head), body, class_=kind)
    return element("div", made, class_="scroll", tabindex="0", role="region", aria_label=label)


def terms(pairs: list[tuple[str, Child]]) -> Element:
    """A list of terms and what they mean."""
    rows = (element("div", element("dt", term), element("dd", words)) for term, words in pairs)
    return element("dl", *rows, class_="detail wide-terms")


def page(title: str, style: str, body: Element) -> str:
    """The whole file, with the script of every page and a policy for just these two."""
    script = skeleton.read("report.js")
    head = element("head", element("meta", charset="utf-8"))
    policy = Element("meta", {"http-equiv": "Content-Security-Policy"})
    policy.set("content", skeleton.policy(style, script))
    head.append(policy)
    head.append(element("meta", name="viewport", content="width=device-width, initial-scale=1"))
    head.append(element("meta", name="referrer", content="no-referrer"))
    head.append(element("title", title))
    head.append(element("link", rel="icon", href="data:,"))
    for tag, text in (("style", style), ("script", script)):
        made = Element(tag)
        made.text = text  # as it is: the policy has its digest
        (head if tag == "style" else body).append(made)
    whole = element("html", head, body, lang="en")
    return (
        "<!DOCTYPE html>\n" + ElementTree.tostring(whole, encoding="unicode", method="html") + "\n"
    )
