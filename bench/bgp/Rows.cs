using System.Diagnostics;

namespace Podwire.BgpBench;

/// <summary>The rows: what is done to each daemon, round by round and daemon by daemon, so that a machine that gets slower is slower for all.</summary>
internal sealed class Rows(BenchOptions options, IReadOnlyList<Speaker> speakers)
{
    private static readonly TimeSpan Start = TimeSpan.FromSeconds(60);
    /// <summary>Longer than an acknowledgement is put off (40 ms): else a sender with Nagle's algorithm waits for that of the change before.</summary>
    private static readonly TimeSpan Gap = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(300);

    /// <summary>What every row does, once and unheard of, so that the feeder is compiled before the first.</summary>
    public void Warm()
    {
        if (speakers.Count > 0)
        {
            var plan = new RoutePlan(10, 1000);
            var figures = new Figures(string.Empty);
            With(speakers[0], plan, figures, string.Empty, 0, (lab, feeder) => Measure(plan, ["announce", "withdraw"], lab, feeder, figures, string.Empty, 0));
        }
    }

    /// <summary>All prefixes announced, announced again with another MED, withdrawn.</summary>
    public void Change(string title, RoutePlan plan, params string[] phases)
    {
        var figures = new Figures(Figures.Text($"{title} ({plan.Deliveries:#,0} deliveries), {options.Rounds} rounds"));
        for (var round = 0; round < options.Rounds; round++)
        {
            foreach (var speaker in Turn(round, figures))
            {
                With(speaker, plan, figures, phases[0], round, (lab, feeder) => Measure(plan, phases, lab, feeder, figures, speaker.Name, round));
            }
        }

        figures.Print();
    }

    /// <summary>One prefix after another announced with another MED, beside tables that stay: the time until the last client has heard of it.</summary>
    public void ChangeOne(RoutePlan plan)
    {
        var figures = new Figures(Figures.Text($"one prefix of {plan.Clients} x {plan.Each} announced anew, {options.Changes} changes in each of {options.Rounds} rounds"));
        var times = speakers.ToDictionary(static speaker => speaker.Name, static _ => new List<double>());
        for (var round = 0; round < options.Rounds; round++)
        {
            foreach (var speaker in Turn(round, figures))
            {
                With(speaker, plan, figures, "the tables before", round, (lab, feeder) =>
                {
                    if (Measure(plan, ["the tables before"], lab, feeder, figures, speaker.Name, round))
                    {
                        times[speaker.Name].AddRange(Changes(plan, feeder, lab, figures, speaker.Name, round));
                    }
                });
            }
        }

        figures.Print();
        foreach (var (name, all) in times.Where(static entry => entry.Value.Count > 0))
        {
            var sorted = all.Order().ToArray();
            Console.WriteLine(Figures.Text($"    {name,-16}  p50 {sorted[sorted.Length / 2]:0.000} ms  p99 {sorted[sorted.Length * 99 / 100]:0.000} ms  most {sorted[^1]:0.000} ms of {sorted.Length}"));
        }

        foreach (var peer in times.Where(entry => entry.Key != "podwire" && entry.Value.Count > 0 && times.GetValueOrDefault("podwire") is { Count: > 0 }))
        {
            var (ours, theirs) = (times["podwire"].Order().ToArray(), peer.Value.Order().ToArray());
            Console.WriteLine(Figures.Text($"    podwire/{peer.Key,-8}  p50 {ours[ours.Length / 2] / theirs[theirs.Length / 2]:0.00}x  p99 {ours[ours.Length * 99 / 100] / theirs[theirs.Length * 99 / 100]:0.00}x"));
        }
    }

    /// <summary>Another daemon begins in every round; one that has failed at a row has had its turn.</summary>
    private IEnumerable<Speaker> Turn(int round, Figures figures) =>
        Enumerable.Range(round, speakers.Count).Select(i => speakers[i % speakers.Count]).Where(speaker => !figures.HasFailed(speaker.Name));

    private IEnumerable<double> Changes(RoutePlan plan, Feeder feeder, Lab lab, Figures figures, string speaker, int round)
    {
        var before = lab.Use;
        var times = new List<double>();
        for (var i = 0; i < options.Changes; i++)
        {
            // A client after the other, each with another of its prefixes; MEDs 2 to 201, since 1 is what the tables hold.
            var prefix = (i % plan.Clients * plan.Each) + (i / plan.Clients % plan.Each);
            if (feeder.ChangeOne(prefix, (byte)(2 + (i % 200)), TimeSpan.FromSeconds(5)) is not { } time)
            {
                figures.Add("the changes", speaker, round, Sample.Of(null, feeder, before, lab.Use));
                break;
            }

            times.Add(time.TotalMilliseconds);
            feeder.Rest(Gap);
        }

        return times;
    }

    /// <summary>False once a change has failed: what comes after it would mean nothing.</summary>
    private bool Measure(RoutePlan plan, string[] phases, Lab lab, Feeder feeder, Figures figures, string speaker, int round)
    {
        for (var i = 0; i < phases.Length; i++)
        {
            var before = lab.Use;
            var wall = feeder.Change(phases[i] == "withdraw" ? (byte)0 : (byte)(i + 1), options.Limit);
            // What comes in the rest, twice or too late, counts; the daemon's work in it too.
            feeder.Rest(wall is null ? TimeSpan.Zero : Quiet);
            var sample = Sample.Of(wall, feeder, before, lab.Use);
            figures.Add(phases[i], speaker, round, sample);
            if (sample.Failure is not null)
            {
                return false;
            }
        }

        return true;
    }

    private static void With(Speaker speaker, RoutePlan plan, Figures figures, string phase, int round, Action<Lab, Feeder> measure)
    {
        using var lab = new Lab(speaker, plan.Clients);
        using var feeder = new Feeder(plan);
        try
        {
            var began = Stopwatch.StartNew();
            var again = feeder.Connect(lab, Start);
            if (again > 0)
            {
                Console.WriteLine(Figures.Text($"  {speaker.Name}: {plan.Clients} sessions after {began.Elapsed.TotalSeconds:0.0} s, {again} had to be opened again"));
            }

            feeder.Rest(Quiet);
        }
        catch (TimeoutException e)
        {
            figures.Add(phase, speaker.Name, round, new Sample { Failure = $"{e.Message}\n{lab.Words}" });
            return;
        }

        measure(lab, feeder);
    }
}
