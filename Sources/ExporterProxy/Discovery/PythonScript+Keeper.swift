extension PythonScript {
    /// What all of its processes use, and the one that ends the others.
    static let keeper = #"""
        # Runs Python generators for exporter-proxy, each in a process of its own. Of three kinds of processes:
        #
        #   keeper   waits; ends all the others when the server has ended or nobody asks any more
        #   server   reads requests, forks for each, kills what takes too much, writes answers
        #   run      executes one generator, and is gone
        #
        # A frame is its length and fields, a field its length and bytes; lengths have four bytes, the highest first.
        import _thread
        import errno
        import faulthandler
        import fcntl
        import gc
        import importlib.machinery
        import json
        import linecache
        import os
        import resource
        import select
        import signal
        import struct
        import sys
        import time
        import traceback
        import types

        try:
            import ctypes
        except ImportError:
            ctypes = None

        OWN_NAME = "exporter-proxy"
        PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36


        def prctl(option, value):
            # Whether the kernel does so. Without it, what leaves its session and its parent is not found again.
            try:
                function = ctypes.CDLL(None).prctl
                return function(*[ctypes.c_ulong(word) for word in (option, value, 0, 0, 0)]) == 0
            except (AttributeError, OSError):
                return False


        def frame(fields):
            payload = b"".join(struct.pack("!I", len(field)) + field for field in fields)
            return struct.pack("!I", len(payload)) + payload


        def unframe(buffer):
            # Takes the fields of the first frame out of the buffer; None where it is not whole yet.
            if len(buffer) < 4:
                return None
            end = 4 + struct.unpack_from("!I", buffer)[0]
            if len(buffer) < end:
                return None
            fields, at = [], 4
            while at < end:
                length = struct.unpack_from("!I", buffer, at)[0]
                fields.append(bytes(buffer[at + 4 : at + 4 + length]))
                at += 4 + length
            del buffer[:end]
            return fields


        def about(pid):
            # What /proc says: state, parent, session, and the tick of its start. None where it is gone.
            try:
                with open("/proc/%d/stat" % pid, "rb") as file:
                    words = file.read().rpartition(b")")[2].split()
                return words[0], int(words[1]), int(words[3]), int(words[19])
            except (OSError, IndexError, ValueError):
                return None


        def all_processes():
            found = {int(name): about(int(name)) for name in os.listdir("/proc") if name.isdigit()}
            return {pid: known for pid, known in found.items() if known}


        def children():
            own = os.getpid()
            try:
                with open("/proc/self/task/%d/children" % own) as file:
                    return [int(word) for word in file.read().split()]
            except OSError:
                return [pid for pid, known in all_processes().items() if known[1] == own]


        def send(number, pid, is_group=False):
            try:
                (os.killpg if is_group else os.kill)(pid, number)
            except OSError:
                pass


        def end_group(pid):
            # It has not been reaped, so the number is its own; and may not lead its group yet.
            send(signal.SIGKILL, pid, is_group=True)
            send(signal.SIGKILL, pid)


        def end_descendants():
            # Those of who is killed become our children, and are seen in the next turn.
            while True:
                known, below = all_processes(), {os.getpid()}
                grown = True
                while grown:
                    more = {pid for pid, (_, parent, _, _) in known.items() if parent in below} - below
                    below |= more
                    grown = bool(more)
                for pid in below - {os.getpid()}:
                    send(signal.SIGKILL, pid)
                try:
                    os.waitpid(-1, 0)
                except ChildProcessError:
                    return


        def wake_on(*signals):
            # A descriptor that is readable when one of them has come.
            reading, writing = os.pipe()
            os.set_blocking(reading, False)
            os.set_blocking(writing, False)
            signal.set_wakeup_fd(writing)
            for number in signals:
                signal.signal(number, lambda *_: None)
            return reading


        def drain(descriptor):
            received = b""
            try:
                while len(received) < 4096:
                    part = os.read(descriptor, 4096)
                    if not part:
                        break
                    received += part
            except BlockingIOError:
                pass
            return received


        def keep(server, wakeup):
            poll = select.poll()
            poll.register(wakeup, select.POLLIN)
            # Only that nobody writes there any more.
            poll.register(0, 0)
            while True:
                for descriptor, _ in poll.poll():
                    if descriptor == 0 or signal.SIGTERM in drain(wakeup):
                        return
                if os.waitid(os.P_PID, server, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                    return
        """#
}
