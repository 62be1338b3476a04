"""Program files: `read` one, `load` a stored definition, `library` the shipped ones.

`schemas` says what may stand in a file, `reading` turns YAML into a Program;
`approving` writes approvals into it.
"""

from outreach.programs.files.approving import approve
from outreach.programs.files.reading import BadProgram, Read, library, load, read

__all__ = ("BadProgram", "Read", "approve", "library", "load", "read")
