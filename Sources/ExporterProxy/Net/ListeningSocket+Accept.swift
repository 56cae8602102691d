import CLinux
import Glibc

extension ListeningSocket {
    package enum Acceptance {
        case connection(OwnedDescriptor)
        /// Nobody waits.
        case nobody
        /// Somebody came and went; the next one may wait already.
        case gone
        /// There is no descriptor or no memory; the code says which.
        case exhausted(Int32)
    }

    /// The next of those who wait, without blocking; throws where the listener is broken for good.
    package func accept() throws(SystemError) -> Acceptance {
        let raw = accept4(descriptor.raw, nil, nil, Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue))
        if raw >= 0 { return .connection(OwnedDescriptor(raw)) }
        let code = errno
        switch code {
        case EAGAIN: return .nobody
        // The client went away, or the network had an error for it (accept(2)); the listener is well.
        case EINTR, ECONNABORTED, EPROTO, EPERM, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH, EOPNOTSUPP,
            ENETUNREACH:
            return .gone
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .exhausted(code)
        default: throw SystemError("accept on \(name)", code: code)
        }
    }
}
