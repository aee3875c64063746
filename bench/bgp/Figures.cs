using System.Globalization;

namespace Podwire.BgpBench;

/// <summary>The samples of a row, and how they are printed: medians of the rounds, and ours over each peer's by medians of the rounds' ratios.</summary>
internal sealed class Figures(string title)
{
    private readonly List<(string Phase, string Speaker, int Round, Sample Sample)> samples = [];

    public void Add(string phase, string speaker, int round, Sample sample) => samples.Add((phase, speaker, round, sample));

    public bool HasFailed(string speaker) => samples.Exists(sample => sample.Speaker == speaker && sample.Sample.Failure is not null);

    public void Print()
    {
        Console.WriteLine();
        Console.WriteLine(title);
        foreach (var phase in samples.GroupBy(static sample => sample.Phase))
        {
            Console.WriteLine($"  {phase.Key}");
            var speakers = phase.GroupBy(static sample => sample.Speaker).ToArray();
            foreach (var speaker in speakers)
            {
                Print(speaker.Key, [.. speaker.Select(static sample => sample.Sample)]);
            }

            var ours = speakers.FirstOrDefault(static speaker => speaker.Key == "podwire");
            foreach (var peer in speakers.Where(speaker => ours is not null && speaker != ours))
            {
                var pairs = ours!.Join(peer, static sample => sample.Round, static sample => sample.Round, static (mine, other) => (Mine: mine.Sample, Other: other.Sample))
                    .Where(static pair => pair.Mine.Failure is null && pair.Other.Failure is null).ToArray();
                if (pairs.Length > 0)
                {
                    Console.WriteLine(Text($"    podwire/{peer.Key,-8}  wall {Median(pairs, static pair => pair.Mine.Wall!.Value / pair.Other.Wall!.Value),6:0.00}x  cpu {Median(pairs, static pair => pair.Mine.Cpu / pair.Other.Cpu),6:0.00}x  rss {Median(pairs, static pair => pair.Mine.Rss / pair.Other.Rss),5:0.00}x  peak {Median(pairs, static pair => pair.Mine.PeakRss / pair.Other.PeakRss),5:0.00}x"));
                }
            }
        }
    }

    public static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    public static double Median<T>(IEnumerable<T> values, Func<T, double> of)
    {
        var sorted = values.Select(of).Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    private static void Print(string speaker, Sample[] all)
    {
        var whole = all.Where(static sample => sample.Failure is null).ToArray();
        if (whole.Length > 0)
        {
            var walls = whole.Select(static sample => sample.Wall!.Value.TotalSeconds).ToArray();
            var remarks = string.Concat(
                Remark("twice or for nothing", whole, static sample => sample.Doubled),
                Remark("sent back", whole, static sample => sample.Returned),
                Remark("WRONG", whole, static sample => sample.Wrong));
            Console.WriteLine(Text($"    {speaker,-16}  wall {Median(walls, static wall => wall),7:0.0000} s ({walls.Min():0.0000}-{walls.Max():0.0000})  cpu {Median(whole, static sample => sample.Cpu.TotalSeconds),7:0.0000} s  rss {Median(whole, static sample => sample.Rss),6:0.0} MB  peak {Median(whole, static sample => sample.PeakRss),6:0.0} MB  UPDATEs {Median(whole, static sample => sample.Updates):0}{remarks}"));
        }

        foreach (var failed in all.Where(static sample => sample.Failure is not null))
        {
            Console.WriteLine(Text($"    {speaker,-16}  FAILED: {failed.Failure}; {failed.Missing} missing, {failed.Doubled} twice, {failed.Wrong} wrong; cpu {failed.Cpu.TotalSeconds:0.00} s, peak {failed.PeakRss:0} MB"));
        }
    }

    private static string Remark(string what, Sample[] whole, Func<Sample, long> of) => whole.Max(of) is > 0 and var most ? $", {most} {what}" : string.Empty;
}
