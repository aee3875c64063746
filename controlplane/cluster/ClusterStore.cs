using System.Text.Json;
using Podwire.Cluster.Init;

namespace Podwire.Cluster;

/// <summary>Reads and writes out/cluster/state.json, atomically.</summary>
internal static class ClusterStore
{
    /// <summary>The state, or null when no cluster was made here.</summary>
    /// <exception cref="ClusterException">The file is not what <c>podwire up</c> writes.</exception>
    public static ClusterState? Read(ClusterPaths paths)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(paths.State), ClusterJson.Default.ClusterState);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException e)
        {
            throw new ClusterException($"{paths.State} cannot be read ({e.Message}); end the nodes' processes by hand, then remove {paths.Cluster}");
        }
    }

    /// <summary>The state of a cluster that is up.</summary>
    /// <exception cref="ClusterException">None is.</exception>
    public static ClusterState Require(ClusterPaths paths) => Read(paths) ?? throw new ClusterException("no cluster is up: run 'make up'");

    /// <summary>Writes the state.</summary>
    public static void Write(ClusterPaths paths, ClusterState state)
    {
        File.WriteAllText(paths.State + ".new", JsonSerializer.Serialize(state, ClusterJson.Default.ClusterState));
        File.Move(paths.State + ".new", paths.State, overwrite: true);
    }
}
