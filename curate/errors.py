"""The one exception that users see, and the suggestion that goes with it.

Everything a user can put right is a `CurateError`: one line that says where, what and what instead. The command line turns it into
exit code 2 at one place (`curate/cli/__init__.py`). Anything else that escapes is a bug of ours and keeps its traceback.
"""

import contextlib
import difflib
import errno
from collections.abc import Iterable, Iterator, Sequence


class CurateError(Exception):
    """Something the user can put right. The message is one line; `where` is `file:line` or a node name."""

    def __init__(self, message: str, *, where: str = "") -> None:
        super().__init__(f"{where}: {message}" if where else message)
        self.message, self.where = message, where


class Unfit(CurateError):
    """What a fit says of documents that it cannot work with, such as too few of them."""


class Halted(CurateError):
    """A build cannot go on, and what its other workers have under way is finished first, because it may be paid for."""


class Handed(CurateError):
    """The work of a pass was given to jobs of a cluster; another process goes on with the build when they have ended."""


class Incomplete(CurateError):
    """Input files that could not be had, of which a build says which, and why, once it has read the others: (file, error)."""

    def __init__(self, failed: Sequence[tuple[str, str]], count: int) -> None:
        self.failed = sorted(failed)
        first = ": ".join(self.failed[0])
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        super().__init__(
            f"{len(failed):,} of {count:,} files could not be read: {first}{more}; the next build tries only what is missing"
        )


UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)
"""What the system says of a disk that is full, read-only or failing."""


@contextlib.contextmanager
def writing() -> Iterator[None]:
    """One line for a disk that is full, read-only or failing: CurateError, with the file where it is known."""
    try:
        yield
    except OSError as error:
        if error.errno not in UNWRITABLE:
            raise
        said = f"cannot be written: {error.strerror}; nothing that was finished is lost"
        raise CurateError(said, where=str(error.filename or "the disk")) from error


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """`; did you mean 'pattern'?` when one of the choices is close to the word, else the choices themselves, else nothing."""
    known = sorted(set(choices))
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known: {', '.join(known)}" if 0 < len(known) <= 12 else ""


@contextlib.contextmanager
def placed(title: str, where: str) -> Iterator[None]:
    """Say of an error that names no place what it is about, and where that stands in a recipe."""
    try:
        yield
    except CurateError as error:
        if type(error) is not CurateError or error.where:
            raise
        raise CurateError(f"{title}: {error.message}", where=where) from error


@contextlib.contextmanager
def failing(title: str, what: str = "failed", where: str = "") -> Iterator[None]:
    """Turn whatever a step raises into one line, where there is no document to put aside for it."""
    try:
        yield
    except (CurateError, KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # a panic of a native library and `sys.exit()` are no Exception
        from curate.artifact import Damaged

        full = isinstance(error, OSError) and error.errno in UNWRITABLE
        if full or isinstance(error, Damaged):  # not the step's fault: the build says so, or makes the object again
            raise
        said = " ".join(f"{title} {what}: {type(error).__name__}: {error}".split())[:500]
        raise CurateError(said, where=where) from error
