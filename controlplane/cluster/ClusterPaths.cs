namespace Podwire.Cluster;

/// <summary>Where the executables and a cluster's files are: out/bin, out/cni, out/cluster.</summary>
internal sealed class ClusterPaths
{
    private ClusterPaths(string output, string cluster) => (Output, Cluster) = (output, cluster);

    /// <summary>out/.</summary>
    public string Output { get; }

    public string Bin => Path.Combine(Output, "bin");

    public string Cni => Path.Combine(Output, "cni");

    /// <summary>out/cluster, or what PODWIRE_CLUSTER names: all that a cluster leaves on disk.</summary>
    public string Cluster { get; }

    /// <summary>Where the logs of a failed <c>up</c> are kept.</summary>
    public string FailedLogs => Cluster + "-failed";

    public string State => Path.Combine(Cluster, "state.json");

    public string Pki => Path.Combine(Cluster, "pki");

    public string KubeConfig => Path.Combine(Cluster, "kubeconfig");

    public string Store => Path.Combine(Cluster, "store.db");

    public string Logs(string node) => Path.Combine(Cluster, "logs", node);

    public string NodeConfig(string node) => Path.Combine(Cluster, "nodes", node);

    /// <summary>An executable of ours.</summary>
    public string Program(string name) => Path.Combine(Bin, name);

    /// <summary>The out/ beside the running executable (out/bin/podwire), with PODWIRE_OUT and PODWIRE_CLUSTER taking precedence.</summary>
    public static ClusterPaths Locate()
    {
        var output = Given("PODWIRE_OUT") ?? Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, ".."));
        return new(output, Given("PODWIRE_CLUSTER") ?? Path.Combine(output, "cluster"));

        static string? Given(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } path ? Path.GetFullPath(path) : null;
    }
}
