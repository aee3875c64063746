using System.Diagnostics.CodeAnalysis;
using Podwire.Controllers.NodeLifecycle;
using Podwire.Controllers.Runtime;
using Podwire.Daemon;
using Podwire.Kube;
using Podwire.Primitives;

namespace Podwire.Controllers;

/// <summary>The command line of the controllers: those of kube-controller-manager's flags that have a meaning here.</summary>
/// <param name="KubeConfig">The API server.</param>
/// <param name="Options">The options.</param>
/// <param name="HealthAddress">Where /healthz listens.</param>
/// <param name="Verbosity">-v.</param>
internal sealed record ControllersFlags(KubeConfig KubeConfig, ControllersOptions Options, string HealthAddress, int Verbosity)
{
    private const string Program = "podwire-controllers";

    /// <summary>Parses; on false the program ends with <paramref name="exitCode"/>, after one line that says why.</summary>
    public static bool TryParse(string[] args, TextWriter output, TextWriter error, [NotNullWhen(true)] out ControllersFlags? parsed, out int exitCode)
    {
        parsed = null;
        var flags = Declare();
        if (!flags.TryParse(args, output, error, out exitCode))
        {
            return false;
        }

        try
        {
            parsed = Read(flags);
            return true;
        }
        catch (Exception problem) when (problem is FlagException or KubeConfigException or IOException or UnauthorizedAccessException)
        {
            error.WriteLine($"{Program}: {problem.Message}");
            exitCode = 2;
            return false;
        }
    }

    /// <summary>Cluster networks with the node masks that are asked for.</summary>
    /// <exception cref="FlagException">Not one or two networks, each of its own family, that divide into networks of that mask.</exception>
    public static IReadOnlyList<(IpPrefix Cluster, int NodeMask)> Networks(string text, int maskV4, int maskV6)
    {
        var networks = new List<(IpPrefix Cluster, int NodeMask)>();
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!IpPrefix.TryParse(part, out var cluster) || cluster.Masked != cluster || networks.Exists(other => other.Cluster.Family == cluster.Family))
            {
                throw new FlagException($"--cluster-cidr takes one network of each family, such as 10.244.0.0/16, not '{text}'");
            }

            var mask = cluster.Family == IpFamily.V4 ? maskV4 : maskV6;
            if (mask < cluster.Length || mask - cluster.Length > 16)
            {
                throw new FlagException($"{cluster} cannot be divided into networks of /{mask}: that must be 0 to 16 bits longer");
            }

            networks.Add((cluster, mask));
        }

        return networks;
    }

    private static DaemonFlags Declare() => new DaemonFlags(Program, "the scheduler and the controllers of a Podwire control plane")
    {
        Footer = $"CONTROLLERS\n  {string.Join(", ", ControllerTable.Names)}\n",
    }
        .Value("kubeconfig", "FILE", "the API server and who we are to it; without it, the pod's service account")
        .Value("controllers", "LIST", "which controllers run: '*' for all, 'NAME' for one, '-NAME' for all but one, joined by commas", "*")
        .Value("cluster-cidr", "NETWORK[,NETWORK]", "the networks that pod networks of nodes come out of", string.Empty)
        .Switch("allocate-node-cidrs", "give nodes their pod networks", byDefault: true)
        .Value("node-cidr-mask-size", "BITS", "the prefix length of a node's IPv4 network", "24")
        .Value("node-cidr-mask-size-ipv6", "BITS", "the prefix length of a node's IPv6 network", "64")
        .Value("node-monitor-period", "DURATION", "how often nodes are looked at", "5s")
        .Value("node-monitor-grace-period", "DURATION", "how long a node may be silent", "50s")
        .Value("node-startup-grace-period", "DURATION", "how long a new node may be silent", "1m")
        .Value("node-eviction-rate", "NUMBER", "from how many nodes a second pods begin to be evicted", "0.1")
        .Value("terminated-pod-gc-threshold", "COUNT", "how many ended pods are kept; 0 keeps all", "12500")
        .Value("root-ca-file", "FILE", "a CA certificate that is published in every namespace as config map kube-root-ca.crt")
        .Value("bind-address", "ADDRESS:PORT", "where /healthz and /readyz listen", "127.0.0.1:10257");

    private static ControllersFlags Read(DaemonFlags flags)
    {
        var names = flags.Get("controllers")!.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (Array.Find(names, name => name != "*" && !ControllerTable.Names.Contains(name.TrimStart('-'))) is { } unknown)
        {
            throw new FlagException($"--controllers names '{unknown}', which is none of {string.Join(", ", ControllerTable.Names)}");
        }

        if (!double.TryParse(flags.Get("node-eviction-rate"), System.Globalization.CultureInfo.InvariantCulture, out var rate) || rate < 0)
        {
            throw new FlagException($"--node-eviction-rate takes a number, not '{flags.Get("node-eviction-rate")}'");
        }

        var options = new ControllersOptions
        {
            Controllers = names,
            ClusterNetworks = flags.IsSet("allocate-node-cidrs")
                ? Networks(flags.Get("cluster-cidr")!, flags.GetInt("node-cidr-mask-size", 1, 32), flags.GetInt("node-cidr-mask-size-ipv6", 1, 128))
                : [],
            NodeLifecycle = new NodeLifecycleOptions
            {
                Period = flags.GetDuration("node-monitor-period"),
                Grace = flags.GetDuration("node-monitor-grace-period"),
                StartupGrace = flags.GetDuration("node-startup-grace-period"),
                EvictionRate = rate,
            },
            EndedPodThreshold = flags.GetInt("terminated-pod-gc-threshold", 0, int.MaxValue),
            RootCa = flags.Get("root-ca-file") is { Length: > 0 } file ? File.ReadAllText(file) : null,
        };
        var config = flags.Get("kubeconfig") is { Length: > 0 } path ? KubeConfig.Load(path) : KubeConfig.InCluster();
        return new(config, options, flags.Get("bind-address")!, flags.Verbosity);
    }
}
