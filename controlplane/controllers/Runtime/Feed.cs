using System.Globalization;
using Microsoft.Extensions.Logging;
using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.Runtime;

/// <summary>A resource as its watch shows it, shared by all controllers, and how far that watch has come.</summary>
internal sealed class Feed<T>
    where T : class, IKubeObject
{
    private readonly Reflector<T> reflector;
    private ulong seen;

    /// <summary>A feed that is empty until <see cref="RunAsync"/>.</summary>
    public Feed(KubeClient client, KubeResource<T> resource, ILogger logger, string? inNamespace = null)
    {
        reflector = new(client, resource, null, new ReflectorOptions { Namespace = inNamespace, Logger = logger });

        // The first listener: whoever is told of a change afterwards finds it counted as seen.
        Store.Subscribe(change => Note((change.New ?? change.Old)?.Metadata.ResourceVersion));
    }

    /// <summary>The objects.</summary>
    public ObjectStore<T> Store => reflector.Store;

    /// <summary>True if the watch has come as far as this version: its contents include that write and all before it.</summary>
    public bool Includes(ulong version)
    {
        Note(reflector.Health.ResourceVersion);
        return Volatile.Read(ref seen) >= version;
    }

    /// <summary>Keeps the objects current until cancelled.</summary>
    public Task RunAsync(CancellationToken cancel) => reflector.RunAsync(cancel);

    /// <summary>A resourceVersion as a number; 0 if it is none. Servers count their writes, and Kubernetes promises the order since 1.35.</summary>
    public static ulong Version(string? text) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0;

    private void Note(string? text)
    {
        var version = Version(text);
        var before = Volatile.Read(ref seen);
        while (version > before && Interlocked.CompareExchange(ref seen, version, before) is var found && found != before)
        {
            before = found;
        }
    }
}
