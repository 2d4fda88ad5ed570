package main

import (
	"context"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"portcullis/alerts"
	"portcullis/ledger"
	"portcullis/store"
)

var (
	generationMetric = prometheus.NewDesc("portcullis_generation", "The generation of what has been decided.", nil, nil)
	pendingMetric    = prometheus.NewDesc("portcullis_ledger_pending", "Entries of the ledger that have no place yet.", nil, nil)
	queuedMetric     = prometheus.NewDesc("portcullis_alerts_queued", "Messages that wait to be sent.", nil, nil)
	oldestMetric     = prometheus.NewDesc("portcullis_alerts_oldest_seconds", "How long the oldest message has waited.", nil, nil)
)

// backlog shows Prometheus how far the rooms are behind. It asks the database at each scrape.
type backlog struct {
	db  *store.DB
	log *slog.Logger
}

func newMetrics(db *store.DB, log *slog.Logger) *prometheus.Registry {
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), backlog{db, log})
	return metrics
}

// Describe names the metrics.
func (backlog) Describe(names chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{generationMetric, pendingMetric, queuedMetric, oldestMetric} {
		names <- desc
	}
}

// Collect reads them. While the database does not answer there are none, and the rest is still shown.
func (r backlog) Collect(values chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), readyTime)
	defer cancel()
	err := r.db.Read(ctx, func(tx *store.Tx) error {
		generation, err := tx.Generation()
		if err != nil {
			return err
		}
		pending, err := ledger.Pending(tx)
		if err != nil {
			return err
		}
		outbox, err := alerts.StatsOf(tx)
		if err != nil {
			return err
		}
		for desc, value := range map[*prometheus.Desc]float64{
			generationMetric: float64(generation), pendingMetric: float64(pending), queuedMetric: float64(outbox.Queued), oldestMetric: outbox.Oldest.Seconds(),
		} {
			values <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value)
		}
		return nil
	})
	if err != nil {
		r.log.Warn("the rooms' metrics cannot be read", "error", err)
	}
}
