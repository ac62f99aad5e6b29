"""Request bodies made from a schema: what it refuses in one place, and what it just allows."""
import copy


def _resolve(schema, definitions):
    while '$ref' in schema:
        schema = definitions[schema['$ref'].rsplit('/', 1)[1]]
    return schema


def _wrong_types(schema):
    values = {'string': ['text'], 'integer': [1, -1], 'array': [[]], 'object': [{}]}
    if 'enum' in schema:
        return ['none of these', 1, None, {}]
    return [v for kind, some in values.items() if kind != schema['type'] for v in some] + [None, True, 1.5]


def _beyond(schema):
    """Values of the right type that are just too small or too large."""
    kind = schema.get('type')
    if kind == 'integer':
        return ([schema['minimum'] - 1] if 'minimum' in schema else []) + \
               ([schema['maximum'] + 1] if 'maximum' in schema else []) + [2**63, -2**63 - 1]
    if kind == 'string':
        return ([''] if schema.get('minLength', 0) > 0 else []) + \
               (['茶' * (schema['maxLength'] + 1)] if 'maxLength' in schema else [])
    return []


def _limits(schema):
    """Values that are just not too small or too large."""
    kind = schema.get('type')
    if kind == 'integer':
        return [schema[limit] for limit in ('minimum', 'maximum') if limit in schema]
    if kind == 'string' and 'maxLength' in schema:
        return ['茶' * schema['maxLength'], 'x' * max(schema.get('minLength', 0), 1)]
    return []


def _with(body, path, value):
    changed = copy.deepcopy(body)
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return changed


def _without(body, path):
    changed = copy.deepcopy(body)
    place = changed
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    return changed


def _fields(schema, body, definitions, path=()):
    """(path, schema, required) of everything in a good body."""
    schema = _resolve(schema, definitions)
    if isinstance(body, dict):
        for name, field in schema.get('properties', {}).items():
            if name in body:
                yield path + (name,), _resolve(field, definitions), name in schema.get('required', [])
                yield from _fields(field, body[name], definitions, path + (name,))
    elif isinstance(body, list):
        for index, item in enumerate(body):
            yield path + (index,), _resolve(schema['items'], definitions), False
            yield from _fields(schema['items'], item, definitions, path + (index,))


def refused(schema, body, definitions):
    """(what was done, body) for a good body that has every field."""
    for wrong in ('text', 1, None, [], [body]):
        yield f'the body is {wrong!r}', wrong
    for path, field, required in _fields(schema, body, definitions):
        name = '/'.join(map(str, path))
        if required:
            yield f'{name} is missing', _without(body, path)
        for value in _wrong_types(field) + _beyond(field):
            yield f'{name} is {value!r}'[:80], _with(body, path, value)
        if field.get('type') == 'array':
            item = body[path[0]][0] if len(path) == 1 else None
            if 'minItems' in field:
                yield f'{name} has too few', _with(body, path, [item] * (field['minItems'] - 1))
            if 'maxItems' in field:
                yield f'{name} has too many', _with(body, path, [item] * (field['maxItems'] + 1))


def allowed(schema, body, definitions):
    for path, field, required in _fields(schema, body, definitions):
        name = '/'.join(map(str, path))
        if not required and isinstance(path[-1], str):
            yield f'{name} is left out', _without(body, path)
        for value in _limits(field):
            yield f'{name} is {value!r}'[:80], _with(body, path, value)
    yield 'a field nobody knows', {**body, 'nobody_knows': {'a': [1, None]}}
