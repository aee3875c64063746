namespace Podwire.NetPolicyBench;

/// <summary>What the process needs once it is ready.</summary>
internal static class Memory
{
    public static async Task RunAsync(int localPods)
    {
        using var node = new BenchNode();
        var (ready, load, status) = await BenchDaemon.RunAsync(node, localPods, TimeSpan.FromSeconds(3));
        double Megabytes(string key) => int.Parse(status.First(line => line.StartsWith(key, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) / 1024.0;
        Console.WriteLine($"the process at 10,000 pods, 5000 policies, 500 namespaces, {localPods} pods on the node ({BenchDaemon.Kind})");
        Console.WriteLine($"  start to rules in force {ready:0.00} s, of which {load:0.000} s from the objects to the commit; RSS {Megabytes("VmRSS:"):0} MB (anonymous {Megabytes("RssAnon:"):0} MB), peak {Megabytes("VmHWM:"):0} MB; target: RSS 120 MB");
    }
}
