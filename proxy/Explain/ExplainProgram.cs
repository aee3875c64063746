using Podwire.Daemon;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Netlink;
using Podwire.Netlink.Nftables;
using Podwire.Netlink.Route;
using Podwire.Primitives;
using Podwire.Proxy.Compile;
using Podwire.Proxy.Config;
using Podwire.Proxy.State;
using Podwire.Proxy.Watch;
using Podwire.Proxy.Watch.Api;

namespace Podwire.Proxy.Explain;

/// <summary><c>podwire explain</c>: what a connection meets on this node.</summary>
public static class ExplainProgram
{
    private const string Help = """
        NAME
          podwire explain - what a connection to a Service meets on this node

        SYNOPSIS
          podwire explain POD_OR_IP SERVICE_OR_IP:PORT[/PROTOCOL] [FLAG]...

        DESCRIPTION
          Reads the Services and their endpoints from the API server and the proxy's table from the kernel of this node, sends the first packet of
          a connection through that table in thought, and prints the rules it meets in their order, with what they have counted; every
          endpoint of the Service with whether it can be chosen, or why not; and what becomes of the connection. Nothing is changed, and no packet is sent.

          The source is an address, a pod (NAMESPACE/NAME, or NAME in namespace default), or «node» for a process of the node.
          The destination is a Service (NAMESPACE/NAME:PORT, or NAME:PORT in namespace default; PORT is a number or the port's name) or an
          address and port: a cluster IP, an external IP, a load balancer's, or the node's own with a node port. PROTOCOL is tcp, udp or sctp.

        FLAGS
          --kubeconfig FILE, --master URL, --hostname-override NAME, --config FILE and the others of podwire-proxy: give those that it
          runs with, because what is masqueraded depends on them.

        EXAMPLES
          podwire explain web-7d4b9 shop/cart:http --config /etc/podwire/proxy.yaml
          podwire explain 10.244.1.7 10.96.0.10:53/udp --kubeconfig /etc/kubernetes/proxy.kubeconfig --cluster-cidr 10.244.0.0/16
          podwire explain 198.51.100.7 192.0.2.11:30080 --kubeconfig /etc/kubernetes/proxy.kubeconfig

        EXIT STATUS
          0 explained, 1 failed, 2 an argument or a flag cannot be used

        """;

    /// <summary>Runs it.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Length == 0 || args.Contains("--help") || args.Contains("-h"))
        {
            await Console.Out.WriteAsync(Help).ConfigureAwait(false);
            return args.Length == 0 ? 2 : 0;
        }

        try
        {
            var (source, target, flags) = Split(args);
            var options = ProxyFlags.Read(flags, static file => YamlToJson.Parse(File.ReadAllText(file)));
            using var client = new KubeClient(ProxyProgram.ConnectionOf(options), new() { UserAgent = "podwire-explain" });
            using var termination = Termination.Handle();
            await Console.Out.WriteAsync(await ExplainAsync(options, client, source, ExplainTarget.Parse(target), termination.Token).ConfigureAwait(false)).ConfigureAwait(false);
            return 0;
        }
        catch (Exception e) when (e is ConfigurationException or FlagException or YamlFormatException)
        {
            await Console.Error.WriteLineAsync($"podwire explain: {e.Message}").ConfigureAwait(false);
            return 2;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or KubeConfigException or KubeApiException or HttpRequestException or TimeoutException or NetlinkException or SyscallException)
        {
            await Console.Error.WriteLineAsync($"podwire explain: {e.Message}").ConfigureAwait(false);
            return 1;
        }
    }

    /// <summary>The text, from the API server and the kernel of the calling thread's network namespace.</summary>
    internal static async Task<string> ExplainAsync(ProxyOptions options, KubeClient client, string source, ExplainTarget target, CancellationToken cancel)
    {
        // Opened here, on the caller's thread, for the network namespace that it is in.
        using var route = RouteSocket.Open();
        using var nft = NftSocket.Open();
        var local = new HashSet<IpAddress>(route.ListAddresses().Mapped(static entry => entry.Prefix.Address));
        var state = await ReadAsync(options, client, cancel).ConfigureAwait(false);
        var services = state.Take(everything: true)!.Services.Filtered(static pair => pair.Value is not null).ToDictionary(static pair => pair.Key, static pair => pair.Value!);
        var (candidates, name) = await SourceAsync(client, source, state.Node, cancel).ConfigureAwait(false);
        var (address, port, protocol) = target.Resolve(services, candidates.Count > 0 ? candidates[0].Family : null);
        var from = candidates.FirstOrDefault(candidate => candidate.Family == address.Family);
        if (from.IsNone)
        {
            throw new ConfigurationException($"{source} has no address of the family of {address}");
        }

        var model = new TableModel(TableSettings.Of(options, state.Node, address.Family));
        model.Absorb(new(state.Node, services.ToDictionary(static pair => pair.Key, static pair => (ServiceState?)pair.Value)));
        var packet = new ExplainedPacket(from, address, protocol, port, local.Contains(from) ? null : InterfaceTo(from, route));
        return new Explanation(model, nft.ReadTable(TableSchema.Of(address.Family).Id), services, state.Node, local).Write(packet, name);
    }

    private static (string Source, string Target, DaemonFlags Flags) Split(string[] args)
    {
        if (args.Length < 2)
        {
            throw new ConfigurationException("takes a source and a destination; see podwire explain --help");
        }

        // The two stand together, in front of the flags or behind them.
        var (words, rest) = args[0].StartsWith('-') ? (args[^2..], args[..^2]) : (args[..2], args[2..]);
        var flags = ProxyFlags.Declare();
        using var error = new StringWriter();
        return flags.TryParse(rest, TextWriter.Null, error, out _) ? (words[0], words[1], flags) : throw new ConfigurationException(error.ToString().Trim().Replace("podwire-proxy: ", "").Replace("podwire-proxy --help", "podwire explain --help"));
    }

    private static async Task<ProxyState> ReadAsync(ProxyOptions options, KubeClient client, CancellationToken cancel)
    {
        var state = new ProxyState(new() { Name = options.NodeName });
        foreach (var service in (await client.ListAsync(ProxyResources.Services, null, null, cancel).ConfigureAwait(false)).Items)
        {
            if (service.Record is { } record)
            {
                state.SetService(record);
            }
        }

        foreach (var slice in (await client.ListAsync(ProxyResources.EndpointSlices, null, null, cancel).ConfigureAwait(false)).Items)
        {
            if (slice.Record is { } record)
            {
                state.SetSlice(record);
            }
        }

        if (await client.TryGetAsync(KubeResources.Nodes, null, options.NodeName, cancel).ConfigureAwait(false) is { } node)
        {
            state.SetNode(NodeReader.Read(node));
        }

        return state;
    }

    private static async Task<(IReadOnlyList<IpAddress> Addresses, string? Name)> SourceAsync(KubeClient client, string source, NodeState node, CancellationToken cancel)
    {
        if (IpAddress.TryParse(source, out var address))
        {
            return ([address], null);
        }

        if (source == "node")
        {
            return (node.Addresses, "this node");
        }

        var slash = source.IndexOf('/');
        var (ns, name) = slash < 0 ? ("default", source) : (source[..slash], source[(slash + 1)..]);
        var pod = await client.TryGetAsync(KubeResources.Pods, ns, name, cancel).ConfigureAwait(false) ?? throw new ConfigurationException($"there is no pod {ns}/{name}, and '{source}' is not an address");
        var texts = pod.Status is { PodIPs.Count: > 0 } status ? status.PodIPs.Select(static ip => ip.Ip ?? string.Empty) : [pod.Status?.PodIP ?? string.Empty];
        var addresses = texts.Where(text => IpAddress.TryParse(text, null, out _)).Mapped(static text => IpAddress.Parse(text));
        return addresses.Count > 0 ? (addresses, $"pod {ns}/{name}") : throw new ConfigurationException($"pod {ns}/{name} has no address yet");
    }

    /// <summary>The interface that the node answers the source through, which is where its packets come in unless routing is lopsided.</summary>
    private static string InterfaceTo(IpAddress address, RouteSocket route)
    {
        try
        {
            return route.GetRoute(address) is { InterfaceIndex: > 0 } entry && route.GetLink(entry.InterfaceIndex) is { } link ? link.Name : "unknown";
        }
        catch (NetlinkException)
        {
            // Unreachable: then it comes from nowhere that could be named.
            return "unknown";
        }
    }
}
