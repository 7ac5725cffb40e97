"""Every code that intake can give is explained to whoever meets it."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
GIVEN = re.compile(
    r"(?:FileRefused\([^\"]*?|reason=|RawNote\(|[.]note\((?:source, )?|RowNote\(|supersede\([^\"]*?|[.]refuse\([^\"]*?|notes=\(|notes[.]append\(|_note\(|_refuse_first\([^\"]*(?:\"currency\"|\"rate\")[^\"]*?)\"([a-z]+(?:_[a-z0-9]+)+)\"",
    re.DOTALL,
)


def test_every_code_is_in_the_docs():
    documented = set(re.findall(r"`([a-z_0-9]+)`", (ROOT / "docs" / "reason_codes.md").read_text(encoding="utf-8")))
    given = {}
    for path in sorted((ROOT / "pipelines" / "intake").rglob("*.py")):
        for match in GIVEN.finditer(path.read_text(encoding="utf-8")):
            given.setdefault(match[1], path.relative_to(ROOT))
    assert len(given) > 60, "the pattern above no longer finds the codes"
    missing = {code: str(path) for code, path in given.items() if code not in documented}
    assert not missing, f"explain these in docs/reason_codes.md: {missing}"
