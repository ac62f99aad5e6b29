"""What the listener itself refuses, before any handler: too large, too long, too slow, malformed."""
import concurrent.futures

from buyer import ORDER
from system import raw_request, request


def _head(*lines, method='POST', target='/orders'):
    return '\r\n'.join((f'{method} {target} HTTP/1.1', *lines, '', '')).encode('latin-1')


def all_hold(system, buyer):
    token = f'authorization: {buyer.headers["authorization"]}'
    host = 'host: a'
    large = b'{"note":"' + b'x' * (1 << 20) + b'"}'
    cases = [
        (413, _head(host, token, f'content-length: {len(large)}') + large),
        (413, _head(host, token, 'content-length: 99999999999999')),
        (413, _head(host, token, 'transfer-encoding: chunked') + b'%x\r\n' % len(large) + large),
        (431, _head(host, token, 'x-large: ' + 'x' * (17 << 10))),
        (431, _head(host, token, *(f'x-{n}: {n}' for n in range(2000)))),
        (414, _head(host, token, target='/orders/' + 'x' * (17 << 10))),
        (400, b'BREW\r\n\r\n'),
        (400, _head()),
        (400, _head(host, host)),
        (400, _head(host, 'content-length: 5', 'content-length: 6') + b'12345'),
        (400, _head(host, 'content-length: -1')),
        (400, _head(host, 'content-length: 4', 'transfer-encoding: chunked') + b'0\r\n\r\n'),
        (400, _head(host, token, target='/orders/%00', method='GET')),
        (400, _head(host, token, target='/orders/%ff', method='GET')),
        (400, _head(host, token, target='/orders/%2', method='GET')),
        (400, _head(host, token, target='/orders?before=%00', method='GET')),
        (408, b'POST /orders HTTP/1.1\r\nhost: a\r\n'),
        (408, _head(host, token, 'content-length: 10') + b'{"l'),
    ]
    with concurrent.futures.ThreadPoolExecutor(len(cases)) as pool:
        answers = pool.map(lambda case: raw_request(system.api, case[1], 'POST', '/orders'), cases)
        for (status, data), answer in zip(cases, answers):
            assert answer.status == status, f'{data[:60]}: {status} expected, {answer.status} {answer.body}'
            buyer.exchanges.append(answer)
    for path, body in (('/quotes', large), ('/orders', large), ('/orders/' + '0' * 20 + '/payments', large)):
        answer = request(system.api, 'POST', path, buyer.headers, body)
        assert answer.status == 413, answer.status
        buyer.exchanges.append(answer)
    assert buyer.place(ORDER), 'and the service goes on serving'
    head = request(system.api, 'HEAD', '/catalogue')
    assert head.status == 200 and head.body == '', 'HEAD is GET without its body'
