"""From files to documents.

To add a format: write a module with a function from the file's bytes and its name to its canonical text (a
`registry.Parser`), and name that function in `registry.PARSERS` under the suffixes of the format.
"""
