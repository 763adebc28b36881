"""Groups of samples with their scores: a row a group, its main score as a bar with its interval."""

import struct
from typing import Final

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from engine.protocol.messages.comparison import GroupScore, GroupsScored
from gui.forms.metric_text import is_share, metric_label, metric_text
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import plain_text
from gui.widgets.theme import current_theme

_Index = QModelIndex | QPersistentModelIndex
_SortRole: Final = Qt.ItemDataRole.UserRole
GroupRole: Final = Qt.ItemDataRole.UserRole + 1
_ROW: Final = 30


class GroupsModel(QAbstractTableModel):
    """Rows are groups, those the engine put first on top. Columns: name, samples, bar, then the metrics."""

    def __init__(self) -> None:
        super().__init__()
        self._groups: list[GroupScore] = []
        self._metrics: list[str] = []
        self.overall: GroupScore | None = None
        self.top = 1.0
        """What a full bar stands for."""

    def set_groups(self, found: GroupsScored) -> None:
        """Show other groups."""
        self.beginResetModel()
        self._groups, self.overall = found.groups, found.overall
        known = {name for group in found.groups for name in group.metrics}
        self._metrics = [name for name in found.metrics if name in known] or found.metrics[:1]
        main = self._metrics[0] if self._metrics else ""
        tops = [bound for group in self._groups for bound in (group.metrics.get(main, 0.0), *group.interval)]
        self.top = 1.0 if is_share(main) else max([found.overall.metrics.get(main, 0.0), *tops, 1e-12])
        self.endResetModel()

    def main_metric(self) -> str:
        """What the bar shows."""
        return self._metrics[0] if self._metrics else ""

    @guarded(fallback=0)
    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, Qt's own default
        return 0 if parent.isValid() else len(self._groups)

    @guarded(fallback=0)
    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, Qt's own default
        return 0 if parent.isValid() else 3 + len(self._metrics)

    @guarded
    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        group, column = self._groups[index.row()], index.column()
        metric = self._metrics[max(0, column - 3)] if self._metrics else ""
        if role == GroupRole:
            return group
        if role == _SortRole:
            if column == 0:
                return index.row()
            return group.samples if column == 1 else group.metrics.get(metric, float("-inf"))
        if role == Qt.ItemDataRole.DisplayRole:
            if column == 0:
                return plain_text(group.name, 80) + (" · few samples" if group.is_small else "")
            if column == 1:
                return f"{group.samples:,}"
            return metric_text(metric, group.metrics.get(metric)) if column > 2 else None
        if role == Qt.ItemDataRole.AccessibleTextRole and column == 2:
            return interval_text(metric, group.interval)
        if role == Qt.ItemDataRole.ToolTipRole:
            score = metric_text(metric, group.metrics.get(metric))
            words = f"{plain_text(group.name, 200)}: {metric_label(metric)} {score}"
            between = interval_text(metric, group.interval)
            few = ". Too few samples to say much" if group.is_small else ""
            return f"{words}, {between}{few}" if between else words + few
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if column in (0, 2) else Qt.AlignmentFlag.AlignRight
            return side | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ForegroundRole:
            return current_theme().color("faint" if group.is_small else "text" if column in (0, 3) else "dim")
        return None

    @guarded
    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            if section == 2:
                return "95 % interval" if self._metrics else ""
            return ("group", "n")[section] if section < 2 else metric_label(self._metrics[section - 3])
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if section in (0, 2) else Qt.AlignmentFlag.AlignRight
            return side | Qt.AlignmentFlag.AlignVCenter
        return None


class GroupTable(QTableView):
    """`group_chosen` carries the GroupScore of a row that was opened by click or key."""

    group_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("evaluate.groups.table")
        self.setAccessibleName("Scores by group")
        self.groups = GroupsModel()
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self.groups)
        self._sorted.setSortRole(_SortRole)
        self.setModel(self._sorted)
        self.setItemDelegateForColumn(2, _BarDelegate(self.groups, self))
        self.setSortingEnabled(True)
        self.setShowGrid(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSortIndicatorClearable(True)
        header.setMinimumSectionSize(48)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.doubleClicked.connect(self._on_opened)
        self.activated.connect(self._on_opened)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)

    def show_groups(self, found: GroupsScored) -> None:
        """Show other groups; the order is again that of the engine, worst first."""
        self.groups.set_groups(found)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)

    def chosen(self) -> GroupScore | None:
        """The group of the selected row."""
        found = self.currentIndex().data(GroupRole) if self.currentIndex().isValid() else None
        return found if isinstance(found, GroupScore) else None

    def _on_opened(self, index: QModelIndex) -> None:
        group = index.data(GroupRole)
        if isinstance(group, GroupScore):
            self.group_chosen.emit(group)


class _BarDelegate(QStyledItemDelegate):
    """A bar of the main metric, its interval as a line with ends, and the whole split's score as a dotted line."""

    def __init__(self, groups: GroupsModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._groups = groups

    @guarded
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        theme = current_theme()
        group = index.data(GroupRole)
        main = self._groups.main_metric()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, option.palette.highlight())
        room = QRectF(option.rect).adjusted(10, 9, -14, -9)
        value = group.metrics.get(main, 0.0)

        def across(share: float) -> float:
            return room.left() + max(0.0, min(1.0, share / self._groups.top)) * room.width()

        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("raised"))
        painter.drawRoundedRect(room, 3, 3)
        color = theme.color("faint" if group.is_small else "accent")
        painter.setBrush(color)
        painter.drawRoundedRect(
            QRectF(room.left(), room.top(), max(2.0, across(value) - room.left()), room.height()), 3, 3
        )
        if group.interval:
            painter.setPen(QPen(theme.color("text"), 1.4))
            low, high, middle = across(group.interval[0]), across(group.interval[1]), room.center().y()
            painter.drawLine(QPointF(low, middle), QPointF(high, middle))
            for end in (low, high):
                painter.drawLine(QPointF(end, middle - 4), QPointF(end, middle + 4))
        overall = self._groups.overall
        if overall is not None and main in overall.metrics:
            pen = QPen(theme.color("dim"), 1.2)
            pen.setDashPattern([2.0, 2.0])
            painter.setPen(pen)
            at = across(overall.metrics[main])
            painter.drawLine(QPointF(at, room.top() - 6), QPointF(at, room.bottom() + 6))
        painter.restore()


def members_of(group: GroupScore) -> tuple[int, ...]:
    """The numbers of its samples in the data."""
    return numbers_in(group.members)


def numbers_in(members: bytes) -> tuple[int, ...]:
    """int32 numbers, little end first."""
    return struct.unpack(f"<{len(members) // 4}i", members)


def interval_text(metric: str, interval: list[float]) -> str:
    """`between 87.0 % and 89.8 %`; empty without one."""
    if not interval:
        return ""
    return f"between {metric_text(metric, interval[0])} and {metric_text(metric, interval[1])}"
