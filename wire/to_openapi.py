"""docs/api.yaml: OpenAPI 3.1 of every route, with the frames of the WebSockets as x-frames."""
import yaml

from wire import pascal

HEAD = '# Made from wire/wire.yaml by wire/generate.py; do not edit.\n'
MEDIA = ('text/plain', 'text/csv')
SEES = {'public': 'Open to all.', 'any': 'Whoever is signed in.',
        'control': 'Only over the control socket of the data directory, never over the network.'}


class Dumper(yaml.SafeDumper):
    """Long lines stay whole, and nothing is written by reference."""

    def ignore_aliases(self, data):
        return True

    def increase_indent(self, flow=False, indentless=False):
        return super().increase_indent(flow, False)


def ref(name):
    return {'$ref': f'#/components/schemas/{pascal(name)}'}


def nullable(schema):
    if '$ref' in schema:
        return {'anyOf': [schema, {'type': 'null'}]}
    if 'enum' in schema:
        schema['enum'] = schema['enum'] + [None]
    if 'type' in schema:
        schema['type'] = [schema['type'], 'null']
    return schema


def text_schema(low, high):
    """Limits in bytes of UTF-8, as far as they hold for characters, of which one has up to four."""
    schema = {'type': 'string', 'maxLength': high}
    if low:
        schema['minLength'] = (low + 3) // 4
    return schema


def plain_schema(f, incoming):
    kind = f.kind
    if kind == 'one':
        return ref(f.of)
    if kind == 'many':
        return {'type': 'array', 'items': ref(f.of)}
    if kind in ('text', 'raw'):
        return text_schema(f.low, f.high)
    if kind == 'int':
        return {'type': 'integer', 'minimum': f.low, 'maximum': f.high}
    if kind == 'enum':
        return {'type': 'string', 'enum': list(f.values)}
    if kind == 'texts':
        return {'type': 'array', 'maxItems': f.items, 'items': text_schema(0, f.high)}
    if kind == 'id' and incoming:
        return {'type': 'string', 'pattern': '^[0-9]{1,19}$' if f.must else '^[0-9]{0,19}$'}
    return {'id': {'type': 'string', 'pattern': '^[1-9][0-9]{0,18}$'},
            'flag': {'type': 'boolean'},
            'time': {'type': 'string', 'format': 'date-time'},
            'real': {'type': 'number'},
            'any': {'description': f'Any JSON value of at most {f.high} bytes'}}[kind]


def field_schema(f, incoming):
    schema = plain_schema(f, incoming)
    if f.null or (incoming and f.kind == 'id' and not f.must):
        schema = nullable(schema)
    if f.words:
        schema = dict(schema, description=f.words)
    return schema


def object_schema(fields, incoming):
    schema = {'type': 'object',
              'properties': {f.name: field_schema(f, incoming) for f in fields}}
    required = [f.name for f in fields if (f.must if incoming else not f.absent)]
    if required:
        schema['required'] = required
    if not incoming:
        schema['additionalProperties'] = False
    return schema


def schemas(wire):
    out = {pascal(n): {'type': 'string', 'enum': list(v)} for n, v in wire.enums.items()}
    for s in wire.shapes.values():
        out[pascal(s.name)] = object_schema(s.fields, s.incoming)
    return out


def parameter_refs(route):
    found = [f'{p}_in_path' for p in route.in_path] + route.query
    if route.creates:
        found.append('idempotency_key')
    return [{'$ref': f'#/components/parameters/{p}'} for p in found]


def parameters(wire):
    out = {}
    in_path = {p for r in wire.routes for p in r.in_path}
    in_query = {q for r in wire.routes for q in r.query}
    for name, f in wire.params.items():
        schema = plain_schema(f, False)
        if f.kind == 'flag':
            schema = {'type': 'string', 'enum': ['1']}
        if name in in_path:
            out[f'{name}_in_path'] = {'name': name, 'in': 'path', 'required': True,
                                      'description': f.words, 'schema': schema}
        if name in in_query:
            out[name] = {'name': name, 'in': 'query', 'description': f.words, 'schema': schema}
    out['idempotency_key'] = {
        'name': 'Idempotency-Key', 'in': 'header',
        'description': 'A word of the caller for this one wish: sent again with the same body it '
                       'answers what it answered first, and creates nothing anew',
        'schema': {'type': 'string', 'minLength': 1, 'maxLength': 64}}
    return out


def security(route):
    if route.may in ('public', 'control'):
        return []
    need = {'session': []}
    if route.method != 'get':
        need['csrf'] = []
    return [need]


def body(route):
    schema = {'schema': ref(route.takes)}
    content = {'application/json': schema}
    if route.path.startswith('/w/'):
        # What a page of another origin may send without asking first.
        content['text/plain'] = schema
    shape_needed = route.takes != 'empty'
    return {'required': shape_needed, 'content': content}


def good_answer(route):
    if route.upgrade:
        return '101', {'description': 'The connection is a WebSocket from here on; see x-frames'}
    if route.out in MEDIA:
        return str(route.status), {'description': 'Done',
                                   'content': {route.out: {'schema': {'type': 'string'}}}}
    answer = {'description': 'Created' if route.status == 201 else 'Done'}
    if route.name == 'login':
        answer['headers'] = {'Set-Cookie': {'description': 'The session, as cookie laiyu',
                                            'schema': {'type': 'string'}}}
    answer['content'] = {'application/json': {'schema': ref(route.out)}}
    return str(route.status), answer


def frame_in(f):
    out = {'t': f.t}
    if f.say:
        out['description'] = f.say
    if f.may != 'any':
        out['x-may'] = f.may
    out['schema'] = ref(f.takes)
    if f.out:
        out['answer'] = ref(f.out)
    return out


def frame_push(p):
    out = {'t': p.t}
    if p.say:
        out['description'] = p.say
    out['schema'] = ref(p.shape) if p.shape else object_schema(p.fields, False)
    return out


def frames(wire, side):
    return {'description': 'JSON text {"t": name, ...fields}. A frame with "re" is answered by one '
                           '{"t": "ok", "re": the same, ...answer} or {"t": "error", "re": the '
                           'same, ...Error}. The schemas are of what stands beside t and re.',
            'in': [frame_in(f) for f in wire.frames_in[side]],
            'push': [frame_push(p) for p in wire.push[side]]}


def operation(wire, route):
    sees = SEES.get(route.may, f'Needs the permission {route.may}.')
    op = {'operationId': route.name, 'summary': route.say, 'description': sees,
          'tags': [route.tag], 'security': security(route)}
    params = parameter_refs(route)
    if params:
        op['parameters'] = params
    if route.takes:
        op['requestBody'] = body(route)
    status, answer = good_answer(route)
    op['responses'] = {status: answer, 'default': {'$ref': '#/components/responses/Error'}}
    op['x-may'] = route.may
    if route.body:
        op['x-body-limit'] = route.body
    if route.upgrade:
        op['x-frames'] = frames(wire, route.upgrade)
    return op


def document(wire):
    paths = {}
    for r in wire.routes:
        paths.setdefault(r.path, {})[r.method] = operation(wire, r)
    error = {'description': 'It could not be done',
             'headers': {'Retry-After': {'description': 'Seconds, where waiting helps',
                                         'schema': {'type': 'integer'}}},
             'content': {'application/json': {'schema': ref('error')}}}
    doc = {
        'openapi': '3.1.0',
        'info': dict(wire.api, license={'name': 'Apache-2.0', 'identifier': 'Apache-2.0'}),
        'servers': [{'url': '/', 'description': 'The server that also serves the console'}],
        'tags': [{'name': n, 'description': d} for n, d in wire.tags.items()],
        'paths': paths,
        'components': {
            'securitySchemes': {
                'session': {'type': 'apiKey', 'in': 'cookie', 'name': 'laiyu',
                            'description': 'Set by signing in; ends 12 hours after its last use'},
                'csrf': {'type': 'apiKey', 'in': 'header', 'name': 'X-CSRF-Token',
                         'description': '`csrf` of Me, demanded by every call that is not GET'}},
            'parameters': parameters(wire),
            'responses': {'Error': error},
            'schemas': schemas(wire)}}
    return HEAD + yaml.dump(doc, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100)
