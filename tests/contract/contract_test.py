#!/usr/bin/env python3
"""The judge judged: what it has to refuse, it refuses."""
import copy
import json
import os
import sys
import unittest

import variants
from openapi import Contract, Exchange

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
FILE = os.path.join(ROOT, 'order-service', 'openapi.json')
PRODUCT = {'sku': 'S', 'name_zh': '茶', 'name_en': 'tea', 'description': '', 'price_fen': 1, 'available': 0}
ADDRESS = {'name': 'n', 'phone': 'p', 'city': 'c', 'street': 's'}
ORDER = {'lines': [{'sku': 'S', 'quantity': 1}], 'ship_to': ADDRESS, 'note': '', 'expected_total_fen': 1}


def catalogue(value, status=200, media='application/json'):
    return Exchange('GET', '/catalogue', status, [('Content-Type', media)], json.dumps(value))


class WithContract(unittest.TestCase):
    def setUp(self):
        with open(FILE, encoding='utf-8') as file:
            self.document = json.load(file)
        self.contract = Contract(self.document)


class Judge(WithContract):
    def refused(self, exchange, words):
        found = self.contract.complaints(exchange)
        self.assertTrue(any(words in complaint for complaint in found), found)

    def test_a_good_answer_passes(self):
        self.assertEqual(self.contract.complaints(catalogue({'products': [PRODUCT]})), [])

    def test_every_broken_field_is_found(self):
        for name, value in (('price_fen', '1'), ('price_fen', 1.5), ('price_fen', 2**63), ('sku', None)):
            self.refused(catalogue({'products': [{**PRODUCT, name: value}]}), f'products/0/{name}')
        for name in PRODUCT:
            without = {key: value for key, value in PRODUCT.items() if key != name}
            self.refused(catalogue({'products': [without]}), f"'{name}' is a required property")
        self.refused(catalogue([]), 'is not of type')

    def test_what_is_around_the_body_counts(self):
        good = {'products': []}
        self.refused(catalogue(good, status=204), 'this status is not described')
        self.refused(catalogue(good, media='text/plain'), 'content type')
        half = Exchange('GET', '/catalogue', 200, [('content-type', 'application/json')], '{')
        self.refused(half, 'not JSON')
        self.refused(Exchange('GET', '/nothing', 200, [], ''), 'is not described')
        self.refused(Exchange('DELETE', '/catalogue', 200, [], ''), 'is not described')

    def test_a_problem_has_the_status_of_its_answer(self):
        problem = 'application/problem+json'
        self.assertEqual(self.contract.complaints(catalogue({'title': 't', 'status': 500}, 500, problem)), [])
        self.refused(catalogue({'title': 't', 'status': 503}, 500, problem), 'speaks of status 503')
        self.refused(catalogue({'status': 500}, 500, problem), "'title' is a required")

    def test_formats_are_checked(self):
        document = copy.deepcopy(self.document)
        document['components']['schemas']['Product']['properties']['sku']['format'] = 'date-time'
        contract = Contract(document)
        self.assertTrue(contract.complaints(catalogue({'products': [PRODUCT]})))
        timed = {**PRODUCT, 'sku': '2026-11-21T10:00:00.123Z'}
        self.assertEqual(contract.complaints(catalogue({'products': [timed]})), [])

    def test_what_was_not_shown_is_named(self):
        missing = self.contract.unexercised([catalogue({'products': []})])
        self.assertIn(('GET', '/catalogue', '500'), missing)
        self.assertNotIn(('GET', '/catalogue', '200'), missing)


class Bodies(WithContract):
    def schema(self):
        return self.contract.request_schema(self.contract.operation('POST', '/orders')[1])

    def test_the_schema_refuses_what_is_made_to_be_refused(self):
        made = list(variants.refused(self.schema(), ORDER, self.contract.definitions))
        self.assertGreater(len(made), 60)
        for what, body in made:
            self.assertTrue(self.contract.refuses(self.schema(), body), what)

    def test_the_schema_allows_what_is_made_to_be_allowed(self):
        for what, body in variants.allowed(self.schema(), ORDER, self.contract.definitions):
            self.assertEqual(self.contract.refuses(self.schema(), body), [], what)


if __name__ == '__main__':
    sys.exit(unittest.main())
