"""The report: an `Analysis` as one HTML file that needs nothing else, and its pictures as files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.report.page import render

__all__ = ["render"]


def __getattr__(name: str) -> Any:
    # Late, so that check.py also runs where matplotlib and jinja2 are not installed.
    if name == "render":
        from harness.report import page

        return page.render
    raise AttributeError(f"module {__name__} has no attribute {name}")
