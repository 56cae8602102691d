import Testing

@testable import ExporterProxy

@Test(
    arguments: [
        ([], false), ([""], false), (["gzip"], true), (["GZIP"], true), (["x-gzip"], true),
        (["deflate, gzip;q=1.0, *;q=0.5"], true),
        (["gzip;q=0"], false), (["gzip;q=0.0"], false), (["gzip; q=0"], false), (["gzip;q=0.001"], true),
        (["identity"], false),
        (["*"], true), (["*;q=0"], false), (["gzip;q=0, *"], false), (["*;q=0, gzip"], true), (["br", "gzip"], true),
        (["br, deflate"], false), (["gzipped"], false), (["gzip;q=x"], true), ([" gzip , br"], true),
        (["gzip;Q=0"], false),
        ([",,gzip,,"], true), (["identity;q=0"], false),
    ] as [([String], Bool)])
func acceptEncoding_AllowsGzip_WhenAClientSaysSo(values: [String], allows: Bool) {
    #expect(AcceptEncoding.allowsGzip(values) == allows)
}
