extension PythonScript {
    /// The process of one run.
    static let generator = #"""
        DETAILS_BYTES_MAX = 8192
        TEXT_LENGTH_MAX = 300
        # Memory beyond the limit, to say that it was reached.
        LAST_WORDS_BYTES = 16 << 20
        THREAD_STACK_BYTES = 2 << 20
        # Where a generator that closes all descriptors of low numbers does not find it.
        RESULT_DESCRIPTOR = 200

        encode = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode


        class Refused(Exception):
            def __init__(self, reason, text):
                self.reason, self.text = reason, text


        class FreshLoader(importlib.machinery.SourceFileLoader):
            # Takes no compiled file: it may be that of another text, with the same size and time.
            def path_stats(self, path):
                raise OSError


        def tree_hook(root):
            finder = importlib.machinery.FileFinder.path_hook(
                (importlib.machinery.ExtensionFileLoader, importlib.machinery.EXTENSION_SUFFIXES),
                (FreshLoader, importlib.machinery.SOURCE_SUFFIXES))

            def hook(path):
                if path != root and not path.startswith(root + "/"):
                    raise ImportError
                return finder(path)

            return hook


        class Generator:
            # The process of one run, from the fork to its end.
            def __init__(self, request, root, result, printed):
                self.request, self.root, self.result, self.printed = request, root, result, printed
                self.file = os.path.join(root, request.path)
                self.own, self.exit, self.write = os.getpid(), os._exit, os.write

            def run(self):
                status = 1
                try:
                    self.take_place()
                    self.say(self.outcome())
                    status = 0
                except BaseException:
                    traceback.print_exc()
                finally:
                    self.exit(status)

            def say(self, fields):
                # What the generator has forked may come here as well.
                if os.getpid() != self.own:
                    self.exit(0)
                text = frame(fields)
                at = 0
                while at < len(text):
                    at += self.write(self.result, text[at : at + 65536])

            # Its place

            def take_place(self):
                server = os.getppid()
                os.setsid()
                prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
                if os.getppid() != server:
                    self.exit(1)
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                self.take_descriptors()
                faulthandler.register(signal.SIGXCPU, file=2, all_threads=False, chain=False)
                self.limit_memory()
                os.chdir(self.root)
                sys.argv = [self.file]
                sys.dont_write_bytecode = True
                sys.path_hooks.insert(0, tree_hook(self.root))
                sys.path_importer_cache.clear()
                # Last: a generator may be called as a module is that another one imports.
                sys.path.append(self.root)

            def take_descriptors(self):
                self.result = fcntl.fcntl(self.result, fcntl.F_DUPFD_CLOEXEC, RESULT_DESCRIPTOR)
                nothing = os.open(os.devnull, os.O_RDONLY)
                for own, standard in ((nothing, 0), (self.printed, 1), (self.printed, 2)):
                    os.dup2(own, standard)
                for name in os.listdir("/proc/self/fd"):
                    if int(name) > 2 and int(name) != self.result:
                        try:
                            os.close(int(name))
                        except OSError:
                            pass

            def limit_memory(self):
                resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
                # What is shared or only reserved counts in the address space alone.
                for kind, size in ((resource.RLIMIT_DATA, 1), (resource.RLIMIT_AS, 4)):
                    size *= self.request.memory_max
                    hard = resource.getrlimit(kind)[1]
                    if hard == resource.RLIM_INFINITY or hard >= size + LAST_WORDS_BYTES:
                        resource.setrlimit(kind, (size, size + LAST_WORDS_BYTES))
                _thread.stack_size(THREAD_STACK_BYTES)
                try:
                    with open("/proc/self/oom_score_adj", "w") as file:
                        file.write("500")
                except OSError:
                    pass

            def use_last_memory(self):
                for kind in (resource.RLIMIT_DATA, resource.RLIMIT_AS):
                    hard = resource.getrlimit(kind)[1]
                    resource.setrlimit(kind, (hard, hard))

            # Its list

            def outcome(self):
                # Reason, text, details and body.
                try:
                    return [b"", b"", b"", self.as_json(self.value())]
                except Refused as refused:
                    return [refused.reason.encode(), as_bytes(refused.text), b"", b""]
                except SystemExit as error:
                    return [b"exit", as_bytes("it called sys.exit(%s)" % shown(error.code)), self.details(error), b""]
                except BaseException as error:
                    if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
                        self.use_last_memory()
                        text = "it needs more than %d bytes of memory" % self.request.memory_max
                        return [b"memory", as_bytes(text), self.details(error), b""]
                    return [b"exception", self.sentence(error), self.details(error), b""]

            def value(self):
                name = "generator:" + self.request.path.rpartition(".")[0].replace("/", ".")
                module = types.ModuleType(name)
                module.__file__ = self.file
                lines = self.request.source.decode("utf-8", "replace").splitlines(True)
                linecache.cache[self.file] = (len(self.request.source), None, lines, self.file)
                sys.modules.setdefault(name, module)
                exec(compile(self.request.source, self.file, "exec", dont_inherit=True), module.__dict__)
                names = ["test_generate_targets"] if self.request.is_rehearsal else []
                for name in names + ["generate_targets"]:
                    if callable(module.__dict__.get(name)):
                        return module.__dict__[name](**self.request.parameters)
                raise Refused("exception", "it has no function generate_targets")

            def as_json(self, value):
                if self.request.takes_anything:
                    try:
                        return encode(value).encode()
                    except (TypeError, ValueError, OverflowError, RecursionError) as error:
                        raise Refused("not_list", "what it returned cannot be written as JSON: " + shown(error))
                if isinstance(value, dict):
                    value = [value]
                elif not isinstance(value, (list, tuple)) and not hasattr(type(value), "__next__"):
                    raise Refused("not_list", "it returned %s, which is no list" % named(value))
                text = bytearray(b"[")
                for group in value:
                    try:
                        part = encode(group).encode()
                    except (TypeError, ValueError, OverflowError, RecursionError) as error:
                        raise Refused("not_list", "its list cannot be written as JSON: " + shown(error))
                    if len(text) > 1:
                        text += b","
                    text += part
                    if len(text) >= self.request.output_max:
                        raise Refused("output", "its list is larger than %d bytes" % self.request.output_max)
                return bytes(text + b"]")

            # What went wrong

            def sentence(self, error):
                # Such as: ValueError: x (a/b.py line 12)
                try:
                    lines = traceback.format_exception_only(type(error), error)
                    text = next(line for line in lines if not line.startswith(" ")).strip()
                except BaseException:
                    text = type(error).__name__
                places = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
                if isinstance(error, SyntaxError):
                    places.append((error.filename, error.lineno))
                for file, line in reversed(places):
                    if isinstance(file, str) and file.startswith(self.root + "/"):
                        return as_bytes("%s (%s line %s)" % (cut(text), file[len(self.root) + 1 :], line or 1))
                return as_bytes(cut(text))

            def details(self, error):
                try:
                    trace = error.__traceback__
                    while trace is not None and trace.tb_frame.f_code.co_filename == OWN_NAME:
                        trace = trace.tb_next
                    lines = traceback.format_exception(type(error), error.with_traceback(trace), trace)
                    text = "".join(lines).encode("utf-8", "backslashreplace")
                except BaseException:
                    return b""
                if len(text) > DETAILS_BYTES_MAX:
                    text = text[: DETAILS_BYTES_MAX // 4] + b"\n...\n" + text[-DETAILS_BYTES_MAX // 2 :]
                return text


        def cut(text):
            text = " ".join(text.split())
            return text if len(text) <= TEXT_LENGTH_MAX else text[: TEXT_LENGTH_MAX - 3] + "..."


        def as_bytes(text):
            return text.encode("utf-8", "backslashreplace")


        def named(value):
            if value is None:
                return "None"
            name = type(value).__name__
            return ("an " if name[:1] in "aeiou" else "a ") + name


        def shown(value):
            try:
                text = str(value)
            except BaseException:
                text = ""
            if isinstance(value, BaseException):
                text = type(value).__name__ + ": " + text
            return cut(text)
        """#
}
