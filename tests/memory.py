"""The garbage collector of a test run.

What is imported stays until the end, but the collector looks through all of it again and again: a quarter of
the processor time of tests of pages. So it rests while things are imported, and then leaves them alone.
Import this first.
"""

from __future__ import annotations

import gc

gc.disable()


def settle() -> None:
    """Begin to collect, but only what is made from now on, and not at every few hundred objects."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
    gc.enable()
