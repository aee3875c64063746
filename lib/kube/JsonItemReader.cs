using System.Text.Json;

namespace Podwire.Kube;

/// <summary>
/// Reads an object by hand: <paramref name="json"/> stands at the object's beginning, holds all of it, and is left at its end.
/// </summary>
/// <exception cref="JsonException">It is of another shape.</exception>
public delegate T JsonItemReader<out T>(ref Utf8JsonReader json);
