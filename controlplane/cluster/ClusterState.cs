namespace Podwire.Cluster;

/// <summary>What <c>podwire up</c> made, in out/cluster/state.json: what <c>down</c>, <c>status</c> and <c>exec</c> go by.</summary>
internal sealed record ClusterState
{
    /// <summary>flannel-vxlan and the like.</summary>
    public required string Network { get; init; }

    /// <summary>The proxy's mode.</summary>
    public required string Proxy { get; init; }

    /// <summary>The enforcer's back end, or none.</summary>
    public string NetPolicy { get; init; } = "none";

    /// <summary>The port of the API server on 127.0.0.1.</summary>
    public required int ApiPort { get; init; }

    /// <summary>The control plane's namespaces, which are also the underlay.</summary>
    public NodeState? Control { get; init; }

    /// <summary>The nodes.</summary>
    public IReadOnlyList<NodeState> Nodes { get; init; } = [];
}

/// <summary>One set of namespaces, held by its first process.</summary>
/// <param name="Name">The node.</param>
/// <param name="Address">Its address on the underlay.</param>
/// <param name="Pid">The first process, as the machine sees it.</param>
/// <param name="StartTime">That process's start in clock ticks since boot (/proc/PID/stat, field 22): tells it from a later process with the same pid.</param>
internal sealed record NodeState(string Name, string Address, int Pid, long StartTime)
{
    /// <summary>True while the first process lives, and with it the node.</summary>
    public bool IsAlive => ReadStartTime(Pid) == StartTime;

    /// <summary>Field 22 of /proc/PID/stat (proc(5)), or -1 if there is no such process or it is a zombie.</summary>
    public static long ReadStartTime(int pid)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{pid}/stat");
            // Field 2, the command in parentheses, may hold anything: count from its end.
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] == "Z" ? -1 : long.Parse(fields[19]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return -1;
        }
    }
}
