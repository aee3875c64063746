using Podwire.Proxy;
using Podwire.ProxyBench;

// «proxy ARG...» is podwire-proxy itself, for where no native executable was built.
if (args is ["proxy", .. var rest])
{
    return await ProxyProgram.RunAsync(rest);
}

var options = BenchOptions.Parse(args);
Console.WriteLine($"proxy: {(options.Binary is null ? "JIT (no out/bin/podwire-proxy)" : "NativeAOT")}; {Shell.Run(null, "nft --version").Trim()}; {Shell.Run(null, "uname -r").Trim()}; {Environment.ProcessorCount} processors");
foreach (var row in options.Rows)
{
    Console.WriteLine();
    switch (row)
    {
        case "cold":
            new ColdStart(options).Run(5000, 50);
            break;
        case "many":
            new ColdStart(options).Run(44_000, 1);
            break;
        case "change":
            new SingleChanges(options).Run(100, 50_000);
            break;
        case "rate":
            new SteadyChanges(options).Run(10_000, 10, 1000);
            break;
        case "memory":
            new ColdStart(options).Run(10_000, 10);
            break;
        case "connections":
            new Traffic(options).Connections(10_000);
            break;
        case "throughput":
            new Traffic(options).Throughput(10_000);
            break;
        case "iptables-cold":
            new IptablesColdStart(options).Run(1000, 10);
            break;
        case "iptables-change":
            new SingleChanges(options with { Exchanges = options.Exchanges / 4 }).Run(100, 5000, iptables: true);
            break;
        case var _ when row.StartsWith("iptables-", StringComparison.Ordinal):
            var chains = row["iptables-".Length..].Split('x');
            new IptablesColdStart(options).Run(int.Parse(chains[0]), int.Parse(chains[1]));
            break;
        default:
            // «cold SERVICESxENDPOINTS» of any size.
            var size = row.Split('x');
            new ColdStart(options).Run(int.Parse(size[0]), int.Parse(size[1]));
            break;
    }
}

return 0;
