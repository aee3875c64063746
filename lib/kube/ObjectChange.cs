using Podwire.Kube.Objects;

namespace Podwire.Kube;

/// <summary>A change of an <see cref="ObjectStore{T}"/>.</summary>
/// <param name="Key">Whose.</param>
/// <param name="Old">The object before; null if it was added.</param>
/// <param name="New">The object now; null if it was deleted.</param>
public readonly record struct ObjectChange<T>(ObjectKey Key, T? Old, T? New)
    where T : class, IKubeObject
{
    /// <summary>True if there was none before.</summary>
    public bool IsAdded => Old is null;

    /// <summary>True if there is none now.</summary>
    public bool IsDeleted => New is null;
}
