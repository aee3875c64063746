using System.Diagnostics;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Nftables;
using Podwire.Netlink.Route;
using Podwire.Ruleset;

namespace Podwire.CniBridge.Tests;

/// <summary>A throw-away node: a network namespace that plugins are run in, namespaces of containers, and a folder for leases.</summary>
internal sealed class Node : IDisposable
{
    private readonly string id = Guid.NewGuid().ToString("N")[..10];
    private readonly Dictionary<string, NetNamespace> containers = [];
    private readonly Stack<IDisposable> kept = [];

    public Node()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "lacks: root, to make network namespaces");
        Folder = Directory.CreateTempSubdirectory("podwire-cni-bridge-").FullName;
        Host = NetNamespace.Create(PathOf("host"));
        Route = RouteSocket.Open(Host);
    }

    public NetNamespace Host { get; }

    public RouteSocket Route { get; }

    public string Folder { get; }

    public string LeaseFolder => Path.Join(Folder, "net");

    public string PathOf(string container) => $"/run/netns/cni-{id}-{container}";

    public NetNamespace Container(string name)
    {
        if (!containers.TryGetValue(name, out var space))
        {
            containers.Add(name, space = NetNamespace.Create(PathOf(name)));
        }

        return space;
    }

    public void RemoveContainer(string name)
    {
        containers.Remove(name, out var space);
        space!.Dispose();
        NetNamespace.Delete(PathOf(name));
    }

    /// <summary>A bridge configuration with host-local on 10.77.0.0/24, or what is given as its <c>ipam</c>; <paramref name="more"/> begins with a comma.</summary>
    public string Config(string more = "", string? ipam = null, string version = "1.1.0", string name = "net", string bridge = "br-test") => $$"""
        {"cniVersion":"{{version}}","name":"{{name}}","type":"bridge","bridge":"{{bridge}}","isGateway":true,
         "ipam":{{ipam ?? Ipam("\"subnet\":\"10.77.0.0/24\"")}}{{more}}}
        """;

    public string Ipam(string members) => $$"""{"type":"host-local","dataDir":"{{Folder}}",{{members}}}""";

    /// <summary>The configuration with a result as <c>prevResult</c>.</summary>
    public static string With(string config, string previous) => config.TrimEnd()[..^1] + ",\"prevResult\":" + previous + "}";

    public Answer Add(string container, string config, string plugin = "bridge", string args = "", string? path = null)
    {
        Container(container);
        return Run(plugin, "ADD", config, container, args: args, path: path);
    }

    public Answer Del(string container, string config, string plugin = "bridge", string? path = null) => Run(plugin, "DEL", config, container, path: path);

    public Answer Run(string plugin, string command, string config, string container = "c1", string? netNs = null, string ifName = "eth0", string args = "", string? path = null)
    {
        using var process = Start(plugin, command, config, container, netNs, ifName, args, path);
        var stderr = process.StandardError.ReadToEndAsync();
        var stdout = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new Answer(process.ExitCode, stdout, stderr.Result);
    }

    /// <summary>Starts a plugin in the node's namespace with its configuration written to it.</summary>
    public Process Start(string plugin, string command, string config, string container, string? netNs = null, string ifName = "eth0", string args = "", string? path = null, string? programs = null)
    {
        path ??= CniExecutables.Path;
        var file = path.Split(':').Select(p => Path.Join(p, plugin)).First(File.Exists);
        var start = new ProcessStartInfo(file) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["CNI_COMMAND"] = command;
        start.Environment["CNI_CONTAINERID"] = container;
        start.Environment["CNI_NETNS"] = netNs ?? PathOf(container);
        start.Environment["CNI_IFNAME"] = ifName;
        start.Environment["CNI_ARGS"] = args;
        start.Environment["CNI_PATH"] = path;
        start.Environment["PATH"] = $"{programs}:{Environment.GetEnvironmentVariable("PATH")}".TrimStart(':');
        var process = Host.Run(() => Process.Start(start)!);
        try
        {
            process.StandardInput.Write(config);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading: VERSION, or a bad environment.
        }

        return process;
    }

    /// <summary>Links of the node but lo, sorted.</summary>
    public string[] Links() => [.. Route.ListLinks().Select(l => l.Name).Where(n => n != "lo").Order(StringComparer.Ordinal)];

    public string[] Veths() => [.. Links().Where(n => n.StartsWith("veth", StringComparison.Ordinal))];

    /// <summary>Addresses that are leased.</summary>
    public string[] Leases() => !Directory.Exists(LeaseFolder)
        ? []
        : [.. Directory.GetFiles(LeaseFolder).Select(f => Path.GetFileName(f)).Where(f => char.IsAsciiHexDigit(f[0]) && f.AsSpan().ContainsAny('.', ':')).Order(StringComparer.Ordinal)];

    /// <summary>The attachments in the index of the leases.</summary>
    public string[] LeaseIndex() => Directory.Exists(Path.Join(Folder, ".podwire", "net"))
        ? [.. Directory.GetFiles(Path.Join(Folder, ".podwire", "net"), "*", SearchOption.AllDirectories).Select(f => Path.GetFileName(f)).Where(f => f[0] != '.')]
        : [];

    /// <summary>The owners of the elements of the IPv4 masquerade table, sorted.</summary>
    public string[] MasqueradeOwners()
    {
        using var nft = NftSocket.Open(Host);
        var table = nft.ReadTable(new TableId(TableFamily.Ip, "podwire-cni-masquerade"));
        return table is null ? [] : [.. table.FindSet("containers")!.Elements.Select(e => e.Comment!).Order(StringComparer.Ordinal)];
    }

    public void IsUntouched()
    {
        Assert.Empty(Links());
        Assert.Empty(Leases());
    }

    public T In<T>(string container, Func<RouteSocket, T> work)
    {
        using var socket = RouteSocket.Open(Container(container));
        return work(socket);
    }

    /// <summary>Something that ends with the node.</summary>
    public T Keep<T>(T item)
        where T : IDisposable
    {
        kept.Push(item);
        return item;
    }

    public void Dispose()
    {
        while (kept.TryPop(out var item))
        {
            item.Dispose();
        }

        foreach (var name in containers.Keys.ToList())
        {
            RemoveContainer(name);
        }

        Route.Dispose();
        Host.Dispose();
        NetNamespace.Delete(PathOf("host"));
        Directory.Delete(Folder, recursive: true);
    }
}
