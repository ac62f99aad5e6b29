#!/usr/bin/env python3
"""tools/install-packages against a pretended system: dpkg-query, apt-cache, apt-get and sudo are scripts."""
import os
import subprocess
import tempfile
import unittest

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'install-packages')
LIST = ('# a list\n[mq]  the queue\ncmake\nninja-build\n\n[run]\npostgresql-15\n\n'
       '[compat]\ngolang-go (go)\ncurl\n')
DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n'
FAKES = {
    # As the real one: it says what it knows, and fails when it does not know all of it.
    'dpkg-query': 'shift 3; code=0; for p in "$@"; do case " $INSTALLED " in *" $p "*) echo "$p installed" ;;'
                  ' *) code=1 ;; esac; done; exit $code',
    'apt-cache': 'shift; for p in "$@"; do echo "$p:"; echo "  Candidate: ${CANDIDATE-1.0}"; done',
    'apt-get': 'echo "apt-get $*" >> "$CALLS"; '
               'cat "$SLUICE_CREATECLUSTER_D/sluice.conf" >> "$CALLS" 2>/dev/null;'
               ' case "$*" in *install*) exit ${APT_CODE-0} ;; esac',
    'sudo': 'echo "sudo $*" >> "$CALLS"; exit ${SUDO_CODE-0}',
}


class InstallPackages(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        for name, text in (('list', LIST), ('os-release', DEBIAN)):
            self.write(name, text)
        os.mkdir(self.path('bin'))
        for name, body in FAKES.items():
            self.write('bin/' + name, '#!/bin/bash\n' + body + '\n')
            os.chmod(self.path('bin/' + name), 0o755)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, text):
        with open(self.path(name), 'w', encoding='utf-8') as file:
            file.write(text)

    def run_it(self, *words, **variables):
        environment = {'PATH': self.path('bin') + ':/usr/bin:/bin', 'CALLS': self.path('calls'),
                       'INSTALLED': '', 'SLUICE_PACKAGES': self.path('list'),
                       'SLUICE_OS_RELEASE': self.path('os-release'),
                       'SLUICE_CREATECLUSTER_D': self.path('createcluster.d'), 'SLUICE_EUID': '0',
                       **variables}
        return subprocess.run([PROGRAM, *words], env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False)

    def calls(self):
        try:
            with open(self.path('calls'), encoding='utf-8') as file:
                return file.read()
        except FileNotFoundError:
            return ''

    def test_nothing_happens_when_nothing_is_missing(self):
        done = self.run_it('mq', 'run', INSTALLED='cmake ninja-build postgresql-15')
        self.assertEqual((done.returncode, done.stdout, self.calls()), (0, '', ''))

    def test_only_what_is_missing_is_installed_and_nothing_removed(self):
        done = self.run_it('mq', INSTALLED='cmake')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('  ninja-build', done.stdout)
        self.assertEqual(self.calls(),
                         'apt-get install -q -y --no-remove --no-install-recommends ninja-build\n')

    def test_no_system_cluster_is_made_and_the_setting_goes_away(self):
        self.assertEqual(self.run_it('run').returncode, 0)
        self.assertIn('create_main_cluster = false', self.calls())
        self.assertFalse(os.path.exists(self.path('createcluster.d/sluice.conf')))

    def test_the_setting_goes_away_after_a_failure_too(self):
        self.assertEqual(self.run_it('run', APT_CODE='100').returncode, 1)
        self.assertFalse(os.path.exists(self.path('createcluster.d/sluice.conf')))

    def test_a_setting_that_was_there_stays(self):
        os.mkdir(self.path('createcluster.d'))
        self.write('createcluster.d/sluice.conf', 'mine\n')
        self.assertEqual(self.run_it('run').returncode, 0)
        self.assertTrue(os.path.exists(self.path('createcluster.d/sluice.conf')))

    def test_lists_are_fetched_only_when_a_package_is_unknown(self):
        self.run_it('mq')
        self.assertNotIn('update', self.calls())
        self.run_it('mq', CANDIDATE='(none)')
        self.assertIn('apt-get update', self.calls())

    def test_without_root_sudo_does_it(self):
        done = self.run_it('mq', SLUICE_EUID='1000')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f'sudo {PROGRAM} --install cmake ninja-build', self.calls())

    def test_without_root_and_sudo_a_sentence_says_what_to_do(self):
        done = self.run_it('mq', SLUICE_EUID='1000', SUDO_CODE='1')
        self.assertEqual(done.returncode, 1)
        self.assertIn('needs root', done.stderr)
        self.assertIn('apt-get install --no-install-recommends cmake ninja-build', done.stderr)

    def test_another_system_is_named(self):
        for text, name in (('ID=debian\nVERSION_ID="11"\nPRETTY_NAME="Debian GNU/Linux 11"\n', 'Linux 11'),
                           ('ID=ubuntu\nVERSION_ID="24.04"\nPRETTY_NAME="Ubuntu 24.04"\n', 'Ubuntu 24.04')):
            self.write('os-release', text)
            done = self.run_it('mq')
            self.assertEqual(done.returncode, 1)
            self.assertIn(name, done.stderr)
            self.assertEqual(self.calls(), '')
            self.assertEqual(self.run_it('mq', SLUICE_SKIP_PACKAGES='1').returncode, 0)

    def test_a_command_from_elsewhere_does_as_well_as_its_package(self):
        self.assertIn('  golang-go', self.run_it('compat').stdout)
        self.write('bin/go', '#!/bin/sh\n')
        os.chmod(self.path('bin/go'), 0o755)
        done = self.run_it('compat')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn('golang-go', done.stdout)
        self.assertIn('  curl', done.stdout)

    def test_an_unknown_section_is_refused(self):
        self.assertEqual(self.run_it('nonsense').returncode, 1)


if __name__ == '__main__':
    unittest.main()
