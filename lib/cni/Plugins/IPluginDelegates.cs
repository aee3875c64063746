namespace Podwire.Cni;

/// <summary>Calls a plugin from within a plugin, as the specification's section «Plugin Delegation» says.</summary>
public interface IPluginDelegates
{
    /// <summary>Calls ADD of the plugin <paramref name="type"/> with <paramref name="call"/>'s configuration and environment.</summary>
    /// <exception cref="CniException">The delegate's own error as it came; code 104 if it is not in CNI_PATH or broke the protocol.</exception>
    CniResult Add(string type, PluginCall call);

    /// <summary>Calls DEL, CHECK, GC or STATUS.</summary>
    /// <exception cref="CniException">As <see cref="Add"/>.</exception>
    void Invoke(CniCommand command, string type, PluginCall call);
}
