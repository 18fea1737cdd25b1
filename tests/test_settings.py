import os
from pathlib import Path

import platformdirs
import pytest

from citaat import settings
from citaat.errors import InputError
from citaat.settings import Settings, shipped_model
from tests.conftest import ROOT

VARIABLES = (
    "CITAAT_DATA",
    "CITAAT_MODEL",
    "CITAAT_STORE",
    "CITAAT_URL",
    "CITAAT_RERANK",
    "CITAAT_ORIGINS",
    "CITAAT_DEVICE",
    "CITAAT_MAX_WAIT",
)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without our variables."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package as a wheel installs it, with its model inside."""
    (tmp_path / "_model").mkdir()
    monkeypatch.setattr(settings, "_PACKAGE", tmp_path)
    return tmp_path


def test_a_clone_uses_its_own_folders() -> None:
    model = ROOT / "embeddings" / "model"
    assert Settings.from_environment() == Settings(ROOT / "data", str(model), ROOT / "embeddings" / "store", "", "", ())
    assert shipped_model() == model


def test_a_wheel_uses_what_is_inside_it_and_a_folder_of_the_user(wheel: Path) -> None:
    store = platformdirs.user_data_path("citaat") / "store"
    assert Settings.from_environment() == Settings(wheel / "_data", str(wheel / "_model"), store, "")
    assert shipped_model() == wheel / "_model"


def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    values = ("/d", "/m", "/s", "https://example.org/", "cross", " https://a.nl/ ,https://b.nl,, ", "cuda", "2.5")
    for name, value in zip(VARIABLES, values, strict=True):
        monkeypatch.setenv(name, value)
    expected = Settings(
        Path("/d"), "/m", Path("/s"), "https://example.org", "cross", ("https://a.nl", "https://b.nl"), "cuda", 2.5
    )
    assert Settings.from_environment() == expected


def test_what_is_set_to_nothing_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    before = Settings.from_environment()
    for name in VARIABLES:
        monkeypatch.setenv(name, "")
    assert Settings.from_environment() == before


def test_the_encoder_computes_as_it_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CITAAT_CACHE", str(tmp_path))
    monkeypatch.setenv("CITAAT_THREADS", "3")
    monkeypatch.setenv("CITAAT_PRECISION", "bfloat16")
    assert (settings.cache_folder(), settings.thread_count(), settings.precision()) == (tmp_path, 3, "bf16")
    for name in ("CITAAT_CACHE", "CITAAT_THREADS", "CITAAT_PRECISION"):
        monkeypatch.setenv(name, "")
    assert settings.cache_folder() == platformdirs.user_cache_path("citaat")
    assert 1 <= settings.thread_count() <= (os.cpu_count() or 1)
    assert settings.precision() is None


@pytest.mark.parametrize(("told", "seconds"), [("", 5.0), ("0", 0.0), ("0.25", 0.25), ("60", 60.0)])
def test_how_long_a_request_waits_is_told_in_seconds(monkeypatch: pytest.MonkeyPatch, told: str, seconds: float) -> None:
    monkeypatch.setenv("CITAAT_MAX_WAIT", told)
    assert Settings.from_environment().max_wait == seconds


@pytest.mark.parametrize("told", ["-1", "inf", "nan", "soon"])
def test_a_wait_that_is_no_number_of_seconds_is_refused(monkeypatch: pytest.MonkeyPatch, told: str) -> None:
    monkeypatch.setenv("CITAAT_MAX_WAIT", told)
    with pytest.raises(InputError, match="CITAAT_MAX_WAIT takes a number of seconds") as error:
        Settings.from_environment()
    assert error.value.code == "unknown-setting"


@pytest.mark.parametrize(("name", "value"), [("CITAAT_THREADS", "two"), ("CITAAT_THREADS", "-1"), ("CITAAT_PRECISION", "int8")])
def test_a_setting_that_is_no_such_thing_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match=f"^{name} takes") as error:
        _ = settings.thread_count(), settings.precision()
    assert error.value.code == "unknown-setting"
