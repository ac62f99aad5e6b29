"""What a program that holds cases said, held to the list it began with. Its lines: `cases` and their names,
then for each case verdict, name, seconds and reason; separated by tabs."""
import re

from processes import CannotRun

LIST = re.compile(r'^cases\t(\S.*)$', re.M)
VERDICT = re.compile(r'^(pass|fail)\t(\S+)\t([\d.]+)\t(.*)$', re.M)
NONE_GIVEN = 'gave no verdict'
LAST_WORDS = 600


def judged(program, code, said, asked=()):
    """The result of each case on the list; one without a verdict failed, whatever the exit code is: programs
    also end with 0 in the middle. asked: cases it was told to run, if not its usual ones."""
    listed, last_words = LIST.search(said), LIST.sub('', said)[-LAST_WORDS:].strip()
    if not listed:
        raise CannotRun(f'{program} ended with {code} and did not say which cases it has: {last_words}')
    names = listed.group(1).split('\t')
    if asked and sorted(names) != sorted(asked):
        raise CannotRun(f'{program} was asked for {" ".join(asked)} and began {" ".join(names)}')
    found = VERDICT.findall(said)
    given = [name for _, name, *_ in found]
    if len(set(given)) != len(given) or set(given) - set(names) or len(set(names)) != len(names):
        raise CannotRun(f'{program} has {" ".join(names)}, and judged {" ".join(given)}')
    results = {name: {'passed': verdict == 'pass', 'seconds': float(seconds), 'reason': reason}
               for verdict, name, seconds, reason in found}
    missing = [name for name in names if name not in results]
    for name in missing:
        results[name] = {'passed': False, 'seconds': 0.0,
                         'reason': f'{NONE_GIVEN}: {program} ended with {code}; its last words: '
                                   + ' '.join(last_words.split())}
    if not missing and code != int(any(not result['passed'] for result in results.values())):
        raise CannotRun(f'{program} ended with {code} after all verdicts: {last_words}')
    return results
