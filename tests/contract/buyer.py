"""A buyer of the order API, whose every exchange is kept to be judged."""
import copy
import itertools

from system import request

ADDRESS = {'name': '王小明', 'phone': '13800000000', 'city': '杭州', 'street': '文三路 1 号 🏠'}
BASKET = {'lines': [{'sku': 'SKU-1001', 'quantity': 2}]}
ORDER = {**BASKET, 'ship_to': ADDRESS, 'note': 'ring twice', 'expected_total_fen': 33600}
CHANNEL = {'channel': 'alipay'}


class Buyer:
    exchanges = []
    keys = itertools.count(1)

    def __init__(self, system, user):
        self.system = system
        self.headers = {'authorization': f'Bearer {system.token(user)}'}

    def call(self, method, target, body=None, expect=None, **headers):
        names = {name.replace('_', '-'): value for name, value in headers.items()}
        exchange = request(self.system.api, method, target, {**self.headers, **names}, body)
        self.exchanges.append(exchange)
        if expect is not None and exchange.status != expect:
            raise AssertionError(f'{method} {target}: {expect} expected, {exchange.status} {exchange.body}')
        return exchange

    def place(self, body=None, expect=201, key=None):
        key = key or f'key-{next(self.keys)}'
        return self.call('POST', '/orders', copy.deepcopy(ORDER) if body is None else body, expect,
                         idempotency_key=key)

    def order(self):
        return '/orders/' + self.place().json()['order_no']

    def show(self, order):
        return self.call('GET', order, expect=200).json()

    def pay(self, order, expect=201):
        return self.call('POST', f'{order}/payments', CHANNEL, expect)

    def cancel(self, order, expect=200):
        return self.call('POST', f'{order}/cancel', expect=expect)

    def pay_at(self, page):
        path = page.json()['pay_url'].split('/', 3)[3]
        assert request(self.system.sandbox, 'POST', f'/{path}').status == 303
