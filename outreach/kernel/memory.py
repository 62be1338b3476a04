"""The garbage collector of a process that serves for days."""

from __future__ import annotations

import gc


def settle() -> None:
    """Put what is there after the start out of the collector's sight, and have it look less often.

    Modules, models, lexicons and templates stay until the end. Looking through them again and again took a
    quarter of the processor time of the tests of pages; what a request leaves behind is mostly freed by
    counting references.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
