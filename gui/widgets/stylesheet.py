"""The one Qt stylesheet of the window, generated from the tokens of a theme.

Roles are dynamic properties: `role` says what a widget is (`primary` button, `title` label), `tone` colours a text,
`density="compact"` makes a control compact. A property changed later needs `refresh_style(widget)`.
"""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from gui.widgets import fonts
from gui.widgets.resources import ICONS
from gui.widgets.tokens import CARD_RADIUS, CONTROL_HEIGHT, CONTROL_RADIUS, Theme, mix


def refresh_style(widget: QWidget) -> None:
    """Make a changed dynamic property show; Qt does not look at them again by itself."""
    if not widget.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):
        return  # never shown yet: the sheet is read when it is
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()


def set_role(widget: QWidget, *, role: str | None = None, tone: str | None = None) -> None:
    """Set the role and the tone of a widget and restyle it if it is already on screen."""
    changed = False
    for name, value in (("role", role), ("tone", tone)):
        if value is not None and widget.property(name) != value:
            widget.setProperty(name, value)
            changed = True
    if changed:
        refresh_style(widget)


def stylesheet(theme: Theme) -> str:
    """The whole sheet for one theme."""
    return "\n".join(
        part(theme) for part in (_surfaces, _labels, _buttons, _editors, _toggles, _lists, _scroll_bars, _popups, _misc)
    )


def _icon(name: str) -> str:
    return (ICONS / "style" / f"{name}.svg").as_posix()


def _surfaces(t: Theme) -> str:
    return f"""
QMainWindow, QWidget[role="page"] {{ background: {t.background}; }}
QDialog {{ background: {t.panel}; }}
QFrame[role="card"] {{ background: {t.panel}; border: 1px solid {t.line}; border-radius: {CARD_RADIUS}px; }}
QFrame[role="inset"] {{ background: {t.raised}; border: none; border-radius: {CARD_RADIUS - 2}px; }}
QFrame[role="top-bar"] {{ background: {t.panel}; border: none; border-bottom: 1px solid {t.line}; }}
QFrame[role="side-left"] {{ background: {t.panel}; border: none; border-right: 1px solid {t.line}; }}
QFrame[role="side-right"] {{ background: {t.panel}; border: none; border-left: 1px solid {t.line}; }}
QFrame[role="floating"] {{ background: {t.panel}; border: 1px solid {t.line}; border-radius: {CONTROL_RADIUS}px; }}
QFrame[role="rule"] {{ background: {t.line}; border: none; max-height: 1px; min-height: 1px; }}
QStatusBar, QFrame[role="status-bar"] {{
    background: {t.panel}; border: none; border-top: 1px solid {t.line}; color: {t.dim};
    font-size: {fonts.SIZE_SMALL}px;
}}
QStatusBar::item {{ border: none; }}
QScrollArea, QScrollArea > QWidget > QWidget[role="scrolled"] {{ background: transparent; border: none; }}
QSplitter::handle {{ background: {t.line}; }}
QSplitter::handle:horizontal {{ width: 1px; }}
QSplitter::handle:vertical {{ height: 1px; }}
QSplitter::handle:hover {{ background: {t.accent}; }}
"""


def _labels(t: Theme) -> str:
    sheet = f"""
QLabel {{ background: transparent; color: {t.text}; }}
QLabel:disabled {{ color: {t.faint}; }}
QLabel[role="title"] {{ font-weight: 600; }}
QLabel[role="heading"] {{ font-size: {fonts.SIZE_HEADING}px; font-weight: 600; }}
QLabel[role="score"] {{ font-size: {fonts.SIZE_SCORE}px; font-weight: 600; }}
QLabel[role="section"] {{ font-size: {fonts.SIZE_SECTION}px; font-weight: 500; color: {t.faint}; }}
QLabel[role="note"] {{ color: {t.faint}; }}
QLabel[role="small"] {{ font-size: {fonts.SIZE_SMALL}px; color: {t.dim}; }}
QLabel[role="form"] {{ color: {t.dim}; }}
QLabel[role="mono"] {{ font-family: "{fonts.MONO_FAMILY}"; font-size: {fonts.SIZE_MONO}px; }}
QLabel[role="mono-small"] {{
    font-family: "{fonts.MONO_FAMILY}"; font-size: {fonts.SIZE_MONO_SMALL}px; color: {t.faint};
}}
"""
    tones = {
        "text": t.text,
        "dim": t.dim,
        "faint": t.faint,
        "ok": t.ok_text,
        "warn": t.warn_text,
        "error": t.error_text,
        "link": t.link,
    }
    return sheet + "\n".join(f'QLabel[tone="{name}"] {{ color: {color}; }}' for name, color in tones.items())


def _buttons(t: Theme) -> str:
    # Padding leaves room for the border, so that the focus ring does not move the text.
    return f"""
QPushButton {{
    background: {t.raised}; color: {t.text}; border: 1px solid {t.line}; border-radius: {CONTROL_RADIUS}px;
    padding: 0 14px; min-height: {CONTROL_HEIGHT - 2}px; font-weight: 500; outline: none;
}}
QPushButton:hover {{ background: {t.hover}; }}
QPushButton:pressed, QPushButton:checked {{ background: {t.pressed}; }}
QPushButton:checked {{ border-color: {t.accent}; }}
QPushButton:focus {{ border-color: {t.accent}; }}
QPushButton:disabled {{ color: {t.faint}; background: {t.panel}; border-color: {t.line}; }}
QPushButton[role="primary"] {{ background: {t.accent}; color: {t.on_accent}; border-color: {t.accent_line}; }}
QPushButton[role="primary"]:hover {{ background: {t.accent_hover}; }}
QPushButton[role="primary"]:pressed {{ background: {t.accent_pressed}; }}
QPushButton[role="primary"]:focus {{ border: 2px solid {t.text}; padding: 0 13px; min-height: {CONTROL_HEIGHT - 4}px; }}
QPushButton[role="primary"]:disabled {{ background: {t.raised}; color: {t.faint}; border-color: {t.line}; }}
QPushButton[role="danger"] {{ color: {t.error_text}; border-color: {mix(t.error, t.panel, 0.55).name()}; }}
QPushButton[role="danger"]:hover {{ background: {mix(t.error, t.panel, 0.82).name()}; }}
QPushButton[role="danger"]:focus {{ border-color: {t.accent}; }}
QPushButton[role="danger"]:disabled {{ color: {t.faint}; border-color: {t.line}; }}
QPushButton[role="quiet"] {{ background: transparent; border-color: transparent; color: {t.dim}; padding: 0 10px; }}
QPushButton[role="quiet"]:hover {{ background: {t.raised}; color: {t.text}; }}
QPushButton[role="quiet"]:checked {{ background: {t.raised}; color: {t.text}; }}
QPushButton[role="quiet"]:pressed {{ background: {t.pressed}; }}
QPushButton[role="quiet"]:focus {{ border-color: {t.accent}; }}
QPushButton[role="quiet"]:disabled {{ color: {t.faint}; background: transparent; }}
QPushButton[role="icon"] {{
    background: transparent; border-color: transparent; padding: 0; min-width: 26px; min-height: 26px;
}}
QPushButton[role="icon"]:hover, QPushButton[role="icon"]:checked {{ background: {t.raised}; }}
QPushButton[role="icon"]:focus {{ border-color: {t.accent}; }}
QPushButton[role="link"] {{
    background: transparent; border: 1px solid transparent; border-radius: 4px; padding: 0 1px; color: {t.link};
    font-weight: 400; text-align: left; min-height: 20px;
}}
QPushButton[role="link"]:hover {{ text-decoration: underline; }}
QPushButton[role="link"]:focus {{ border-color: {t.accent}; }}
QPushButton[role="link"]:disabled {{ color: {t.faint}; }}
QPushButton[density="compact"] {{
    min-height: 22px; padding: 0 8px; font-size: {fonts.SIZE_SMALL}px; border-radius: 6px;
}}
QPushButton::menu-indicator {{
    image: url({_icon("chevron-down")}); width: 10px; subcontrol-position: center right; right: 8px;
}}
QPushButton[role="field"] {{ background: {t.field}; text-align: left; padding-left: 9px; padding-right: 22px; }}
QPushButton[role="field"]:hover {{ border-color: {mix(t.line, t.dim, 0.35).name()}; }}
QPushButton[role="field"]:focus {{ border-color: {t.accent}; }}
QToolButton {{
    background: transparent; color: {t.dim}; border: 1px solid transparent; border-radius: 6px; padding: 3px 6px;
}}
QToolButton:hover {{ background: {t.raised}; color: {t.text}; }}
QToolButton:checked {{ background: {t.raised}; color: {t.text}; }}
QToolButton:pressed {{ background: {t.pressed}; }}
QToolButton:focus {{ border-color: {t.accent}; }}
QToolButton:disabled {{ color: {t.faint}; }}
"""


def _editors(t: Theme) -> str:
    boxes = "QLineEdit, QComboBox, QAbstractSpinBox"
    texts = "QPlainTextEdit, QTextEdit"

    def each(state: str, group: str = f"{boxes}, {texts}") -> str:
        return ", ".join(f"{name}{state}" for name in group.split(", "))

    spin = "QAbstractSpinBox"
    arrows = f"""
{spin}::up-button, {spin}::down-button {{
    subcontrol-origin: border; subcontrol-position: center right; width: 12px; height: 18px; border: none;
    border-radius: 3px; background: transparent;
}}
{spin}::up-button {{ right: 17px; }}
{spin}::down-button {{ right: 6px; }}
{spin}::up-button:hover, {spin}::down-button:hover {{ background: {t.hover}; }}
{spin}::up-button:pressed, {spin}::down-button:pressed {{ background: {t.pressed}; }}
{spin}::up-arrow {{ image: url({_icon("chevron-up")}); width: 10px; height: 10px; }}
{spin}::down-arrow {{ image: url({_icon("chevron-down")}); width: 10px; height: 10px; }}
{spin}::up-arrow:off, {spin}::down-arrow:off, {spin}::up-arrow:disabled, {spin}::down-arrow:disabled {{ image: none; }}
{spin}[steppers="false"] {{ padding-right: 9px; }}
"""
    return f"""
{boxes}, {texts} {{
    background: {t.field}; color: {t.text}; border: 1px solid {t.line}; border-radius: {CONTROL_RADIUS}px;
    selection-background-color: {t.accent}; selection-color: {t.on_accent};
}}
{boxes} {{ min-height: {CONTROL_HEIGHT - 2}px; padding: 0 9px; }}
QComboBox, QAbstractSpinBox {{ font-weight: 500; }}
QAbstractSpinBox {{ padding-right: 32px; }}
{texts} {{ padding: 6px 8px; }}
{each(":hover")} {{ border-color: {mix(t.line, t.dim, 0.35).name()}; }}
{each(":focus")} {{ border-color: {t.accent}; }}
{each(":disabled")} {{ color: {t.faint}; background: {t.panel}; border-color: {t.line}; }}
{each(':read-only[role="shown"]', "QLineEdit, QPlainTextEdit")} {{ background: transparent; }}
{each('[problem="true"]')} {{ border-color: {t.error}; }}
{each('[density="compact"]', boxes)} {{ min-height: 22px; font-size: {fonts.SIZE_SMALL}px; border-radius: 6px; }}
QPlainTextEdit[role="mono"], QLineEdit[role="mono"] {{
    font-family: "{fonts.MONO_FAMILY}"; font-size: {fonts.SIZE_MONO}px;
}}
{each(" QLineEdit", "QComboBox, QAbstractSpinBox")} {{
    border: none; background: transparent; padding: 0; min-height: 0; border-radius: 0;
}}
QComboBox {{ padding-right: 0; }}
QComboBox::drop-down {{ subcontrol-origin: border; subcontrol-position: center right; width: 24px; border: none; }}
QComboBox::down-arrow {{ image: url({_icon("chevron-down")}); width: 10px; height: 10px; }}
QComboBox::down-arrow:disabled {{ image: none; }}
QComboBox QAbstractItemView {{
    background: {t.panel}; border: 1px solid {t.line}; padding: 4px; outline: none;
    selection-background-color: {t.raised}; selection-color: {t.text};
}}
{arrows}
"""


def _toggles(t: Theme) -> str:
    return f"""
QCheckBox, QRadioButton {{ spacing: 8px; background: transparent; color: {t.text}; outline: none; }}
QCheckBox:disabled, QRadioButton:disabled {{ color: {t.faint}; }}
QCheckBox::indicator, QRadioButton::indicator {{
    width: 14px; height: 14px; border: 1px solid {mix(t.line, t.dim, 0.5).name()}; background: {t.field};
}}
QCheckBox::indicator {{ border-radius: 4px; }}
QRadioButton::indicator {{ border-radius: 8px; }}
QCheckBox::indicator:hover, QRadioButton::indicator:hover, QCheckBox::indicator:focus, QRadioButton::indicator:focus {{
    border-color: {t.accent};
}}
QCheckBox:focus, QRadioButton:focus {{ color: {t.link}; }}
QCheckBox::indicator:checked {{ background: {t.accent}; border-color: {t.accent_line}; image: url({_icon("check")}); }}
QCheckBox::indicator:indeterminate {{
    background: {t.accent}; border-color: {t.accent_line}; image: url({_icon("dash")});
}}
QRadioButton::indicator:checked {{ background: {t.on_accent}; border: 5px solid {t.accent}; width: 6px; height: 6px; }}
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled {{ border-color: {t.line}; background: {t.panel}; }}
QSlider {{ min-height: 20px; background: transparent; }}
QSlider::groove:horizontal {{ height: 4px; border-radius: 2px; background: {t.raised}; }}
QSlider::sub-page:horizontal {{ height: 4px; border-radius: 2px; background: {t.accent}; }}
QSlider::sub-page:horizontal:disabled {{ background: {t.line}; }}
QSlider::handle:horizontal {{
    width: 12px; height: 12px; margin: -5px 0; border-radius: 7px; background: {t.panel}; border: 1px solid {t.accent};
}}
QSlider::handle:horizontal:hover {{ background: {t.accent}; }}
QSlider::handle:horizontal:focus {{ background: {t.accent}; border-color: {t.text}; }}
QSlider::handle:horizontal:disabled {{ border-color: {t.line}; }}
QProgressBar {{
    background: {t.raised}; border: none; border-radius: 3px; min-height: 6px; max-height: 6px; color: transparent;
}}
QProgressBar::chunk {{ background: {t.accent}; border-radius: 3px; }}
QProgressBar[tone="ok"]::chunk {{ background: {t.ok}; }}
QProgressBar[tone="error"]::chunk {{ background: {t.error}; }}
"""


def _lists(t: Theme) -> str:
    views = ("QListView", "QTreeView", "QTableView")
    rules = "".join(
        f"""
{view} {{
    background: transparent; border: none; outline: none; color: {t.text}; gridline-color: {t.grid};
    alternate-background-color: {mix(t.panel, t.raised, 0.5).name()};
    selection-background-color: {t.raised}; selection-color: {t.text};
}}
{view}::item {{ padding: 4px 6px; border: none; }}
{view}::item:hover {{ background: {mix(t.panel, t.raised, 0.6).name()}; }}
{view}::item:selected {{ background: {t.raised}; color: {t.text}; }}
{view}::item:focus {{ background: {mix(t.raised, t.accent, 0.22).name()}; }}
{view}:disabled {{ color: {t.faint}; }}
"""
        for view in views
    )
    return f"""
{rules}
QListView::item, QTreeView::item {{ border-radius: 5px; min-height: 20px; }}
QTableView {{ font-family: "{fonts.MONO_FAMILY}"; font-size: {fonts.SIZE_MONO}px; }}
QHeaderView {{ background: transparent; border: none; }}
QHeaderView::section {{
    background: transparent; color: {t.faint}; border: none; border-bottom: 1px solid {t.line}; padding: 4px 9px;
    font-family: "{fonts.MONO_FAMILY}"; font-size: {fonts.SIZE_MONO_SMALL}px; font-weight: 400;
}}
QHeaderView::section:hover {{ color: {t.text}; }}
QHeaderView::down-arrow {{ image: url({_icon("chevron-down")}); width: 9px; subcontrol-position: center right; }}
QHeaderView::up-arrow {{ image: url({_icon("chevron-up")}); width: 9px; subcontrol-position: center right; }}
QTableCornerButton::section {{ background: transparent; border: none; }}
QTreeView::branch {{ background: transparent; }}
QTreeView::branch:has-children:closed {{ image: url({_icon("chevron-right")}); }}
QTreeView::branch:has-children:open {{ image: url({_icon("chevron-down")}); }}
"""


def _scroll_bars(t: Theme) -> str:
    handle = mix(t.line, t.dim, 0.15).name()
    return f"""
QAbstractScrollArea::corner {{ background: transparent; }}
QScrollBar {{ background: transparent; border: none; margin: 0; }}
QScrollBar:vertical {{ width: 10px; }}
QScrollBar:horizontal {{ height: 10px; }}
QScrollBar::handle {{ background: {handle}; border-radius: 3px; margin: 2px; }}
QScrollBar::handle:vertical {{ min-height: 28px; }}
QScrollBar::handle:horizontal {{ min-width: 28px; }}
QScrollBar::handle:hover, QScrollBar::handle:pressed {{ background: {t.edge}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; border: none; background: none; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: none; }}
"""


def _popups(t: Theme) -> str:
    return f"""
QMenu {{ background: {t.panel}; border: 1px solid {t.line}; border-radius: {CONTROL_RADIUS}px; padding: 5px; }}
QMenu::item {{ color: {t.text}; padding: 6px 22px 6px 10px; border-radius: 5px; background: transparent; }}
QMenu::item:selected {{ background: {t.raised}; }}
QMenu::item:disabled {{ color: {t.faint}; }}
QMenu::separator {{ height: 1px; background: {t.line}; margin: 5px 6px; }}
QMenu::icon {{ padding-left: 8px; }}
QMenu::indicator {{ width: 12px; height: 12px; left: 6px; }}
QMenu::indicator:checked {{ image: url({_icon("check-menu")}); }}
QMenu::item:checked {{ padding-left: 24px; }}
QMenu::right-arrow {{ image: url({_icon("chevron-right")}); width: 10px; height: 10px; margin-right: 6px; }}
QMenuBar {{ background: transparent; color: {t.dim}; border: none; }}
QMenuBar::item {{ padding: 5px 9px; border-radius: 5px; background: transparent; }}
QMenuBar::item:selected, QMenuBar::item:pressed {{ background: {t.raised}; color: {t.text}; }}
QToolTip {{
    background: {t.raised}; color: {t.text}; border: 1px solid {mix(t.line, t.dim, 0.2).name()};
    padding: 5px 7px; font-size: {fonts.SIZE_SMALL}px;
}}
"""


def _misc(t: Theme) -> str:
    return f"""
QGroupBox {{ border: 1px solid {t.line}; border-radius: {CARD_RADIUS}px; margin-top: 9px; padding: 10px; }}
QGroupBox::title {{ subcontrol-origin: margin; left: 10px; padding: 0 4px; color: {t.dim}; }}
QTabWidget::pane {{ border: none; }}
QTabBar {{ background: transparent; }}
QDialogButtonBox {{ qproperty-centerButtons: false; }}
QMessageBox QLabel {{ min-width: 320px; }}
"""
