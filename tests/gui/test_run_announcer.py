"""A run is told of where people look: title of the window, a word at its end with a way to it."""

from engine.document import files
from gui.frame.run_announcer import ended_words
from tests.gui.run_logs import RunLog
from tests.gui.tab_states import example


def test_the_title_tells_how_far_a_run_is_and_a_word_its_end(window, tmp_path, qtbot):
    directory = tmp_path / "garments"
    files.create(directory, example())
    log = RunLog(directory, 1, name="small", epochs=4, steps=10)
    log.prepare()
    log.train(2)
    window.bench.project.open(directory)
    window.show_tab("design")
    qtbot.waitUntil(lambda: window.windowTitle().startswith("50 % · "))
    log.train(1)
    qtbot.waitUntil(lambda: window.windowTitle().startswith("75 % · "))
    log.finish(0.91)
    qtbot.waitUntil(lambda: "is done" in window.toast.text())
    assert window.toast.text() == "Run 1 (small) is done. 3 epochs in 00:09. Best accuracy 91.0 %."
    qtbot.waitUntil(lambda: "%" not in window.windowTitle())
    window.toast._button.click()
    assert window.tab() == "train"
    assert window.bench.runs.current == 1


def test_every_end_has_its_words():
    from engine.protocol.run_folder import RunSummary

    failed = RunSummary(run=3, state="failed", error={"message": "The loss is no number."})
    assert ended_words(failed) == ("Run 3 failed", "The loss is no number.")
    assert ended_words(RunSummary(run=3, state="lost"))[0] == "Run 3 ended without a word"
    assert ended_words(RunSummary(run=3, state="stopped", best={"accuracy": 0.5})) == (
        "Run 3 was stopped",
        "Best accuracy 50.0 %.",
    )
