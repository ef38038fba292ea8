"""wire.yaml, read into plain objects that to_c.py, to_ts.py and to_openapi.py write out again."""
import re
from dataclasses import dataclass, field

import yaml


class Loader(yaml.SafeLoader):
    """YAML 1.2 in the one point that matters here: on, off, yes and no are words."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, rx) for tag, rx in rules if tag != 'tag:yaml.org,2002:bool']
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()}
Loader.add_implicit_resolver('tag:yaml.org,2002:bool', re.compile(r'^(true|false)$'), list('tf'))

NOTATION = re.compile(r'''
    (?: (?P<kind>text|raw|int|id|flag|time|real|enum|texts|any) (?:\((?P<args>[^)]*)\))?
      | \[(?P<many>\w+)\]
      | (?P<one>\w+) )
    (?P<must>!)? (?P<null>\?)? (?P<absent>~)? (?:\s*\#\s*(?P<words>.*))?''', re.X)

METHODS = ('get', 'post', 'patch', 'delete')


@dataclass
class Field:
    name: str
    kind: str  # text raw int id flag time real enum texts any, or one / many with `of`
    must: bool = False
    null: bool = False
    absent: bool = False
    words: str = ''
    low: int = 0
    high: int = 0
    items: int = 0
    values: list = field(default_factory=list)
    of: str = ''  # a shape or an enum of `enums`


@dataclass
class Shape:
    name: str
    fields: list
    incoming: bool = False
    partial: bool = False


@dataclass
class Route:
    name: str
    method: str
    path: str
    may: str
    kind: str
    tag: str
    say: str
    takes: str
    out: str
    body: int
    creates: bool
    status: int
    query: list
    upgrade: str

    @property
    def in_path(self):
        return re.findall(r'{(\w+)}', self.path)


@dataclass
class Frame:
    t: str
    name: str
    kind: str
    takes: str
    out: str
    may: str
    say: str


@dataclass
class Push:
    t: str
    shape: str  # '' when the fields stand here
    fields: list
    say: str


class WireError(Exception):
    pass


def read_field(name, text):
    m = NOTATION.fullmatch(str(text).strip())
    if not m:
        raise WireError(f'field {name}: cannot read "{text}"')
    f = Field(name, '', bool(m['must']), bool(m['null']), bool(m['absent']),
              m['words'] or '')
    if m['many'] or m['one']:
        f.kind, f.of = ('many', m['many']) if m['many'] else ('one', m['one'])
        return f
    f.kind, args = m['kind'], m['args'] or ''
    if f.kind == 'enum':
        f.values = args.split('|')
    elif f.kind == 'texts':
        f.high, f.items = (int(a) for a in args.split(','))
    elif f.kind in ('text', 'raw', 'int', 'any'):
        low, _, high = args.rpartition('..')
        f.low, f.high = int(low or 0), int(high)
    elif args:
        raise WireError(f'field {name}: {f.kind} takes no limits')
    return f


def read_shape(name, members):
    members = dict(members or {})
    incoming, partial = members.pop('in', False), members.pop('partial', False)
    return Shape(name, [read_field(k, v) for k, v in members.items()], incoming is True,
                 partial is True)


def read_route(row):
    row = dict(row)
    method = next(m for m in METHODS if m in row)
    route = Route(
        method=method, path=row.pop(method), name=row.pop('name'), may=row.pop('may'),
        kind=row.pop('kind'), tag=row.pop('tag'), say=row.pop('say', ''), takes=row.pop('in', ''),
        out=row.pop('out', ''), body=row.pop('body', 0), creates=row.pop('creates', False),
        status=row.pop('status', 200), query=row.pop('query', []), upgrade=row.pop('upgrade', ''))
    if row:
        raise WireError(f'route {route.name}: unknown {", ".join(row)}')
    return route


def read_push(t, what):
    if isinstance(what, str):
        f = read_field(t, what)
        return Push(t, f.of, [], f.words)
    fields = dict(what)
    say = fields.pop('say', '')
    return Push(t, '', read_shape(t, fields).fields, say)


class Wire:
    """enums, shapes, routes by name in their order; frames_in and push by side."""

    def __init__(self, path):
        with open(path, encoding='utf-8') as f:
            doc = yaml.load(f, Loader)
        self.enums = {k: v.split('|') for k, v in doc['enums'].items()}
        self.shapes = {k: read_shape(k, v) for k, v in doc['shapes'].items()}
        self.routes = [read_route(r) for r in doc['routes']]
        self.frames_in, self.push = {}, {}
        for side, both in doc['frames'].items():
            self.frames_in[side] = [Frame(f['t'], f['name'], f['kind'], f['in'], f.get('out', ''),
                                          f.get('may', 'any'), f.get('say', ''))
                                    for f in both['in']]
            self.push[side] = [read_push(t, what) for t, what in both['push'].items()]
        self.api, self.tags = doc['api'], doc['tags']
        self.params = {k: read_field(k, v) for k, v in doc['params'].items()}
        self.check()

    def check(self):
        """Every name that is used must be declared."""
        for where, f in self.all_fields():
            if f.of and f.of not in self.shapes and f.of not in self.enums:
                raise WireError(f'{where}.{f.name}: no shape or enum {f.of}')
        media = ('', 'text/plain', 'text/csv')
        for r in self.routes:
            self.need_shapes(r.name, r.takes, '' if r.out in media else r.out)
            for p in r.query + r.in_path:
                if p not in self.params:
                    raise WireError(f'route {r.name}: parameter {p} is not in params')
            if r.tag not in self.tags or not r.say:
                raise WireError(f'route {r.name}: needs a known tag and a say')
        for side in self.frames_in:
            for fr in self.frames_in[side]:
                self.need_shapes(fr.name, fr.takes, fr.out)
            for p in self.push[side]:
                self.need_shapes(p.t, '', p.shape)

    def need_shapes(self, where, takes, out):
        for s in (takes, out):
            if s and s not in self.shapes:
                raise WireError(f'{where}: no shape {s}')
        if takes and not self.shapes[takes].incoming:
            raise WireError(f'{where}: {takes} is not marked in: true')

    def all_fields(self):
        for s in self.shapes.values():
            for f in s.fields:
                yield s.name, f
        for side, pushes in self.push.items():
            for p in pushes:
                for f in p.fields:
                    yield f'{side}.{p.t}', f


def pascal(name):
    return ''.join(part[:1].upper() + part[1:] for part in name.split('_'))
