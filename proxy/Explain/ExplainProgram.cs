using Podwire.Daemon;
using Podwire.Iptables;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Netlink;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;
using Podwire.Primitives;
using Podwire.Proxy.Apply.Iptables;
using Podwire.Proxy.Apply.Ipvs;
using Podwire.Proxy.Config;
using Podwire.Proxy.State;
using Podwire.Proxy.Watch;
using Podwire.Proxy.Watch.Api;

namespace Podwire.Proxy.Explain;

/// <summary><c>podwire explain</c>: what a connection meets on this node.</summary>
public static class ExplainProgram
{
    private const string Trace = "trace";
    private const string TraceTimeout = "trace-timeout";

    /// <summary>Runs it.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Length == 0 || args.Contains("--help") || args.Contains("-h"))
        {
            await Console.Out.WriteAsync(ExplainHelp.Text).ConfigureAwait(false);
            return args.Length == 0 ? 2 : 0;
        }

        try
        {
            var (source, target, flags) = Split(args);
            var options = ProxyFlags.Read(flags, static file => YamlToJson.Parse(File.ReadAllText(file)));
            TimeSpan? patience = flags.IsSet(Trace) ? flags.GetDuration(TraceTimeout) : null;
            using var client = new KubeClient(ProxyProgram.ConnectionOf(options), new() { UserAgent = "podwire-explain" });
            using var termination = Termination.Handle();
            return await RunAsync(options, client, source, ExplainTarget.Parse(target), patience, termination.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ConfigurationException or FlagException or YamlFormatException)
        {
            await Console.Error.WriteLineAsync($"podwire explain: {e.Message}").ConfigureAwait(false);
            return 2;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or KubeConfigException or KubeApiException or HttpRequestException or TimeoutException or NetlinkException or SyscallException or IptablesException or IpvsMissingException)
        {
            await Console.Error.WriteLineAsync($"podwire explain: {e.Message}").ConfigureAwait(false);
            return 1;
        }
    }

    /// <summary>The text, from the API server and the kernel of the calling thread's network namespace.</summary>
    internal static async Task<string> ExplainAsync(ProxyOptions options, KubeClient client, string source, ExplainTarget target, CancellationToken cancel)
    {
        using var ns = NetNamespace.OpenSelf();
        return (await ReadAsync(ns, options, client, source, target, cancel).ConfigureAwait(false)).Text;
    }

    private static async Task<int> RunAsync(ProxyOptions options, KubeClient client, string source, ExplainTarget target, TimeSpan? patience, CancellationToken cancel)
    {
        using var ns = NetNamespace.OpenSelf();
        var (text, packet, mode) = await ReadAsync(ns, options, client, source, target, cancel).ConfigureAwait(false);
        await Console.Out.WriteAsync(text).ConfigureAwait(false);
        if (patience is not { } time)
        {
            return 0;
        }

        if (mode == ProxyMode.Nftables)
        {
            throw new ConfigurationException("--trace is for the modes iptables and ipvs; in mode nftables a rule «meta nftrace set 1» and «nft monitor trace» do it");
        }

        var traced = new TracedConnection(packet.Protocol, packet.Source, packet.Destination, packet.Port);
        var steps = new IptablesTrace(ns).Run(
            traced, time, () => Console.Error.WriteLine($"podwire explain: waiting up to {time.TotalSeconds:0.###} s for a connection {packet.Source} -> {new State.EndpointAddress(packet.Destination, packet.Port)}/{Compile.ProtocolNames.Of(packet.Protocol)}: make one now"), cancel);
        var head = "trace";
        foreach (var step in steps)
        {
            await Console.Out.WriteLineAsync(head.PadRight(12) + step).ConfigureAwait(false);
            head = string.Empty;
        }

        if (steps.Count > 0)
        {
            return 0;
        }

        await Console.Error.WriteLineAsync("podwire explain: no such packet came").ConfigureAwait(false);
        return 1;
    }

    private static async Task<(string Text, ExplainedPacket Packet, ProxyMode Mode)> ReadAsync(
        NetNamespace ns, ProxyOptions options, KubeClient client, string source, ExplainTarget target, CancellationToken cancel)
    {
        using var route = RouteSocket.Open(ns);
        var local = new HashSet<IpAddress>(route.ListAddresses().Select(static entry => entry.Prefix.Address));
        var state = await ReadAsync(options, client, cancel).ConfigureAwait(false);
        var snapshot = state.Take(everything: true)!;
        var services = snapshot.Services.Where(static pair => pair.Value is not null).ToDictionary(static pair => pair.Key, static pair => pair.Value!);
        var (candidates, name) = await SourceAsync(client, source, state.Node, cancel).ConfigureAwait(false);
        var (address, port, protocol) = target.Resolve(services, candidates.Count > 0 ? candidates[0].Family : null);
        var from = candidates.FirstOrDefault(candidate => candidate.Family == address.Family);
        if (from.IsNone)
        {
            throw new ConfigurationException($"{source} has no address of the family of {address}");
        }

        var packet = new ExplainedPacket(from, address, protocol, port, local.Contains(from) ? null : InterfaceTo(from, route));
        var kernel = new ExplainKernel(ns);
        var mode = kernel.ModeOf(options.Mode, address.Family);
        return (kernel.Explain(mode, options, new(state.Node, snapshot.Services), packet, name, local), packet, mode);
    }

    private static (string Source, string Target, DaemonFlags Flags) Split(string[] args)
    {
        if (args.Length < 2)
        {
            throw new ConfigurationException("takes a source and a destination; see podwire explain --help");
        }

        // The two stand together, in front of the flags or behind them.
        var (words, rest) = args[0].StartsWith('-') ? (args[^2..], args[..^2]) : (args[..2], args[2..]);
        var flags = ProxyFlags.Declare().Switch(Trace, "watch a real packet").Value(TraceTimeout, "DURATION", "how long to wait for it", "30s");
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
        var addresses = texts.Where(text => IpAddress.TryParse(text, null, out _)).Select(static text => IpAddress.Parse(text)).ToList();
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
