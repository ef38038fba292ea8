#!/usr/bin/python3
"""Writes everything that is made from wire.yaml; see the list at the top of that file.

Only files that differ are written. --check writes nothing and names what is out of date."""
import sys
from pathlib import Path

sys.dont_write_bytecode = True

import to_c  # noqa: E402
import to_openapi  # noqa: E402
import to_ts  # noqa: E402
from wire import Wire, WireError  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
OUTPUTS = (
    ('src/web/wire_shapes.h', to_c.shapes_h),
    ('src/web/wire_shapes.inc', to_c.shapes_inc),
    ('src/web/routes.inc', to_c.routes_inc),
    ('src/web/frames.inc', to_c.frames_inc),
    ('console/src/wire.ts', to_ts.console),
    ('widget/src/wire.ts', to_ts.widget),
    ('docs/api.yaml', to_openapi.document),
)


def main(args):
    if args not in ([], ['--check']):
        print('usage: generate.py [--check]', file=sys.stderr)
        return 2
    try:
        wire = Wire(ROOT / 'wire' / 'wire.yaml')
    except WireError as e:
        print(f'wire.yaml: {e}', file=sys.stderr)
        return 2
    stale = []
    for name, make in OUTPUTS:
        path, text = ROOT / name, make(wire)
        if path.exists() and path.read_text(encoding='utf-8') == text:
            continue
        stale.append(name)
        if not args:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding='utf-8')
    for name in stale:
        print(f'{name}: {"out of date" if args else "written"}')
    return 1 if args and stale else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
