@0xfb4ded7f739d5651;

# What one application exposes at the moment. A new message replaces the text of the one before.
struct InboundMetrics {
  appName @0 :Text;
  # Name of the application; the key in the proxy's table.

  data @1 :Text;
  # The metrics in Prometheus text exposition format.
}
