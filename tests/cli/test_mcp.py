import pytest

from citaat.library import Library
from citaat.server.interfaces import mcp
from tests.cli.conftest import Run


@pytest.mark.parametrize(("url", "base"), [("", "http://127.0.0.1:8000"), ("https://citaat.example", "https://citaat.example")])
def test_the_library_is_served_over_standard_input_and_output(
    run: Run, monkeypatch: pytest.MonkeyPatch, url: str, base: str
) -> None:
    served: list[object] = []

    async def serve(library: Library, base: str) -> None:
        served.extend([library.describe().documents, base])

    monkeypatch.setattr(mcp, "serve_stdio", serve)
    monkeypatch.setenv("CITAAT_URL", url)
    assert (run("mcp").exit_code, served) == (0, [2, base])
