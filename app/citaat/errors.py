"""The errors that a caller can meet.

CitaatError
├── InputError          the caller's: a question, an option, a path           4xx, exit 2
│   ├── NotFoundError   no such document or passage                           404, exit 2
│   │   └── GoneError   the document is there, the passage no longer is       410, exit 2
│   └── ParseError      a file that cannot be parsed: which, where, why       422, exit 2
├── StoreError          the index is missing, stale or corrupt                503, exit 3
└── BusyError           more questions wait than can be answered in time      503

A message says what is wrong, with its numbers, and what to do next. It never repeats a question or a
text; a path that was named is.
"""


class CitaatError(Exception):
    """Every error that Citaat raises on purpose.

    Attributes:
        code: stable, for programs.
        status: the HTTP status it becomes.
        exit_code: the exit status of the command line.
        retry_after: seconds after which to ask again, where the status is 503.
    """

    code = "citaat-error"
    title = "Citaat could not do this"
    status = 500
    exit_code = 1
    retry_after = 1

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code or type(self).code


class InputError(CitaatError):
    """The request cannot be served as it stands."""

    code = "invalid-input"
    title = "The request is not valid"
    status = 422
    exit_code = 2


class NotFoundError(InputError):
    """There is no such document or passage in this library."""

    code = "not-found"
    title = "Not in this library"
    status = 404


class GoneError(NotFoundError):
    """The document is in this library, but the passage no longer is."""

    code = "passage-gone"
    title = "This passage is no longer in the document"
    status = 410


class ParseError(InputError):
    """A source file cannot be parsed."""

    code = "unreadable-file"
    title = "A file cannot be read"


class StoreError(CitaatError):
    """The store cannot be used: `code` says whether it is missing, stale, corrupt or unwritable."""

    code = "store-unusable"
    title = "The index cannot be used"
    status = 503
    exit_code = 3


class BusyError(CitaatError):
    """A server has more to answer than it can within the time that a request may wait."""

    code = "busy"
    title = "The server is busy"
    status = 503

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Too many questions are waiting. Ask again in {retry_after} s.")
        self.retry_after = retry_after
