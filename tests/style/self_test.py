#!/usr/bin/env python3
"""Negative controls: every check finds its fault in a bad sample and none in a good one."""
import os
import tempfile
import unittest

import formatting
import layers
import readme
import shell
import sizes
import sql_time
import words


class Sample(unittest.TestCase):
    def found(self, module, files):
        with tempfile.TemporaryDirectory() as root:
            for path, text in files.items():
                os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
                with open(os.path.join(root, path), 'w', encoding='utf-8') as file:
                    file.write(text)
            return module.check(root)

    def finds(self, module, files, words_of_it):
        found = self.found(module, files)
        self.assertEqual(len(found), 1, found)
        self.assertIn(words_of_it, found[0])

    def passes(self, module, files):
        self.assertEqual(self.found(module, files), [])


class Layers(Sample):
    BASE = {'mq/base/a.hpp': ''}

    def test_upward_include_is_found(self):
        files = {'mq/base/a.hpp': '#include "mq/net/b.hpp"\n', 'mq/net/b.hpp': ''}
        self.finds(layers, files, 'may not include')

    def test_downward_include_passes(self):
        self.passes(layers, {**self.BASE, 'mq/net/b.hpp': '#include "mq/base/a.hpp"\n'})

    def test_client_and_broker_never_meet(self):
        for one, other in (('client', 'broker'), ('broker', 'client')):
            files = {f'mq/{one}/c.cpp': f'#include "mq/{other}/b.hpp"\n', f'mq/{other}/b.hpp': ''}
            self.finds(layers, files, 'may not include')

    def test_services_never_meet(self):
        files = {'order-service/c.cpp': '#include "push-service/b.hpp"\n', 'push-service/b.hpp': ''}
        self.finds(layers, files, 'may not include')

    def test_services_see_only_http_of_the_network(self):
        http = {'mq/net/http.hpp': '', 'mq/net/server.hpp': ''}
        self.passes(layers, {**http, 'order-service/c.cpp': '#include "mq/net/http.hpp"\n'})
        below = {'order-service/c.cpp': '#include "mq/net/server.hpp"\n'}
        self.finds(layers, {**http, **below}, 'may not include')

    def test_the_test_room_is_for_tests(self):
        room = {'mq/testing/t.hpp': ''}
        self.finds(layers, {**room, 'mq/net/a.cpp': '#include "mq/testing/t.hpp"\n'}, 'may not include')
        self.passes(layers, {**room, 'mq/net/a_nettest.cpp': '#include "mq/testing/t.hpp"\n'})

    def test_services_meet_the_sandbox_in_tests_only(self):
        room = {'sandbox/g.hpp': ''}
        self.finds(layers, {**room, 'order-service/a.cpp': '#include "sandbox/g.hpp"\n'}, 'may not include')
        self.passes(layers, {**room, 'order-service/a_pgtest.cpp': '#include "sandbox/g.hpp"\n'})

    def test_costly_header_in_a_header_is_found(self):
        self.finds(layers, {'chassis/a.hpp': '#include <pqxx/pqxx>\n'}, 'belongs in a .cpp')
        self.passes(layers, {'chassis/a.cpp': '#include <pqxx/pqxx>\n'})

    def test_include_beside_the_file_is_found(self):
        self.finds(layers, {**self.BASE, 'mq/base/b.cpp': '#include "a.hpp"\n'}, 'from the root')

    def test_unknown_folder_is_found(self):
        self.finds(layers, {'elsewhere/a.cpp': ''}, 'not in the layer table')


class Readme(Sample):
    def test_missing_page_is_found(self):
        self.finds(readme, {'mq/base/a.hpp': ''}, 'has no README.md')

    def test_stale_name_is_found(self):
        page = 'Read `a.hpp`, then `gone.hpp`.\n'
        self.finds(readme, {'mq/base/a.hpp': '', 'mq/base/README.md': page}, 'gone.hpp')

    def test_long_page_is_found(self):
        self.finds(readme, {'cli/a.hpp': '', 'cli/README.md': 'line\n' * 61}, 'one screen')

    def test_good_page_passes(self):
        self.passes(readme, {'cli/a.hpp': '', 'cli/README.md': 'Read `a.hpp`.\n'})


class Sizes(Sample):
    def test_long_line_is_found(self):
        self.finds(sizes, {'cli/a.cpp': '// ' + 'x' * 108 + '\n'}, '111 columns')

    def test_long_file_is_found(self):
        self.finds(sizes, {'cli/a.cpp': 'int a;\n' * 401}, '401 lines')

    def test_long_function_is_found(self):
        body = 'namespace a {\nint f(int x) {\n' + '  ++x;\n' * 69 + '}\n}\n'
        self.finds(sizes, {'cli/a.cpp': body}, 'a function of 71 lines')

    def test_long_class_passes(self):
        self.passes(sizes, {'cli/a.hpp': 'class A {\n' + '  int f() { return 1; }\n' * 90 + '};\n'})

    def test_braces_in_text_do_not_count(self):
        self.passes(sizes, {'cli/a.cpp': 'void f() { g("{"); }\n' + "char c = '{';\n" * 90})


class SqlTime(Sample):
    def test_now_in_a_statement_is_found(self):
        store = 'order-service/store.cpp'
        self.finds(sql_time, {store: 'auto s = "UPDATE t SET a = now()";\n'}, 'parameter')
        self.finds(sql_time, {store: 'auto s = R"(\nSELECT CURRENT_TIMESTAMP\n)";\n'}, ':2:')

    def test_default_in_a_migration_is_found(self):
        migration = {'chassis/migrations/001_a.sql': 'a timestamptz DEFAULT clock_timestamp()\n'}
        self.finds(sql_time, migration, 'parameter')

    def test_marked_line_and_code_pass(self):
        code = 'auto t = clock.now();\nauto s = "WHERE a < now() -- real time: pruning";\n'
        self.passes(sql_time, {'chassis/a.cpp': code})


class Words(Sample):
    def test_unfinished_work_is_found(self):
        self.finds(words, {'cli/a.cpp': '// TO' 'DO later\n'}, 'finish it')

    def test_type_without_a_noun_is_found(self):
        self.finds(words, {'cli/a.hpp': 'class TopicManager {\n'}, 'name what it is')

    def test_the_schedule_topic_passes(self):
        self.passes(words, {'cli/a.hpp': 'auto topic = "SCHEDULE_TOPIC_XX' 'XX";\n'})


class Formatting(Sample):
    def test_crooked_code_is_found(self):
        self.finds(formatting, {'cli/a.cpp': 'int   a;\n'}, 'clang-format-19')

    def test_straight_code_passes(self):
        self.passes(formatting, {'cli/a.cpp': 'int a;\n'})


class Shell(Sample):
    def test_broken_script_is_found(self):
        found = self.found(shell, {'tools/a': '#!/bin/bash\nset -eu\nif true; then\n'})
        self.assertTrue(any('syntax error' in sentence for sentence in found), found)

    def test_careless_script_is_found(self):
        found = self.found(shell, {'tools/a': '#!/bin/bash\ntrue\n'})
        self.assertTrue(any('set -e' in sentence for sentence in found), found)


if __name__ == '__main__':
    unittest.main()
