"""Tokens, theme switch, guarded handlers, plain text."""

import re
import sys

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QFontInfo, QPainter
from PySide6.QtWidgets import QWidget

from gui.widgets import guarded as guarding
from gui.widgets.fonts import mono_font, text_font
from gui.widgets.guarded import HandlerFailure, guarded, install_reporter
from gui.widgets.icons import icon, icon_pixmap
from gui.widgets.plain_text import button_text, plain_lines, plain_text, tooltip_text
from gui.widgets.resources import FONTS, ICONS
from gui.widgets.stylesheet import stylesheet
from gui.widgets.text import Text
from gui.widgets.theme import apply_theme, current_theme, theme_notifier
from gui.widgets.tokens import DARK, LIGHT, Theme, mix


@pytest.fixture(autouse=True)
def dressed(qapp):
    apply_theme(qapp, "dark")
    yield
    install_reporter(None)


def contrast(a: QColor, b: QColor) -> float:
    """WCAG 2.1 contrast ratio."""

    def light(color: QColor) -> float:
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color.getRgbF()[:3]]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    high, low = sorted((light(a), light(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
@pytest.mark.parametrize("token", ["text", "dim", "faint", "link", "ok_text", "warn_text", "error_text"])
def test_text_reads_on_panels_and_pages(theme: Theme, token: str):
    for ground in ("panel", "background"):
        assert contrast(theme.color(token), theme.color(ground)) >= 4.2, (token, ground)
    assert contrast(theme.color(token), theme.color("panel")) >= 4.5, token


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_every_rule_of_the_stylesheet_is_whole(theme: Theme):
    sheet = stylesheet(theme)
    assert sheet.count("{") == sheet.count("}") > 60
    for path in re.findall(r"url\(([^)]+)\)", sheet):
        assert (ICONS / "style" / path.rsplit("/", 1)[1]).is_file(), path
    assert "None" not in sheet


def test_fonts_are_the_bundled_ones(qapp):
    assert len(list(FONTS.glob("*-OFL.txt"))) == 2
    assert sum(file.stat().st_size for file in FONTS.iterdir()) < 3_000_000
    assert QFontInfo(text_font()).family() == "Inter"
    assert QFontInfo(mono_font()).family() == "JetBrains Mono"
    assert qapp.font().family() == "Inter"


def test_a_switch_repaints_and_tells(qapp, qtbot):
    label = Text("x", role="title")
    qtbot.addWidget(label)
    label.show()
    dark = label.palette().windowText().color()
    with qtbot.waitSignal(theme_notifier().changed):
        apply_theme(qapp, "light")
    assert current_theme() is LIGHT
    assert label.palette().windowText().color() != dark
    with pytest.raises(ValueError):
        apply_theme(qapp, "sepia")


def test_unknown_tokens_are_errors():
    assert DARK.color("family.loss") == QColor("#ff6b6b")
    assert DARK.family("no such family") == DARK.family("shape")
    for wrong in ("name", "nothing", "dark"):
        with pytest.raises(KeyError):
            DARK.color(wrong)
    assert mix("#000000", "#ffffff", 0.5).name() == "#808080"


def test_every_icon_draws_in_the_colour_of_its_token():
    names = sorted(file.stem for file in ICONS.glob("*.svg"))
    assert len(names) > 50
    for name in names:
        image = icon_pixmap(name, "error", 48).toImage()
        colors = [image.pixelColor(x, y) for x in range(48) for y in range(48)]
        strong = [color for color in colors if color.alpha() > 200]
        assert strong, name
        assert all(color.red() > color.blue() + 50 for color in strong), name
    assert not icon("play").pixmap(16, 16).isNull()
    with pytest.raises(FileNotFoundError):
        icon("no-such-icon")


# Guarded handlers


class Failing(QWidget):
    """Every handler fails."""

    @guarded
    def paintEvent(self, event: object) -> None:
        painter = QPainter(self)
        painter.drawPoint(1, 1)
        raise ZeroDivisionError("in paint")

    @guarded(fallback=lambda self: QSize(77, 33))
    def sizeHint(self) -> QSize:
        return [][1]

    @guarded
    def resizeEvent(self, event: object) -> None:
        int("x")


def test_a_failing_handler_is_told_once_with_a_count(qtbot):
    told: list[HandlerFailure] = []
    install_reporter(told.append)
    widget = Failing()
    qtbot.addWidget(widget)
    assert widget.sizeHint() == QSize(77, 33)
    assert widget.sizeHint() == QSize(77, 33)
    assert [(failure.handler, failure.count) for failure in told] == [("Failing.sizeHint", 1)]
    assert "list index out of range" in told[0].traceback_text
    for _ in range(98):
        widget.sizeHint()
    assert [failure.count for failure in told] == [1, 10, 100]
    assert guarding.failure_counts()[told[0].key] == 100
    widget.resize(50, 50)
    widget.show()
    widget.grab()
    widget.grab()
    assert {failure.handler for failure in told} == {"Failing.sizeHint", "Failing.resizeEvent", "Failing.paintEvent"}


def test_a_reporter_that_fails_does_no_harm(capsys):
    def broken(failure: HandlerFailure) -> None:
        raise RuntimeError("no reporter today")

    install_reporter(broken)

    @guarded
    def handler() -> None:
        raise KeyError("first")

    handler()
    assert "KeyError: 'first'" in capsys.readouterr().err


def test_a_broken_fallback_is_told_too():
    told: list[HandlerFailure] = []
    install_reporter(told.append)

    @guarded(fallback=lambda: 1 / 0)
    def handler() -> int:
        raise KeyError("first")

    assert handler() is None
    assert [type(failure.error) for failure in told] == [KeyError, ZeroDivisionError]


def test_without_a_reporter_the_excepthook_hears(monkeypatch):
    heard = []
    monkeypatch.setattr(sys, "excepthook", lambda *what: heard.append(what[0]))
    install_reporter(None)

    @guarded
    def handler() -> None:
        raise KeyError("first")

    handler()
    handler()
    assert heard == [KeyError]


# Plain text


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("shirt", "shirt"),
        ("R&D <b>", "R&D <b>"),
        ("two\nlines\tand", "two⏎lines⇥and"),
        ("\x00\x1b[31m", "␀␛[31m"),
        ("abc\u202egnp.exe", "abc⟨U+202E⟩gnp.exe"),
        ("zero\u200bwidth", "zero⟨U+200B⟩width"),
        ("half \udc80", "half ⟨U+DC80⟩"),
        ("数据 👩‍🚀 é", "数据 👩‍🚀 é"),
        (12, "12"),
    ],
)
def test_text_from_outside_is_shown_as_it_is(given: object, shown: str):
    assert plain_text(given) == shown


def test_long_text_is_cut():
    assert plain_text("x" * 10**6) == "x" * 199 + "…"
    assert len(plain_text("\x00" * 500)) == 200
    assert plain_lines("a\nb") == "a\nb"
    assert button_text("R&D") == "R&&D"
    assert tooltip_text("<img src='file:///etc/passwd'>") == "<qt>&lt;img src='file:///etc/passwd'&gt;</qt>"
    assert tooltip_text("") == ""


def test_labels_never_read_html(qtbot):
    nested = "<table><tr><td>" * 13
    label = Text(nested)
    qtbot.addWidget(label)
    assert label.textFormat() == Qt.TextFormat.PlainText
    assert label.text() == nested
    label.set_text("<img src='x.png'>")
    assert label.sizeHint().width() >= label.fontMetrics().horizontalAdvance("<img src='x.png'>")


def test_text_is_cut_at_its_width_and_keeps_the_rest_as_a_tooltip(qtbot):
    label = Text("a very long name of a class", elide=Qt.TextElideMode.ElideRight)
    qtbot.addWidget(label)
    label.resize(60, 20)
    label.show()
    assert label.text().endswith("…")
    assert label.whole_text() == "a very long name of a class"
    assert "a very long name of a class" in label.toolTip()
    label.resize(400, 20)
    assert label.text() == "a very long name of a class"
    assert label.toolTip() == ""
