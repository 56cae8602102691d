/// The program that runs generators in Python: 3.6 or newer, with nothing but its own library.
///
/// It knows the frames of ``FieldFrames``, and nothing of lists of targets.
enum PythonScript {
    /// Handed over as an argument: takes the script from standard input, so that lists of processes stay short.
    ///
    /// The folder it is started in must not be looked through for modules.
    static let beginning = #"""
        import os, sys
        if sys.path and not sys.path[0]:
            del sys.path[0]
        def take(count):
            text = b""
            while len(text) < count:
                part = os.read(0, count - len(text))
                if not part:
                    os._exit(0)
                text += part
            return text
        exec(compile(take(int.from_bytes(take(4), "big")), "exporter-proxy", "exec"))
        """#

    static let text = [keeper, server, generator, end].joined(separator: "\n\n\n") + "\n"

    private static let end = #"""
        def main():
            answers = os.dup(1)
            nothing = os.open(os.devnull, os.O_RDWR)
            os.dup2(nothing, 1)
            prctl(PR_SET_CHILD_SUBREAPER, 1)
            wakeup = wake_on(signal.SIGTERM, signal.SIGCHLD)
            gc.collect()
            if hasattr(gc, "freeze"):
                gc.freeze()
            keeper = os.getpid()
            server = os.fork()
            if server == 0:
                try:
                    os.close(wakeup)
                    signal.signal(signal.SIGTERM, signal.SIG_DFL)
                    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
                    if os.getppid() == keeper:
                        Server(answers, sys.argv[1]).serve()
                except BaseException:
                    traceback.print_exc()
                os._exit(1)
            os.close(answers)
            keep(server, wakeup)
            end_descendants()
            os._exit(0)


        main()
        """#
}
