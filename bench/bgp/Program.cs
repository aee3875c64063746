using System.Runtime.InteropServices;
using Podwire.BgpBench;
using Podwire.BgpDaemon;

// «podwire-bgp ARG...» is podwire-bgp itself, for where no native executable was built.
if (args is ["podwire-bgp", .. var rest])
{
    return await BgpProgram.RunAsync(rest);
}

BenchOptions options;
try
{
    options = BenchOptions.Parse(args);
}
catch (ArgumentException e)
{
    Console.Error.WriteLine($"error: {e.Message}");
    return 2;
}

Speaker[] all = [Speaker.Podwire(options.Binary), Speaker.Bird, Speaker.Gobgp, Speaker.Frr];
var asked = all.Where(speaker => options.Speakers.Contains(speaker.Name)).ToArray();
foreach (var missing in asked.Where(static speaker => !File.Exists(speaker.Program)))
{
    Console.WriteLine($"{missing.Name} is left out: {missing.Program} is not there (Debian's package {missing.Package})");
}

var speakers = asked.Where(static speaker => File.Exists(speaker.Program)).ToArray();
var load = File.ReadAllText("/proc/loadavg").Split(' ');
Console.WriteLine($"{Shell.Run("uname -sr").Trim()}, {Environment.ProcessorCount} processors, load {load[0]}");
foreach (var speaker in speakers)
{
    Console.WriteLine($"  {speaker.Name}: {Shell.Run(speaker.Version).Split('\n')[0].Trim()}");
}

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    Standing.Abandon();
    Environment.Exit(1);
}

using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
var rows = new Rows(options, speakers);
// Caught, so that what was made goes away.
try
{
    if (options.Rows.Any(static row => row != "pod"))
    {
        rows.Warm();
    }

    foreach (var row in options.Rows)
    {
        switch (row)
        {
            case "ten":
                rows.Change("10 clients x 1,000 routes", new RoutePlan(10, 1000), "announce", "re-announce", "withdraw");
                break;
            case "wide":
                rows.Change("1 client x 100,000 routes to 9", new RoutePlan(10, 100_000) { Announcers = 1 }, "announce", "re-announce", "withdraw");
                break;
            case "hundred":
                rows.Change("100 clients x 1,000 routes", new RoutePlan(100, 1000), "announce", "re-announce", "withdraw");
                break;
            case "one":
                rows.ChangeOne(new RoutePlan(10, 1000));
                break;
            case "memory":
                rows.Change("500,000 routes of 10 clients", new RoutePlan(10, 50_000), "announce");
                break;
            case "pod" when options.Programs is null:
                Console.WriteLine("\nno row pod: a cluster needs the programs of make build");
                break;
            case "pod":
                using (var mesh = new PodRoute(options.Programs))
                {
                    mesh.Run(100);
                }

                break;
            case var _ when BenchOptions.TrySize(row, out var plan):
                rows.Change($"{plan.Clients} clients x {plan.Each} routes", plan, "announce", "re-announce", "withdraw");
                break;
        }
    }

    return 0;
}
catch (Exception e) when (e is InvalidOperationException or IOException or TimeoutException)
{
    Console.Error.WriteLine($"error: {e.Message}");
    return 1;
}
