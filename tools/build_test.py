#!/usr/bin/env python3
"""tools/build with pretended programs: cmake makes an empty build, ninja notes when it begins and ends."""
import os
import shutil
import subprocess
import tempfile
import unittest

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'build')
FAKES = {'cmake': 'touch "$BUILD/build.ninja"',
         'ninja': 'echo begins >> "$NOTES"; sleep 0.5; echo ends >> "$NOTES"'}


class Build(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        for name in ('bin', 'tools'):
            os.mkdir(self.path(name))
        shutil.copy(PROGRAM, self.path('tools/build'))  # it builds the tree that it stands in
        for name, body in FAKES.items():
            with open(self.path('bin/' + name), 'w', encoding='utf-8') as file:
                file.write('#!/bin/bash\n' + body + '\n')
            os.chmod(self.path('bin/' + name), 0o755)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def start(self):
        environment = {'PATH': self.path('bin') + ':/usr/bin:/bin', 'BUILD': self.path('build'),
                       'NOTES': self.path('notes')}
        return subprocess.Popen([self.path('tools/build'), 'build', '--', 'all'], env=environment,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                text=True)

    def test_two_builds_of_one_directory_wait_for_each_other(self):
        builds = [self.start(), self.start()]
        said = [build.communicate(timeout=30)[0] for build in builds]
        self.assertEqual([build.returncode for build in builds], [0, 0], said)
        with open(self.path('notes'), encoding='utf-8') as notes:
            self.assertEqual(notes.read().split(), ['begins', 'ends'] * 2)
        self.assertEqual(sum('waiting for it' in words for words in said), 1, said)


if __name__ == '__main__':
    unittest.main()
