// Pushes with client_golang as programs do: PUT, POST, grouping keys, Basic auth, text and protobuf, DELETE.
// It takes the address of a gateway, and ends at the first call that fails.
package main

import (
	"fmt"
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/push"
	"github.com/prometheus/common/expfmt"
)

func check(call string, err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", call, err)
		os.Exit(1)
	}
	fmt.Println(call)
}

func registry() *prometheus.Registry {
	counter := prometheus.NewCounterVec(
		prometheus.CounterOpts{Name: "go_client_calls_total", Help: "Calls \\ \"so far\"."}, []string{"code"})
	counter.WithLabelValues("200").Add(3)
	counter.WithLabelValues("say \"no\"\n").Inc()
	gauge := prometheus.NewGauge(prometheus.GaugeOpts{Name: "go_client_temperature", Help: "Degrees."})
	gauge.Set(-1.5)
	histogram := prometheus.NewHistogram(
		prometheus.HistogramOpts{Name: "go_client_seconds", Help: "Time.", Buckets: []float64{0.1, 1}})
	summary := prometheus.NewSummary(prometheus.SummaryOpts{
		Name: "go_client_bytes", Help: "Size.", Objectives: map[float64]float64{0.5: 0.05}})
	for _, value := range []float64{0.05, 0.5, 5} {
		histogram.Observe(value)
		summary.Observe(value)
	}
	all := prometheus.NewRegistry()
	all.MustRegister(counter, gauge, histogram, summary)
	return all
}

func extra(value float64) prometheus.Gauge {
	gauge := prometheus.NewGauge(prometheus.GaugeOpts{Name: "go_client_extra", Help: "Added."})
	gauge.Set(value)
	return gauge
}

func main() {
	url := os.Args[1]
	check("push", push.New(url, "go").Gatherer(registry()).Push())
	check("push again", push.New(url, "go").Gatherer(registry()).Push())
	check("add", push.New(url, "go").Collector(extra(1)).Add())
	check("text", push.New(url, "go text").Format(expfmt.FmtText).Gatherer(registry()).Push())
	check("groups", push.New(url, "go/key").Grouping("path", "/var/tmp").Grouping("empty", "").
		Grouping("city", "Zürich").Collector(extra(2)).Push())
	check("basic auth", push.New(url, "go_auth").BasicAuth("user", "pass:word").Collector(extra(3)).Push())
	check("to be deleted", push.New(url, "go_gone").Grouping("x", "y z").Collector(extra(4)).Push())
	check("delete", push.New(url, "go_gone").Grouping("x", "y z").Delete())
}
