# SPDX-License-Identifier: GPL-2.0-or-later
"""dnf 4 plugin: packages assembled from installed files and small bundles instead of whole downloads.

Between the prompt and the download it asks `whittle select` which bundles lead from the installed versions to the
packages of the transaction, fetches them with the repositories' own settings, and lets `whittle assemble` write the
package files.
Where the repository's index or the configuration names a backend, `whittle select` asks it for bundles that are cut for
this system.
Whatever is not assembled goes to dnf's own download: nothing that happens here may fail a transaction.
The commands' protocol is described in specs/format/commands.md.

Trust: repomd.xml was verified by dnf where the repository is signed, the index is compared with repomd.xml's checksum,
bundles are hostile until the commands have checked them; the commands' answers come from a local program.
"""

import collections
import contextlib
import glob
import json
import logging
import os
import re
import shutil
import string
import subprocess
import tempfile
import time
import urllib.parse
from xml.etree import ElementTree

import dnf
import dnf.callback
import dnf.cli.format
import dnf.lock
import dnf.repo
import dnf.util
import libdnf.repo

logger = logging.getLogger('dnf')

METADATA_TYPE = 'whittle'
REPOMD = '{http://linux.duke.edu/metadata/repo}'
TEMPORARY_PREFIX = '.whittle-'
MARK = 'user.whittle.assembled'
LIBREPO_PREFIXES = ('user.Librepo.checksum.', 'user.librepo.checksum.')
LOCAL_PLUGIN_REPO = '_dnf_local'
OFFLINE_CACHE = '/var/lib/dnf/system-upgrade'
# Where a transaction writes: a cache that shares a file system with one of them must leave it room.
INSTALLED_TO = ('', 'usr', 'var', 'etc', 'opt', 'boot')
# Bytes left over for the rpm database, logs and scriptlets on a file system that a transaction writes to.
RESERVE = 16 * 1024 * 1024
UNLIMITED = 1 << 62  # bytes, where a file system does not count them
LINES_OF_ONE_REASON = 3  # packages with the same reason beyond which they share a line
NOT_REENCODED = 'contents were not re-encoded as published'  # said once, however many packages
REENCODE = ('auto', 'never', 'always')
BACKEND_URL = r'https?://[!$%(-.0-;=A-Z\[\]_a-z~][!$%(-;=A-Z\[\]_a-z~]*'  # as the commands take it
BACKEND_URL_MAX = 1024
BACKEND_TIMEOUT = 75  # seconds; a backend works on a request for 60 at most
BACKEND_TIMEOUT_MAX = 3600
NO_PROXY = '_none_'  # how dnf.conf spells it
RATE_FILE = 'whittle-rate'  # in dnf's cache: bytes a second, decimal
RATE_MAX = 10 ** 10
# Bytes that a run has to transfer before it says something of the link rather than of how connections are made.
RATE_ENOUGH = 512 * 1024
# What a backend may suggest; the first one includes the others.
SUGGESTIONS = {'reboot': 'A reboot is suggested', 'relogin': 'To log in again is suggested',
               'restart': 'To restart the programs that were upgraded is suggested'}
BUNDLE_MEMBERS = ('path', 'size', 'sha256', 'prefix', 'installed')  # that `whittle assemble` is told
BAD_SIGNATURE = 2  # of package_signature_check(): no key that could be imported makes it good


class CommandError(Exception):
    """A command of ours did not do its work; the text says why."""


class Settings:
    """The [main] section of whittle.conf; a value that is not understood is said and its default taken."""

    def __init__(self, parser):
        self._parser = parser
        self._backends = {}  # by repository
        self.command = self._value('command', '/usr/bin/whittle', str)
        self.jobs = self._value('jobs', 0, int)
        self.percentage = self._value('percentage', 95, int)
        self.keep = self._value('keep', False, boolean)
        self.reencode = self._value('reencode', 'auto', reencode_mode)
        self.backend = self._value('backend', 'auto', backend_choice)
        self.backend_timeout = self._value('backend_timeout', BACKEND_TIMEOUT, backend_seconds)

    def backend_for(self, repository):
        """What the repository's own section says of backends, or the main one."""
        if repository not in self._backends:
            self._backends[repository] = self._value('backend', self.backend, backend_choice, repository)
        return self._backends[repository]

    def _value(self, option, default, convert, section='main'):
        parser = self._parser
        if not parser.has_section(section) or not parser.has_option(section, option):
            return default
        text = parser.get(section, option).strip()
        try:
            return convert(text)
        except ValueError:
            logger.warning('whittle.conf: %s: "%s" is not understood, using %s', option, text, default)
            return default


def boolean(text):
    """The truth value of a word in a configuration file."""
    if text.lower() in ('1', 'yes', 'true', 'on'):
        return True
    if text.lower() in ('0', 'no', 'false', 'off'):
        return False
    raise ValueError(text)


def reencode_mode(text):
    """One of the words that `whittle select --reencode` takes."""
    if text.lower() not in REENCODE:
        raise ValueError(text)
    return text.lower()


def backend_choice(text):
    """A word, or the base URL of a backend."""
    if text.lower() in ('auto', 'never'):
        return text.lower()
    url = text if text.endswith('/') else text + '/'
    if not re.fullmatch(BACKEND_URL, url) or len(url) > BACKEND_URL_MAX:
        raise ValueError(text)
    return url


def backend_seconds(text):
    """How long a backend may take for a request."""
    if not 0 < int(text) <= BACKEND_TIMEOUT_MAX:
        raise ValueError(text)
    return int(text)


class Rate:
    """How fast this host's last downloads were: one number in dnf's cache, which each run that tells something brings
    halfway to its own. A guess for a planner: whatever the file holds, it can only make that choose badly."""

    def __init__(self, folder):
        self._folder = folder
        self._bytes = 0
        self._seconds = 0.0

    @property
    def remembered(self):
        """Bytes a second, 0 when none are known."""
        try:
            number = os.open(os.path.join(self._folder, RATE_FILE), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                text = os.read(number, 32)
            finally:
                os.close(number)
        except OSError:
            return 0
        return min(int(text), RATE_MAX) if re.fullmatch(br'[1-9][0-9]{0,17}\n', text) else 0

    def add(self, size, seconds):
        """Counts a download: bytes that were transferred and the time that it took."""
        if size > 0 and seconds > 0:
            self._bytes += size
            self._seconds += seconds

    def save(self):
        """Remembers what was counted, if it is enough; a cache that takes no file goes without."""
        size, seconds, self._bytes, self._seconds = self._bytes, self._seconds, 0, 0.0
        if size < RATE_ENOUGH:
            return
        rate = min(size / seconds, RATE_MAX)
        before = self.remembered
        rate = max(int((before + rate) / 2 if before else rate), 1)
        try:
            number, unfinished = tempfile.mkstemp(prefix=TEMPORARY_PREFIX, dir=self._folder)
            try:
                with os.fdopen(number, 'wb') as file:
                    file.write(b'%d\n' % rate)
                    os.fchmod(file.fileno(), 0o644)
                os.rename(unfinished, os.path.join(self._folder, RATE_FILE))
            except BaseException:
                remove_file(unfinished)
                raise
        except OSError as error:
            logger.debug('whittle: the download rate is not remembered: %s', error)


class Job:
    """One package of the transaction on its way from the index to the package file."""

    def __init__(self, number, pkg, index):
        self.number = number
        self.pkg = pkg
        self.index = index    # where its repository's index is, see listed_index(); None where it has none
        self.index_path = None
        self.bundles = []     # as `whittle select` named them; 'path' is added when they are fetched
        self.fetched = 0      # bytes of them that were transferred
        self.reason = None    # why the whole package is taken
        self.assembled = False

    @property
    def size(self):
        """Bytes of all bundles of this package."""
        return sum(bundle['size'] for bundle in self.bundles)

    @property
    def is_cut(self):
        """Whether a backend cut the bundle for this system."""
        return any('url' in bundle for bundle in self.bundles)

    def label(self, kind='step'):
        """What people see this package's bundles called."""
        kinds = '' if kind in ('step', 'list') else ' ' + kind
        return '%s (whittle%s)' % (os.path.basename(self.pkg.location), kinds)

    def line(self, progress):
        """Something that progress meters can show for the package as a whole."""
        return Line(progress, self.label(), self.size)


class Line(dnf.callback.Payload):
    """A line in dnf's progress display that belongs to no transfer."""

    def __init__(self, progress, text, size):
        super().__init__(progress)
        self._text = text
        self._size = size

    def __str__(self):
        return self._text

    @property
    def download_size(self):
        return self._size


def bar(progress, size):
    """What the meter shows while packages are assembled: one bar for all."""
    return Line(progress, 'Assembling packages', size)


class Transfer(dnf.repo.PackagePayload):
    """One file, fetched with its repository's mirrors, credentials, proxy and certificates."""

    def __init__(self, progress, pkg, text, path, source):
        """pkg: any package of the repository. source: 'location' below the repository's root (hostile) or below
        'base_url', 'size' in bytes and 'checksum' as (type, hex)."""
        super().__init__(pkg, progress)
        self._text = text
        self._path = path
        self._source = source
        self._mirror_error = None
        self.fetched = False  # whether bytes were transferred
        self.error = None

    def __str__(self):
        return self._text

    @property
    def download_size(self):
        return self._source['size']

    def _target_params(self):
        kind, value = self._source['checksum']
        return {
            'relative_url': self._source['location'],
            'dest': self._path,
            'resume': False,
            'checksum_type': libdnf.repo.PackageTarget.checksumType(kind),
            'checksum': value,
            'expectedsize': self._source['size'],
            # The repository's root, even for a package that has an xml:base of its own.
            'base_url': self._source.get('base_url'),
        }

    def _mirrorfail_cb(self, cbdata, err, url):
        # Another mirror may have it; what counts is told once, after the last one.
        self._mirror_error = err

    def _end_cb(self, cbdata, lr_status, msg):
        if msg is None:
            self.fetched = True
            super()._end_cb(cbdata, lr_status, msg)

    def conclude(self, error):
        """Takes librepo's verdict."""
        if error not in (None, 'Already downloaded') or not os.path.isfile(self._path):
            self.error = self._mirror_error or error or 'not downloaded'


def transfer(transfers, progress, rate):
    """Fetches files in one batch; each has its error afterwards. Tells the rate."""
    outside = [one for one in transfers if '://' in one._source['location']]
    for one in outside:
        one.error = 'it lies outside the repository'
    transfers = [one for one in transfers if one not in outside]
    if not transfers:
        return
    start_meter(progress, len(transfers), sum(one.download_size for one in transfers), 0)
    targets = [one._librepo_target() for one in transfers]
    start = time.monotonic()
    try:
        libdnf.repo.PackageTarget.downloadPackages(libdnf.repo.VectorPPackageTarget(targets), False)
    except RuntimeError as error:
        if 'SIGINT' in str(error):  # librepo has a handler of its own while it downloads
            raise KeyboardInterrupt
        logger.debug('whittle: %s', error)
    seconds = time.monotonic() - start
    for one, target in zip(transfers, targets):
        one.conclude(target.getErr())
    rate.add(sum(one.download_size for one in transfers if one.fetched), seconds)


def listed_index(repo):
    """Where repomd.xml says the repository's index is, as Transfer wants it; None when it lists none.

    dnf is not asked to fetch the index with its other metadata: a mirror that has a bad one would then fail the
    whole repository, which served without whittle.
    """
    try:
        with open(os.path.join(repo._repo.getCachedir(), 'repodata', 'repomd.xml'), 'rb') as document:
            text = document.read()
        if b'<!' in text.replace(b'<!--', b''):
            return None  # no repomd.xml has a document type, with which it could grow without bounds
        record = ElementTree.fromstring(text).find("%sdata[@type='%s']" % (REPOMD, METADATA_TYPE))
        if record is None:
            return None
        checksum = record.find(REPOMD + 'checksum')
        return {
            'location': record.find(REPOMD + 'location').attrib['href'],
            'size': int(record.findtext(REPOMD + 'size')),
            'checksum': (checksum.attrib['type'], checksum.text.strip()),
        }
    except (OSError, ElementTree.ParseError, AttributeError, KeyError, TypeError, ValueError) as error:
        logger.debug('whittle: %s: repomd.xml: %s', repo.id, error)
        return None


def talk(argv, requests):
    """Runs a command of ours on requests and yields its answers as they come.

    Raises CommandError when the command fails or says what the protocol does not know. Both ends of the
    conversation but one are files, so that nothing waits for anything however many packages there are. The
    command never outlives the caller.
    """
    with tempfile.TemporaryFile() as questions, tempfile.TemporaryFile() as messages:
        for request in requests:
            questions.write(json.dumps(request).encode('ascii') + b'\n')
        questions.seek(0)
        child = subprocess.Popen(argv, stdin=questions, stdout=subprocess.PIPE, stderr=messages)
        try:
            for line in child.stdout:
                yield json.loads(line.decode('utf-8'))
            status = child.wait()
        except ValueError as error:
            raise CommandError('%s: not an answer: %s' % (argv[0], error))
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
            child.stdout.close()
        if status != 0:
            messages.seek(0)
            raise CommandError(last_line(messages.read()) or '%s %s: exit status %d' % (argv[0], argv[1], status))


def last_line(messages):
    """The last line of a command's messages; empty when there are none."""
    lines = messages.decode('utf-8', 'replace').split('\n')
    return next((line.strip() for line in reversed(lines) if line.strip()), '')


def attribute(path, name):
    """A user attribute of a file, None where there is none."""
    try:
        return os.getxattr(path, name)
    except OSError:
        return None


def is_marked(path):
    """Whether `whittle assemble` wrote this file."""
    return attribute(path, MARK) == b'1'


def vouched_for(pkg):
    """Whether librepo or we have already compared the file in the cache with the repository's checksum."""
    path = pkg.localPkg()
    kind, value = pkg.returnIdSum()
    try:
        modified = str(os.stat(path).st_mtime_ns).encode('ascii')
    except OSError:
        return False
    return any(attribute(path, prefix + 'mtime') == modified
               and attribute(path, prefix + str(kind)) == str(value).encode('ascii')
               for prefix in LIBREPO_PREFIXES)


def in_cache(pkg):
    """Whether dnf will find this package in its cache, assembled or whole."""
    if vouched_for(pkg):
        return True
    path = pkg.localPkg()
    if is_marked(path) or not os.path.isfile(path):
        return False
    return pkg.verifyLocalPkg()


def remove_file(path):
    """Removes a file of ours that may be gone already."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def start_meter(progress, files, size, assembled):
    """Starts a progress meter; tools may bring one that knows nothing of delta packages."""
    if progress.start.__code__.co_argcount == 4:
        progress.start(files, size, total_drpms=assembled)
    else:
        progress.start(files, size)


def index_path(repo, index):
    """Where an index is kept: beside the metadata, under a name that `dnf clean` knows and nobody else chooses."""
    digest = ''.join(letter for letter in index['checksum'][1] if letter in string.hexdigits)
    return os.path.join(repo._repo.getCachedir(), 'repodata', digest + '-whittle.xml')


class Whittle(dnf.Plugin):
    """Takes packages out of dnf's download by assembling them first."""

    name = 'whittle'

    def __init__(self, base, cli):
        super().__init__(base, cli)
        self._settings = None
        self._rate = None
        self._wrapped = False
        self._advice = []       # (job, what a backend says that its upgrade does)
        self._unmarked = set()  # assembled files where the file system takes no mark

    def config(self):
        """Reads the configuration."""
        self._settings = Settings(self.read_config(self.base.conf))

    def resolved(self):
        """Puts our step before dnf's download, which runs only after the prompt."""
        if self._wrapped or self._settings is None:
            return
        self._wrapped = True
        original = self.base.download_packages

        def download_packages(pkglist, progress=None, callback_total=None):
            pkglist = list(pkglist)
            self._rate = Rate(self.base.conf.cachedir)
            done = self._assembled_of(pkglist, progress or dnf.callback.NullDownloadProgress())
            rest = [pkg for pkg in pkglist if pkg not in done]
            result = original(rest, progress, self._counting(callback_total))
            if self._settings.reencode == 'auto':
                self._rate.save()
            return result

        self.base.download_packages = download_packages

    def _counting(self, callback_total):
        """What dnf shall call when it has downloaded, instead of the caller's function: tells the rate too.

        dnf counts what was transferred: nothing of repositories on this machine, and nothing that was in the cache.
        """
        if self._keeps_out():
            return callback_total

        def total(size, start):
            self._rate.add(size, time.time() - start)
            if callback_total is not None:
                callback_total(size, start)
        return total

    def transaction(self):
        """Removes what was assembled: it needs the rpm plugin, which may be gone when the file is used again."""
        if not self.base.transaction or self._settings is None or self._settings.keep:
            return
        for pkg in self.base.transaction.install_set:
            if pkg._is_local_pkg():
                continue
            path = pkg.localPkg()
            if path in self._unmarked or is_marked(path):
                try:
                    remove_file(path)
                except OSError as error:  # dnf says the same of all that it would remove
                    logger.debug('whittle: %s: %s', path, error)

    def _assembled_of(self, pkglist, progress):
        """The packages of the list that need no download any more. Never fails but by an interrupt."""
        done = set()
        try:
            self._run(pkglist, progress, done)
        except Exception as error:  # pylint: disable=broad-except
            logger.warning('Whittle: %s; downloading whole packages', error)
            logger.debug('whittle', exc_info=True)
        except BaseException:
            for pkg in done:
                remove_file(pkg.localPkg())
            raise
        self.base._add_tempfiles([pkg.localPkg() for pkg in done])
        return done

    def _run(self, pkglist, progress, done):
        """All steps for one list of packages; adds to done what is assembled and checked."""
        incoming = self.base.transaction.install_set if self.base.transaction else ()
        remote = [pkg for pkg in pkglist if pkg in incoming and not pkg._is_local_pkg()]
        leftovers = [pkg for pkg in remote if is_marked(pkg.localPkg())]
        jobs = [] if self._keeps_out() else self._jobs(remote)
        if not jobs and not leftovers:
            return
        obstacle = self._obstacle()
        if obstacle:
            logger.warning('Whittle is inactive: %s', obstacle)
            # dnf would take them for the packages that they are not to whoever stands in the way.
            for pkg in leftovers:
                remove_file(pkg.localPkg())
            return
        if not jobs:
            return
        with dnf.lock.build_download_lock(self.base.conf.cachedir, self.base.conf.exit_on_lock):
            overhead = self._fetch_indexes(jobs, progress)
            jobs = self._select(jobs)
            if jobs:
                self._fetch_and_assemble(jobs, remote, progress, done)
        self._report(jobs, remote, progress, overhead)
        self._advise()

    def _advise(self):
        """Says what backends suggest to do after the transaction, once; what becomes of files goes to the log."""
        wanted = {}
        for job, operations in self._advice:
            for verb in ('remove', 'keep', 'replace'):
                for path in operations.get(verb, ()):
                    logger.debug('whittle: %s: %s %s', job.pkg, verb, path)
            if operations.get('suggest') in SUGGESTIONS:
                wanted.setdefault(operations['suggest'], []).extend(operations.get('advisories', ()))
        self._advice = []
        for suggestion, text in SUGGESTIONS.items():
            if suggestion in wanted:
                advisories = ', '.join(dict.fromkeys(wanted[suggestion]))
                logger.info('%s after this transaction%s', text, ' (%s)' % advisories if advisories else '')
                return

    def _keeps_out(self):
        """Whether nothing is to be done in this run, nor remembered of it."""
        conf = self.base.conf
        return bool(not dnf.util.am_i_root() or conf.cacheonly or conf.destdir)

    def _obstacle(self):
        """Why an assembled package would not install here or would do harm afterwards, None when all is well."""
        # Without network there is nothing that could take the place of what is in the cache.
        if LOCAL_PLUGIN_REPO in self.base.repos and not self.base.conf.cacheonly:
            return 'the dnf plugin "local" would index assembled packages'
        if 'noplugins' in self.base.conf.tsflags:
            return 'rpm plugins are switched off by tsflags=noplugins'
        command = self._settings.command
        if not os.access(command, os.X_OK):
            return '%s: no such command' % command
        canary = subprocess.run([command, 'canary'], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, check=False)
        if canary.returncode == 0:
            return None
        return last_line(canary.stderr) or '%s canary: exit status %d' % (command, canary.returncode)

    def _jobs(self, remote):
        """One job for each package whose repository has an index and that is not in the cache."""
        indexes = {}
        jobs = []
        for pkg in remote:
            if pkg.repoid not in indexes:
                indexes[pkg.repoid] = listed_index(pkg.repo)
            index = indexes[pkg.repoid]
            is_known = index or 'url' in (self._backend(pkg.repo) or ())
            if is_known and pkg.returnIdSum()[0] and not in_cache(pkg):
                jobs.append(Job(len(jobs), pkg, index))
        return jobs

    def _backend(self, repo):
        """What `whittle select` is told of backends, as specs/format/commands.md has it; None where it asks none.

        A backend that only the configuration names is for packages whose signature dnf will check.
        """
        choice = self._settings.backend_for(repo.id)
        if choice == 'never':
            return None
        backend = {
            'signed': bool(repo.gpgcheck),
            'verify': bool(repo.sslverify),
            'connect_timeout': min(max(int(repo.timeout), 1), BACKEND_TIMEOUT_MAX),
            'timeout': self._settings.backend_timeout,
        }
        if choice != 'auto' and repo.gpgcheck:
            backend['url'] = choice
        strings = {'proxy': repo.proxy, 'proxy_user': repo.proxy_username, 'proxy_password': repo.proxy_password,
                   'ca_file': repo.sslcacert}
        backend.update({name: value for name, value in strings.items() if value})
        if backend.get('proxy') == NO_PROXY:
            backend['proxy'] = ''
        return backend

    def _fetch_indexes(self, jobs, progress):
        """Brings each repository's index into its cache and tells the jobs; returns how many bytes that took.

        The file stays beside the metadata that lists it, and goes with them.
        """
        transfers = {}
        for job in jobs:
            if not job.index:
                continue
            repo = job.pkg.repo
            if repo.id not in transfers:
                path = index_path(repo, job.index)
                transfers[repo.id] = path, Transfer(progress, job.pkg, '%s (whittle)' % repo.id, path, job.index)
        try:
            transfer([one for _, one in transfers.values()], progress, self._rate)
        except BaseException:
            for path, _ in transfers.values():
                remove_file(path)
            raise
        for path, one in transfers.values():
            if one.error:
                remove_file(path)
                text = '%s; downloading whole packages' % ' '.join(one.error.split())
                progress.end(one, dnf.callback.STATUS_MIRROR, text)
        for job in jobs:
            if not job.index:
                continue
            path, one = transfers[job.pkg.repo.id]
            job.index_path = None if one.error else path
        return sum(one.download_size for _, one in transfers.values() if one.fetched)

    def _select(self, jobs, may_ask=True):
        """The jobs that have bundles worth fetching, and those that people should hear of."""
        by_number = {job.number: job for job in jobs if job.index_path or not job.index}
        if not by_number:
            return []
        rate = self._rate.remembered
        requests = [{
            'id': job.number,
            'index': job.index_path,
            'pkgid': job.pkg.returnIdSum()[1],
            'nevra': str(job.pkg),
            'root': self.base.conf.installroot,
            'size': job.pkg.downloadsize,
            'rate': rate,
        } for job in by_number.values()]
        for request in requests if may_ask else ():
            backend = self._backend(by_number[request['id']].pkg.repo)
            request.update({'backend': backend} if backend else {})
        argv = self._command('select') + ['--reencode', self._settings.reencode, '--state', self.base.conf.cachedir]
        for answer in talk(argv, requests):
            job = by_number[answer['id']]
            if 'trouble' in answer:
                logger.warning('Whittle: backend %s; going on without it', answer['trouble'])
            self._advice.append((job, answer.get('operations', {})))
            if answer['answer'] == 'select':
                job.bundles = answer['bundles']
                if job.is_cut and would_tell_password(job.pkg.repo, job.bundles[0]['url']):
                    job.bundles = []
                    logger.debug('whittle: %s: the backend would get its password', job.pkg.repoid)
            elif answer['answer'] == 'refusal':
                job.reason = answer['reason']
            else:
                logger.debug('whittle: %s: %s', job.label(), answer.get('reason'))
        return [job for job in by_number.values() if job.reason or self._is_worthwhile(job)]

    def _command(self, name):
        """The start of the command line of `whittle select` or `whittle assemble`."""
        jobs = self._settings.jobs
        return [self._settings.command, name] + (['--jobs', str(jobs)] if jobs > 0 else [])

    def _is_worthwhile(self, job):
        """Whether the bundles save enough of the download."""
        if not job.bundles:
            return False
        if job.size * 100 > job.pkg.downloadsize * self._settings.percentage:
            logger.debug('whittle: %s: %d bytes instead of %d are not worth it', job.label(), job.size,
                         job.pkg.downloadsize)
            return False
        return True

    def _fetch_and_assemble(self, jobs, remote, progress, done):
        """Downloads and assembles in temporary folders that are gone afterwards, whatever happens."""
        with contextlib.ExitStack() as stack:
            folders = {}
            for job in jobs:
                folder = job.pkg.pkgdir
                if folder not in folders:
                    folders[folder] = stack.enter_context(self._temporary_folder(folder))
            budgets = {folder: self._budget(folder, remote) for folder in folders}
            self._refuse_unsafe(jobs, folders, budgets)
            self._fetch(jobs, folders, progress)
            self._assemble(jobs, budgets, progress, done)

    @contextlib.contextmanager
    def _temporary_folder(self, folder):
        """A new folder in a package cache; one that a killed run left goes first. Under dnf's download lock."""
        dnf.util.ensure_dir(folder)
        for stale in glob.glob(os.path.join(glob.escape(folder), TEMPORARY_PREFIX + '*')):
            shutil.rmtree(stale, ignore_errors=True)
        path = tempfile.mkdtemp(prefix=TEMPORARY_PREFIX, dir=folder)
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def _budget(self, folder, remote):
        """Bytes that assembled files may take in a cache so that this transaction still has what it would need.

        Counts every package as if it had to be downloaded whole and installed beside its older version.
        """
        status = os.statvfs(folder)
        if status.f_blocks == 0:
            return UNLIMITED
        need = sum(pkg.downloadsize for pkg in remote)
        device = os.stat(folder).st_dev
        root = self.base.conf.installroot
        targets = [os.path.join(root, name) for name in INSTALLED_TO]
        if any(os.path.isdir(target) and os.stat(target).st_dev == device for target in targets):
            need += sum(pkg.installsize for pkg in self.base.transaction.install_set) + RESERVE
        return status.f_bavail * status.f_frsize - need

    def _refuse_unsafe(self, jobs, folders, budgets):
        """Refuses, before any byte is fetched, what could not be assembled or not be used afterwards."""
        fetched = {folder: 0 for folder in folders}
        for job in jobs:
            folder = job.pkg.pkgdir
            fetched[folder] += job.size
            if fetched[folder] > budgets[folder]:
                job.reason = job.reason or '%s: not enough free space' % folder
            if self._outlives_this_run() and not takes_attributes(folders[folder]):
                job.reason = job.reason or '%s: the file system has no user attributes' % folder

    def _outlives_this_run(self):
        """Whether a later run, perhaps without network, takes the files from the cache."""
        conf = self.base.conf
        return conf.downloadonly or 'test' in conf.tsflags or OFFLINE_CACHE in conf.cachedir

    def _fetch(self, jobs, folders, progress):
        """Downloads all bundles; where one of a backend does not come, what the repository has instead."""
        cut = [job for job in jobs if job.is_cut and not job.reason]
        self._fetch_bundles(jobs, folders, progress)
        failed = {job: job.reason for job in cut if job.reason}
        if not failed:
            return
        for job in failed:
            logger.debug('whittle: %s: from the backend: %s', job.label(), job.reason)
            job.reason, job.bundles = None, []
        try:
            instead = self._select(failed, may_ask=False)
            self._fetch_bundles(instead, folders, progress)
        except CommandError as error:
            logger.debug('whittle: %s', error)
        for job, reason in failed.items():
            if not job.bundles:
                job.reason = job.reason or reason

    def _fetch_bundles(self, jobs, folders, progress):
        """Downloads bundles in one batch; one that does not come refuses its package."""
        transfers = []
        for job in jobs:
            for number, bundle in enumerate(job.bundles if not job.reason else ()):
                bundle['path'] = os.path.join(folders[job.pkg.pkgdir], '%d-%d.wht' % (job.number, number))
                source = {'size': bundle['size'], 'checksum': ('sha256', bundle['sha256'])}
                if 'url' in bundle:
                    source['base_url'], source['location'] = re.fullmatch(r'(.*/)([^/]+)', bundle['url']).groups()
                else:
                    source['location'] = bundle['location']
                one = Transfer(progress, job.pkg, job.label(bundle['kind']), bundle['path'], source)
                transfers.append((job, one))
        transfer([one for _, one in transfers], progress, self._rate)
        for job, one in transfers:
            job.reason = job.reason or one.error
            job.fetched += one.download_size if one.fetched else 0

    def _assemble(self, jobs, budgets, progress, done):
        """Runs `whittle assemble` for the fetched jobs and checks what it wrote."""
        fetched = {job.number: job for job in jobs if not job.reason}
        if not fetched:
            return
        total = sum(job.pkg.downloadsize for job in fetched.values())
        start_meter(progress, 1, total, len(fetched))
        written = {}
        requests = [self._assemble_request(job, budgets[job.pkg.pkgdir]) for job in fetched.values()]
        failure = 'whittle assemble gave no answer'
        try:
            for answer in talk(self._command('assemble'), requests):
                job = fetched[answer['id']]
                if answer['answer'] == 'progress':
                    written[job.number] = job.pkg.downloadsize * answer['done'] // max(answer['total'], 1)
                elif answer['answer'] == 'assembled':
                    written[job.number] = job.pkg.downloadsize
                    self._accept(job, answer, progress, done)
                elif answer.get('cause') == 'reencoding':
                    logger.debug('whittle: %s: %s', job.label(), answer['reason'])
                    job.reason = NOT_REENCODED
                else:
                    job.reason = answer['reason']
                # Every package counts with the bytes that its download would have.
                progress.progress(bar(progress, total), sum(written.values()))
        except CommandError as error:
            failure = str(error)
        finally:
            if written:
                progress.end(bar(progress, total), dnf.callback.STATUS_OK, None)
            # Also what was written but not answered for: an interrupt may come between the two.
            for job in fetched.values():
                if not job.assembled:
                    remove_file(job.pkg.localPkg())
                    job.reason = job.reason or failure

    def _assemble_request(self, job, budget):
        """The request for one package, as specs/format/commands.md describes it."""
        kind, value = job.pkg.returnIdSum()
        return {
            'id': job.number,
            'nevra': str(job.pkg),
            'root': self.base.conf.installroot,
            'bundles': [{key: bundle[key] for key in BUNDLE_MEMBERS if key in bundle} for bundle in job.bundles],
            'destination': job.pkg.localPkg(),
            'checksum': {'type': kind, 'value': value},
            'budget': max(budget, 0),
        }

    def _accept(self, job, answer, progress, done):
        """Takes an assembled file after dnf's own look at its signature; removes it when that is bad."""
        path = job.pkg.localPkg()
        try:
            result, message = self.base.package_signature_check(job.pkg)
        except Exception as error:  # pylint: disable=broad-except
            result, message = BAD_SIGNATURE, error
        if result == BAD_SIGNATURE:
            job.reason = str(message)
            return
        job.assembled = True
        done.add(job.pkg)
        if not answer.get('attributes', True):
            self._unmarked.add(path)
        progress.end(job.line(progress), dnf.callback.STATUS_DRPM, 'assembled from local files')

    def _report(self, jobs, remote, progress, overhead):
        """Says why packages were tried in vain, one line each unless many share a reason, and what the others saved."""
        reasons = collections.OrderedDict()
        for job in jobs:
            if job.reason:
                logger.debug('whittle: %s: %s', job.label(), job.reason)
                reasons.setdefault(' '.join(job.reason.split()), []).append(job)
        for reason, refused in reasons.items():
            if len(refused) > (1 if reason == NOT_REENCODED else LINES_OF_ONE_REASON):
                line = Line(progress, '%d packages (whittle)' % len(refused), 0)
                progress.end(line, dnf.callback.STATUS_MIRROR, '%s; downloading whole packages' % reason)
                continue
            for job in refused:
                text = '%s; downloading the whole package' % reason
                progress.end(job.line(progress), dnf.callback.STATUS_MIRROR, text)
        assembled = [job for job in jobs if job.assembled]
        if not assembled:
            return
        fetched = overhead + sum(job.fetched for job in jobs)
        whole = sum(job.pkg.downloadsize for job in assembled)
        failed = len(reasons.get(NOT_REENCODED, ()))
        cut = sum(job.is_cut for job in assembled)
        logger.info('Whittle assembled %d of %d packages: %sB instead of %sB downloaded (%.1f%% saved)%s%s',
                    len(assembled), len(remote), dnf.cli.format.format_number(fetched).strip(),
                    dnf.cli.format.format_number(whole).strip(), 100 - 100.0 * fetched / max(whole, 1),
                    '; %d by the backend' % cut if cut else '',
                    '; %d not re-encoded as published' % failed if failed else '')


def would_tell_password(repo, url):
    """Whether a download would send the repository's password to a host that is none of the repository's."""
    hosts = [urllib.parse.urlsplit(base).netloc for base in repo.baseurl]
    return bool(repo.username) and urllib.parse.urlsplit(url).netloc not in hosts


def takes_attributes(folder):
    """Whether files in a folder can carry librepo's checksum, without which a later run does not know them."""
    try:
        os.setxattr(folder, 'user.whittle.probe', b'1')
    except OSError:
        return False
    return True
