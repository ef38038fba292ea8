"""The C side: structs and field tables of what comes in, the routes and the frames as macro rows."""
HEAD = '/* made by wire/generate.py from wire/wire.yaml; do not edit */\n'

C_TYPES = {'text': 'str', 'raw': 'str', 'any': 'str', 'int': 'int64_t', 'id': 'int64_t',
           'time': 'int64_t', 'flag': 'bool', 'texts': 'struct str_list'}
JSON_TYPES = {'text': 'JSON_TEXT', 'raw': 'JSON_TEXT', 'any': 'JSON_ANY', 'int': 'JSON_INT',
              'id': 'JSON_ID', 'time': 'JSON_TIME', 'flag': 'JSON_FLAG', 'texts': 'JSON_TEXTS',
              'enum': 'JSON_ENUM'}


def incoming(wire):
    return [s for s in wire.shapes.values() if s.incoming]


def enum_of(shape, f):
    tag = f'in_{shape.name}_{f.name}'
    words = ''.join(f'    {tag.upper()}_{v.upper()},\n' for v in f.values)
    return (f'enum {tag} {{\n{words}}};\n'
            f'extern const char *const {tag}_words[]; /* NULL-terminated */\n')


def member(shape, f):
    if f.kind == 'enum':
        return f'    int {f.name}; /* enum in_{shape.name}_{f.name} */\n'
    return f'    {C_TYPES[f.kind]} {f.name};\n'


def struct_of(shape):
    out = ''.join(enum_of(shape, f) for f in shape.fields if f.kind == 'enum')
    out += f'struct in_{shape.name} {{\n'
    out += ''.join(member(shape, f) for f in shape.fields) or '    char none;\n'
    if shape.partial:
        out += ''.join(f'    bool has_{f.name};\n' for f in shape.fields)
    return out + f'}};\nextern const struct json_shape wire_{shape.name};\n'


def shapes_h(wire):
    head = '''/* wire_shapes.h - what comes in, decoded with json_decode(text, &wire_NAME, ...) into a struct
 * in_NAME. An absent enum is its first word, an absent number 0; structs of changes say has_FIELD.
 *
 * Made by wire/generate.py from wire/wire.yaml; do not edit. */
#ifndef WEB_WIRE_SHAPES_H
#define WEB_WIRE_SHAPES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "base/str.h"

'''
    return head + '\n'.join(struct_of(s) for s in incoming(wire)) + '\n#endif\n'


def row(shape, f):
    struct = f'struct in_{shape.name}'
    parts = [f'.name = "{f.name}"', f'.type = {JSON_TYPES[f.kind]}',
             f'.offset = offsetof({struct}, {f.name})',
             f'.has = offsetof({struct}, has_{f.name})' if shape.partial else '.has = -1']
    if f.must:
        parts.append('.required = true')
    if f.kind == 'raw':
        parts.append('.raw = true')
    if f.low:
        parts.append(f'.min = {f.low}')
    if f.high:
        parts.append(f'.max = {f.high}')
    if f.kind == 'enum':
        parts.append(f'.words = in_{shape.name}_{f.name}_words')
    if f.items:
        parts.append(f'.max_items = {f.items}')
    return '    {' + ', '.join(parts) + '},\n'


def table_of(shape):
    out = ''
    for f in shape.fields:
        if f.kind == 'enum':
            words = ', '.join(f'"{v}"' for v in f.values)
            out += f'const char *const in_{shape.name}_{f.name}_words[] = {{{words}, NULL}};\n'
    fields, count = 'NULL', '0'
    if shape.fields:
        fields = f'{shape.name}_fields'
        count = f'sizeof({fields}) / sizeof({fields}[0])'
        rows = ''.join(row(shape, f) for f in shape.fields)
        out += f'static const struct json_field {fields}[] = {{\n{rows}}};\n'
    return out + (f'const struct json_shape wire_{shape.name} = {{"{shape.name}", '
                  f'sizeof(struct in_{shape.name}), {fields}, {count}}};\n')


def shapes_inc(wire):
    return HEAD + '\n' + '\n'.join(table_of(s) for s in incoming(wire))


def shape_ref(name):
    return f'&wire_{name}' if name else 'NULL'


def routes_inc(wire):
    out = HEAD + ('/* ROUTE(method, pattern, name, permission, kind, in, body limit, creates, status)\n'
                  ' * UPGRADE(pattern, name, permission, side) */\n')
    for r in wire.routes:
        if r.upgrade:
            out += f'UPGRADE("{r.path}", {r.name}, {r.may.upper()}, {r.upgrade})\n'
            continue
        out += (f'ROUTE({r.method.upper()}, "{r.path}", {r.name}, {r.may.upper()}, '
                f'{r.kind.upper()}, {shape_ref(r.takes)}, {r.body}, '
                f'{"true" if r.creates else "false"}, {r.status})\n')
    return out


def frames_inc(wire):
    out = HEAD + '/* FRAME(side, t, name, kind, in, permission) */\n'
    for side, frames in wire.frames_in.items():
        for f in frames:
            out += (f'FRAME({side.upper()}, "{f.t}", {f.name}, {f.kind.upper()}, '
                    f'{shape_ref(f.takes)}, {f.may.upper()})\n')
    return out
