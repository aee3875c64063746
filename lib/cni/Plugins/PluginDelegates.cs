using Podwire.Cni.Interop;

namespace Podwire.Cni;

/// <summary>
/// Delegation: a plugin whose file in CNI_PATH is this very executable runs in this process (the same file, so the same behaviour, at
/// none of the cost); any other is executed.
/// </summary>
internal sealed class PluginDelegates(PluginRegistry registry, string executable) : IPluginDelegates
{
    /// <summary>Where Linux shows the running executable.</summary>
    internal const string OwnExecutable = "/proc/self/exe";

    public CniResult Add(string type, PluginCall call)
    {
        call = call with { Command = CniCommand.Add };
        var path = Find(type, call.Path);
        if (IsOurs(path) && registry.TryCreate(type, out var plugin))
        {
            return plugin.Add(call);
        }

        return CniResultReader.Parse(Execute(path, call), $"the result of {type}");
    }

    public void Invoke(CniCommand command, string type, PluginCall call)
    {
        call = call with { Command = command };
        var path = Find(type, call.Path);
        if (IsOurs(path) && registry.TryCreate(type, out var plugin))
        {
            PluginDispatcher.Invoke(plugin, call);
        }
        else
        {
            Execute(path, call);
        }
    }

    private static string Find(string type, IReadOnlyList<string> directories) =>
        PluginPath.Find(type, directories)
        ?? throw new CniException(CniErrorCode.DelegateFailed, $"plugin {type} is not in CNI_PATH", string.Join(':', directories));

    private bool IsOurs(string path) => FileStat.TryGet(path, out var theirs) && FileStat.TryGet(executable, out var ours) && theirs.IsSameFile(ours);

    private static byte[] Execute(string path, PluginCall call) => PluginExecution.Run(
        path,
        call.Command,
        new PluginEnvironment
        {
            ContainerId = call.ContainerId,
            NetNs = call.NetNs ?? string.Empty,
            IfName = call.IfName,
            Args = call.Args.Text,
            Path = string.Join(':', call.Path),
        },
        call.Config.Json,
        Timeout.InfiniteTimeSpan);
}
