using System.Diagnostics;
using System.Globalization;

namespace Podwire.OverlayBench;

/// <summary>
/// One way made by hand and the same made by podwire-flannel, both there at once in two pairs of nodes, and measured by turns many times for a second: what the kernel
/// carries must be the same, and a machine's moods change within seconds.
/// </summary>
internal static class PairBench
{
    public static async Task RunAsync(string binaries, string agent, string[] modes, int rounds)
    {
        Console.WriteLine($"| path | by hand Gb/s | podwire Gb/s | ratio of the medians | median of the {rounds} ratios | middle half of them |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var backend in modes)
        {
            await using var hand = await Lab.CreateAsync(agent, 2, "a");
            await using var own = await Lab.CreateAsync(agent, 2, "b");
            foreach (var lab in (Lab[])[hand, own])
            {
                lab.SetPodMtu(PathBench.Backends[backend].Mtu);
            }

            HandMade.Make(hand, binaries, backend);
            await own.StartAgentsAsync("10.244.0.0/16", PathBench.Backends[backend].Conf, 1, 2);
            await own.UntilAsync("the pods reach each other", () => PathBench.Reaches(own));
            List<double> byHand = [], byUs = [], ratios = [];
            var servers = new List<Process> { Serve(hand, binaries), Serve(own, binaries) };
            for (var round = 0; round < rounds; round++)
            {
                var ownFirst = round % 2 == 1;
                var first = Stream(ownFirst ? own : hand, binaries);
                var second = Stream(ownFirst ? hand : own, binaries);
                byHand.Add(ownFirst ? second : first);
                byUs.Add(ownFirst ? first : second);
                ratios.Add(byUs[^1] / byHand[^1]);
            }

            servers.ForEach(Tool.End);
            ratios.Sort();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {backend} | {Middle(byHand):0.00} | {Middle(byUs):0.00} | {Middle(byUs) / Middle(byHand):0.000} | {Middle(ratios):0.000} | {ratios[rounds / 4]:0.00} to {ratios[rounds * 3 / 4]:0.00} |"));
        }
    }

    private static Process Serve(Lab lab, string binaries) => Tool.Start("ip", lab.Within("p2", Path.Combine(binaries, "netload"), "serve", "10.244.2.2", "5001"), ready: true);

    private static double Stream(Lab lab, string binaries) =>
        double.Parse(Tool.Run("ip", lab.Within("p1", Path.Combine(binaries, "netload"), "stream", "10.244.2.2", "5001", "1")).Trim(), CultureInfo.InvariantCulture);

    private static double Middle(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
