// Pushes with prometheus-cpp as programs do: PUT, POST, groups, Basic auth, DELETE.
// It takes host and port of a gateway, and ends at the first call that is not answered with 200 or 202.
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include "prometheus/counter.h"
#include "prometheus/gateway.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"
#include "prometheus/summary.h"

using namespace prometheus;

static void Check(const std::string& call, int status) {
  if (status != 200 && status != 202) {
    std::cerr << call << ": status " << status << std::endl;
    std::exit(1);
  }
  std::cout << call << std::endl;
}

static std::shared_ptr<Registry> Everything() {
  auto registry = std::make_shared<Registry>();
  auto& counter = BuildCounter().Name("cpp_client_calls_total").Help("Calls.").Register(*registry);
  counter.Add({{"code", "200"}}).Increment(3);
  counter.Add({{"code", "say \"no\"\n"}}).Increment();
  BuildGauge().Name("cpp_client_temperature").Help("Degrees.").Register(*registry).Add({}).Set(-1.5);
  auto& histogram = BuildHistogram().Name("cpp_client_seconds").Help("Time.").Register(*registry).Add(
      {}, Histogram::BucketBoundaries{0.1, 1});
  auto& summary = BuildSummary().Name("cpp_client_bytes").Help("Size.").Register(*registry).Add(
      {}, Summary::Quantiles{{0.5, 0.05}});
  for (double value : {0.05, 0.5, 5.0}) {
    histogram.Observe(value);
    summary.Observe(value);
  }
  return registry;
}

static std::shared_ptr<Registry> Extra(double value) {
  auto registry = std::make_shared<Registry>();
  BuildGauge().Name("cpp_client_extra").Help("Added.").Register(*registry).Add({}).Set(value);
  return registry;
}

int main(int, char** arguments) {
  const std::string host = arguments[1], port = arguments[2];
  const auto instance = Gateway::GetInstanceLabel("host-one");
  // This version says PUT for PushAdd and POST for Push.
  auto extra = Extra(1);
  Gateway adding{host, port, "cpp", instance};
  adding.RegisterCollectable(extra);
  Check("add", adding.PushAdd());
  auto everything = Everything();
  Gateway gateway{host, port, "cpp", instance};
  gateway.RegisterCollectable(everything);
  Check("push", gateway.Push());
  Check("push again", gateway.Push());

  auto grouped = Extra(2);
  const Labels key{{"shard", "7"}};
  // This client writes label values into the path as they are.
  Gateway groups{host, port, "cpp_key", {{"city", "Z%C3%BCrich"}}};
  groups.RegisterCollectable(grouped, &key);
  Check("groups", groups.Push());

  auto known = Extra(3);
  Gateway user{host, port, "cpp_auth", {}, "user", "pass:word"};
  user.RegisterCollectable(known);
  Check("basic auth", user.AsyncPush().get());

  auto gone = Extra(4);
  Gateway deleting{host, port, "cpp_gone", {{"x", "y"}}};
  deleting.RegisterCollectable(gone);
  Check("to be deleted", deleting.Push());
  Check("delete", deleting.DeleteForInstance());
}
