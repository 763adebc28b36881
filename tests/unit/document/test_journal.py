"""The journal: whatever happens, the edits that are not in project.json come back, and only those."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from engine.document import edits, files
from engine.document.edits import AddNode, Batch, Connect, MoveNodes, SetName
from engine.document.graph import Edge, Node
from engine.document.journal import Journal
from engine.document.project import Project
from engine.errors import ProjectError

EDITS = [
    AddNode(node=Node(id="a", type="Linear", title="\ud800 lone", attributes={"p": float("inf")})),
    Batch(title="Two", edits=(AddNode(node=Node(id="b", type="ReLU")), Connect(edge=Edge(source="a", target="b")))),
    MoveNodes(positions={"a": (1.5, 2.0)}),
    SetName(name="renamed"),
]


@pytest.fixture
def opened(tmp_path):
    """A project on disk, and a journal begun on it."""
    files.create(tmp_path, Project(name="p"))
    journal = Journal(tmp_path, files.read_bytes(tmp_path))
    yield tmp_path, journal
    journal.close()


def recovered(folder):
    journal = Journal(folder, files.read_bytes(folder))
    try:
        return journal.recover()
    finally:
        journal.close()


def test_edits_come_back_in_order_as_often_as_asked(opened):
    folder, journal = opened
    assert journal.recover() == []
    for edit in EDITS:
        journal.append(edit)
    assert recovered(folder) == EDITS
    assert recovered(folder) == EDITS, "a crash while recovering loses nothing"
    again = Journal(folder, files.read_bytes(folder))
    assert again.recover() == EDITS
    again.append(EDITS[3])
    again.close()
    assert recovered(folder) == [*EDITS, EDITS[3]]


def test_after_a_save_nothing_is_left(opened):
    folder, journal = opened
    journal.append(EDITS[0])
    project = Project(name="p")
    edits.apply(project, AddNode(node=Node(id="a", type="Linear")))
    files.save(folder, project, journal=journal, mark=journal.mark())
    assert recovered(folder) == []
    journal.append(EDITS[3])
    assert recovered(folder) == [EDITS[3]]


@pytest.mark.parametrize("crash", ["before the file is replaced", "after it", "after saved was said"])
def test_an_edit_made_while_a_save_was_going_on(opened, crash):
    folder, journal = opened
    journal.append(EDITS[0])
    mark = journal.mark()
    snapshot = Project(name="with a")
    journal.append(EDITS[3])
    data = files.to_bytes(snapshot)
    journal.saving(mark, data)
    journal.append(EDITS[2])
    if crash != "before the file is replaced":
        files.write_atomically(folder / "project.json", data)
    if crash == "after saved was said":
        journal.saved(mark, data)
    expected = [EDITS[3], EDITS[2]]
    if crash == "before the file is replaced":
        expected.insert(0, EDITS[0])
    assert recovered(folder) == expected


def test_the_first_edit_ever_falls_into_a_save(opened):
    folder, journal = opened
    mark = journal.mark()
    data = files.to_bytes(Project(name="other"))
    journal.saving(mark, data)
    journal.append(EDITS[3])
    files.write_atomically(folder / "project.json", data)
    assert recovered(folder) == [EDITS[3]]


def test_a_save_that_failed_loses_nothing(opened):
    folder, journal = opened
    journal.append(EDITS[0])
    journal.saving(journal.mark(), b"never written")
    journal.append(EDITS[3])
    data = files.to_bytes(Project(name="written"))
    mark = journal.mark()
    journal.append(EDITS[2])
    journal.saving(mark, data)
    files.write_atomically(folder / "project.json", data)
    journal.saved(mark, data)
    assert recovered(folder) == [EDITS[2]]


@pytest.mark.parametrize("cut", range(1, 46, 6))
def test_a_torn_last_line_is_left_off(opened, cut):
    folder, journal = opened
    for edit in EDITS:
        journal.append(edit)
    journal.close()
    journal.path.write_bytes(journal.path.read_bytes()[:-cut])
    assert recovered(folder) == EDITS[:3]


def test_a_damaged_line_ends_what_is_believed(opened):
    folder, journal = opened
    for edit in EDITS:
        journal.append(edit)
    journal.close()
    lines = journal.path.read_bytes().split(b"\n")
    lines[3] = lines[3].replace(b"1.5", b"7.5")
    journal.path.write_bytes(b"\n".join(lines))
    assert recovered(folder) == EDITS[:2]


@pytest.mark.parametrize("content", [b"", b"\0" * 5000, b"\xff\xfe\n\n", b"00000000 []\n", b"[" * 10000 + b"\n"])
def test_a_journal_of_noise_gives_no_edits(opened, content):
    folder, journal = opened
    journal.path.parent.mkdir(exist_ok=True)
    journal.path.write_bytes(content)
    assert recovered(folder) == []


def test_edits_on_another_file_are_kept_and_told(opened):
    folder, journal = opened
    journal.append(EDITS[0])
    journal.close()
    before = journal.path.read_bytes()
    files.save(folder, Project(name="pulled by git"))
    other = Journal(folder, files.read_bytes(folder))
    assert other.recover() == []
    assert other.kept is not None
    assert other.kept.read_bytes() == before
    other.append(EDITS[3])
    other.close()
    assert recovered(folder) == [EDITS[3]]


def test_a_journal_that_cannot_be_written_says_so(tmp_path):
    files.create(tmp_path, Project(name="p"))
    journal = Journal(tmp_path, files.read_bytes(tmp_path))
    (tmp_path / ".netwright" / "journal.jsonl").mkdir()
    with pytest.raises(ProjectError) as caught:
        journal.append(EDITS[0])
    assert "record of your changes" in caught.value.message or "not saved" in caught.value.message
    journal.close()


def test_no_thread_is_left_behind(opened):
    _, journal = opened
    for edit in EDITS * 20:
        journal.append(edit)
    journal.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("journal")]
    assert journal.sync_failed is None


EDITOR = """
import sys
from pathlib import Path
from engine.document import edits, files
from engine.document.edits import AddNode
from engine.document.graph import Node
from engine.document.journal import Journal

folder = Path(sys.argv[1])
project = files.load(folder)
journal = Journal(folder, files.read_bytes(folder))
for edit in journal.recover():
    edits.apply(project, edit)
number = len(project.graph.nodes)
while True:
    edit = AddNode(node=Node(id=f"n{number}", type="ReLU"))
    edits.apply(project, edit)
    journal.append(edit)
    number += 1
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
    if number % 3 == 0:
        files.save(folder, project.copy(), journal=journal, mark=journal.mark())
"""


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_window_killed_by_force_comes_back_with_every_edit_it_showed(tmp_path):
    folder = tmp_path / "p"
    files.create(folder, Project(name="p"))
    script = tmp_path / "editor.py"
    script.write_text(EDITOR)
    shown = 0
    for kill in range(10):
        process = subprocess.Popen(
            [sys.executable, str(script), str(folder)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        )
        assert process.stdout is not None
        for _ in range(2 + kill):
            shown = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        shown = max([shown, *map(int, process.stdout.read().split())])
        process.wait()
        process.stdout.close()
        project = files.load(folder)
        for edit in recovered(folder):
            edits.apply(project, edit)
        assert len(project.graph.nodes) in (shown, shown + 1)
