using System.Diagnostics;
using System.Globalization;

namespace Podwire.OverlayBench;

/// <summary>Throughput, request and response, small datagrams: node to node, and pod to pod over each back end, ours and made by hand by turns.</summary>
internal static class PathBench
{
    private const string Seconds = "2";

    internal static readonly Dictionary<string, (int Mtu, string Conf)> Backends = new()
    {
        ["host-gw"] = (1500, """{"Type":"host-gw"}"""),
        ["vxlan"] = (1450, """{"Type":"vxlan"}"""),
        ["ipip"] = (1480, """{"Type":"ipip"}"""),
        ["udp"] = (1472, """{"Type":"udp"}"""),
    };

    public static async Task RunAsync(string binaries, string agent, string[] modes, int rounds)
    {
        var results = new Dictionary<string, List<Sample>>();
        await using (var lab = await Lab.CreateAsync(agent, 2))
        {
            void ByHand(string backend)
            {
                var undo = HandMade.Make(lab, binaries, backend);
                Add($"{backend}, by hand", Measure(lab, binaries, "p", "10.244.2.2"));
                undo();
            }

            async Task PodwireAsync(string backend)
            {
                await lab.StartAgentsAsync("10.244.0.0/16", Backends[backend].Conf, 1, 2);
                await lab.UntilAsync("the pods reach each other", () => Reaches(lab));
                Add($"{backend}, podwire", Measure(lab, binaries, "p", "10.244.2.2"));
                lab.StopAgents();
                Clean(lab);
            }

            for (var round = 1; round <= rounds; round++)
            {
                Add("node to node", Measure(lab, binaries, "n", "10.89.0.12"));
                foreach (var backend in modes)
                {
                    lab.SetPodMtu(Backends[backend].Mtu);

                    // The one that comes second finds warmer caches, or a hotter processor: they take turns.
                    if (round % 2 == 1)
                    {
                        ByHand(backend);
                        await PodwireAsync(backend);
                    }
                    else
                    {
                        await PodwireAsync(backend);
                        ByHand(backend);
                    }
                }
            }
        }

        Print(results);

        void Add(string name, Sample sample)
        {
            if (!results.TryGetValue(name, out var samples))
            {
                results[name] = samples = [];
            }

            samples.Add(sample);
            Console.Error.WriteLine($"  {name}: {sample.Stream:0.00} Gb/s, {sample.Asks:0}/s, {sample.Flood:0}/s");
        }
    }

    /// <summary>A connection to a port where nobody listens is refused by the other pod, if it is reached.</summary>
    internal static bool Reaches(Lab lab) =>
        Tool.Run("ip", lab.Within("p1", "sh", "-c", "curl -s -m 1 http://10.244.2.2:9/ || echo $?")).Trim() == "7";

    private static void Clean(Lab lab)
    {
        foreach (var (own, other) in ((int, int)[])[(1, 2), (2, 1)])
        {
            lab.TryIp($"n{own}", "link del flannel.1");
            lab.TryIp($"n{own}", "link del flannel.ipip");
            lab.TryIp($"n{own}", $"route del 10.244.{other}.0/24");
        }
    }

    private static Sample Measure(Lab lab, string binaries, string kind, string target)
    {
        var netload = Path.Combine(binaries, "netload");
        var server = Tool.Start("ip", lab.Within($"{kind}2", netload, "serve", target, "5001"), ready: true);
        try
        {
            var stream = Number(Tool.Run("ip", lab.Within($"{kind}1", netload, "stream", target, "5001", Seconds)));
            var asks = Tool.Run("ip", lab.Within($"{kind}1", netload, "ask", target, "5001", Seconds)).Split(' ');
            var flood = Number(Tool.Run("ip", lab.Within($"{kind}1", netload, "flood", target, "5001", Seconds)));
            return new Sample(stream, Number(asks[0]), Number(asks[1]), Number(asks[2]), flood);
        }
        finally
        {
            Tool.End(server);
        }
    }

    private static void Print(Dictionary<string, List<Sample>> results)
    {
        var bare = Median(results["node to node"]);
        Console.WriteLine("| path | TCP Gb/s | to bare | to by hand | request/response per s | to bare | p50 / p99 us | UDP 64 bytes per s | to by hand |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|");
        foreach (var (name, samples) in results)
        {
            var own = Median(samples);
            var hand = results.TryGetValue(name.Replace("podwire", "by hand"), out var other) ? Median(other) : bare;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {own.Stream:0.00} | {own.Stream / bare.Stream:0.00} | {own.Stream / hand.Stream:0.00} | {own.Asks:0} | {own.Asks / bare.Asks:0.00} | {own.Half:0} / {own.Tail:0} | {own.Flood:0} | {own.Flood / hand.Flood:0.00} |"));
        }
    }

    private static Sample Median(List<Sample> samples) => new(
        Middle(samples.Select(static sample => sample.Stream)),
        Middle(samples.Select(static sample => sample.Asks)),
        Middle(samples.Select(static sample => sample.Half)),
        Middle(samples.Select(static sample => sample.Tail)),
        Middle(samples.Select(static sample => sample.Flood)));

    private static double Middle(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    private static double Number(string text) => double.Parse(text.Trim(), CultureInfo.InvariantCulture);

    private sealed record Sample(double Stream, double Asks, double Half, double Tail, double Flood);
}
