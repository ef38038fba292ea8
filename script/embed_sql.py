#!/usr/bin/python3
"""Turn the numbered migrations into the tables of src/db/db.h.

embed_sql.py OUT.c SCHEMA-FOLDER

A file is called SERIES-NNN.sql; numbers begin at 001 and have no gaps.
"""
import re
import sys
from pathlib import Path


def c_text(text):
    lines = text.splitlines(keepends=True)
    escaped = (line.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") for line in lines)
    return "\n".join(f'     "{line}"' for line in escaped)


def table(folder, series):
    rows = []
    for number, path in enumerate(sorted(folder.glob(f"{series}-*.sql")), 1):
        if path.name != f"{series}-{number:03}.sql":
            sys.exit(f"embed_sql.py: {path.name} where {series}-{number:03}.sql was expected")
        text = path.read_text(encoding="utf-8")
        if not text.endswith(";\n"):
            sys.exit(f"embed_sql.py: {path.name} does not end in a semicolon and a new line")
        if re.search(r"--|/\*", text):
            sys.exit(f"embed_sql.py: {path.name}: no comments in a migration")
        rows.append(f'    {{{number}, "{path.stem}",\n{c_text(text)}}},\n')
    return (f"const struct migration {series}_migrations[] = {{\n{''.join(rows)}}};\n"
            f"const size_t {series}_migration_count = {len(rows)};\n")


def main():
    out, folder = Path(sys.argv[1]), Path(sys.argv[2])
    tables = "\n".join(table(folder, series) for series in ("main", "trail"))
    text = f"""/* Made by script/embed_sql.py; do not edit. */
#include "db/db.h"

#pragma GCC diagnostic ignored "-Woverlength-strings"

{tables}"""
    if not out.exists() or out.read_text(encoding="utf-8") != text:
        out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
