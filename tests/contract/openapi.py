"""The order API's description as a judge of requests and answers. JSON Schema is python3-jsonschema's."""
import json
import re

import jsonschema

FORMATS = jsonschema.FormatChecker()
RFC3339 = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)')


@FORMATS.checks('date-time')
def is_date_time(value):
    return not isinstance(value, str) or RFC3339.fullmatch(value) is not None


@FORMATS.checks('int64')
def is_int64(value):
    return not isinstance(value, int) or -2**63 <= value < 2**63


@FORMATS.checks('uri')
def is_uri(value):
    return not isinstance(value, str) or re.fullmatch(r'https?://[^\s/]+(/\S*)?', value) is not None


class Exchange:
    """One request and its answer; `path` is without the query."""

    def __init__(self, method, path, status, headers, body):
        self.method, self.path, self.status = method, path, status
        self.headers = {name.lower(): value for name, value in headers}
        self.body = body

    def json(self):
        return json.loads(self.body)


class Contract:
    def __init__(self, document):
        self.document = document
        # Every schema can be had by a reference inside one document, whatever version of the library.
        self.definitions = self._local(document['components']['schemas'])

    @staticmethod
    def _local(schema):
        return json.loads(json.dumps(schema).replace('#/components/schemas/', '#/$defs/'))

    def _errors(self, schema, value):
        whole = {**self._local(schema), '$defs': self.definitions}
        validator = jsonschema.Draft202012Validator(whole, format_checker=FORMATS)
        return [f'{"/".join(map(str, e.absolute_path)) or "the body"}: {e.message}'
                for e in validator.iter_errors(value)]

    def _resolve(self, node):
        while '$ref' in node:
            target = self.document
            for name in node['$ref'].removeprefix('#/').split('/'):
                target = target[name]
            node = target
        return node

    def operations(self):
        """(method, path template, operation) of each."""
        for template, methods in self.document['paths'].items():
            for method, operation in methods.items():
                if method != 'parameters':
                    yield method.upper(), template, operation

    def operation(self, method, path):
        """(template, operation), or nothing. A literal path wins over a template."""
        for known, template, operation in sorted(self.operations(), key=lambda o: '{' in o[1]):
            pattern = re.sub(r'\{\w+\}', '[^/]+', template)
            if known == method and re.fullmatch(pattern, path):
                return template, operation
        return None

    def request_schema(self, operation):
        content = operation.get('requestBody', {}).get('content', {})
        schema = content.get('application/json', {}).get('schema')
        return self._resolve(schema) if schema else None

    def refuses(self, schema, body):
        """What the description has against a request body; empty when it is a good one."""
        return self._errors(schema, body)

    def complaints(self, exchange):
        """What is wrong with an answer, as sentences; empty when it is as described."""
        found = self.operation(exchange.method, exchange.path)
        if found is None:
            return [f'{exchange.method} {exchange.path} is not described']
        everywhere = self.document.get('x-every-operation', {}).get('responses', {})
        described = {**everywhere, **found[1]['responses']}.get(str(exchange.status))
        where = f'{exchange.method} {found[0]} {exchange.status}'
        if described is None:
            return [f'{where}: this status is not described']
        described = self._resolve(described)
        wrong = [f'{where}: the header {name} is missing'
                 for name, header in described.get('headers', {}).items() if header.get('required')
                 and name.lower() not in exchange.headers]
        media = exchange.headers.get('content-type', '').split(';')[0].strip()
        if media not in described.get('content', {}):
            return wrong + [f'{where}: content type {media!r} is not described']
        try:
            value = exchange.json()
        except ValueError:
            return wrong + [f'{where}: the body is not JSON']
        schema = described['content'][media]['schema']
        wrong += [f'{where}: {error}' for error in self._errors(schema, value)]
        if media == 'application/problem+json' and not wrong and value['status'] != exchange.status:
            wrong.append(f'{where}: the problem speaks of status {value["status"]}')
        return wrong

    def unexercised(self, exchanges):
        """Described answers that no exchange has shown."""
        shown = set()
        for exchange in exchanges:
            found = self.operation(exchange.method, exchange.path)
            if found:
                shown.add((exchange.method, found[0], str(exchange.status)))
        described = {(method, template, status) for method, template, operation in self.operations()
                     for status in operation['responses']}
        return sorted(described - shown)
