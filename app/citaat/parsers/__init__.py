"""From files to documents: one module a format, chosen by the file's suffix."""

from citaat.parsers.files import SUFFIXES, File, Origin, find, left_out, read, refuse_unreadable

__all__ = ["SUFFIXES", "File", "Origin", "find", "left_out", "read", "refuse_unreadable"]
