"""Dependencies point down only. This table is the rule; docs and USES lines say the same."""
import os
import re

import tree

MQ_EDGE = {'mq/net', 'mq/protocol', 'mq/model', 'mq/base'}
SERVICE = {'chassis', 'contracts', 'mq/client', 'mq/net', 'mq/model', 'mq/base'}
MAY_INCLUDE = {
    'mq/base': set(),
    'mq/model': {'mq/base'},
    'mq/filter': {'mq/model', 'mq/base'},
    'mq/protocol': {'mq/model', 'mq/base'},
    'mq/acl': {'mq/protocol', 'mq/model', 'mq/base'},
    'mq/storage': {'mq/model', 'mq/base'},
    'mq/net': {'mq/protocol', 'mq/model', 'mq/base'},
    'mq/broker': MQ_EDGE | {'mq/acl', 'mq/filter', 'mq/storage'},
    'mq/namesrv': MQ_EDGE | {'mq/broker'},
    'mq/client': MQ_EDGE,
    'mq/load': MQ_EDGE - {'mq/net'},
    'mq/apps': MQ_EDGE | {'mq/acl', 'mq/storage', 'mq/broker', 'mq/namesrv'},
    'mq/fixture': MQ_EDGE | {'mq/acl', 'mq/storage', 'mq/broker', 'mq/namesrv', 'mq/apps'},
    'mq/testing': MQ_EDGE | {'mq/storage'},
    'contracts': {'mq/base'},
    'chassis': SERVICE - {'chassis'},
    'order-service': SERVICE,
    'coupon-service': SERVICE,
    'push-service': SERVICE,
    'warehouse-service': SERVICE,
    'refund-service': SERVICE,
    'bigdata-sync': SERVICE,
    'sandbox': SERVICE,
    'cli': (SERVICE - {'chassis'}) | {'mq/load'},  # it knows services by their programs alone
}
# Services speak HTTP through mq/net; the rest of it is the queue's own.
NET_FOR_SERVICES = 'mq/net/http.hpp'
ONLY_IN_CPP = re.compile(r'#include <(boost/beast|pqxx|prometheus|toml\+\+|CLI)[/.]')


def folder_of(path):
    parts = path.split('/')
    return '/'.join(parts[:2]) if parts[0] == 'mq' else parts[0]


def allowed(path, target):
    """Whether the file at `path` may include `target`, both from the root."""
    here, there = folder_of(path), folder_of(target)
    if here in ('tests', 'bench'):
        return True
    if here == there:
        return True
    if here.startswith('mq/') and tree.is_test(path):
        return there.startswith('mq/')
    if there == 'mq/testing':
        return tree.is_test(path)
    if there == 'sandbox' and here.endswith('-service'):  # a third party to test against, in the same process
        return tree.is_test(path)
    if there not in MAY_INCLUDE[here]:
        return False
    return here.startswith('mq/') or there != 'mq/net' or target == NET_FOR_SERVICES


def check(root):
    wrong = []
    for path in tree.files(root, tree.CPP):
        here = folder_of(path)
        if here == 'cmake':
            continue
        if here not in MAY_INCLUDE and here not in ('tests', 'bench'):
            wrong.append(f'{path}: {here} is not in the layer table')
            continue
        for number, line in enumerate(tree.read(root, path).split('\n'), 1):
            if path.endswith('.hpp') and ONLY_IN_CPP.match(line):
                wrong.append(f'{path}:{number}: this third-party header belongs in a .cpp file')
            found = re.match(r'#include "([^"]+)"', line)
            if not found:
                continue
            if not os.path.exists(os.path.join(root, found.group(1))):
                wrong.append(f'{path}:{number}: includes are written from the root of the repository')
            elif not allowed(path, found.group(1)):
                wrong.append(f'{path}:{number}: {here} may not include {found.group(1)}')
    return wrong
