"""A client that asks much at once: pipeline.py PORT tls|plain METHOD PATH COUNT [BODY_BYTES]

Sends COUNT requests in one go after a first large one, so that buffers on the other side have grown, and prints how
many answers came. With BODY_BYTES it reads none before it gets SIGUSR1.
"""
import signal
import socket
import ssl
import sys
import threading


class Connection:
    """Speaks TLS over memory, so that many records leave in one piece."""

    def __init__(self, port, secure, narrow):
        self.socket = socket.socket()
        if narrow:  # so that answers which nobody reads soon stand still
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.settimeout(20)
        self.socket.connect(("127.0.0.1", port))
        self.tls = None
        if not secure:
            return
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.arrived, self.leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.arrived, self.leaving)
        while True:
            try:
                self.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self.socket.sendall(self.leaving.read())
                self.arrived.write(self.socket.recv(65536))

    def send(self, data):
        if self.tls is None:
            return self.socket.sendall(data)
        for start in range(0, len(data), 16000):
            self.tls.write(data[start : start + 16000])
        self.socket.sendall(self.leaving.read())

    def receive(self):
        data = self.socket.recv(1 << 20)
        if self.tls is None or not data:
            return data
        self.arrived.write(data)
        plain = b""
        try:
            while part := self.tls.read(1 << 20):
                plain += part
        except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
            pass
        return plain or self.receive()


def main():
    port, scheme, method, path, count = sys.argv[1:6]
    body = b"x" * int(sys.argv[6]) if len(sys.argv) > 6 else b""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    connection = Connection(int(port), scheme == "tls", narrow=bool(body))
    large = b"#" + b"x" * 900_000 + b"\n"
    connection.send(b"POST /metrics/job/large HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % len(large) + large)
    seen = connection.receive()
    head = f"{method} {path} HTTP/1.1\r\nHost: h\r\nContent-Length: {len(body)}\r\n\r\n".encode()

    def ask():
        try:
            # The first one is not answered at once: what comes behind it waits.
            connection.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n" + (head + body) * int(count))
        except OSError:
            pass

    if body:
        threading.Thread(target=ask, daemon=True).start()
        signal.sigwait([signal.SIGUSR1])
    else:
        ask()
    try:
        while data := connection.receive():
            seen += data
            if seen.count(b"HTTP/1.1 ") == int(count) + 2:
                break
    except OSError:
        pass
    print(seen.count(b"HTTP/1.1 "))


main()
