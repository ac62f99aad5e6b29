"""The order service's own program with a database and the sandbox, and nothing else: no queue is running."""
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from openapi import Exchange

PATIENCE = 60
DATABASE = f'contract_{os.getpid()}'


def loopback():
    """An address of this run's own, so that it runs beside others."""
    pid = os.getpid()
    return f'127.{192 + pid // 62500 % 32}.{1 + pid // 250 % 250}.{1 + pid % 250}'


class System:
    def __init__(self, programs):
        self.programs = programs
        self.ip = loopback()
        self.folder = tempfile.mkdtemp(prefix='sluice-contract.')
        self.cluster = os.environ['SLUICE_TEST_PG']
        self.children = []

    def __enter__(self):
        try:
            self._prepare()
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for child in reversed(self.children):
            child.send_signal(signal.SIGTERM)
        stuck = [child.args[0] for child in self.children if not self._ended(child)]
        self._psql('postgres', f'DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)')
        shutil.rmtree(self.folder, ignore_errors=True)
        if stuck:
            raise RuntimeError(f'did not stop in {PATIENCE} s and had to be killed: {stuck}')

    @staticmethod
    def _ended(child):
        try:
            child.wait(PATIENCE)
            return True
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            return False

    def _path(self, name):
        return os.path.join(self.folder, name)

    def _write(self, name, text):
        with os.fdopen(os.open(self._path(name), os.O_WRONLY | os.O_CREAT, 0o600), 'w') as file:
            file.write(text)
        return self._path(name)

    def _prepare(self):
        self._psql('postgres', f"CREATE DATABASE {DATABASE} ENCODING 'UTF8' TEMPLATE template0")
        self.sql('CREATE SCHEMA order_service')
        for who in ('gateway', 'merchant'):
            subprocess.run(['openssl', 'genrsa', '-out', self._path(f'{who}.pem'), '2048'], check=True,
                           capture_output=True)
            subprocess.run(['openssl', 'rsa', '-in', self._path(f'{who}.pem'), '-pubout', '-out',
                            self._path(f'{who}.pub')], check=True, capture_output=True)
        self.secret = self._write('secret', secrets.token_hex(32))
        parts = dict(part.split('=', 1) for part in self.cluster.split())
        password = parts.pop('password', '')
        parts['dbname'] = DATABASE
        self.dsn = ' '.join(f'{name}={value}' for name, value in parts.items())
        self.pgpass = self._write('pgpass', f'*:*:*:{parts["user"]}:{password}\n')

    def _start(self):
        self.sandbox = self._run('sandbox', {
            'data': self._path('sandbox'), 'http-port': 8090, 'gateway-key': self._path('gateway.pem'),
            'gateway-merchant-key': self._path('merchant.pub'), 'identity-secret-file': self.secret,
            'warehouse-secret-file': self.secret})['api']
        ready = self._run('order-service', {
            'http-port': 8080, 'callback-port': 8081, 'callback-ip': self.ip, 'database-dsn': self.dsn,
            'database-password-file': self.pgpass, 'database-schema': 'order_service',
            'mq-name-servers': f'{self.ip}:9', 'auth-secret-file': self.secret, 'alipay-url': self.sandbox,
            'alipay-notify-url': f'http://{self.ip}:8081/callbacks/alipay', 'alipay-timeout': '2s',
            'alipay-merchant-key': self._path('merchant.pem'),
            'alipay-gateway-key': self._path('gateway.pub')})
        self.api = ready['api']

    def _run(self, program, settings):
        """Starts one program; returns its ready line."""
        words = [os.path.join(self.programs, program)]
        settings = {'ip': self.ip, 'http-ip': self.ip, 'log-file': self._path(f'{program}.log'), **settings}
        for name, value in settings.items():
            words += [f'--{name}', str(value)]
        child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.children.append(child)
        line = child.stdout.readline()
        if not line:
            raise RuntimeError(f'{program} did not start: exit code {child.wait(PATIENCE)}')
        return json.loads(line)

    def _psql(self, database, sql):
        done = subprocess.run(['psql', '-X', '-v', 'ON_ERROR_STOP=1', '-Atqc', sql,
                               f'{self.cluster} dbname={database}'], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=PATIENCE, check=False)
        if done.returncode != 0:
            raise RuntimeError(f'{sql}: {done.stderr}')
        return done.stdout.strip()

    def sql(self, statement):
        return self._psql(DATABASE, statement)

    def let_in(self, anybody):
        """Closes the database to everybody, or opens it again."""
        self._psql('postgres', f'ALTER DATABASE {DATABASE} WITH ALLOW_CONNECTIONS {anybody}')
        if not anybody:
            self._psql('postgres', 'SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity '
                                   f"WHERE datname = '{DATABASE}'")

    def fault(self, **fault):
        status = request(self.sandbox, 'PUT', '/faults/gateway', body=fault or {'mode': 'ok'}).status
        assert status == 200, status

    def token(self, user):
        return request(self.sandbox, 'POST', '/identity/tokens', body={'user_id': user}).json()['token']

    def log(self):
        with open(self._path('order-service.log'), encoding='utf-8') as file:
            return file.read()


def request(base, method, target, headers=None, body=None):
    """`body` is bytes as they are, or a value that becomes JSON."""
    raw = body if body is None or isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    connection = http.client.HTTPConnection(base.removeprefix('http://'), timeout=PATIENCE)
    try:
        connection.request(method, target, raw, headers or {})
        answer = connection.getresponse()
        text = answer.read().decode('utf-8')
        return Exchange(method, target.split('?')[0], answer.status, answer.getheaders(), text)
    finally:
        connection.close()


def raw_request(base, data, method='GET', path='/catalogue'):
    """Sends bytes as they are; the answer until the server closes the connection."""
    host, port = base.removeprefix('http://').split(':')
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as connection:
        connection.sendall(data)
        answer = http.client.HTTPResponse(connection, method=method)
        answer.begin()
        return Exchange(method, path, answer.status, answer.getheaders(), answer.read().decode('utf-8'))


def until(what, condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f'{what}: not in {PATIENCE} s')
        time.sleep(0.05)
