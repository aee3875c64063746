using System.Runtime.InteropServices;
using Podwire.Cluster.Interop;
using Podwire.Cluster.Nodes;
using Podwire.Primitives;

namespace Podwire.Cluster.Commands;

/// <summary><c>podwire exec</c>: a command inside a node's or a pod's namespaces.</summary>
internal sealed class ExecCommand(ClusterPaths paths)
{
    private const int NotRunnable = 126;
    private const int NotFound = 127;

    public int Run(string target, string[] command)
    {
        Preflight.RequireRoot("exec");
        // Ctrl-C reaches the command, which shares the terminal; this process waits for what the command makes of it.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => context.Cancel = true);
        var state = ClusterStore.Require(paths);
        var parts = target.Split('/');
        try
        {
            return parts switch
            {
                ["node", var name] => NodeNamespaces.RunInNode(Find(state, name), command),
                ["pod", var ns, var name] => InPod(state, ns, name, command),
                _ => throw new ClusterException($"'{target}' is not node/NAME or pod/NAMESPACE/NAME"),
            };
        }
        catch (SpawnException e)
        {
            Console.Error.WriteLine($"podwire: {e.Message}");
            return e.Errno == Errno.ENOENT ? NotFound : NotRunnable;
        }
        catch (ClusterException e)
        {
            Console.Error.WriteLine($"podwire: {e.Message}");
            return NotRunnable;
        }
    }

    private static NodeState Find(ClusterState state, string name)
    {
        var node = state.Nodes.Append(state.Control).OfType<NodeState>().FirstOrDefault(node => node.Name == name)
            ?? throw new ClusterException($"there is no node '{name}'; there are: {string.Join(", ", state.Nodes.Select(node => node.Name))} and control");
        return node.IsAlive ? node : throw new ClusterException($"node {name} is not running: 'podwire up' starts it again");
    }

    private static int InPod(ClusterState state, string ns, string name, string[] command)
    {
        foreach (var node in state.Nodes.Where(node => node.IsAlive))
        {
            if (NodeNamespaces.InNode(node, () => PodProcesses.Find(ns, name)) is { } processId)
            {
                return NodeNamespaces.RunInContainer(node, processId, command);
            }
        }

        throw new ClusterException($"pod {ns}/{name} runs on no node");
    }
}
