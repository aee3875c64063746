namespace Podwire.Cni;

/// <summary>
/// CNI_ARGS: <c>KEY=VALUE;KEY=VALUE</c>. Keys that some plugin here knows are taken whatever plugin runs (the reference's host-local
/// fails on bridge's MAC); others are refused unless <c>IgnoreUnknown</c> is true.
/// </summary>
public sealed class CniArgs
{
    private static readonly string[] KnownKeys =
        ["IgnoreUnknown", "IP", "MAC", "GATEWAY", "K8S_POD_NAMESPACE", "K8S_POD_NAME", "K8S_POD_INFRA_CONTAINER_ID", "K8S_POD_UID"];

    private readonly KeyValuePair<string, string>[] pairs;

    private CniArgs(string text, KeyValuePair<string, string>[] pairs)
    {
        Text = text;
        this.pairs = pairs;
    }

    /// <summary>No arguments.</summary>
    public static CniArgs None { get; } = new(string.Empty, []);

    /// <summary>CNI_ARGS as it came, to hand to a delegate.</summary>
    public string Text { get; }

    /// <summary>The pairs in their order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Pairs => pairs;

    /// <summary>The value of a key (the last one given), null if absent or empty.</summary>
    public string? this[string key]
    {
        get
        {
            for (var i = pairs.Length - 1; i >= 0; i--)
            {
                if (pairs[i].Key == key)
                {
                    return pairs[i].Value.Length == 0 ? null : pairs[i].Value;
                }
            }

            return null;
        }
    }

    /// <summary>Parses CNI_ARGS.</summary>
    /// <exception cref="CniException">Code 4: a pair without '=', an unknown key without IgnoreUnknown, or a strange IgnoreUnknown.</exception>
    public static CniArgs Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return None;
        }

        var pairs = new List<KeyValuePair<string, string>>();
        foreach (var range in text.AsSpan().Split(';'))
        {
            var pair = text.AsSpan()[range];
            if (pair.IsEmpty)
            {
                continue;
            }

            var equals = pair.IndexOf('=');
            if (equals <= 0)
            {
                throw new CniException(CniErrorCode.InvalidEnvironment, "CNI_ARGS has a part that is not KEY=VALUE", pair.ToString());
            }

            pairs.Add(new(pair[..equals].ToString(), pair[(equals + 1)..].ToString()));
        }

        var args = new CniArgs(text, [.. pairs]);
        if (!args.IgnoresUnknown())
        {
            foreach (var (key, _) in args.pairs)
            {
                if (Array.IndexOf(KnownKeys, key) < 0)
                {
                    throw new CniException(CniErrorCode.InvalidEnvironment, $"CNI_ARGS has the unknown key {key}, and IgnoreUnknown is not set", text);
                }
            }
        }

        return args;
    }

    private bool IgnoresUnknown() => this["IgnoreUnknown"] switch
    {
        null or "0" => false,
        "1" => true,
        var text when text.Equals("true", StringComparison.OrdinalIgnoreCase) => true,
        var text when text.Equals("false", StringComparison.OrdinalIgnoreCase) => false,
        var text => throw new CniException(CniErrorCode.InvalidEnvironment, "CNI_ARGS: IgnoreUnknown is neither true nor false", text),
    };
}
