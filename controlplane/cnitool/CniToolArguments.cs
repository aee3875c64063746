using System.Security.Cryptography;
using System.Text;
using Podwire.Cni;

namespace Podwire.CniTool;

/// <summary>A command line and its environment, checked.</summary>
internal sealed record CniToolArguments
{
    private static readonly string[] Verbs = ["add", "check", "del", "gc", "status", "version", "list"];

    internal required string Verb { get; init; }

    internal string Network { get; init; } = string.Empty;

    internal string NetNs { get; init; } = string.Empty;

    internal string ContainerId { get; init; } = string.Empty;

    internal string IfName { get; init; } = "eth0";

    internal string ConfigDirectory { get; init; } = "/etc/cni/net.d";

    internal IReadOnlyList<string> PluginPath { get; init; } = [];

    internal string CacheDirectory { get; init; } = "/var/lib/cni";

    internal IReadOnlyList<KeyValuePair<string, string>> Args { get; init; } = [];

    internal IReadOnlyDictionary<string, ReadOnlyMemory<byte>> CapabilityArgs { get; init; } = new Dictionary<string, ReadOnlyMemory<byte>>();

    internal IReadOnlyList<AttachmentId> Keep { get; init; } = [];

    /// <exception cref="FormatException">A wrong command line or environment; the message says what and names it.</exception>
    internal static CniToolArguments Parse(string[] args, Func<string, string?> environment)
    {
        var words = new List<string>();
        var keep = new List<AttachmentId>();
        string? container = null, cache = null;
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--container":
                    container = Value(args, ref i);
                    break;
                case "--cache":
                    cache = Value(args, ref i);
                    break;
                case "--keep":
                    keep.Add(ReadKeep(Value(args, ref i)));
                    break;
                case ['-', ..]:
                    throw new FormatException($"there is no option {args[i]}");
                default:
                    words.Add(args[i]);
                    break;
            }
        }

        var verb = words.Count > 0 ? words[0] : string.Empty;
        if (!Verbs.Contains(verb))
        {
            throw new FormatException($"'{verb}' is none of {string.Join(", ", Verbs)}");
        }

        var wanted = verb switch { "add" or "check" or "del" => 3, "list" => 1, _ => 2 };

        // cnitool wants a namespace for every verb; one that is not needed is taken and not looked at.
        if (words.Count < wanted || words.Count > 3)
        {
            throw new FormatException($"{verb} takes {wanted switch { 3 => "NET and NETNS", 2 => "NET", _ => "nothing" }}");
        }

        var netNs = wanted == 3 ? Path.GetFullPath(words[2]) : string.Empty;
        return new CniToolArguments
        {
            Verb = verb,
            Network = words.Count > 1 ? words[1] : string.Empty,
            NetNs = netNs,
            ContainerId = container ?? ContainerOf(netNs),
            IfName = NonEmpty("CNI_IFNAME") ?? "eth0",
            ConfigDirectory = NonEmpty("NETCONFPATH") ?? "/etc/cni/net.d",
            PluginPath = PluginPathOf(NonEmpty("CNI_PATH")),
            CacheDirectory = cache ?? "/var/lib/cni",
            Args = ReadArgs(NonEmpty("CNI_ARGS")),
            CapabilityArgs = ReadCapabilities(NonEmpty("CAP_ARGS")),
            Keep = keep,
        };

        string? NonEmpty(string name) => environment(name) is { Length: > 0 } value ? value : null;
    }

    /// <summary>cnitool's ID of a namespace, so that one tool takes down what the other put up.</summary>
    private static string ContainerOf(string netNs) => "cnitool-" + Convert.ToHexStringLower(SHA512.HashData(Encoding.UTF8.GetBytes(netNs))[..10]);

    private static IReadOnlyList<string> PluginPathOf(string? path) => path is null ? ["/opt/cni/bin"] : Cni.PluginPath.Split(path);

    private static string Value(string[] args, ref int at) => ++at < args.Length ? args[at] : throw new FormatException($"{args[at - 1]} needs a value");

    private static AttachmentId ReadKeep(string text)
    {
        var parts = text.Split(':');
        return parts.Length <= 2 && CniNames.IsIdentifier(parts[0])
            ? new(parts[0], parts.Length == 2 ? parts[1] : "eth0")
            : throw new FormatException($"--keep {text} is not CONTAINERID or CONTAINERID:IFNAME");
    }

    private static List<KeyValuePair<string, string>> ReadArgs(string? text)
    {
        var pairs = new List<KeyValuePair<string, string>>();
        foreach (var part in (text ?? string.Empty).Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            pairs.Add(equals > 0 ? new(part[..equals], part[(equals + 1)..]) : throw new FormatException($"CNI_ARGS has a part that is not KEY=VALUE: {part}"));
        }

        return pairs;
    }

    private static Dictionary<string, ReadOnlyMemory<byte>> ReadCapabilities(string? text)
    {
        var capabilities = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        if (text is null)
        {
            return capabilities;
        }

        try
        {
            var reader = new JsonObjectReader(Encoding.UTF8.GetBytes(text), "CAP_ARGS");
            while (reader.Next())
            {
                var key = reader.Key;
                capabilities[key] = reader.Raw();
            }

            return capabilities;
        }
        catch (CniException e)
        {
            throw new FormatException(e.Message, e);
        }
    }
}
