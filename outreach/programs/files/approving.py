"""Writing into a file who answers for its translations."""

from __future__ import annotations

import json
import re
from datetime import date

from outreach.programs.files.reading import BadProgram, Read, read
from outreach.programs.rules import translations

APPROVED = re.compile(r"^approved:\n(?:[ \t]+.*\n?|\n)*", re.MULTILINE)


def approve(found: Read, *, language: str, translator: str, dated: date) -> str:
    """Return the file's text with every translation in a language approved as it stands.

    Approvals of other languages stay. Raise BadProgram if nothing is in that language,
    or if the name says nobody: it must read as the file's other parts do.
    """
    texts = translations.every_text(found.program)
    prints = {
        name: translations.fingerprint(words, language) for name, words in texts.items() if language in words
    }
    if not prints:
        raise BadProgram([f"there are no texts in {language!r} to approve"])
    blocks = {
        code: (approval.translator, approval.dated, dict(approval.texts))
        for code, approval in found.program.approved.items()
    }
    blocks[language] = (translator, dated, prints)
    lines = ["approved:"]
    for code, (who, when, named) in sorted(blocks.items()):
        lines += [
            f"  {code}:",
            f"    translator: {json.dumps(who, ensure_ascii=False)}",
            f"    dated: {when.isoformat()}",
            "    texts:",
        ]
        lines += [f'      {name}: "{value}"' for name, value in named.items()]
    written = APPROVED.sub("", found.source_text).rstrip("\n") + "\n" + "\n".join(lines) + "\n"
    read(written)
    return written
