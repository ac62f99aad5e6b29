#!/usr/bin/env python3
"""Programs that end too early, too badly or with other cases than theirs are found out."""
import unittest

from processes import CannotRun
from verdicts import NONE_GIVEN, judged

LISTED = 'cases\tone\ttwo\n'
ONE, TWO = 'pass\tone\t0.1\t\n', 'pass\ttwo\t0.2\t\n'


class Verdicts(unittest.TestCase):
    def test_all_cases_passed(self):
        results = judged('it', 0, 'warming up\n' + LISTED + TWO + 'noise\n' + ONE)
        self.assertEqual({'one': True, 'two': True}, {name: one['passed'] for name, one in results.items()})
        self.assertEqual(0.2, results['two']['seconds'])

    def test_a_failed_case_keeps_its_reason(self):
        results = judged('it', 1, LISTED + ONE + 'fail\ttwo\t3.0\tlost key1\n')
        self.assertEqual((False, 'lost key1'), (results['two']['passed'], results['two']['reason']))

    def test_a_case_without_a_verdict_failed_though_the_program_ended_well(self):
        for code in (0, 1, -9, 134):
            results = judged('it', code, LISTED + ONE + 'Aborted\n')
            self.assertTrue(results['one']['passed'])
            self.assertFalse(results['two']['passed'])
            self.assertRegex(results['two']['reason'], f'{NONE_GIVEN}: it ended with {code}; .*Aborted')

    def test_a_line_that_was_cut_is_no_verdict(self):
        self.assertFalse(judged('it', -9, LISTED + ONE + 'pass\ttwo\t0')['two']['passed'])

    def refused(self, code, said, asked=()):
        with self.assertRaises(CannotRun):
            judged('it', code, said, asked)

    def test_a_program_says_which_cases_it_has(self):
        self.refused(0, '')
        self.refused(0, ONE + TWO)

    def test_a_program_that_died_after_its_verdicts_is_refused(self):
        self.refused(134, LISTED + ONE + TWO)
        self.refused(1, LISTED + ONE + TWO)
        self.refused(0, LISTED + ONE + 'fail\ttwo\t0.2\tlost\n')

    def test_other_cases_than_listed_or_asked_for_are_refused(self):
        self.refused(0, LISTED + ONE + TWO + 'pass\tthree\t0.1\t\n')
        self.refused(0, LISTED + ONE + ONE + TWO)
        self.refused(0, LISTED + ONE + TWO, ['one', 'two', 'three'])
        self.refused(0, LISTED + ONE + TWO, ['one'])


unittest.main()
