using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Podwire.Kubelet.Shim;

/// <summary>
/// The files by which kubelet and shim know of each other. <c>lock</c> is held (flock) by the shim for as long as it lives: the
/// kubelet hands it over already locked, so that there is no moment in which a started shim looks like none.
/// </summary>
/// <param name="Path">The container attempt's directory.</param>
internal sealed record ShimDirectory(string Path)
{
    /// <summary>Held while a shim lives.</summary>
    public string LockPath => System.IO.Path.Combine(Path, "lock");

    /// <summary>The shim's own messages.</summary>
    public string MessagesPath => System.IO.Path.Combine(Path, "shim.log");

    /// <summary>What to run.</summary>
    public ShimConfig? ReadConfig() => Read("config.json", ShimJson.Default.ShimConfig);

    /// <summary>Who runs.</summary>
    public ShimState? ReadState() => Read("state.json", ShimJson.Default.ShimState);

    /// <summary>How it ended.</summary>
    public ShimExit? ReadExit() => Read("exit.json", ShimJson.Default.ShimExit);

    /// <summary>Writes config.json.</summary>
    public void Write(ShimConfig config) => Write("config.json", config, ShimJson.Default.ShimConfig);

    /// <summary>Writes state.json.</summary>
    public void Write(ShimState state) => Write("state.json", state, ShimJson.Default.ShimState);

    /// <summary>Writes exit.json.</summary>
    public void Write(ShimExit exit) => Write("exit.json", exit, ShimJson.Default.ShimExit);

    private T? Read<T>(string name, JsonTypeInfo<T> type)
        where T : class => AtomicFile.TryReadJson(System.IO.Path.Combine(Path, name), type);

    private void Write<T>(string name, T value, JsonTypeInfo<T> type) =>
        AtomicFile.WriteJson(System.IO.Path.Combine(Path, name), value, type);
}
