"""What is remembered between starts, and that a broken file costs nothing but the memories."""

from pathlib import Path

import pytest

from engine.document.user_folder import config_dir
from gui.models.settings import RECENT_KEPT, Settings, Values, WhenClosing


def test_settings_come_back(qapp: object, tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    settings.update(theme="light", when_closing=WhenClosing.STOP)
    settings.add_recent(tmp_path / "a")
    settings.close()
    again = Settings(tmp_path)
    assert again.values == Values(theme="light", recent=(str(tmp_path / "a"),), when_closing=WhenClosing.STOP)
    again.close()


@pytest.mark.parametrize("damage", [b"", b"{", b'{"theme": 3}', b'{"when_closing": "maybe"}', b"\xff\xfe", b"[" * 5000])
def test_a_broken_file_gives_defaults_and_is_kept(qapp: object, tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "settings.json").write_bytes(damage)
    settings = Settings(tmp_path)
    assert settings.values == Values()
    assert settings.broken is not None
    assert settings.broken.read_bytes() == damage
    settings.close()


def test_names_of_a_newer_version_are_passed_over(qapp: object, tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_bytes(b'{"theme": "dark", "sparkles": 12}')
    settings = Settings(tmp_path)
    assert settings.values.theme == "dark"
    settings.close()


def test_the_latest_project_is_first_and_the_list_is_short(qapp: object, tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    for number in range(20):
        settings.add_recent(tmp_path / str(number))
    settings.add_recent(tmp_path / "15")
    assert settings.recent[0] == tmp_path / "15"
    assert len(settings.recent) == RECENT_KEPT == len(set(settings.recent))
    settings.forget_recent(tmp_path / "15")
    assert tmp_path / "15" not in settings.recent
    settings.close()


def test_a_folder_that_cannot_be_written_stops_nobody(qapp: object, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    settings = Settings(tmp_path / "file" / "below")
    settings.update(theme="light")
    settings.close()
    assert settings.values.theme == "light"


def test_the_folders_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert config_dir() == tmp_path / "config"
    monkeypatch.delenv("NETWRIGHT_CONFIG_DIR")
    assert config_dir().name == "netwright"
