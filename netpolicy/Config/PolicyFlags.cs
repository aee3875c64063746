using Podwire.Daemon;
using Podwire.NetPolicy.Apply;
using Podwire.NetPolicy.Domains;

namespace Podwire.NetPolicy.Config;

/// <summary>The command line.</summary>
internal static class PolicyFlags
{
    /// <summary>The flags, for parsing and for --help.</summary>
    public static DaemonFlags Declare() => new DaemonFlags("podwire-netpolicy", "enforces NetworkPolicies for the pods of one node")
    {
        Footer = """
            SIGNALS
              SIGTERM, SIGINT  end; the rules stay, so that pods stay isolated. --cleanup removes them.

            EXIT STATUS
              0 ended as asked, 1 failed, 2 a flag cannot be used
            """,
    }
        .Value("kubeconfig", "FILE", "how to reach the API server")
        .Value("master", "URL", "the API server's address, overriding the kubeconfig's; plain http needs no kubeconfig")
        .Value("hostname-override", "NAME", "the node's name; the host name unless given")
        .Value("backend", "BACKEND", "nftables (default), or iptables: chains of iptables and sets of ipset")
        .Value("established", "cut|keep", "what becomes of connections that a new policy forbids (default cut)")
        .Value("sync-period", "DURATION", "the longest time between two checks of the kernel (default 10s)")
        .Value("min-sync-period", "DURATION", "the shortest time between two changes of the kernel (default 0)")
        .Value("healthz-bind-address", "ADDRESS:PORT", "where /healthz, /readyz and /metrics are served; empty for nowhere (default 127.0.0.1:10257)")
        .Value("socket", "PATH", "where the CNI plugin podwire-policy asks; empty for nowhere (default /run/podwire/netpolicy.sock)")
        .Value("cluster-dns", "ADDRESS[:PORT],...", "who is asked for domain names in policies (default: the Service kube-system/kube-dns, else /etc/resolv.conf)")
        .Switch("cleanup", "remove every rule of the enforcer and end")
        .Switch("dry-run", "print what would change, as nft text, change nothing, and end");

    /// <summary>The options.</summary>
    /// <exception cref="FlagException">A value cannot be used.</exception>
    public static PolicyOptions Read(DaemonFlags flags)
    {
        var options = new PolicyOptions();
        if (flags.Get("backend") is { } backend && Array.IndexOf(PolicyBackends.Names, backend) < 0)
        {
            throw new FlagException($"--backend {backend} is not served; {string.Join(" and ", PolicyBackends.Names)} are");
        }

        options = options with
        {
            Kubeconfig = flags.Get("kubeconfig"),
            Master = flags.Get("master") is { Length: > 0 } master ? Address(master) : null,
            NodeName = flags.Get("hostname-override") is { Length: > 0 } name ? name : options.NodeName,
            Backend = flags.Get("backend") ?? options.Backend,
            KeepEstablished = flags.Get("established") switch
            {
                null or "cut" => false,
                "keep" => true,
                var other => throw new FlagException($"--established takes cut or keep, not '{other}'"),
            },
            SyncPeriod = flags.IsGiven("sync-period") ? flags.GetDuration("sync-period") : options.SyncPeriod,
            MinSyncPeriod = flags.IsGiven("min-sync-period") ? flags.GetDuration("min-sync-period") : options.MinSyncPeriod,
            HealthzBindAddress = flags.Get("healthz-bind-address") ?? options.HealthzBindAddress,
            Socket = flags.Get("socket") ?? options.Socket,
            ClusterDns = flags.Get("cluster-dns") is { Length: > 0 } dns ? Servers(dns) : null,
            Cleanup = flags.IsSet("cleanup"),
            DryRun = flags.IsSet("dry-run"),
            Verbosity = flags.Verbosity,
        };
        return options.SyncPeriod > TimeSpan.Zero && options.MinSyncPeriod >= TimeSpan.Zero && options.MinSyncPeriod <= options.SyncPeriod
            ? options
            : throw new FlagException($"--sync-period ({options.SyncPeriod}) must be above zero and not below --min-sync-period ({options.MinSyncPeriod})");
    }

    private static string Servers(string text)
    {
        try
        {
            _ = DnsServers.Parse(text);
            return text;
        }
        catch (FormatException e)
        {
            throw new FlagException($"--cluster-dns {text}: {e.Message}");
        }
    }

    private static Uri Address(string master) => Uri.TryCreate(master, UriKind.Absolute, out var server) && server.Scheme is "http" or "https"
        ? server
        : throw new FlagException($"--master takes an address such as https://10.0.0.1:6443, not '{master}'");
}
