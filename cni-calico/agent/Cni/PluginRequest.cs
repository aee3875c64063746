namespace Podwire.CniCalico.Agent.Cni;

/// <summary>A plugin's line: a verb, KEY=VALUE words, and words alone.</summary>
internal sealed class PluginRequest
{
    private readonly Dictionary<string, string> values = new(StringComparer.Ordinal);

    public PluginRequest(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Verb = words.Length > 0 ? words[0] : string.Empty;
        foreach (var word in words.Skip(1))
        {
            var equals = word.IndexOf('=');
            if (equals > 0)
            {
                values[word[..equals]] = word[(equals + 1)..];
            }
            else
            {
                Words.Add(word);
            }
        }
    }

    public string Verb { get; }

    public HashSet<string> Words { get; } = new(StringComparer.Ordinal);

    /// <summary>The value of a key; null if it is not there.</summary>
    public string? this[string key] => values.GetValueOrDefault(key);
}
