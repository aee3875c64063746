using System.Text;
using Podwire.Cni;

namespace Podwire.CniFlannel.Plugin;

/// <summary>
/// The CNI plugin flannel: reads what the agent wrote of this node (subnet.env), makes another plugin's configuration of it, by default
/// the bridge's with host-local addresses, and calls that plugin. It touches no link itself.
/// </summary>
public sealed class FlannelPlugin : IPlugin
{
    /// <summary>The plugin's file name.</summary>
    public const string Name = "flannel";

    /// <inheritdoc/>
    public CniResult Add(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var conf = FlannelConf.Read(call.Config);
        var delegated = call.WithConfig(conf.Render(call.Config, SubnetEnv.Load(conf.SubnetFile)));
        var store = new DelegateStore(conf.DataDir);

        // Saved first: a DEL after a crash between the two has something to undo, and undoing nothing does no harm.
        var isNew = store.Save(call.ContainerId, delegated.Config.Json.Span);
        try
        {
            return call.Delegates.Add(delegated.Config.Type, delegated);
        }
        catch when (isNew)
        {
            store.Remove(call.ContainerId);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Del(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var conf = FlannelConf.Read(call.Config);
        var store = new DelegateStore(conf.DataDir);
        if (Saved(store, call) is { } delegated || TryRender(conf, call, out delegated))
        {
            call.Delegates.Invoke(CniCommand.Del, delegated.Config.Type, delegated);
        }

        store.Remove(call.ContainerId);
    }

    /// <inheritdoc/>
    public void Check(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var conf = FlannelConf.Read(call.Config);
        var delegated = Saved(new DelegateStore(conf.DataDir), call)
            ?? WithMembers(call, conf.Render(call.Config, SubnetEnv.Load(conf.SubnetFile)));
        call.Delegates.Invoke(CniCommand.Check, delegated.Config.Type, delegated);
    }

    /// <inheritdoc/>
    public void Gc(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var valid = call.ValidAttachments;
        var conf = FlannelConf.Read(call.Config);
        var delegated = WithMembers(call, conf.Render(call.Config, SubnetEnv.Load(conf.SubnetFile)));
        call.Delegates.Invoke(CniCommand.Gc, delegated.Config.Type, delegated);
        var store = new DelegateStore(conf.DataDir);
        var kept = valid.Select(static attachment => attachment.ContainerId).ToHashSet(StringComparer.Ordinal);
        foreach (var container in store.Containers(call.Config.Name).Where(container => !kept.Contains(container)).ToList())
        {
            store.Remove(container);
        }
    }

    /// <inheritdoc/>
    public void Status(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var conf = FlannelConf.Read(call.Config);
        SubnetEnv env;
        try
        {
            env = SubnetEnv.Load(conf.SubnetFile);
        }
        catch (CniException e)
        {
            throw new CniException(CniErrorCode.PluginNotAvailable, e.Message, e.Details, e);
        }

        var delegated = call.WithConfig(conf.Render(call.Config, env));
        call.Delegates.Invoke(CniCommand.Status, delegated.Config.Type, delegated);
    }

    private static PluginCall? Saved(DelegateStore store, PluginCall call) => store.Load(call.ContainerId) is { } saved ? WithMembers(call, saved.Json) : null;

    /// <summary>
    /// Without a saved configuration (flannel's own plugin answers «done» then and leaks the address) what ADD would be told now is
    /// the best guess; without subnet.env too there is nothing to go by.
    /// </summary>
    private static bool TryRender(FlannelConf conf, PluginCall call, out PluginCall delegated)
    {
        delegated = call;
        if (!File.Exists(conf.SubnetFile))
        {
            return false;
        }

        delegated = WithMembers(call, conf.Render(call.Config, SubnetEnv.Load(conf.SubnetFile)));
        return true;
    }

    /// <summary>What this call brings beside the configuration: prevResult, and the attachments of a GC.</summary>
    private static PluginCall WithMembers(PluginCall call, ReadOnlyMemory<byte> json)
    {
        var edits = new List<KeyValuePair<string, ReadOnlyMemory<byte>>>();
        if (call.Config.HasPrevResult)
        {
            edits.Add(new("prevResult", call.Config.PrevResultJson));
        }

        if (call.Config.ValidAttachments is { } attachments)
        {
            var list = attachments.Select(static attachment =>
                $$"""{"containerID":{{Text(attachment.ContainerId)}},"ifname":{{Text(attachment.IfName)}}}""");
            edits.Add(new("cni.dev/valid-attachments", Encoding.UTF8.GetBytes($"[{string.Join(',', list)}]")));
        }

        return call.WithConfig(edits.Count == 0 ? json : CniJson.Set(json, edits.ToArray()));
    }

    private static string Text(string value) => Encoding.UTF8.GetString(CniJson.String(value));
}
