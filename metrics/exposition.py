"""From tallies to what Prometheus reads."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from metrics.instruments import Histogram, Instrument, write_bound
from metrics.models import Tally


def expose(instruments: Sequence[Instrument], tallies: Iterable[Tally]) -> Iterable[Metric]:
    """Yield a family for each instrument, also where nothing was counted yet: an absent series looks like a zero."""
    by_name: dict[str, dict[tuple[str, ...], list[Tally]]] = defaultdict(lambda: defaultdict(list))
    for tally in tallies:
        by_name[tally.name][tuple(json.loads(tally.labels))].append(tally)
    for instrument in instruments:
        series = sorted(by_name[instrument.name].items())
        if isinstance(instrument, Histogram):
            yield _histogram(instrument, series)
            continue
        family_of = CounterMetricFamily if instrument.kind == "counter" else GaugeMetricFamily
        family = family_of(instrument.name, instrument.about, labels=instrument.labels)
        for values, (tally,) in series:
            family.add_metric(values, tally.total)
        if not instrument.labels and not series:
            family.add_metric((), 0.0)
        yield family


def _histogram(instrument: Histogram, series: list[tuple[tuple[str, ...], list[Tally]]]) -> Metric:
    family = HistogramMetricFamily(instrument.name, instrument.about, labels=instrument.labels)
    bounds = [*(write_bound(bound) for bound in instrument.bounds), "+Inf"]
    for values, tallies in series:
        # A bound that an earlier release had counts in the next larger one of today.
        buckets = [(bound, sum(one.times for one in tallies if float(one.bucket) <= float(bound))) for bound in bounds]
        family.add_metric(values, buckets, sum_value=sum(one.total for one in tallies))
    return family
