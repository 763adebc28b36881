"""Tabs, rows, drop areas, notices, progress, toasts."""

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage, QPixmap
from PySide6.QtWidgets import QApplication, QTabBar, QWidget

from gui.widgets.bar import Bar
from gui.widgets.busy import BusyOverlay
from gui.widgets.button import Button
from gui.widgets.card import Card
from gui.widgets.drop_area import DropArea
from gui.widgets.empty_state import EmptyState
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.notice import Notice
from gui.widgets.pill import Pill
from gui.widgets.progress_line import ProgressLine, clock
from gui.widgets.row_list import RowList
from gui.widgets.side_panel import SidePanel
from gui.widgets.tabs import SegmentedTabs
from gui.widgets.theme import apply_theme
from gui.widgets.toast import Toast


@pytest.fixture(autouse=True)
def dressed(qapp):
    apply_theme(qapp, "dark")


def colors_in(picture: QImage) -> set[str]:
    return {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())}


def test_tabs_work_by_mouse_and_keyboard(qtbot):
    tabs = SegmentedTabs(("Data", "Design", "Train"))
    qtbot.addWidget(tabs)
    tabs.show()
    assert isinstance(tabs, QTabBar)
    assert tabs.objectName() == "tabs"
    assert tabs.accessibleName()
    qtbot.mouseClick(tabs, Qt.MouseButton.LeftButton, pos=tabs.tabRect(1).center())
    assert tabs.currentIndex() == 1
    tabs.setFocus()
    qtbot.keyClick(tabs, Qt.Key.Key_Right)
    assert tabs.currentIndex() == 2
    assert tabs.width() >= sum(tabs.tabRect(i).width() for i in range(3))


def test_a_row_list_shows_selects_and_grows(qtbot):
    rows = RowList(accessible="Runs")
    qtbot.addWidget(rows)
    rows.add_heading("Runs")
    rows.add_row("#14 <b>wider</b>", "0.941", dot="accent", key=14)
    rows.add_row("#13", "0.936", dot="#ff0000", key=13, tooltip="<b>x</b>")
    rows.resize(rows.sizeHint())
    rows.show()
    assert rows.keys() == [None, 14, 13]
    assert rows.select_key(13)
    assert rows.current_key() == 13
    assert not rows.select_key(99)
    high = rows.sizeHint().height()
    rows.add_row("#12")
    assert rows.sizeHint().height() == high + 28
    assert rows.item(2).toolTip() == "<qt>&lt;b&gt;x&lt;/b&gt;</qt>"
    assert "#ff0000" in colors_in(rows.grab().toImage())
    rows.setCurrentRow(1)
    qtbot.keyClick(rows, Qt.Key.Key_Up)
    assert rows.current_key() == 14  # a heading cannot be reached


def drop(widget: QWidget, urls: list[QUrl]) -> None:
    data = QMimeData()
    data.setUrls(urls)
    kind = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(widget, QDragEnterEvent(QPoint(9, 9), *kind))
    QApplication.sendEvent(widget, QDropEvent(QPointF(9, 9), *kind))


def test_files_are_dropped_or_chosen(qtbot, tmp_path):
    area = DropArea("Drop here", "or click")
    qtbot.addWidget(area)
    area.resize(300, 200)
    area.show()
    file = tmp_path / "R&D <b>.png"
    with qtbot.waitSignal(area.files_dropped) as dropped:
        drop(area, [QUrl.fromLocalFile(str(file)), QUrl("https://example.org/x.png")])
    assert dropped.args == [[Path(file)]]
    with qtbot.waitSignal(area.refused) as refused, qtbot.assertNotEmitted(area.files_dropped):
        drop(area, [QUrl("https://example.org/x.png")])
    assert "Only files on this computer" in refused.args[0]
    for act in (
        lambda: qtbot.mouseClick(area, Qt.MouseButton.LeftButton),
        lambda: qtbot.keyClick(area, Qt.Key.Key_Return),
        lambda: qtbot.keyClick(area, Qt.Key.Key_Space),
    ):
        with qtbot.waitSignal(area.chooser_requested):
            act()


def test_a_dropped_picture_is_shown_and_taken_away(qtbot):
    area = DropArea("Drop here")
    qtbot.addWidget(area)
    area.resize(200, 150)
    picture = QPixmap(4, 4)
    picture.fill(Qt.GlobalColor.magenta)
    area.set_picture(picture)
    assert area.has_picture()
    assert "#ff00ff" in colors_in(area.grab().toImage())
    area.set_picture(None)
    assert "#ff00ff" not in colors_in(area.grab().toImage())


@pytest.mark.parametrize("kind", ["info", "ok", "warning", "error"])
def test_notices_say_what_and_offer_help(qtbot, kind):
    button = Button("Repair")
    notice = Notice(kind, "3 files <b>cannot</b> be read", "a.png", [button], closable=True)
    qtbot.addWidget(notice)
    notice.show()
    assert notice.title() == "3 files <b>cannot</b> be read"
    assert kind in notice.accessibleName()
    with qtbot.waitSignal(button.clicked):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(notice.dismissed):
        next(one for one in notice.findChildren(Button) if one.accessibleName() == "Dismiss").click()
    assert notice.isHidden()


def test_a_blocked_button_says_why(qtbot):
    button = Button("Train", role="primary", icon="play", tooltip="Train the network")
    qtbot.addWidget(button)
    button.set_blocked("Add data first.")
    assert not button.isEnabled()
    assert button.blocked_reason() == "Add data first."
    assert "Add data first." in button.toolTip()
    button.set_blocked("")
    assert button.isEnabled()
    assert (button.blocked_reason(), "Train the network" in button.toolTip()) == ("", True)


def test_progress_says_time_left_and_can_be_cancelled(qtbot):
    line = ProgressLine()
    qtbot.addWidget(line)
    line.show()
    line.start("Reading")
    assert line.bar.maximum() == 0
    line.set_progress(0.25, "Reading 10 of 40", "3 files/s", left_s=42)
    assert (line.text(), line.right_text()) == ("Reading 10 of 40", "3 files/s · 00:42 left")
    assert (line.bar.value(), line.bar.maximum()) == (250, 1000)
    cancel = line.findChild(Button)
    with qtbot.waitSignal(line.cancelled):
        cancel.click()
    assert not cancel.isEnabled()
    line.start("Again")
    assert cancel.isEnabled()


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "00:00"), (-3, "00:00"), (61.4, "01:01"), (3600, "1:00:00"), (90000, "1 d 1 h")]
)
def test_clock(seconds, text):
    assert clock(seconds) == text


def test_the_busy_veil_covers_its_panel_and_follows_its_size(qtbot):
    card = Card("x")
    qtbot.addWidget(card)
    card.resize(400, 300)
    card.show()
    veil = BusyOverlay(card)
    assert veil.isHidden()
    veil.begin("Evaluating")
    card.resize(500, 350)
    assert veil.geometry() == card.rect()
    veil.end()
    assert veil.isHidden()


def test_a_toast_offers_one_thing_and_goes(qtbot):
    window = QWidget()
    window.resize(600, 400)
    qtbot.addWidget(window)
    window.show()
    toast = Toast(window)
    done = []
    toast.say("Moved 12 samples", "Undo", lambda: done.append(1))
    assert window.rect().contains(toast.geometry())
    toast.findChild(Button).click()
    assert done == [1]
    assert toast.isHidden()
    toast.say("Saved", shown_ms=1)
    qtbot.waitUntil(toast.isHidden)


def test_small_things_have_names_for_screen_readers(qtbot):
    bar, pill = Bar("sneaker", 0.962, "96.2 %"), Pill("GPU 0", "ok")
    empty = EmptyState("data", "No data yet", "Drop a folder.", [Button("Choose")])
    side = SidePanel("left", accessible="Runs and recipe")
    for widget in (bar, pill, empty, side):
        qtbot.addWidget(widget)
    assert bar.accessibleName() == "sneaker: 96.2 %"
    assert pill.accessibleName() == "GPU 0"
    assert (empty.sentence(), empty.hint()) == ("No data yet", "Drop a folder.")
    assert side.accessibleName() == "Runs and recipe"
    with pytest.raises(KeyError):
        pill.set_state("x", "no such state")
    for wrong, kept in ((7.0, 1.0), (-1.0, 0.0), (float("nan"), 0.0)):
        bar.set_value("x", wrong, "?")
        assert bar.fraction() == kept


def test_a_flow_wraps(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    flow = FlowLayout(widget, gap=4)
    for _ in range(4):
        child = QWidget()
        child.setFixedSize(50, 20)
        flow.addWidget(child)
    assert flow.heightForWidth(220) == 20
    assert flow.heightForWidth(110) == 44
    assert flow.heightForWidth(10) == 92
