using Podwire.Netlink.Namespaces;
using Podwire.Primitives;

namespace Podwire.CniCalico.Tests.Nodes;

/// <summary>One connection after the other from a namespace to an address, from the start until it is looked at.</summary>
internal sealed class SteadyTraffic : IDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly List<string> failures = [];
    private readonly Task running;
    private int made;

    public SteadyTraffic(NetNamespace from, IpAddress to, int port) => running = Task.Factory.StartNew(
        () =>
        {
            while (!stop.IsCancellationRequested)
            {
                var said = CalicoNetwork.Connect(from, to, port);
                if (!said.Contains(' ', StringComparison.Ordinal) || !char.IsAsciiDigit(said[^1]))
                {
                    failures.Add($"connection {made}: {said}");
                }

                made++;
                Thread.Sleep(10);
            }
        },
        TaskCreationOptions.LongRunning);

    /// <summary>Every connection was answered.</summary>
    public void AssertUnbroken()
    {
        stop.Cancel();
        running.Wait();
        Assert.True(failures.Count == 0 && made > 0, $"{failures.Count} of {made}: {string.Join("; ", failures.Take(5))}");
    }

    public void Dispose()
    {
        stop.Cancel();
        running.Wait();
        stop.Dispose();
    }
}
