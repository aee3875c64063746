using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.OverlayBench;

/// <summary>Thousands of nodes that exist in the API alone, and one real one that has to know them all.</summary>
internal static class ScaleBench
{
    private const int Changes = 200;
    private const int Rounds = 3;

    public static async Task RunAsync(string agent, int count)
    {
        await using var lab = await Lab.CreateAsync(agent, 1);
        for (var number = 0; number < count; number++)
        {
            lab.Api.Set(Peer(number, Address(number)));
        }

        using var ns = NetNamespace.Open($"/run/netns/{lab.Prefix}-n1");
        using var route = RouteSocket.Open(ns);
        List<double> own = [], whole = [], hand = [];
        for (var round = 0; round < Rounds; round++)
        {
            lab.StopAgents();
            lab.TryIp("n1", "link del flannel.1");
            hand.Add(ByHand(lab, count));
            whole.Add(await FirstAsync(lab, ns, count));
            var device = route.GetLink("flannel.1")!.Index;
            Require(route.ListRoutes(IpFamily.V4, interfaceIndex: device).Count == count && route.ListFdb(device).Count == count, "not every entry is there");
            own.Add(Metric(lab, "podwire_flannel_first_programming_seconds"));
        }

        var (first, started, byHand) = (Middle(own), Middle(whole), Middle(hand));
        var pid = Child(lab.Agents[0].Id);
        var (rss, anonymous) = (Memory(pid, "VmRSS"), Memory(pid, "RssAnon"));

        var took = await ChangeAsync(lab, ns, count, 50);
        await Task.Delay(1000);
        var before = Cpu(pid);
        took = await ChangeAsync(lab, ns, count, Changes);
        var cpu = (Cpu(pid) - before) / Changes;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            {count} nodes
              first programming, read back included: {first * 1000:0} ms; ip -batch and bridge -batch, not read back: {byHand * 1000:0} ms; ratio {first / byHand:0.00}
              from the start of the process to the last entry, {count} nodes read from the API included: {started * 1000:0} ms
              memory: {rss} MB, of it not the executable's: {anonymous} MB
              one node changed: {cpu * 1000:0.000} ms of CPU; from the API server to the kernel p50 {took[took.Length / 2]:0.0} ms, p99 {took[took.Length * 99 / 100]:0.0} ms
            """));
    }

    /// <summary>Starts podwire-flannel; how long it takes until the node that is written last has its route.</summary>
    private static async Task<double> FirstAsync(Lab lab, NetNamespace ns, int count)
    {
        var last = Enumerable.Range(0, count).MaxBy(static number => $"peer{number}", StringComparer.Ordinal);
        var target = IpAddress.Parse($"{Subnet(last)}.1");
        using var done = new CancellationTokenSource();
        var clock = Stopwatch.StartNew();
        var watching = Task.Run(() =>
        {
            using var route = RouteSocket.Open(ns);
            while (!(route.GetRoute(target)?.Gateway is { } gateway && gateway == IpAddress.Parse($"{Subnet(last)}.0")))
            {
                done.Token.ThrowIfCancellationRequested();
                Thread.Sleep(2);
            }

            return clock.Elapsed.TotalSeconds;
        });
        await lab.StartAgentsAsync("10.0.0.0/8", """{"Type":"vxlan"}""", 1);
        done.CancelAfter(1000);
        return await watching;
    }

    /// <summary>Moves one node after the other to another address; the time until the kernel tells of each, in ms.</summary>
    private static async Task<double[]> ChangeAsync(Lab lab, NetNamespace ns, int count, int changes)
    {
        using var monitor = RouteMonitor.Open(ns, RouteGroups.Neighbour);
        var took = new double[changes];
        for (var i = 0; i < changes; i++)
        {
            var number = i * (count / changes);
            var wanted = IpAddress.Parse($"172.30.{Random.Shared.Next(256)}.{Random.Shared.Next(1, 255)}");
            var clock = Stopwatch.StartNew();
            lab.Api.Set(Peer(number, wanted.ToString()));
            var seen = new List<RouteNotification>();
            while (!seen.Exists(notification => notification is RouteNotification.OfFdb { Removed: false } fdb && fdb.Entry.Remote == wanted))
            {
                Require(monitor.Read(seen, TimeSpan.FromSeconds(10)), $"peer{number} was not changed");
            }

            took[i] = clock.Elapsed.TotalMilliseconds;
            await Task.Delay(25);
        }

        Array.Sort(took);
        return took;
    }

    /// <summary>The same entries from files; the processes' whole time.</summary>
    private static double ByHand(Lab lab, int count)
    {
        StringBuilder ip = new(), bridge = new();
        for (var number = 0; number < count; number++)
        {
            ip.Append($"neigh replace {Subnet(number)}.0 lladdr {Mac(number)} nud permanent dev flannel.1\n");
            ip.Append($"route replace {Subnet(number)}.0/24 via {Subnet(number)}.0 dev flannel.1 onlink\n");
            bridge.Append($"fdb replace {Mac(number)} dev flannel.1 dst {Address(number)}\n");
        }

        var folder = Directory.CreateTempSubdirectory("overlay-bench-").FullName;
        File.WriteAllText(Path.Combine(folder, "ip"), ip.ToString());
        File.WriteAllText(Path.Combine(folder, "bridge"), bridge.ToString());
        try
        {
            lab.Ip("n1", "link add flannel.1 address 0a:ff:00:00:00:01 mtu 1450 type vxlan id 1 local 10.89.0.11 dev eth0 dstport 8472 nolearning");
            lab.Ip("n1", "address add 10.244.1.0/32 dev flannel.1");
            lab.Ip("n1", "link set flannel.1 up");
            var clock = Stopwatch.StartNew();
            Tool.Run("bridge", "-n", $"{lab.Prefix}-n1", "-batch", Path.Combine(folder, "bridge"));
            Tool.Run("ip", "-n", $"{lab.Prefix}-n1", "-batch", Path.Combine(folder, "ip"));
            return clock.Elapsed.TotalSeconds;
        }
        finally
        {
            lab.Ip("n1", "link del flannel.1");
            Directory.Delete(folder, recursive: true);
        }
    }

    private static double Middle(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static JsonNode Peer(int number, string address) => JsonNode.Parse($$"""
        {"kind":"Node","apiVersion":"v1","metadata":{"name":"peer{{number}}","uid":"{{number}}","annotations":{
          "flannel.alpha.coreos.com/kube-subnet-manager":"true","flannel.alpha.coreos.com/backend-type":"vxlan",
          "flannel.alpha.coreos.com/backend-data":"{\"VNI\":1,\"VtepMAC\":\"{{Mac(number)}}\" }","flannel.alpha.coreos.com/public-ip":"{{address}}"},
          "labels":{"kubernetes.io/hostname":"peer{{number}}","kubernetes.io/os":"linux","kubernetes.io/arch":"amd64"} },
         "spec":{"podCIDR":"{{Subnet(number)}}.0/24","podCIDRs":["{{Subnet(number)}}.0/24"]},
         "status":{"capacity":{"cpu":"8","memory":"32Gi","pods":"110"},"allocatable":{"cpu":"8","memory":"31Gi","pods":"110"},
          "conditions":[{"type":"Ready","status":"True","reason":"KubeletReady","message":"kubelet is posting ready status","lastHeartbeatTime":"2026-01-01T00:00:00Z"},
           {"type":"MemoryPressure","status":"False","reason":"KubeletHasSufficientMemory"},{"type":"DiskPressure","status":"False"},{"type":"PIDPressure","status":"False"},{"type":"NetworkUnavailable","status":"False"}],
          "addresses":[{"type":"InternalIP","address":"{{address}}"},{"type":"Hostname","address":"peer{{number}}"}],
          "nodeInfo":{"machineID":"0123456789abcdef0123456789abcdef","systemUUID":"01234567-89ab-cdef-0123-456789abcdef","kernelVersion":"6.1.0","osImage":"Debian GNU/Linux 12","containerRuntimeVersion":"containerd://1.7.0","kubeletVersion":"v1.34.0","operatingSystem":"linux","architecture":"amd64"},
          "images":[{{string.Join(',', Enumerable.Range(0, 10).Select(static i => $$"""{"names":["registry.example/team/image-{{i}}@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","registry.example/team/image-{{i}}:v1.2.3"],"sizeBytes":123456789}"""))}}]} }
        """)!;

    private static string Subnet(int number) => $"10.{100 + (number >> 8)}.{number & 255}";

    private static string Address(int number) => $"172.{16 + (number >> 12)}.{number >> 4 & 255}.{1 + (number & 15)}";

    private static string Mac(int number) => $"0a:00:00:00:{number >> 8:x2}:{number & 255:x2}";

    private static double Metric(Lab lab, string name) => lab.Metrics(1, "/metrics").Split('\n')
        .Where(line => line.StartsWith(name, StringComparison.Ordinal))
        .Select(static line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture)).First();

    // ip netns exec replaces itself; should it not, its child is meant.
    private static int Child(int pid) => File.ReadAllText($"/proc/{pid}/task/{pid}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var child] ? int.Parse(child) : pid;

    private static int Memory(int pid, string what) => File.Exists($"/proc/{pid}/status")
        ? int.Parse(File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith(what + ":", StringComparison.Ordinal)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1]) / 1024
        : 0;

    /// <summary>The CPU time of all its threads in seconds.</summary>
    private static double Cpu(int pid) => Directory.GetDirectories($"/proc/{pid}/task").Sum(static task => double.Parse(File.ReadAllText($"{task}/schedstat").Split(' ')[0], CultureInfo.InvariantCulture)) / 1e9;

    private static void Require(bool condition, string problem)
    {
        if (!condition)
        {
            throw new InvalidOperationException(problem);
        }
    }
}
