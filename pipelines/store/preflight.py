"""What the environment may not do: switch off the checks that stand between a wrong figure and a pay slip."""

import os
import sys
from collections.abc import Mapping

from pandera.config import CONFIG, ValidationDepth

OFF = {"", "0", "f", "false", "n", "no", "off"}


class UnsafeEnvironment(RuntimeError):
    """An environment switch disables checks; nothing is loaded and nothing runs."""


def require_checks_on(environment: Mapping[str, str] = os.environ, optimize: int = sys.flags.optimize) -> None:
    """Refuse to start where validation or asserts were switched off.

    Raises:
        UnsafeEnvironment: names each switch and how to remove it.
    """
    faults = []
    if environment.get("PANDERA_VALIDATION_ENABLED", "true").strip().lower() in OFF or not CONFIG.validation_enabled:
        faults.append("PANDERA_VALIDATION_ENABLED switches the checks of every table off")
    depth = environment.get("PANDERA_VALIDATION_DEPTH", "SCHEMA_AND_DATA").strip().upper()
    if depth != "SCHEMA_AND_DATA" or CONFIG.validation_depth not in (None, ValidationDepth.SCHEMA_AND_DATA):
        faults.append(f"PANDERA_VALIDATION_DEPTH={depth} leaves values unchecked")
    if optimize or environment.get("PYTHONOPTIMIZE", "").strip() not in ("", "0"):
        faults.append("PYTHONOPTIMIZE (or python -O) removes assertions")
    if faults:
        raise UnsafeEnvironment(
            "; ".join(faults)
            + ". Nothing runs like this: unset it where the program is started (shell, service file, scheduler) and start again."
        )
