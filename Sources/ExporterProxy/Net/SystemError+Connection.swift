import NIOCore
import NIOPosix

extension SystemError {
    /// Why a connection of NIO failed, as people say it.
    package static func sentence(of error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { sentence(of: $0.error) } ?? "cannot resolve \(error.host)"
        case let error as IOError: sentence(error.errnoCode)
        default: String(describing: error)
        }
    }
}
