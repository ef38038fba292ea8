#!/usr/bin/python3
"""Build folders of files into the executable.

embed.py OUT.c OUT.bin URL-PREFIX=FOLDER...

OUT.bin is all files and their gzip forms one after the other; OUT.c takes it in whole with .incbin
and holds the table of src/web/assets.h. Same files, same bytes: gzip carries no time. Both outputs
are written only when they change, so this can run in every build.
"""
import gzip
import hashlib
import re
import sys
from pathlib import Path

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".txt": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
}
# name-AbCd1234.js, as Vite names what it makes; the hash must hold a digit or a capital, so that
# an ordinary word of eight letters is no hash.
HASHED = re.compile(r"-(?=[\w-]*[A-Z0-9])[\w-]{8}\.\w+$")
UNSENT = re.compile(r"(^|/)(\.|node_modules/)|\.(map|md|ts)$")  # never sent


def files(prefix, folder):
    root = Path(folder)
    for path in sorted(root.rglob("*")) if root.is_dir() else []:
        name = path.relative_to(root).as_posix()
        if path.is_file() and not UNSENT.search(name):
            yield f"{prefix}/{name}", path.read_bytes()


def c_string(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def write_if_changed(path, data):
    path = Path(path)
    if not path.exists() or path.read_bytes() != data:
        path.write_bytes(data)


def row(url, data, blob):
    suffix = Path(url).suffix.lower()
    kind = TYPES.get(suffix)
    if kind is None:
        sys.exit(f"embed.py: no content type for {url}")
    packed = gzip.compress(data, 9, mtime=0)
    at = len(blob)
    blob += data
    zipped = "NULL, 0"
    if len(packed) < len(data):
        zipped = f"asset_blob + {len(blob)}, {len(packed)}"
        blob += packed
    etag = hashlib.sha256(data).hexdigest()[:20]
    hashed = "true" if "/assets/" in url and HASHED.search(url) else "false"
    return (f"    {{{c_string(url)}, {c_string(kind)}, asset_blob + {at}, {len(data)}, {zipped},\n"
            f"     {c_string(chr(34) + etag + chr(34))}, {hashed}}},\n")


def main():
    out_c, out_bin, *folders = sys.argv[1:]
    found = {}
    for folder in folders:
        prefix, _, path = folder.partition("=")
        for url, data in files(prefix, path):
            if url in found:
                sys.exit(f"embed.py: {url} comes twice")
            found[url] = data
    blob = bytearray()
    rows = [row(url, found[url], blob) for url in sorted(found, key=str.encode)]
    where = str(Path(out_bin).resolve())
    text = f"""/* Made by script/embed.py; do not edit. */
#include "web/assets.h"

extern const unsigned char asset_blob[];

__asm__(".section .rodata\\n"
        ".balign 16\\n"
        ".global asset_blob\\n"
        ".hidden asset_blob\\n"
        ".type asset_blob, @object\\n"
        "asset_blob:\\n"
        ".incbin " {c_string(c_string(where))} "\\n"
        ".byte 0\\n"
        ".size asset_blob, . - asset_blob\\n"
        ".previous\\n");

const struct asset assets[] = {{
{"".join(rows)}    {{NULL}},
}};
const size_t asset_count = {len(rows)};
"""
    write_if_changed(out_bin, bytes(blob))
    write_if_changed(out_c, text.encode())


if __name__ == "__main__":
    main()
