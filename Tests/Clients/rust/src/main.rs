//! Pushes with the prometheus crate as programs do: PUT and POST of protobuf, groups, Basic auth.
//! It takes the address of a gateway, and ends at the first call that fails.
use prometheus::{self, Counter, Gauge, Histogram, HistogramOpts, Opts, Registry};
use std::collections::HashMap;

fn everything() -> prometheus::Result<Registry> {
    let registry = Registry::new();
    let calls = prometheus::CounterVec::new(Opts::new("rust_client_calls_total", "Calls \\ \"so far\"."), &["code"])?;
    calls.with_label_values(&["200"]).inc_by(3.0);
    calls.with_label_values(&["say \"no\"\n"]).inc();
    let gauge = Gauge::new("rust_client_temperature", "Degrees.")?;
    gauge.set(-1.5);
    let seconds = Histogram::with_opts(HistogramOpts::new("rust_client_seconds", "Time.").buckets(vec![0.1, 1.0]))?;
    for value in &[0.05, 0.5, 5.0] {
        seconds.observe(*value);
    }
    registry.register(Box::new(calls))?;
    registry.register(Box::new(gauge))?;
    registry.register(Box::new(seconds))?;
    Ok(registry)
}

fn extra(value: f64) -> prometheus::Result<Registry> {
    let registry = Registry::new();
    let counter = Counter::new("rust_client_extra", "Added.")?;
    counter.inc_by(value);
    registry.register(Box::new(counter))?;
    Ok(registry)
}

fn user(name: &str, password: &str) -> prometheus::BasicAuthentication {
    prometheus::BasicAuthentication { username: name.into(), password: password.into() }
}

fn main() -> prometheus::Result<()> {
    let url = std::env::args().nth(1).expect("an address");
    let all = everything()?;
    prometheus::push_metrics("rust", HashMap::new(), &url, all.gather(), None)?;
    prometheus::push_metrics("rust", HashMap::new(), &url, all.gather(), None)?;
    prometheus::push_add_metrics("rust", HashMap::new(), &url, extra(1.0)?.gather(), None)?;
    let mut key = HashMap::new();
    key.insert("city".to_string(), "Zurich".to_string());
    key.insert("instance".to_string(), "one".to_string());
    prometheus::push_metrics("rust_key", key, &url, extra(2.0)?.gather(), None)?;
    let user = Some(user("user", "pass:word"));
    prometheus::push_metrics("rust_auth", HashMap::new(), &url, extra(3.0)?.gather(), user)?;
    Ok(())
}
