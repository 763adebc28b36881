"""Microphone and camera in Try it: processes that stand in for them, and the readers with made-up devices."""

import sys
import wave
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from engine.document.data_spec import Field, FieldKind, Statistics
from gui.models import recorder as recording
from gui.models.camera import Camera
from gui.models.device import own_reader
from gui.models.recorder import Recorder, as_input, as_wav, drawn, find_recorder, trimmed
from gui.models.wav_player import WavPlayer
from gui.use import camera_reader, sound_recorder
from gui.use.inputs.picture_input import PictureInput
from gui.use.inputs.sound_input import SoundInput
from gui.widgets.theme import apply_theme

SOUND = Field(name="sound", kind=FieldKind.AUDIO, statistics=Statistics(rate=8000, shape=(None,)))
PICTURE = Field(name="photo", kind=FieldKind.IMAGE, statistics=Statistics(shape=(None, None, 3)))
RATE = 16_000

SPEAKS = """
import math, struct, sys, time
for block in range(4000):
    loud = 12000 if 20 <= block < 40 else 20
    chunk = b"".join(struct.pack("<h", int(loud * math.sin(i / 5))) for i in range(160))
    sys.stdout.buffer.write(chunk); sys.stdout.buffer.flush(); time.sleep(0.002)
"""
SHOWS = """
import sys, time
for number in range(4000):
    sys.stdout.buffer.write(b"8 6\\n" + bytes([number % 200, 100, 50]) * 48)
    sys.stdout.buffer.flush()
    time.sleep(0.02)
"""
FAILS = "import sys; sys.stderr.write('log line\\nThe driver is on holiday'); sys.exit(1)"
FLOODS = "import sys\nwhile True: sys.stdout.buffer.write(b'no picture at all ' * 1000)"


def script(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


@pytest.fixture(autouse=True)
def dressed(qapp):
    apply_theme(qapp, "dark")


def sound_input(qtbot, code: str, player: WavPlayer | None = None) -> SoundInput:
    made = SoundInput(SOUND, recorder=Recorder(command=script(code), rate=RATE), player=player or WavPlayer(command=()))
    for tool in made.tools():
        tool.setParent(made)
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show()
    return made


# The microphone


def test_what_is_recorded_shows_live_and_is_answered_when_it_is_stopped(qtbot):
    made = sound_input(qtbot, SPEAKS)
    levels, given = [], []
    made.recorder.level_changed.connect(levels.append)
    made.changed.connect(lambda: given.append(made.value()))
    qtbot.mouseClick(made.record, Qt.MouseButton.LeftButton)
    assert made.record.text() == "Stop" and made.level.isVisible()
    qtbot.waitUntil(lambda: made.recorder.seconds > 0.6)
    qtbot.waitUntil(made.drop.has_picture)
    assert given == [] and max(levels) > 0.3 > min(levels) and made.level.value() > 0
    qtbot.mouseClick(made.record, Qt.MouseButton.LeftButton)
    (value,) = given
    heard = np.frombuffer(value["samples"], np.float32)
    assert value["rate"] == RATE and len(heard) > 0.5 * RATE and 0.3 < np.abs(heard).max() < 0.4
    assert made.record.text() == "Record" and not made.level.isVisible() and "recording" in made.told()
    whole = len(heard)
    qtbot.mouseClick(made.trim, Qt.MouseButton.LeftButton)
    cut = np.frombuffer(given[-1]["samples"], np.float32)
    assert 0.2 * RATE <= len(cut) < whole and np.abs(cut[: RATE // 50]).max() < 0.1, "a moment of silence stays"


def test_a_microphone_that_fails_says_why_and_the_form_stays(qtbot):
    made = sound_input(qtbot, FAILS)
    said = []
    made.refused.connect(said.append)
    with qtbot.waitSignal(made.refused):
        made.record.click()
    assert said == [
        "Nothing was recorded. Is a microphone connected, and may this program use it? The driver is on holiday"
    ]
    assert not made.record.isChecked()
    assert made.value() is None and made.record.text() == "Record" and made.lacks() == "Drop a recording first."


def test_nobody_is_listened_to_unseen(qtbot):
    made = sound_input(qtbot, SPEAKS)
    made.record.click()
    qtbot.waitUntil(lambda: made.recorder.seconds > 0)
    made.hide()
    assert not made.recorder.running


def test_a_recording_is_heard_by_a_player(qtbot, tmp_path):
    heard = tmp_path / "heard.wav"
    player = WavPlayer(command=script(f"import shutil, sys; shutil.copy(sys.argv[1], {str(heard)!r})"))
    made = sound_input(qtbot, SPEAKS, player)
    assert made.play.blocked_reason() == "There is no recording yet."
    made.record.click()
    qtbot.waitUntil(lambda: made.recorder.seconds > 0.2)
    made.record.click()
    with qtbot.waitSignal(player.changed):
        made.play.click()
    assert made.play.text() == "Stop"
    qtbot.waitUntil(lambda: not player.playing)
    with wave.open(str(heard)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
        assert file.getnframes() == len(made.recorder.samples())
    assert made.play.text() == "Play"


def test_without_a_player_or_a_recorder_the_buttons_say_so(qtbot, monkeypatch):
    monkeypatch.setattr(recording, "find_recorder", lambda rate: ())
    made = SoundInput(SOUND, player=WavPlayer(command=()))
    qtbot.addWidget(made)
    for tool in made.tools():
        tool.setParent(made)
    assert "install parecord" in made.record.blocked_reason()
    made.restore((str(Path("a.wav")), "a.wav", None))
    assert "No player was found" in made.play.blocked_reason()


def test_what_records_here_is_found(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(recording.shutil, "which", lambda name: f"/usr/bin/{name}" if name == "arecord" else None)
    assert find_recorder(8000)[0] == "/usr/bin/arecord" and "8000" in find_recorder(8000)
    monkeypatch.setattr(recording.shutil, "which", lambda name: None)
    monkeypatch.setattr(recording.importlib.util, "find_spec", lambda name: None)
    assert find_recorder() == ()
    monkeypatch.setattr(recording.importlib.util, "find_spec", lambda name: name)
    monkeypatch.setattr(recording, "_has_port_audio", lambda: False)
    assert find_recorder() == (), "the package alone cannot record on Linux"
    monkeypatch.setattr(recording, "_has_port_audio", lambda: True)
    assert find_recorder(RATE) == own_reader("gui.use.sound_recorder", "16000")
    monkeypatch.setattr(recording.Path, "glob", lambda self, pattern: iter(()))
    assert Recorder().reason_not_to_record().startswith("There is no microphone here.")
    monkeypatch.setattr(recording.Path, "glob", lambda self, pattern: iter([Path("/dev/snd/pcmC0D0c")]))
    assert Recorder().reason_not_to_record() == ""
    monkeypatch.setattr(sys, "platform", "win32")
    assert find_recorder(RATE) == own_reader("gui.use.sound_recorder", "16000")


def test_silence_is_cut_off_and_nothing_else():
    loud = (8000 * np.sin(np.arange(RATE) / 7)).astype(np.int16)
    quiet = np.random.default_rng(1).integers(-20, 20, RATE).astype(np.int16)
    kept = trimmed(np.concatenate([quiet, loud, quiet]), RATE)
    assert RATE <= len(kept) <= 1.2 * RATE and np.abs(kept).max() == np.abs(loud).max()
    for whole in (loud, np.zeros(RATE, np.int16), np.zeros(3, np.int16), np.zeros(0, np.int16)):
        assert len(trimmed(whole, RATE)) == len(whole)
    assert len(as_wav(loud, RATE)) == 44 + 2 * RATE and as_input(loud, RATE)["rate"] == RATE
    pairs = np.frombuffer(drawn(loud, 100), "<f4").reshape(-1, 2)
    assert pairs.shape == (100, 2) and (pairs[:, 0] <= pairs[:, 1]).all() and drawn(np.zeros(0, np.int16), 9) == b""


def test_the_reader_writes_what_the_library_gives(monkeypatch, capfdbinary):
    class Stream:
        def __init__(self, **options: object) -> None:
            assert options["channels"] == 1 and options["samplerate"] == 8000
            self.left = 3

        def __enter__(self) -> "Stream":
            return self

        def __exit__(self, *_: object) -> None: ...

        def read(self, count: int) -> tuple[bytes, bool]:
            self.left -= 1
            if self.left < 0:
                raise OSError("The microphone was pulled out")
            return b"\1\0" * count, False

    library = type(sys)("sounddevice")
    library.RawInputStream = Stream
    monkeypatch.setitem(sys.modules, "sounddevice", library)
    assert sound_recorder.main(["8000"]) == 1
    said = capfdbinary.readouterr()
    assert said.out == b"\1\0" * 960 and said.err == b"The microphone was pulled out"
    assert sound_recorder.main(["fast"]) == 2


# The camera


def picture_input(qtbot, code: str) -> PictureInput:
    made = PictureInput(PICTURE, camera=Camera(command=script(code)))
    for tool in made.tools():
        tool.setParent(made)
        tool.show()
    qtbot.addWidget(made)
    made.resize(400, 320)
    made.show()
    return made


def test_a_picture_is_taken_from_what_the_camera_shows(qtbot):
    made = picture_input(qtbot, SHOWS)
    given = []
    made.changed.connect(lambda: given.append(made.value()))
    qtbot.mouseClick(made.look, Qt.MouseButton.LeftButton)
    assert made.places.currentWidget() is made.view
    assert made.view.take.blocked_reason() == "The camera shows nothing yet."
    qtbot.waitUntil(made.view.take.isEnabled)
    assert given == [] and not made.view.grab().toImage().isNull()
    qtbot.mouseClick(made.view.take, Qt.MouseButton.LeftButton)
    (value,) = given
    assert (value["width"], value["height"], value["channels"]) == (8, 6, 3) and value["pixels"][1:3] == bytes(
        [100, 50]
    )
    assert not made.camera.running and made.places.currentWidget() is made.drop and made.drop.has_picture()


def test_what_the_camera_sees_is_answered_live_but_never_before_the_last_answer(qtbot):
    made = picture_input(qtbot, SHOWS)
    given = []
    made.changed.connect(lambda: given.append(made.value()))
    made.look.click()
    qtbot.waitUntil(made.view.take.isEnabled)
    made.view.live.setChecked(True)
    qtbot.waitUntil(lambda: len(given) >= 2)
    made.busy = True
    seen = len(given)
    frames = []
    made.camera.frame.connect(frames.append)
    qtbot.waitUntil(lambda: len(frames) > 20)
    assert len(given) == seen and isinstance(frames[0], QImage)
    made.hide()
    assert not made.camera.running, "no camera looks on unseen"


def test_a_camera_that_fails_says_why(qtbot):
    made = picture_input(qtbot, FAILS)
    with qtbot.waitSignal(made.refused) as refused:
        made.look.click()
    assert refused.args[0].startswith("The camera gives no picture.") and refused.args[0].endswith("on holiday")
    assert not made.look.isChecked() and made.places.currentWidget() is made.drop


def test_a_reader_that_was_overcome_is_ended(qtbot):
    camera = Camera(command=script(FLOODS))
    with qtbot.waitSignal(camera.failed) as failed:
        camera.start()
    assert failed.args == ["The camera's pictures cannot be read."] and not camera.running


def test_without_a_camera_the_button_says_so(qtbot, monkeypatch):
    from gui.models import camera as camera_model

    monkeypatch.setattr(camera_model.importlib.util, "find_spec", lambda name: None)
    made = PictureInput(PICTURE)
    qtbot.addWidget(made)
    for tool in made.tools():
        tool.setParent(made)
    assert "pip install av" in made.look.blocked_reason()
    monkeypatch.setattr(camera_model.importlib.util, "find_spec", lambda name: name)
    monkeypatch.setattr(camera_model.Path, "glob", lambda self, pattern: iter(()))
    monkeypatch.setattr(sys, "platform", "linux")
    assert camera_model.reason_not_to_look().startswith("There is no camera here.")


def test_the_reader_shows_a_made_up_camera(qtbot):
    pytest.importorskip("av")
    command = own_reader("gui.use.camera_reader", "64", "50", "lavfi", "testsrc=size=160x120:rate=50")
    camera = Camera(command=command)
    with qtbot.waitSignal(camera.frame) as shown:
        camera.start()
    assert (shown.args[0].width(), shown.args[0].height()) == (64, 48)
    assert len({shown.args[0].pixel(x, 10) for x in range(64)}) > 4, "the test picture has bars of several colours"
    camera.end()


def test_the_first_camera_is_found_on_each_system(monkeypatch):
    class Device:
        def __init__(self, name: str, kinds: list[str], first: bool = False) -> None:
            self.name, self.media_types, self.is_default = name, kinds, first

    class Library:
        def enumerate_input_devices(self, name: str) -> list[Device]:
            return [Device("Mic", ["audio"], True), Device("Cam A", ["video"]), Device("Cam B", ["video"], True)]

    monkeypatch.setattr(sys, "platform", "win32")
    assert camera_reader.find_camera(Library()) == ("dshow", "video=Cam B")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert camera_reader.find_camera(Library()) == ("avfoundation", "Cam B")
    monkeypatch.setattr(sys, "platform", "linux")
    nodes = [Path("/dev/video10"), Path("/dev/video2")]
    monkeypatch.setattr(camera_reader.Path, "glob", lambda self, pattern: iter(nodes))
    assert camera_reader.find_camera(Library()) == ("v4l2", "/dev/video2")
    nodes.clear()
    with pytest.raises(LookupError):
        camera_reader.find_camera(Library())


def test_the_recording_of_a_sample_is_heard_from_the_data(qtbot):
    made = sound_input(qtbot, SPEAKS, WavPlayer(command=("player",)))
    wanted = []
    made.listen = wanted.append
    made.show_sample({"sample": 7}, None, "seven.wav")
    qtbot.mouseClick(made.play, Qt.MouseButton.LeftButton)
    assert wanted == [7]
    made.set_listening(True)
    assert made.play.text() == "Stop"
    made.set_listening(False)
    assert made.play.text() == "Play"
