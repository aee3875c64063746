using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Podwire.CniFlannel.Agent;
using Podwire.CniFlannel.Agent.Apply;
using Podwire.CniFlannel.Agent.Config;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Nftables;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Tests;

/// <summary>One node: its namespace, a pod on a bridge in it, and the agent while it runs.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private readonly ObjectStore<Node> nodes;
    private readonly string directory = Directory.CreateTempSubdirectory("flannel-test-").FullName;
    private readonly FlannelMetrics metrics = new();
    private CancellationTokenSource? stop;
    private NodeKernel? kernel;
    private NftSocket? nftables;
    private Task running = Task.CompletedTask;

    public TestNode(TestCluster cluster, int number)
    {
        Number = number;
        nodes = cluster.Nodes;
        NetnsName = $"{cluster.Prefix}-n{number}";
        Namespace = NetNamespace.Create($"/run/netns/{NetnsName}");
        Pod = NetNamespace.Create($"/run/netns/{cluster.Prefix}-p{number}");
    }

    public int Number { get; }

    public string Name => $"node{Number}";

    public string NetnsName { get; }

    public NetNamespace Namespace { get; }

    public NetNamespace Pod { get; }

    public FlannelAgent? Agent { get; private set; }

    /// <summary>Whether it makes packet filter rules.</summary>
    public bool Rules { get; set; } = true;

    /// <summary>--ip-blackhole-route.</summary>
    public bool Blackhole { get; set; }

    /// <summary>What it told as events: «node: reason».</summary>
    public ConcurrentQueue<string> Warnings { get; } = new();

    public string SubnetFile => Path.Combine(directory, "subnet.env");

    public IpAddress PodAddress(IpFamily family) => family == IpFamily.V4 ? IpAddress.Parse($"10.244.{Number}.2") : IpAddress.Parse($"fd00:10:244:{Number}::2");

    /// <summary>Bridge cni0 and one pod behind it, as the bridge plugin would make them.</summary>
    public void MakePod(int mtu)
    {
        using var host = RouteSocket.Open(Namespace);
        using var inside = RouteSocket.Open(Pod);
        host.AddLink(new BridgeSpec("cni0") { Up = true, Mtu = mtu });
        var bridge = host.GetLink("cni0")!.Index;
        host.AddLink(new VethSpec("veth0", "eth0") { Up = true, Mtu = mtu, MasterIndex = bridge, PeerNamespace = Pod });
        host.AddAddress(new AddressEntry(bridge, IpPrefix.Parse($"10.244.{Number}.1/24")));
        host.AddAddress(new AddressEntry(bridge, IpPrefix.Parse($"fd00:10:244:{Number}::1/64")) { Flags = AddressFlags.NoDad });
        var eth0 = inside.GetLink("eth0")!.Index;
        inside.AddAddress(new AddressEntry(eth0, new IpPrefix(PodAddress(IpFamily.V4), 24)));
        inside.AddAddress(new AddressEntry(eth0, new IpPrefix(PodAddress(IpFamily.V6), 64)) { Flags = AddressFlags.NoDad });
        inside.SetLink("lo", new LinkChange { Up = true });
        inside.SetLink(eth0, new LinkChange { Up = true });
        inside.AddRoute(new RouteEntry(IpPrefix.Default(IpFamily.V4)) { Gateway = IpAddress.Parse($"10.244.{Number}.1"), InterfaceIndex = eth0 });
        inside.AddRoute(new RouteEntry(IpPrefix.Default(IpFamily.V6)) { Gateway = IpAddress.Parse($"fd00:10:244:{Number}::1"), InterfaceIndex = eth0 });
    }

    public void Start(NetConf netConf, TimeSpan? resync = null)
    {
        nftables = NftSocket.Open(Namespace);
        kernel = new NodeKernel(nftables, Namespace);
        stop = new CancellationTokenSource();
        var options = new FlannelOptions { NodeName = Name, Interfaces = ["eth0"], SubnetFile = SubnetFile, IpMasq = Rules, ForwardRules = Rules, BlackholeRoute = Blackhole, Resync = resync ?? TimeSpan.FromHours(1) };
        Agent = new FlannelAgent(options, netConf, nodes, kernel, new StoreRegistration(nodes, Warnings), metrics, NullLogger.Instance, TimeProvider.System);
        running = Agent.RunAsync(stop.Token);
    }

    public async Task StopAsync()
    {
        if (stop is not null)
        {
            await stop.CancelAsync();
            await running;
            Agent!.Dispose();
            stop.Dispose();
            stop = null;
        }

        kernel?.Dispose();
        kernel = null;
        nftables?.Dispose();
        nftables = null;
    }

    /// <summary>nft(8) in this node's namespace.</summary>
    public string Nft(string arguments) => TestCluster.Run("ip", ["netns", "exec", NetnsName, "nft", .. arguments.Split(' ')]);

    public JsonArray Ip(string arguments) => Json("ip", arguments);

    public JsonArray Bridge(string arguments) => Json("bridge", arguments);

    public void Change(string program, string arguments) => TestCluster.Run(program, ["-n", NetnsName, .. arguments.Split(' ')]);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        metrics.Dispose();
        Namespace.Dispose();
        Pod.Dispose();
        NetNamespace.Delete(Namespace.Path);
        NetNamespace.Delete(Pod.Path);
        Directory.Delete(directory, recursive: true);
    }

    private JsonArray Json(string program, string arguments)
    {
        var text = TestCluster.Run(program, ["-n", NetnsName, "-j", "-d", .. arguments.Split(' ')]);
        return string.IsNullOrWhiteSpace(text) ? [] : (JsonArray)JsonNode.Parse(text)!;
    }

    /// <summary>Writes to the store as the API server would, and so to every agent.</summary>
    private sealed class StoreRegistration(ObjectStore<Node> store, ConcurrentQueue<string> warnings) : INodeRegistration
    {
        private static readonly Lock Gate = new();

        public Task AnnotateAsync(Node node, IReadOnlyDictionary<string, string> annotations, CancellationToken cancel)
        {
            Update(node.Metadata.Name, copy =>
            {
                foreach (var (name, value) in annotations)
                {
                    copy.Metadata.Annotations[name] = value;
                }
            });
            return Task.CompletedTask;
        }

        public void Warn(Node about, string reason, string message) => warnings.Enqueue($"{about.Metadata.Name}: {reason}: {message}");

        public Task SetNetworkAvailableAsync(Node node, CancellationToken cancel)
        {
            Update(node.Metadata.Name, copy => copy.Status.Conditions.Add(new Condition { Type = "NetworkUnavailable", Status = "False" }));
            return Task.CompletedTask;
        }

        private void Update(string name, Action<Node> change)
        {
            lock (Gate)
            {
                var old = store.Get(null, name)!;
                var copy = new Node
                {
                    Metadata =
                    {
                        Name = name,
                        Annotations = new Dictionary<string, string>(old.Metadata.Annotations),
                        ResourceVersion = (int.Parse(old.Metadata.ResourceVersion!) + 1).ToString(),
                    },
                    Spec = old.Spec,
                    Status = { Conditions = [.. old.Status.Conditions] },
                };
                change(copy);
                store.Set(copy);
            }
        }
    }
}
