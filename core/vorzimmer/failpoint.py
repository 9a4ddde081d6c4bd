"""Named steps at which a test kills the process (F1). Without `VORZIMMER_FAIL_AT` they do nothing."""

from __future__ import annotations

import os
from collections import Counter

_reached: Counter[str] = Counter()


def reach(step: str) -> None:
    """Die here, as by `kill -9`, if the test says so: `VORZIMMER_FAIL_AT=audit:3` dies at the third `audit`."""
    if not (wanted := os.environ.get("VORZIMMER_FAIL_AT")):
        return
    _reached[step] += 1
    if wanted in (step, f"{step}:{_reached[step]}"):
        os._exit(137)
