using System.Diagnostics.Metrics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Podwire.Daemon;

/// <summary>
/// Collects the instruments of the named meters (System.Diagnostics.Metrics) and writes them in the Prometheus
/// text format 0.0.4. Counters gain no suffix: instruments carry the name that is to be seen. Histograms use the
/// boundaries given in the instrument's advice, or <see cref="DefaultBuckets"/>.
/// </summary>
public sealed class PrometheusExporter : IDisposable
{
    /// <summary>The media type of the exposition format.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Client libraries' usual buckets for seconds.</summary>
    public static readonly double[] DefaultBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private readonly Lock gate = new();
    private readonly SortedDictionary<string, Family> families = new(StringComparer.Ordinal);
    private readonly MeterListener listener = new();

    /// <summary>Listens to the meters of these names, from now on.</summary>
    public PrometheusExporter(params string[] meters)
    {
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (meters.Contains(instrument.Meter.Name))
            {
                lock (gate)
                {
                    families.TryAdd(instrument.Name, new Family(instrument));
                }

                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Record(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Record(instrument, value, tags));
        listener.Start();
    }

    /// <summary>The current values of all instruments.</summary>
    public string Export()
    {
        listener.RecordObservableInstruments();
        var text = new StringBuilder();
        lock (gate)
        {
            foreach (var family in families.Values)
            {
                family.Write(text);
            }
        }

        return text.ToString();
    }

    /// <inheritdoc/>
    public void Dispose() => listener.Dispose();

    private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty)
        {
            return string.Empty;
        }

        var text = new StringBuilder();
        foreach (var (name, value) in tags)
        {
            text.Append(text.Length == 0 ? string.Empty : ",").Append(name).Append("=\"")
                .Append((value?.ToString() ?? string.Empty).Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n")).Append('"');
        }

        return text.ToString();
    }

    private void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = Labels(tags);
        lock (gate)
        {
            families[instrument.Name].Record(labels, value);
        }
    }

    private sealed class Family
    {
        private readonly Instrument instrument;
        private readonly string type;
        private readonly bool adds;
        private readonly double[] buckets;
        private readonly SortedDictionary<string, double[]> series = new(StringComparer.Ordinal);

        public Family(Instrument instrument)
        {
            this.instrument = instrument;
            var kind = instrument.GetType().Name;
            type = kind.StartsWith("Histogram", StringComparison.Ordinal) ? "histogram" : kind.Contains("UpDown") || kind.Contains("Gauge") ? "gauge" : "counter";
            adds = kind.StartsWith("Counter", StringComparison.Ordinal) || kind.StartsWith("UpDownCounter", StringComparison.Ordinal);
            buckets = type != "histogram" ? [] : instrument is Histogram<double> { Advice.HistogramBucketBoundaries: { } advised } ? [.. advised] : DefaultBuckets;
        }

        public void Record(string labels, double value)
        {
            // A histogram's cells are its buckets, then +Inf (the count), then the sum.
            var cells = CellsOf(labels);
            if (type != "histogram")
            {
                cells[0] = adds ? cells[0] + value : value;
                return;
            }

            for (var i = 0; i < buckets.Length; i++)
            {
                cells[i] += value <= buckets[i] ? 1 : 0;
            }

            cells[^2]++;
            cells[^1] += value;
        }

        public void Write(StringBuilder text)
        {
            var name = instrument.Name;
            text.Append("# HELP ").Append(name).Append(' ').Append(instrument.Description?.Replace("\\", "\\\\").ReplaceLineEndings("\\n")).Append('\n');
            text.Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
            foreach (var (labels, cells) in series)
            {
                if (type != "histogram")
                {
                    Line(text, name, labels, cells[0]);
                    continue;
                }

                var comma = labels.Length == 0 ? string.Empty : ",";
                for (var i = 0; i < buckets.Length; i++)
                {
                    Line(text, name + "_bucket", $"{labels}{comma}le=\"{Number(buckets[i])}\"", cells[i]);
                }

                Line(text, name + "_bucket", $"{labels}{comma}le=\"+Inf\"", cells[^2]);
                Line(text, name + "_sum", labels, cells[^1]);
                Line(text, name + "_count", labels, cells[^2]);
            }
        }

        private static void Line(StringBuilder text, string name, string labels, double value) =>
            text.Append(name).Append(labels.Length == 0 ? string.Empty : $"{{{labels}}}").Append(' ').Append(Number(value)).Append('\n');

        private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

        private double[] CellsOf(string labels)
        {
            if (!series.TryGetValue(labels, out var cells))
            {
                series[labels] = cells = new double[type == "histogram" ? buckets.Length + 2 : 1];
            }

            return cells;
        }
    }
}
