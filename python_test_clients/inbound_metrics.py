"""What the two Cap'n Proto test clients share: the messages, the command line and the sending."""

import argparse
import pathlib
import socket
import sys

SCHEMA = pathlib.Path(__file__).resolve().parent / "schema" / "metric_data.capnp"
CLOSE_TIMEOUT_SECONDS = 10


def run(app_names, default_address, family, parse_address, description):
    """Sends one message per app over one connection; `parse_address` raises ValueError for a bad address."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("address", nargs="?", default=default_address, help="default: %(default)s")
    parser.add_argument("--packed", action="store_true", help="send the packed encoding")
    arguments = parser.parse_args()
    try:
        target = parse_address(arguments.address)
    except ValueError as error:
        parser.error(str(error))

    schema = load_schema()
    messages = [encode(schema, name, exposition(name), arguments.packed) for name in app_names]
    try:
        send(messages, family, target)
    except (OSError, UnicodeError) as error:
        fail(f"{arguments.address}: {error}")
    print(f"sent {len(messages)} messages; {arguments.address} has closed the connection")


def exposition(app_name):
    """The text that `app_name` exposes; its name is part of the metric's, so that no two clients here collide."""
    metric = f"http_requests_total_{app_name}_capnp"
    return (
        f"# HELP {metric} HTTP requests served.\n"
        f"# TYPE {metric} counter\n"
        f'{metric}{{method="post",code="200"}} 1027\n'
        f'{metric}{{method="post",code="400"}} 3\n'
    )


def encode(schema, app_name, data, packed):
    print(f"inserting {app_name}:\n{data}", flush=True)
    message = schema.InboundMetrics.new_message(appName=app_name, data=data)
    return message.to_bytes_packed() if packed else message.to_bytes()


def load_schema():
    try:
        import capnp
    except ImportError as error:
        fail(f"cannot import pycapnp ({error}); run: pip install -r {SCHEMA.parent.parent / 'requirements.txt'}")
    return capnp.load(str(SCHEMA))


def send(messages, family, target):
    """Returns when the peer has closed the connection; if it left bytes unread, that is an error here."""
    with socket.socket(family, socket.SOCK_STREAM) as connection:
        connection.connect(target)
        for message in messages:
            # Not message.write(connection): that gives up in the middle of a message when the buffer is full.
            connection.sendall(message)
        connection.shutdown(socket.SHUT_WR)
        # Only now: sendall has to wait for as long as the proxy holds back.
        connection.settimeout(CLOSE_TIMEOUT_SECONDS)
        try:
            while connection.recv(4096):
                pass
        except socket.timeout:
            raise OSError(f"still open {CLOSE_TIMEOUT_SECONDS} s after the last byte; it may not have been read")


def fail(reason):
    sys.exit(f"{pathlib.Path(sys.argv[0]).name}: {reason}")
