using System.Text.Json;

namespace Podwire.Proxy.Watch;

/// <summary>Names of nodes, zones, namespaces and ports, each kept once: they repeat by the thousand. Thread-safe.</summary>
internal sealed class NamePool
{
    private const int LongestPooled = 256;

    // Names come and go with nodes and namespaces; beyond this many all are forgotten, which costs memory and nothing else.
    private const int MostPooled = 50_000;

    private readonly Lock gate = new();
    private readonly HashSet<string> names = new(StringComparer.Ordinal);

    /// <summary>For everything that is read.</summary>
    public static NamePool Shared { get; } = new();

    /// <summary>The text of the string that the reader stands at.</summary>
    public string Read(ref Utf8JsonReader json)
    {
        if ((json.HasValueSequence ? json.ValueSequence.Length : json.ValueSpan.Length) > LongestPooled)
        {
            return json.GetString()!;
        }

        Span<char> buffer = stackalloc char[LongestPooled];
        ReadOnlySpan<char> text = buffer[..json.CopyString(buffer)];
        lock (gate)
        {
            var lookup = names.GetAlternateLookup<ReadOnlySpan<char>>();
            if (lookup.TryGetValue(text, out var known))
            {
                return known;
            }

            if (names.Count >= MostPooled)
            {
                names.Clear();
            }

            known = text.ToString();
            names.Add(known);
            return known;
        }
    }
}
