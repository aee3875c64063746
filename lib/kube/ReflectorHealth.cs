namespace Podwire.Kube;

/// <summary>How a <see cref="Reflector{T}"/> is doing.</summary>
/// <param name="Resource">What it follows.</param>
/// <param name="HasSynced">Whether a whole list has been taken in.</param>
/// <param name="IsWatching">Whether a watch is open now.</param>
/// <param name="ResourceVersion">How far it has come; null before the first list.</param>
/// <param name="Failures">Failures in a row; 0 is well.</param>
/// <param name="Lists">How many whole lists were taken in.</param>
/// <param name="LastContact">When the server last answered; null if never.</param>
/// <param name="LastError">The last failure in one line; null after a success.</param>
public sealed record ReflectorHealth(
    string Resource,
    bool HasSynced,
    bool IsWatching,
    string? ResourceVersion,
    int Failures,
    long Lists,
    DateTimeOffset? LastContact,
    string? LastError);
