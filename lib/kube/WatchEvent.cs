using Podwire.Kube.Objects;

namespace Podwire.Kube;

/// <summary>One event of a watch.</summary>
/// <param name="Type">What happened.</param>
/// <param name="Object">The object; for a bookmark only its resource version counts.</param>
public sealed record WatchEvent<T>(WatchEventType Type, T Object)
    where T : class, IKubeObject;
