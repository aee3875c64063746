namespace Podwire.Cni;

/// <summary>
/// A plugin. Every method gets a call whose environment and common configuration are checked; failures are <see cref="CniException"/>.
/// An ADD that throws has left nothing behind.
/// </summary>
public interface IPlugin
{
    /// <summary>Attaches the container and tells how.</summary>
    CniResult Add(PluginCall call);

    /// <summary>Undoes <see cref="Add"/>; what is already gone, the namespace included, is no failure.</summary>
    void Del(PluginCall call);

    /// <summary>Compares what is there with <c>prevResult</c>; a difference is a failure.</summary>
    void Check(PluginCall call);

    /// <summary>Removes what belongs to no attachment in <see cref="PluginCall.ValidAttachments"/>.</summary>
    void Gc(PluginCall call);

    /// <summary>Fails with code 50 or 51 if ADD could not be served now.</summary>
    void Status(PluginCall call);
}
