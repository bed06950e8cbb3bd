"""Load a template when a page is rendered with it, and not before: many pages are not rendered at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pelican.generators import Generator

if TYPE_CHECKING:
    from collections.abc import Callable

# ruff: noqa: ANN401 - Pelican and its objects carry no types


class LateTemplates(Generator):  # type: ignore[misc]  # Pelican carries no types
    """Pelican's generator with templates that are loaded late."""

    def __init__(self, *rest: Any, **named: Any) -> None:
        super().__init__(*rest, **named)
        self._there = frozenset(self.env.list_templates())
        self._late: dict[str, Late] = {}

    def get_template(self, name: str) -> Any:
        """Return a template by its name without an ending."""
        if name not in self._late:
            if not any(f"{name}{ending}" in self._there for ending in self.settings["TEMPLATE_EXTENSIONS"]):
                return super().get_template(name)  # which says so
            self._late[name] = Late(super().get_template, name)
        return self._late[name]


class Late:
    """A template that is loaded when something is rendered with it."""

    def __init__(self, load: Callable[[str], Any], name: str) -> None:
        self._load = load
        self._name = name

    def render(self, context: Any) -> str:
        """Return what the template makes of a context."""
        return str(self._load(self._name).render(context))
