extension PythonScript {
    /// The process that forks for each run, and watches over it.
    static let server = #"""
        PRINTED_BYTES_MAX = 4096
        # How long a generator that is too slow may take to say where it is.
        LAST_WORDS_SECONDS = 0.1
        # Until what was killed is given up: the kernel may not let it go, or it may have become another user's.
        KILL_SECONDS = 2
        REASONS = b"", b"exception", b"exit", b"memory", b"not_list", b"output"


        class Request:
            def __init__(self, fields):
                self.path, self.source = os.fsdecode(fields[0]), fields[1]
                self.is_rehearsal, self.takes_anything = fields[2] == b"1", fields[2] == b"2"
                self.timeout, self.output_max, self.memory_max = int(fields[3]) / 1000, int(fields[4]), int(fields[5])
                words = [field.decode("utf-8", "replace") for field in fields[6:]]
                self.parameters = {}
                for name, value in zip(words[::2], words[1::2]):
                    self.parameters.setdefault(name, value)


        class Run:
            # A generator that runs. `pid` leads a session of its own.
            def __init__(self, number, request, pid, result, printed):
                self.number, self.request, self.pid, self.result, self.printed = number, request, pid, result, printed
                self.born = (about(pid) or (b"", 0, 0, 0))[3]
                self.began = time.monotonic()
                self.deadline = self.began + request.timeout
                self.received, self.tail = bytearray(), bytearray()
                self.reason, self.is_killed = None, False

            def take(self, descriptor, part):
                if descriptor == self.printed:
                    self.tail += part
                    del self.tail[:-PRINTED_BYTES_MAX]
                    return
                self.received += part
                if len(self.received) > self.request.output_max + 65536:
                    self.received.clear()
                    self.end("output")

            def end(self, reason):
                self.reason, self.is_killed = self.reason or reason, True
                self.deadline = time.monotonic() + KILL_SECONDS
                end_group(self.pid)

            def look_at_clock(self, now):
                # Whether it has to be given up.
                if now < self.deadline:
                    return False
                if self.reason is None:
                    self.reason, self.deadline = "timeout", now + LAST_WORDS_SECONDS
                    # It writes where it is to what it prints: see Generator.take_place.
                    send(signal.SIGXCPU, self.pid)
                elif not self.is_killed:
                    self.end("timeout")
                return self.is_killed and now >= self.deadline

            def outcome(self, status):
                # Reason, text, details and body.
                fields = None if self.reason else self.said()
                printed = shown_lines(self.tail)
                if fields is not None:
                    reason, text, details, body = fields
                    if reason and printed:
                        details += b"\nIt printed:\n" + printed
                    return [reason, text, details, body]
                text = {
                    "timeout": "it took longer than %g s" % self.request.timeout,
                    "output": "its list is larger than %d bytes" % self.request.output_max,
                    "stopped": "it was stopped",
                }.get(self.reason) or exit_text(status)
                return [(self.reason or "exit").encode(), text.encode(), printed, b""]


            def said(self):
                # None where it has not spoken to the end, or otherwise than Generator.say does.
                try:
                    fields = unframe(self.received)
                except struct.error:
                    return None
                if fields is None or len(fields) != 4 or fields[0] not in REASONS:
                    return None
                return [fields[0], fields[1][:4096], fields[2][:16384], fields[3]]


        def exit_text(status):
            if status is None:
                return "it cannot be killed"
            if os.WIFSIGNALED(status):
                number = os.WTERMSIG(status)
                name = next((known.name for known in signal.Signals if known == number), "of no name")
                return "it was killed by signal %d (%s)" % (number, name)
            return "it ended with status %d before it gave a list" % os.WEXITSTATUS(status)


        def shown_lines(text):
            # Without those about this program.
            own = b'"%s"' % OWN_NAME.encode(), b'"<string>", line 12 in <module>'
            return b"\n".join(line for line in bytes(text).splitlines() if own[0] not in line and own[1] not in line)


        class Server:
            # Waits in one place for all of them, and never for one.
            def __init__(self, answers, root):
                self.answers, self.root = answers, root
                self.requests, self.outgoing = bytearray(), bytearray()
                # By process and by descriptor.
                self.runs, self.readers = {}, {}
                self.ended_sessions, self.may_have_orphans = set(), False
                prctl(PR_SET_CHILD_SUBREAPER, 1)
                self.wakeup = wake_on(signal.SIGCHLD)
                self.poll = select.poll()
                for descriptor in (0, self.wakeup):
                    self.poll.register(descriptor, select.POLLIN)
                for descriptor in (0, self.answers):
                    os.set_blocking(descriptor, False)

            def serve(self):
                while True:
                    for descriptor, _ in self.poll.poll(self.patience()):
                        if descriptor == 0:
                            self.read_requests()
                        elif descriptor == self.wakeup:
                            drain(descriptor)
                            self.reap()
                        elif descriptor in self.readers:
                            self.read(descriptor)
                    now = time.monotonic()
                    for run in list(self.runs.values()):
                        if run.look_at_clock(now):
                            self.finish(run)
                            self.answer(run, None)
                    self.write()

            def patience(self):
                if not self.runs:
                    return None
                return max(0, min(run.deadline for run in self.runs.values()) - time.monotonic()) * 1000 + 1

            # Requests and answers

            def read_requests(self):
                part = os.read(0, 65536)
                if not part:
                    # The keeper ends what runs.
                    os._exit(0)
                self.requests += part
                fields = unframe(self.requests)
                while fields is not None:
                    number = int(fields[0])
                    if len(fields) > 1:
                        self.start(number, Request(fields[1:]))
                    else:
                        for run in self.runs.values():
                            if run.number == number:
                                run.end("stopped")
                    fields = unframe(self.requests)

            def answer(self, run, status):
                self.tell(run.number, time.monotonic() - run.began, run.outcome(status))

            def tell(self, number, seconds, outcome):
                self.outgoing += frame([b"%d" % number, b"%f" % seconds] + outcome)

            def write(self):
                try:
                    while self.outgoing:
                        del self.outgoing[: os.write(self.answers, self.outgoing)]
                except BlockingIOError:
                    return self.poll.register(self.answers, select.POLLOUT)
                except BrokenPipeError:
                    os._exit(0)
                try:
                    self.poll.unregister(self.answers)
                except KeyError:
                    pass

            # Runs

            def start(self, number, request):
                ends = []
                try:
                    ends += os.pipe()
                    ends += os.pipe()
                    pid = os.fork()
                except OSError as error:
                    for descriptor in ends:
                        os.close(descriptor)
                    return self.tell(number, 0, [b"interpreter", b"cannot start it: " + str(error).encode(), b"", b""])
                result, result_end, printed, printed_end = ends
                if pid == 0:
                    Generator(request, self.root, result_end, printed_end).run()
                os.close(result_end)
                os.close(printed_end)
                run = self.runs[pid] = Run(number, request, pid, result, printed)
                for descriptor in (result, printed):
                    os.set_blocking(descriptor, False)
                    self.readers[descriptor] = run
                    self.poll.register(descriptor, select.POLLIN)

            def read(self, descriptor):
                # Whether there may be more.
                try:
                    part = os.read(descriptor, 65536)
                except BlockingIOError:
                    return False
                if part:
                    self.readers[descriptor].take(descriptor, part)
                else:
                    self.forget(descriptor)
                return bool(part)

            def forget(self, descriptor):
                if self.readers.pop(descriptor, None):
                    self.poll.unregister(descriptor)
                    os.close(descriptor)

            def reap(self):
                while True:
                    try:
                        dead = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
                    except ChildProcessError:
                        dead = None
                    if dead is None:
                        break
                    run = self.runs.get(dead.si_pid)
                    if run is not None:
                        # As long as it is not reaped, the number is its own.
                        self.finish(run)
                    status = os.waitpid(dead.si_pid, 0)[1]
                    if run is not None:
                        self.answer(run, status)
                if self.may_have_orphans:
                    self.end_orphans()

            def finish(self, run):
                end_group(run.pid)
                for descriptor in (run.result, run.printed):
                    # What still has it may write for ever.
                    for _ in range(2 + (run.request.output_max >> 16) if descriptor == run.result else 16):
                        if descriptor not in self.readers or not self.read(descriptor):
                            break
                    self.forget(descriptor)
                del self.runs[run.pid]
                self.ended_sessions.add(run.pid)
                self.may_have_orphans = True

            def end_orphans(self):
                # What runs have left is ours now. What has left its session as well could be of any run that was going
                # when it started, and ends with the last of these.
                self.may_have_orphans = False
                for pid in children():
                    known = about(pid)
                    if pid in self.runs or known is None or known[2] in self.runs:
                        continue
                    self.may_have_orphans = True
                    if known[2] in self.ended_sessions or all(run.born > known[3] for run in self.runs.values()):
                        send(signal.SIGKILL, pid)
                if not self.may_have_orphans:
                    self.ended_sessions.clear()
        """#
}
