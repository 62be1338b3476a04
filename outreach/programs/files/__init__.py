"""Program files: `read` one, `load` a stored definition, `library` the shipped ones.

`schemas` says what may stand in a file, `reading` turns YAML into a Program;
`approving` writes approvals into it, `checking` lints it for its author.
"""

from outreach.programs.files.approving import approve
from outreach.programs.files.checking import check
from outreach.programs.files.json_schema import json_schema
from outreach.programs.files.reading import BadProgram, Read, library, load, read

__all__ = ("BadProgram", "Read", "approve", "check", "json_schema", "library", "load", "read")
