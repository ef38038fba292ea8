#!/usr/bin/python3
"""The house rules that no compiler knows: floors, where SQL and the vault may be, what pure is.

layout.py [ROOT]     check ROOT/src (default: this repository); offenders are printed, exit 1
layout.py --self-test   break every rule once in a made-up tree and see that it is noticed
"""
import re
import sys
import tempfile
from pathlib import Path

FLOORS = {
    "base": 1,
    "net": 2, "db": 2, "sheet": 2,
    "guard": 3, "out": 3, "bus": 3,
    "track": 4, "chat": 4, "label": 4, "funnel": 4, "facts": 4,
    "acts": 5,
    "import": 6,
    "web": 7, "cli": 7,
    "": 8,  # main.c and config.c
}
# Values and the clock come in as arguments; no database, socket or global.
PURE = {
    "track/source", "track/visit", "chat/conversation", "chat/routing", "label/outcome",
    "label/contact", "label/contact_preview", "label/contact_sign", "label/claims",
    "funnel/funnel", "facts/query", "facts/metric",
}
# What tables of values can reach whole: the pure files, the floor under all and the parsers.
COVERED = PURE | {"base/*", "facts/today", "net/http", "net/ws"}
IMPURE_ROOMS = {"db", "net", "bus", "guard", "out", "sheet"}
IMPURE_SYSTEM = re.compile(
    r"^(time|unistd|fcntl|pthread|poll|netdb|stdatomic|threads|signal|uv|sqlite3|libpq-fe|sodium|"
    r"jansson|curl/.*|sys/.*|arpa/.*|netinet/.*|openssl/.*)\.h$")
IMPURE_CALL = re.compile(
    r"\b(time_now_ms|time_monotonic_ms|time_monotonic_us|id_new|random_bytes|time|clock_gettime|"
    r"gettimeofday|getenv|rand|log_event|count_add)\s*\(")
MUTABLE = re.compile(r"^\s*(?:static|_Thread_local)\s+(?!const\b|inline\b)(?!.*\bconst\b)[^()]*[;=]|"
                     r"^(?!static|extern|typedef|struct|enum|union|return|#)\w[\w\s*]*\w(?:\[\w*\])?\s*=")
SQL = re.compile(r'"\s*(SELECT|INSERT|UPDATE|DELETE|CREATE)\s+\S')
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
ERROR = re.compile(r'\bERR\(ERR_[A-Z_]+,\s*"([a-z0-9_]+)"\)')
SENTENCE = re.compile(r'^\{"([a-z0-9_]+)", "[^"]', re.M)
MAX_LINES = 500


def without_comments(text):
    """Lines stay where they were; strings stay too."""
    return TOKEN.sub(lambda m: re.sub(r"[^\n]", " ", m[0]) if m[0][0] == "/" else m[0], text)


def without_strings(text):
    return TOKEN.sub(lambda m: '""' if m[0][0] == '"' else m[0], text)


def floor_of(path):
    room = path.parts[0] if len(path.parts) > 1 else ""
    return room, FLOORS.get(room)


def check_include(path, kind, name):
    """One #include against the floors, the vault rule and purity."""
    room, floor = floor_of(path)
    pure = path.with_suffix("").as_posix() in PURE
    if kind == "<":
        if pure and IMPURE_SYSTEM.match(name):
            yield "pure", f"a pure file includes <{name}>"
        return
    target, target_floor = floor_of(Path(name))
    if target != room or "/" not in name:
        if target_floor is None or ("/" not in name and room):
            yield "floor", f'"{name}" is in no room'
        elif target_floor > floor:
            yield "floor", f'includes "{name}" of floor {target_floor} from floor {floor}'
        elif target_floor == floor and floor != 8:
            yield "floor", f'includes "{name}": rooms of one floor do not know each other'
    if name == "guard/vault.h" and room not in ("guard", ""):
        if path.suffix == ".h":
            yield "vault", "a header opens the vault: declare struct vault instead"
        elif not path.stem.endswith("_rows"):
            yield "vault", "only *_rows.c open the vault"
    if pure and (target in IMPURE_ROOMS or name.endswith("_rows.h")):
        yield "pure", f'a pure file includes "{name}"'


def check_line(path, code):
    include = INCLUDE.match(code)
    if include:
        yield from check_include(path, include[1], include[2])
        return
    # The seam itself keeps its list of migrations.
    if SQL.search(code) and not path.stem.endswith("_rows") and path.parts[0] != "db":
        yield "sql", "SQL outside of a *_rows.c"
    if path.with_suffix("").as_posix() in PURE:
        bare = without_strings(code)
        if IMPURE_CALL.search(bare) and path.suffix == ".c":
            yield "pure", "a pure file asks for the time, chance or the outside"
        if MUTABLE.search(bare):
            yield "pure", "a pure file has a variable that outlives a call"


def check_file(path, text):
    """Yields (line, rule, message); path is relative to src."""
    if floor_of(path)[1] is None:
        yield 1, "floor", f"room {path.parts[0]} has no floor in tests/layout.py"
        return
    lines = text.count("\n") + (not text.endswith("\n"))
    if lines > MAX_LINES:
        yield lines, "length", f"{lines} lines: more than {MAX_LINES}; what two things does it hold?"
    if path.suffix == ".h" and not text.startswith(f"/* {path.name} - "):
        yield 1, "header", f'must begin with "/* {path.name} - " and say what it promises'
    for number, code in enumerate(without_comments(text).split("\n"), 1):
        for rule, message in check_line(path, code):
            yield number, rule, message


def check_sentences(src):
    """Every name an ERR() bears has its sentence for people. Yields (path, line, rule, message)."""
    table = src / "guard" / "errors.inc"
    known = set(SENTENCE.findall(table.read_text(encoding="utf-8"))) if table.exists() else set()
    for file in sorted(src.rglob("*.c")):
        text = file.read_text(encoding="utf-8")
        for m in ERROR.finditer(text):
            if m[1] not in known:
                yield (f"src/{file.relative_to(src).as_posix()}", text.count("\n", 0, m.start()) + 1,
                       "sentence", f"{m[1]} has no sentence in guard/errors.inc")


def check(root):
    src = root / "src"
    found = list(check_sentences(src))
    for file in sorted(src.rglob("*")):
        if file.suffix in (".c", ".h"):
            path = file.relative_to(src)
            for line, rule, message in check_file(path, file.read_text(encoding="utf-8")):
                found.append((f"src/{path.as_posix()}", line, rule, message))
    return found


# What each case adds to a clean tree, and the rule that must then speak up (None: all is well).
CASES = [
    ("a room may include its own and lower floors", "chat/routing.c",
     '#include "chat/routing.h"\n#include "base/str.h"\n', None),
    ("main.c may include everything", "main.c", '#include "web/a.h"\n#include "guard/vault.h"\n', None),
    ("looking up", "track/a.c", '#include "acts/act.h"\n', "floor"),
    ("looking up from a header", "base/a.h", '/* a.h - x */\n#include "db/db.h"\n', "floor"),
    ("a neighbour", "track/a.c", '#include "chat/routing.h"\n', "floor"),
    ("cli and web are neighbours", "cli/a.c", '#include "web/a.h"\n', "floor"),
    ("a room without a floor", "misc/a.c", "int a;\n", "floor"),
    ("an include without a room", "track/a.c", '#include "visit.h"\n', "floor"),
    ("the top is above all", "web/a.c", '#include "config.h"\n', "floor"),
    ("SQL in a handler", "web/a.c", 'f("SELECT a FROM b");\n', "sql"),
    ("SQL that begins a line", "acts/a.c", 'f(\n  "UPDATE a SET b = 1");\n', "sql"),
    ("SQL in rows", "chat/chat_rows.c", 'f("INSERT INTO a VALUES ($1)");\n', None),
    ("SQL in the seam", "db/migrate.c", 'f("CREATE TABLE a (b INT8)");\n', None),
    ("an HTTP method is no SQL", "web/a.c", 'f("DELETE", "UPDATE");\n', None),
    ("SQL in a comment", "web/a.c", '/* "SELECT a FROM b" */\n', None),
    ("the vault in a handler", "web/a.c", '#include "guard/vault.h"\n', "vault"),
    ("the vault in a header", "chat/chat_rows.h",
     '/* chat_rows.h - x */\n#include "guard/vault.h"\n', "vault"),
    ("the vault in rows", "chat/chat_rows.c", '#include "guard/vault.h"\n', None),
    ("a pure file with a store", "track/visit.c", '#include "db/db.h"\n', "pure"),
    ("a pure file with rows", "track/visit.c", '#include "track/track_rows.h"\n', "pure"),
    ("a pure file with a socket", "track/visit.h",
     "/* visit.h - x */\n#include <sys/socket.h>\n", "pure"),
    ("a pure file with a clock", "chat/conversation.c", "now = time_now_ms();\n", "pure"),
    ("a pure file with a global", "track/source.c", "static int seen;\n", "pure"),
    ("a pure file with an array of its own", "track/source.c", "static int seen[4] = {0};\n", "pure"),
    ("a pure file with an exported variable", "track/source.c", "int seen = 1;\n", "pure"),
    ("a pure file that counts inside", "track/source.c", "{\n    static int n;\n}\n", "pure"),
    ("a pure file with tables", "track/source.c",
     "static const int a[] = {1};\nstatic int f(int x)\n{\n    int y = x;\n    return y;\n}\n", None),
    ("the clock is a word in a text", "track/source.c", 'f("time_now_ms()");\n', None),
    ("a book", "web/a.c", "int a;\n" * 501, "length"),
    ("a full file", "web/a.c", "int a;\n" * 500, None),
    ("facts are no code", "web/a.inc", "{1},\n" * 2000, None),
    ("a header without a word", "web/b.h", "#ifndef B_H\n", "header"),
    ("an error without a sentence", "web/a.c", 'return ERR(ERR_IO, "no_such_word");\n', "sentence"),
    ("a header that names another", "web/b.h", "/* c.h - x */\n", "header"),
]


def self_test():
    failed = 0
    for name, path, text, wanted in CASES:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "src" / path
            file.parent.mkdir(parents=True)
            file.write_text(text, encoding="utf-8")
            rules = {rule for _, _, rule, _ in check(Path(folder))}
        good = rules == ({wanted} if wanted else set())
        failed += not good
        print(f"{'ok' if good else 'not ok'} - {name}" + ("" if good else f": {rules or 'silence'}"))
    print(f"# pass {len(CASES) - failed}\n# fail {failed}")
    return failed


def main():
    if sys.argv[1:] == ["--self-test"]:
        sys.exit(1 if self_test() else 0)
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
    found = check(root)
    for path, line, rule, message in found:
        print(f"{path}:{line}: {rule}: {message}")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
