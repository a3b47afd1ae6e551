"""Writes docs/findings.md: every finding code, with an example from the tests. ``make findings``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

TESTS = (
    "check_geometry",
    "check_layers",
    "columns",
    "crs_fit",
    "encoding",
    "formats",
    "hostile",
    "importing",
)
HEAD = """# Mã lỗi của `geoplan check`

Mỗi mã có một ý nghĩa không đổi. **error**: lớp chưa dùng được; **warning**: kết quả có thể sai; **note**: nên biết.
Ví dụ lấy từ bộ kiểm thử. Bảng này do `make findings` viết; một kiểm thử so nó với mã nguồn.

| Mã | Mức | Là gì | Ví dụ | Cách sửa |
|---|---|---|---|---|
"""


class Collector:
    """Keeps the first sentence that a test saw of each code."""

    def __init__(self) -> None:
        self.examples: dict[str, str] = {}

    def pytest_collection_finish(self) -> None:
        """Listen to every finding that is made from now on."""
        from geoplan.intake.findings import Finding  # noqa: PLC0415 - typeguard must come before geoplan

        made = Finding.__init__
        examples = self.examples

        def listening(self: Finding, *args: Any, **kwargs: Any) -> None:
            made(self, *args, **kwargs)
            text = self.vi.replace("\n", " ").replace("|", "\\|")
            shown = text.isprintable() and len(text) < 240
            if shown and (self.kind.code not in examples or len(examples[self.kind.code]) < 20):
                examples[self.kind.code] = text

        Finding.__init__ = listening  # type: ignore[method-assign]


def main(target: Path) -> int:
    """Run the tests of the checks and write the table."""
    collector = Collector()
    here = Path(__file__).parent
    options = ["-q", "-p", "no:cacheprovider", "-k", "not every_code_is_in_the_documentation"]
    code = pytest.main([*options, *(str(here / f"test_{name}.py") for name in TESTS)], plugins=[collector])
    from geoplan.intake.check import ALL_CODES  # noqa: PLC0415

    rows = []
    for c in ALL_CODES:
        mend = c.mend[0].replace("|", "\\|")
        rows.append(
            f"| {c.code} | {c.severity} | {c.title[0]} | {collector.examples.get(c.code, '')} | {mend} |"
        )
    target.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    return int(code)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
