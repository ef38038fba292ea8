"""The browsers' side: everything for the console, types alone for the widget."""
from wire import pascal

HEAD = '// Made from wire/wire.yaml by wire/generate.py; do not edit.\n'
TYPES = {'text': 'string', 'raw': 'string', 'int': 'number', 'real': 'number', 'id': 'string',
         'flag': 'boolean', 'time': 'string', 'texts': 'string[]', 'any': 'unknown'}
SIDES = {'visitor': 'Visitor', 'desk': 'Desk'}


def union(values):
    return ' | '.join(f"'{v}'" for v in values)


def type_of(f, incoming):
    if f.kind == 'enum':
        t = union(f.values)
    elif f.of:
        t = pascal(f.of) + ('[]' if f.kind == 'many' else '')
    else:
        t = TYPES[f.kind]
    if f.null or (incoming and f.kind == 'id' and not f.must):
        t += ' | null'
    return t


def member(f, incoming):
    optional = '?' if f.absent or (incoming and not f.must) else ''
    return f'{f.name}{optional}: {type_of(f, incoming)}'


def note(words, indent=''):
    return f'{indent}/** {words} */\n' if words else ''


def interface(shape):
    body = ''.join(f'{note(f.words, "  ")}  {member(f, shape.incoming)}\n' for f in shape.fields)
    if not body:
        return f'export type {pascal(shape.name)} = Record<string, never>\n'
    return f'export interface {pascal(shape.name)} {{\n{body}}}\n'


def plural(name):
    first, *rest = name.split('_')
    return first + ''.join(pascal(r) for r in rest) + 's'


def enum(name, values, consts):
    if not consts:
        return f'export type {pascal(name)} = {union(values)}\n'
    words = ', '.join(f"'{v}'" for v in values)
    return (f'export const {plural(name)} = [{words}] as const\n'
            f'export type {pascal(name)} = (typeof {plural(name)})[number]\n')


def alternatives(name, members):
    return f'export type {name} =\n' + ''.join(f'  | {m}\n' for m in members)


def frame_in(wire, f):
    has_fields = wire.shapes[f.takes].fields
    return f"({{ t: '{f.t}'; re?: string }}" + (f' & {pascal(f.takes)})' if has_fields else ')')


def frame_push(p):
    if p.shape:
        return f"({{ t: '{p.t}' }} & {pascal(p.shape)})"
    fields = ''.join(f'; {member(f, False)}' for f in p.fields)
    return f"{{ t: '{p.t}'{fields} }}"


def frames(wire, side):
    name = SIDES[side]
    sent = wire.frames_in[side]
    out = [alternatives(f'{name}In', [frame_in(wire, f) for f in sent]),
           alternatives(f'{name}Push', [frame_push(p) for p in wire.push[side]])]
    answers = ''.join(f'  {f.t}: {pascal(f.out)}\n' for f in sent if f.out)
    out.append(f"// What the answer {{ t: 'ok', re }} to each frame carries beside them.\n"
               f'export interface {name}Answers {{\n{answers}}}\n')
    out.append(f'export type {name}Answer =\n'
               f"  | ({{ t: 'ok'; re: string }} & {name}Answers[keyof {name}Answers])\n"
               f"  | ({{ t: 'error'; re: string }} & Error)\n")
    return out


def is_shape(name):
    return bool(name) and '/' not in name


def calls(wire, routes):
    """What each route takes and gives, by its name."""
    out = '// What each route takes and gives, by its name.\nexport interface Calls {\n'
    for r in routes:
        if r.upgrade:
            continue
        path = '; '.join(f'{p}: string' for p in r.in_path)
        query = '; '.join(f'{q}?: {type_of(wire.params[q], False)}' for q in r.query)
        takes = pascal(r.takes) if r.takes else 'undefined'
        gives = pascal(r.out) if is_shape(r.out) else 'string'
        out += (f'  {r.name}: {{ path: {{{f" {path} " if path else ""}}}; '
                f'query: {{{f" {query} " if query else ""}}}; in: {takes}; out: {gives} }}\n')
    return out + '}\n'


def console(wire):
    parts = [enum(n, v, True) for n, v in wire.enums.items()]
    parts += [interface(s) for s in wire.shapes.values()]
    for side in wire.push:
        parts += frames(wire, side)
    rows = ''.join(f"  {r.name}: {{ method: '{r.method.upper()}', path: '{r.path}' }},\n"
                   for r in wire.routes)
    parts.append(f'export const routes = {{\n{rows}}} as const\n'
                 'export type RouteName = keyof typeof routes\n')
    parts.append(calls(wire, wire.routes))
    return HEAD + '\n' + '\n'.join(parts)


def reachable(wire, names):
    """The shapes and enums that these lead to."""
    found, todo = set(), list(names)
    while todo:
        name = todo.pop()
        if name in found:
            continue
        found.add(name)
        if name in wire.shapes:
            todo += [f.of for f in wire.shapes[name].fields if f.of]
    return found


def widget(wire):
    routes = [r for r in wire.routes if r.path.startswith('/w/')]
    start = ['error'] + [n for r in routes for n in (r.takes, r.out) if is_shape(n)]
    start += [n for f in wire.frames_in['visitor'] for n in (f.takes, f.out) if n]
    for p in wire.push['visitor']:
        start += [p.shape] if p.shape else [f.of for f in p.fields if f.of]
    names = reachable(wire, start)
    parts = [enum(n, v, False) for n, v in wire.enums.items() if n in names]
    parts += [interface(s) for s in wire.shapes.values() if s.name in names]
    parts += frames(wire, 'visitor')
    parts.append(calls(wire, routes))
    paths = ' | '.join(f"'{r.path}'" for r in routes)
    parts.append(f'export type Path = {paths}\n')
    return HEAD + '\n' + '\n'.join(parts)
