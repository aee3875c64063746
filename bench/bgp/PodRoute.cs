using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Podwire.Netlink.Namespaces;

namespace Podwire.BgpBench;

/// <summary>
/// A pod's route in a mesh of five nodes: from the start of CNI ADD on one node to the first answer that another node's ping gets from the pod.
/// With an address in a block that the node has, or in one that it takes for it, which the others then have to be told.
/// </summary>
internal sealed class PodRoute : IDisposable
{
    private const string Conf = """{"cniVersion": "1.0.0", "name": "k8s-pod-network", "type": "calico", "datastore_type": "kubernetes", "nodename": "node1", "mtu": 0, "ipam": {"type": "calico-ipam"}}""";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private readonly string programs;
    private readonly string folder = Directory.CreateTempSubdirectory("podwire-bgp-bench").FullName;

    /// <summary>Brings the cluster up; <paramref name="programs"/> is the folder with bin and cni that make build fills.</summary>
    public PodRoute(string programs)
    {
        this.programs = programs;
        Standing.Begin(this);
        Shell.Run(Podwire("up --nodes 5 --network calico-bgp --api-port 26445 --no-sample"));
    }

    /// <summary>So many pods of each kind, by turns.</summary>
    public void Run(int samples)
    {
        var nodes = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "cluster", "state.json")))!["nodes"]!.AsArray();
        var (node, other) = ((int)nodes[0]!["pid"]!, (int)nodes[1]!["pid"]!);
        using var from = NetNamespace.Open($"/proc/{other}/ns/net");
        using var ping = from.Run(static () => new Socket(System.Net.Sockets.AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Icmp) { ReceiveBufferSize = 1 << 20 });
        Console.WriteLine();
        Console.WriteLine(Figures.Text($"a pod's route, mesh of 5 nodes, {samples} pods of each kind"));
        var (known, fresh) = (new List<(double Whole, double Add)>(), new List<(double Whole, double Add)>());
        // Once of each for what is not there yet: the block, and compiled code.
        for (var i = -1; i < samples; i++)
        {
            var same = Attach(node, ping, $"same{i}", IPAddress.Parse($"10.244.200.{20 + i}"));
            var (third, fourth) = (210 + ((i + 1) / 4), 64 * ((i + 1) % 4));
            RequireRoute(other, $"10.244.{third}.{fourth}/26", isThere: false);
            var block = Attach(node, ping, $"block{i}", IPAddress.Parse($"10.244.{third}.{fourth + 1}"));
            RequireRoute(other, $"10.244.{third}.{fourth}/26", isThere: true);
            if (i >= 0)
            {
                known.Add(same);
                fresh.Add(block);
            }
        }

        Print("a block that the node has", known);
        Print("a block of its own", fresh);
    }

    public void Dispose()
    {
        if (!Standing.End(this))
        {
            return;
        }

        Shell.Run(Podwire("down"));
        Directory.Delete(folder, recursive: true);
    }

    private static void Print(string what, List<(double Whole, double Add)> times)
    {
        var (whole, add) = (times.Select(static time => time.Whole).Order().ToArray(), times.Select(static time => time.Add).Order().ToArray());
        Console.WriteLine(Figures.Text($"    {what,-26}  answers p50 {Of(whole, 50):0.0} ms  p99 {Of(whole, 99):0.0} ms  most {whole[^1]:0.0} ms; of that until ADD has ended p50 {Of(add, 50):0.0} ms  p99 {Of(add, 99):0.0} ms"));
    }

    /// <summary>The smallest of sorted values that so many percent do not exceed.</summary>
    private static double Of(double[] sorted, int percent) => sorted[Math.Max(0, (int)Math.Ceiling(sorted.Length * percent / 100.0) - 1)];

    /// <summary>The other node has been told of the block by BGP (protocol 80), or not yet: else something else was measured.</summary>
    private static void RequireRoute(int node, string block, bool isThere)
    {
        var routes = Shell.Run($"nsenter -t {node} -n ip route show proto 80 exact {block}");
        if (routes.Contains("via", StringComparison.Ordinal) != isThere)
        {
            throw new InvalidOperationException($"{block} is {(isThere ? "not" : "already")} among the other node's routes: {routes}");
        }
    }

    /// <summary>Milliseconds until the first answer, and until the plugin has ended.</summary>
    private (double Whole, double Add) Attach(int node, Socket ping, string pod, IPAddress address)
    {
        Shell.Run($"nsenter -t {node} -m -n -p ip netns add {pod}");
        var start = new ProcessStartInfo("nsenter", ["-t", $"{node}", "-m", "-n", "-u", "-p", $"{programs}/cni/calico"]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var (key, value) in new[] { ("CNI_COMMAND", "ADD"), ("CNI_CONTAINERID", $"bench-{pod}"), ("CNI_NETNS", $"/run/netns/{pod}"), ("CNI_IFNAME", "eth0"), ("CNI_PATH", $"{programs}/cni"), ("CNI_ARGS", $"IgnoreUnknown=1;IP={address}") })
        {
            start.Environment[key] = value;
        }

        var target = new IPEndPoint(address, 0);
        var began = Stopwatch.GetTimestamp();
        using var plugin = Process.Start(start)!;
        plugin.StandardInput.Write(Conf);
        plugin.StandardInput.Close();
        var ended = plugin.WaitForExitAsync().ContinueWith(_ => Stopwatch.GetElapsedTime(began), TaskScheduler.Default);
        for (var number = 0; Stopwatch.GetElapsedTime(began) < Limit; number++)
        {
            if (Answers(ping, target, (ushort)number))
            {
                var whole = Stopwatch.GetElapsedTime(began);
                return (whole.TotalMilliseconds, ended.Result.TotalMilliseconds);
            }
        }

        plugin.WaitForExit();
        throw new TimeoutException($"{address} does not answer; the plugin ended with {plugin.ExitCode}: {plugin.StandardOutput.ReadToEnd()}");
    }

    /// <summary>Sends an echo request (RFC 792) and waits half a millisecond for an answer to this or an earlier one.</summary>
    private static bool Answers(Socket ping, IPEndPoint target, ushort number)
    {
        byte[] request = [8, 0, 0, 0, 0x70, 0x77, (byte)(number >> 8), (byte)number];
        var sum = 0x0800 + 0x7077 + number;
        sum = ~((sum & 0xffff) + (sum >> 16));
        (request[2], request[3]) = ((byte)(sum >> 8), (byte)sum);
        try
        {
            ping.SendTo(request, target);
        }
        catch (SocketException)
        {
            // There is no route yet.
        }

        Span<byte> packet = stackalloc byte[256];
        EndPoint sender = new IPEndPoint(IPAddress.Any, 0);
        while (ping.Poll(TimeSpan.FromMilliseconds(0.5), SelectMode.SelectRead))
        {
            var length = ping.ReceiveFrom(packet, ref sender);
            var header = (packet[0] & 15) * 4;
            if (length >= header + 8 && packet[header] == 0 && packet[header + 4] == 0x70 && ((IPEndPoint)sender).Address.Equals(target.Address))
            {
                return true;
            }
        }

        return false;
    }

    private string Podwire(string command) => $"PODWIRE_CLUSTER={folder}/cluster {programs}/bin/podwire {command} 2>&1";
}
