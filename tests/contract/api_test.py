#!/usr/bin/env python3
"""Holds the running order service to order-service/openapi.json: every answer it describes is provoked, and
every answer that comes is judged."""
import copy
import json
import os
import sys

import limits
import variants
from buyer import ADDRESS, BASKET, CHANNEL, ORDER, Buyer
from contract_test import FILE
from openapi import Contract
from system import System, request, until

NOT_VALID = 'The request is not valid'
NOBODYS = '/orders/' + '0' * 20


def an_order_is_placed_paid_and_read(system, buyer):
    assert {p['sku'] for p in buyer.call('GET', '/catalogue', expect=200).json()['products']} >= {'SKU-1001'}
    assert buyer.call('POST', '/quotes', BASKET, 200).json()['total_fen'] == 33600
    placed = buyer.place()
    order = placed.headers['location']
    assert placed.json() == buyer.show(order) and placed.json()['state'] == 'PENDING_PAYMENT'
    page = buyer.pay(order)
    assert buyer.pay(order).json() == page.json(), 'while it is open, the same page'
    buyer.pay_at(page)
    until('paid', lambda: buyer.show(order)['state'] == 'PAID')
    buyer.pay(order, expect=409)
    buyer.cancel(order, expect=409)
    types = [e['type'] for e in buyer.call('GET', f'{order}/timeline', expect=200).json()['timeline']]
    assert types == ['OrderCreated', 'OrderPaid'], types
    system.sql("UPDATE order_service.orders SET state = 'SHIPPED', carrier = 'SF', tracking_no = 'SF1' "
               f"WHERE order_no = '{placed.json()['order_no']}'")
    assert buyer.show(order)['carrier'] == 'SF'


def an_order_is_cancelled_and_late_money_goes_back(system, buyer):
    order = buyer.order()
    page = buyer.pay(order)
    assert buyer.cancel(order).json()['close_reason'] == 'USER'
    assert buyer.cancel(order).json()['state'] == 'CLOSED', 'again changes nothing'
    buyer.pay(order, expect=409)
    system.fault(late_pay=True)
    buyer.pay_at(page)
    system.fault()
    until('refund', lambda: [r['state'] for r in buyer.show(order)['refunds']] == ['SUCCEEDED'])


def orders_are_listed_in_pages(_, buyer):
    numbers = [buyer.place().json()['order_no'] for _ in range(3)]
    page = buyer.call('GET', '/orders?limit=2', expect=200).json()['orders']
    assert [o['order_no'] for o in page] == [numbers[2], numbers[1]]
    older = buyer.call('GET', f'/orders?limit=1&before={numbers[1]}', expect=200).json()['orders']
    assert [o['order_no'] for o in older] == [numbers[0]]
    for query in ('limit=0', 'limit=101', 'limit=ten', 'limit=1.5', 'limit=', 'before=nothing', 'before='):
        buyer.call('GET', f'/orders?{query}', expect=422)


def bodies_are_taken_and_refused_as_described(contract, buyer):
    operations = [('/quotes', BASKET, {}), ('/orders', ORDER, {'idempotency_key': '{n}'}),
                  (f'{buyer.order()}/payments', CHANNEL, {})]
    for path, good, headers in operations:
        schema = contract.request_schema(contract.operation('POST', path)[1])
        assert contract.refuses(schema, good) == [], 'the description refuses a good request'

        def send(body, n, path=path, headers=headers):
            return buyer.call('POST', path, json.dumps(body).encode(),
                              **{name: value.format(n=f'{path} {n}') for name, value in headers.items()})

        for n, (what, body) in enumerate(variants.refused(schema, good, contract.definitions)):
            answer = send(body, n)
            assert answer.status == 422, f'{path}: {what}: {answer.status} {answer.body}'
            assert answer.json()['title'] == NOT_VALID, f'{path}: {what}: {answer.body}'
        for n, (what, body) in enumerate(variants.allowed(schema, good, contract.definitions)):
            answer = send(body, f'good {n}')
            assert NOT_VALID not in answer.body and answer.status < 500, f'{path}: {what}: {answer.body}'


def what_is_no_json_is_refused(_, buyer):
    order = f'{buyer.order()}/payments'
    deep = b'{"lines":' + b'[' * 5000 + b']' * 5000 + b'}'
    bodies = (b'', b'{', b'null', b'\xff\xfe', b'{"lines":[}', b"{'lines':[]}", b'{"a":1}}', deep,
              b'{"lines":[{"sku":"A\x00","quantity":1}]}', b'{"lines":[{"sku":"A","quantity":1e999}]}',
              b'\xef\xbb\xbf{}', b'channel=alipay', b'{"channel":"\xc3\x28"}')
    for n, body in enumerate(bodies):
        for path in ('/quotes', '/orders', order):
            answer = buyer.call('POST', path, body, expect=422, idempotency_key=f'bad {n}')
            assert answer.json()['title'] == NOT_VALID
    for field in ('note', 'sku', 'street'):
        bad = copy.deepcopy(ORDER)
        {'note': bad, 'sku': bad['lines'][0], 'street': bad['ship_to']}[field][field] = 'a\0b'
        buyer.place(bad, expect=422)


def business_refusals_are_problems(_, buyer):
    def line(sku, quantity):
        return {**ORDER, 'lines': [{'sku': sku, 'quantity': quantity}], 'expected_total_fen': None}

    for body, status in ((line('SKU-1016', 101), 409), (line('SKU-0000', 1), 422)):
        del body['expected_total_fen']
        assert buyer.place(body, status).json()['title'] != NOT_VALID
    assert buyer.place({**ORDER, 'expected_total_fen': 33599}, 409).json()['title'] == 'The price has changed'
    halves = [{'sku': 'SKU-1001', 'quantity': 500}] * 2
    buyer.place({'lines': halves, 'ship_to': ADDRESS}, 422)
    cheap = {**BASKET['lines'][0], 'unit_price_fen': 1, 'price_fen': 1}
    quoted = buyer.call('POST', '/quotes', {'lines': [cheap]}, 200).json()
    assert quoted['total_fen'] == 33600, "a client's price counts for nothing"


def an_idempotency_key_is_needed_and_kept(_, buyer):
    for key in ('', 'x' * 256, 'sch\xf6n', 'a\tb'):
        buyer.call('POST', '/orders', ORDER, 400, idempotency_key=key)
    buyer.call('POST', '/orders', ORDER, 400)
    first = buyer.place(key='k' * 255)
    again = buyer.place(key='k' * 255)
    assert (first.body, first.headers['location']) == (again.body, again.headers['location'])
    assert 'Idempotency-Key' in buyer.place({**ORDER, 'note': 'other'}, 422, key='k' * 255).json()['title']
    stranger = Buyer(buyer.system, 'stranger')
    others = stranger.place(key='k' * 255).json()['order_no']
    assert others != first.json()['order_no'], 'a key belongs to its buyer'


def orders_are_their_buyers_own(_, buyer):
    order = buyer.order()
    stranger = Buyer(buyer.system, 'stranger')
    for method, path, body in (('GET', '{}', None), ('GET', '{}/timeline', None),
                               ('POST', '{}/payments', CHANNEL), ('POST', '{}/cancel', None)):
        hidden = stranger.call(method, path.format(order), body, 404)
        missing = stranger.call(method, path.format(NOBODYS), body, 404)
        assert hidden.body == missing.body, 'nobody learns that it exists'
        stranger.call(method, path.format('/orders/' + "1' OR '1'='1".replace(' ', '%20')), body, 404)
    assert order.rsplit('/', 1)[1] not in stranger.call('GET', '/orders', expect=200).body
    assert buyer.show(order)['state'] == 'PENDING_PAYMENT'


def everything_but_the_catalogue_needs_a_token(contract, buyer):
    nobody = copy.copy(buyer)
    head, claims, sign = buyer.headers['authorization'].split('.')
    for authorization in (None, '', 'Bearer', 'Bearer x', 'Basic dTpw', f'{head}.{claims}.',
                          f'{head}.{claims}x.{sign}'):
        nobody.headers = {'authorization': authorization} if authorization is not None else {}
        for method, template, operation in contract.operations():
            path = template.replace('{order_no}', '0' * 20)
            if operation.get('security') == []:
                nobody.call(method, path, expect=200)
            else:
                answer = nobody.call(method, path, {} if method == 'POST' else None, 401, idempotency_key='k')
                assert answer.headers['www-authenticate'] == 'Bearer'


def a_gateway_in_trouble_is_told(system, buyer):
    order = buyer.order()
    system.fault(mode='fail')
    assert buyer.pay(order, expect=503).headers['retry-after']
    system.fault()
    buyer.pay(order)
    system.fault(mode='fail')
    assert buyer.cancel(order, expect=503).headers['retry-after']
    assert buyer.show(order)['state'] == 'PENDING_PAYMENT'
    system.fault(mode='done_but_silent')
    order = buyer.order()
    buyer.pay(order, expect=503)
    system.fault()
    # The gateway has the trade under another amount: it refuses.
    system.sql('UPDATE order_service.payment_attempt SET amount_fen = amount_fen + 1 '
               f"WHERE order_no = '{order.rsplit('/', 1)[1]}'")
    assert 'ACQ.' in buyer.pay(order, expect=502).json()['detail']


def every_operation(contract, buyer, order):
    for method, template, _ in contract.operations():
        path = template.replace('{order_no}', order.rsplit('/', 1)[1])
        body = {'/quotes': BASKET, '/orders': ORDER}.get(template, CHANNEL) if method == 'POST' else None
        key = f'key-{next(buyer.keys)}'
        yield f'{method} {template}', buyer.call(method, path, body, idempotency_key=key)


def a_database_in_trouble_is_told(system, contract, buyer):
    order = buyer.order()
    for table in ('orders', 'product'):
        system.sql(f'ALTER TABLE order_service.{table} RENAME TO {table}_away')
    for what, answer in every_operation(contract, buyer, order):
        assert answer.status == 500, f'{what}: {answer.status}'
        assert 'relation' not in answer.body and 'order_service' not in answer.body, 'keep the inside inside'
    for table in ('orders', 'product'):
        system.sql(f'ALTER TABLE order_service.{table}_away RENAME TO {table}')
    system.let_in(False)
    for what, answer in every_operation(contract, buyer, order):
        assert answer.status == 503 and answer.headers['retry-after'], f'{what}: {answer.body}'
    system.let_in(True)
    until('database', lambda: buyer.call('GET', '/catalogue').status == 200)
    assert buyer.show(order)['state'] == 'PENDING_PAYMENT'


def nothing_else_is_served(system, contract, buyer):
    """Methods and paths that the description does not have."""
    methods = {}
    for method, template, _ in contract.operations():
        methods.setdefault(template.replace('{order_no}', '0' * 20), set()).add(method)
    for path, described in methods.items():
        for method in {'GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'} - described:
            answer = request(system.api, method, path, buyer.headers)
            assert answer.status == answer.json()['status'] == 405, f'{method} {path}: {answer.status}'
            allowed = set(answer.headers['allow'].split(', ')) - {'HEAD'}
            assert allowed == described, f'{path}: {allowed}, described are {described}'
    for path in ('/', '/metrics', '/livez', '/due', '/faults', '/callbacks/alipay', '/orders/',
                 '/catalogue/x', f'{NOBODYS}/refunds', '/Orders', '//orders'):
        answer = request(system.api, 'GET', path, buyer.headers)
        assert answer.status == 404 and answer.headers['content-type'] == 'application/problem+json', path


def judge(contract, exchanges):
    return sorted({complaint for exchange in exchanges for complaint in contract.complaints(exchange)})


def a_wrong_description_is_noticed(document, exchanges):
    """The control: descriptions that are wrong in one place, and the same exchanges."""
    def spoiled(spoil):
        copied = copy.deepcopy(document)
        spoil(copied['paths'], copied['components']['schemas'])
        return Contract(copied)

    for what, spoil in {
            'a type': lambda _, s: s['Order']['properties']['total_fen'].update(type='string'),
            'a field that is not there': lambda _, s: s['Order']['required'].append('currency'),
            'a state': lambda _, s: s['Order']['properties']['state']['enum'].remove('CLOSED'),
            'an amount of nothing': lambda _, s: s['Quote']['properties']['total_fen'].update(maximum=0),
            'a status': lambda p, _: p['/quotes']['post']['responses'].pop('422'),
            'a path': lambda p, _: p.update({'/order': p.pop('/orders')}),
            'a method': lambda p, _: p['/quotes'].update(put=p['/quotes'].pop('post')),
            'a content type': lambda p, _: p['/catalogue']['get']['responses']['200'].update(
                content={'text/json': {'schema': {}}})}.items():
        assert judge(spoiled(spoil), exchanges), f'{what} is wrong, and nobody noticed'
    more = spoiled(lambda p, _: p['/catalogue']['get']['responses'].update({'402': {'description': 'pay'}}))
    assert more.unexercised(exchanges) == [('GET', '/catalogue', '402')]


def main():
    with open(FILE, encoding='utf-8') as file:
        document = json.load(file)
    contract = Contract(document)
    with System(sys.argv[1]) as system:
        buyer = Buyer(system, 'buyer')
        try:
            for scenario in (an_order_is_placed_paid_and_read,
                             an_order_is_cancelled_and_late_money_goes_back,
                             orders_are_listed_in_pages, what_is_no_json_is_refused,
                             business_refusals_are_problems, an_idempotency_key_is_needed_and_kept,
                             orders_are_their_buyers_own, a_gateway_in_trouble_is_told):
                print(scenario.__name__, flush=True)
                scenario(system, buyer)
            bodies_are_taken_and_refused_as_described(contract, buyer)
            everything_but_the_catalogue_needs_a_token(contract, buyer)
            nothing_else_is_served(system, contract, buyer)
            limits.all_hold(system, buyer)
            a_database_in_trouble_is_told(system, contract, buyer)
        except BaseException:
            print(system.log()[-4000:], file=sys.stderr)
            raise
    complaints = judge(contract, buyer.exchanges)
    assert not complaints, '\n'.join(complaints)
    missing = contract.unexercised(buyer.exchanges)
    assert not missing, f'described, but never shown: {missing}'
    a_wrong_description_is_noticed(document, buyer.exchanges)
    print(f'{len(buyer.exchanges)} exchanges are as described, and all that is described was shown')


if __name__ == '__main__':
    main()
