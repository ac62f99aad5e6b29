#!/usr/bin/env python3
"""A document that says anything else than the run found is found out."""
import unittest

from document import UNKNOWN, revised

CLUSTERS = {'ours': 'sluice-mq', 'theirs': 'RocketMQ'}
DOCUMENT = '''Words.

<!-- matrix: java go -->
| case | shows | Java | Go |
|---|---|---|---|
| `send.sync` | it sends | both | both |
| `pop.push`, `pop.more` | it pops | both | – |

More words, | `send.sync` | too.

<!-- counts: suite -->

| tests | | ours | theirs |
|---|---|---|---|
| `Send` | ways | 2 of 2 | 2 of 2 |

<!-- clusters: security -->
| case | shows | ours | theirs |
|---|---|---|---|
| `acl.one` | who | pass | pass |
| `tls.one` | how | pass | – |
'''
PASS, FAIL = {'passed': True}, {'passed': False}


def run(**changed):
    results = {'java': {'send.sync': PASS, 'pop.push': PASS, 'pop.more': PASS}, 'go': {'send.sync': PASS},
               'suite': {'Send.one': PASS, 'Send.two': PASS},
               'security.ours': {'acl.one': PASS, 'tls.one': PASS},
               'security.theirs': {'acl.one': PASS}, **changed}
    return revised(DOCUMENT, lambda name, cluster: results.get(f'{name}.{cluster}', results.get(name, {})),
                   CLUSTERS)


class Document(unittest.TestCase):
    def test_a_true_document_stays_as_it_is(self):
        self.assertEqual(DOCUMENT, run())

    def test_a_failure_is_told(self):
        self.assertIn('| `send.sync` | it sends | both | neither |', run(go={'send.sync': FAIL}))
        half = run(**{'go.ours': {'send.sync': PASS}, 'go.theirs': {'send.sync': FAIL}})
        self.assertIn('| `send.sync` | it sends | both | only sluice-mq |', half)
        self.assertIn('| 1 of 2 | 1 of 2 |', run(suite={'Send.one': PASS, 'Send.two': FAIL}))
        self.assertIn('| `acl.one` | who | pass | FAIL |', run(**{'security.theirs': {'acl.one': FAIL}}))

    def test_one_of_several_cases_of_a_row_failed(self):
        results = run(java={'send.sync': PASS, 'pop.push': PASS, 'pop.more': FAIL})
        self.assertIn('| `pop.push`, `pop.more` | it pops | both / neither | – |', results)

    def test_a_column_that_did_not_run_is_told(self):
        half = run(**{'go': {}, 'go.ours': {'send.sync': PASS}})
        self.assertIn('| `send.sync` | it sends | both | not run |', half)
        self.assertIn('| `send.sync` | it sends | both | – |', run(go={}))

    def test_a_case_without_a_row_gets_one(self):
        self.assertIn(f'| it pops | both | – |\n| `new.case` | {UNKNOWN} | – | both |\n\nMore',
                      run(go={'send.sync': PASS, 'new.case': PASS}))

    def test_a_row_without_a_case_goes(self):
        self.assertNotIn('pop.', run(java={'send.sync': PASS}))

    def test_a_case_that_is_gone_leaves_its_row(self):
        self.assertIn('| `pop.push` | it pops | both | – |', run(java={'send.sync': PASS, 'pop.push': PASS}))


unittest.main()
