#!/usr/bin/env python3
"""Forged histories: the checker finds every class of violation it knows, and no other."""
import pickle
import unittest

import checker
import ledger as ledgers
from checker import Observation, Seen
from ledger import ACKED, REFUSED, Ledger, Message, OffsetMove, Step
from remoting import COMMIT, ROLLBACK


def acked(step, at=0):
    step.outcome, step.ended = ACKED, at
    return step


def history():
    """A world in order: two messages, a timer, three half messages, a group."""
    ledger, found = Ledger(), Observation()
    ledger.topics['T'] = [(True, acked(Step(0)))]
    ledger.groups['g'] = [(True, acked(Step(0)))]
    for number, key in enumerate(('a', 'b')):
        message = ledger.add(acked(Message(0, key, 'T', 0, producer=('p', number))))
        message.offset, message.position = number, number * 100
    ledger.add(acked(Message(0, 'timer', 'T', 0, due_ms=5000)))
    for key, decision in (('yes', COMMIT), ('no', ROLLBACK), ('open', None)):
        half = ledger.add(acked(Message(0, key, 'T', 0, half=True)))
        half.decision = (decision, acked(Step(0))) if decision else None
    ledger.add(Message(0, 'unknown', 'T', 0))
    ledger.moves['g', 'T', 0] = [acked(OffsetMove(0, 1, False)), acked(OffsetMove(0, 2, False))]
    ledger.saw('T', 0, 0, 'a')
    found.queues['T', 0] = [Seen(0, 'a', 1, 0), Seen(1, 'b', 2, 100), Seen(2, 'timer', 5000, 200),
                            Seen(3, 'yes', 6000, 300)]
    found.bounds['T', 0] = (0, 4)
    found.topics, found.groups = {'T'}, {'g'}
    found.offsets['g', 'T', 0] = 2
    return ledger, found


class CheckerTest(unittest.TestCase):
    def setUp(self):
        self.ledger, self.found = history()
        self.queue = self.found.queues['T', 0]

    def kinds(self):
        return set(checker.judge(self.ledger, self.found).counts)

    def drop(self, key):
        """As if it had never been appended."""
        kept = [seen for seen in self.queue if seen.key != key]
        for offset, seen in enumerate(kept):
            seen.offset = offset
        self.queue[:] = kept
        self.found.bounds['T', 0] = (0, len(kept))

    def append(self, key):
        self.queue.append(Seen(len(self.queue), key, 9000, 400))
        self.found.bounds['T', 0] = (0, len(self.queue))

    def test_a_world_in_order_is_fine(self):
        self.assertEqual(self.kinds(), set())

    def test_an_unknown_send_may_be_there(self):
        self.append('unknown')
        self.assertEqual(self.kinds(), set())

    def test_lost(self):
        self.drop('b')
        self.ledger.moves.clear()
        self.assertEqual(self.kinds(), {'lost'})

    def test_a_lost_timer_and_a_lost_commit(self):
        for key in ('timer', 'yes'):
            self.drop(key)
        self.assertEqual(checker.judge(self.ledger, self.found).counts['lost'], 2)

    def test_corrupt(self):
        self.queue[1].key = None
        self.assertEqual(self.kinds(), {'corrupt', 'lost'})

    def test_phantom(self):
        self.append('nobody-sent-this')
        self.assertEqual(self.kinds(), {'phantom'})

    def test_a_refused_send_that_is_there(self):
        self.ledger.messages['unknown'].outcome = REFUSED
        self.append('unknown')
        self.assertEqual(self.kinds(), {'phantom'})

    def test_duplicate(self):
        self.append('timer')
        self.assertEqual(self.kinds(), {'duplicate'})

    def test_misplaced(self):
        self.ledger.messages['b'].offset = 7
        self.assertEqual(self.kinds(), {'misplaced'})

    def test_rollback(self):
        self.ledger.saw('T', 0, 3, 'unknown')
        self.assertEqual(self.kinds(), {'rollback'})

    def test_rollback_between_two_looks(self):
        self.ledger.saw('T', 0, 0, 'b')
        self.assertEqual(self.kinds(), {'rollback'})

    def test_reordered(self):
        self.queue[0].key, self.queue[1].key = 'b', 'a'
        self.ledger.seen.clear()
        self.assertEqual(self.kinds(), {'reordered', 'misplaced'})

    def test_hole(self):
        self.queue[3].offset = 4
        self.found.bounds['T', 0] = (0, 5)
        self.assertEqual(self.kinds(), {'hole'})

    def test_a_queue_that_cannot_be_read_to_its_end(self):
        self.found.bounds['T', 0] = (0, 9)
        self.assertEqual(self.kinds(), {'hole'})

    def test_early(self):
        self.queue[2].stored_ms = 4000
        self.assertEqual(self.kinds(), {'early'})

    def test_a_rolled_back_or_open_half_message_is_visible(self):
        for key in ('no', 'open'):
            self.append(key)
        self.assertEqual(checker.judge(self.ledger, self.found).counts['undecided'], 2)

    def test_deleted_topics(self):
        removal = acked(Step(0))
        self.ledger.topics['T'].append((False, removal))
        for message in self.ledger.messages.values():
            message.removal = removal
        self.assertEqual(self.kinds(), {'resurrected'})
        self.found.topics.clear()
        self.found.queues.clear()
        self.ledger.moves.clear()
        self.assertEqual(self.kinds(), set())

    def test_missing_names(self):
        self.found.topics.clear()
        self.found.groups.clear()
        self.assertEqual(checker.judge(self.ledger, self.found).counts['missing'], 2)

    def test_offsets(self):
        place = ('g', 'T', 0)
        for value, fine in ((2, True), (1, True), (None, True), (3, False), (0, False)):
            self.found.offsets[place] = value
            self.assertEqual(self.kinds(), set() if fine else {'offset'}, value)
        self.ledger.moves[place][1].durable = True
        self.found.offsets[place] = 1
        self.assertEqual(self.kinds(), {'offset'}, 'behind what was durable')
        self.ledger.moves[place].append(acked(OffsetMove(0, 9, False)))
        self.found.offsets[place] = 9
        self.assertEqual(self.kinds(), {'offset'}, 'beyond the end')

    def test_retention_takes_what_is_far_back_only(self):
        self.queue.pop(0)
        self.found.bounds['T', 0] = (1, 4)
        self.assertEqual(self.kinds(), {'retired', 'rollback'})
        self.ledger.retention = 250
        self.assertEqual(self.kinds(), set())
        self.ledger.retention = 300
        self.assertEqual(self.kinds(), {'retired'})

    def test_a_gap_is_what_retention_took_of_delivered_messages_only(self):
        self.ledger.saw('T', 0, 2, 'timer')
        self.ledger.messages['timer'].position = 40
        self.queue.pop(2)
        self.assertEqual(self.kinds(), {'hole', 'lost', 'rollback'})
        self.ledger.retention = 250
        self.assertEqual(self.kinds(), set())
        self.ledger.retention = 260
        self.assertEqual(self.kinds(), {'hole', 'lost', 'rollback'})
        self.ledger.retention = 250
        self.queue.pop(1)
        self.ledger.moves.clear()
        self.assertEqual(self.kinds(), {'hole', 'lost'}, 'one gap more than was taken')

    def test_a_ledger_is_read_as_of_a_moment(self):
        self.ledger.messages['b'].ended = 7
        self.drop('b')
        self.ledger.moves.clear()
        past = pickle.loads(pickle.dumps(self.ledger))
        self.assertEqual(set(checker.judge(past.as_of(6), self.found).counts), set(), 'not acknowledged yet')
        self.assertEqual(set(checker.judge(past.as_of(7), self.found).counts), {'lost'})

    def test_a_body_says_whether_it_is_whole(self):
        body = ledgers.body_of('k-1', 100)
        self.assertEqual(ledgers.key_of(body), 'k-1')
        self.assertIsNone(ledgers.key_of(body.replace(b'xx', b'xy', 1)))


if __name__ == '__main__':
    unittest.main()
