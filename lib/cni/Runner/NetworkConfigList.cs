namespace Podwire.Cni;

/// <summary>A network of /etc/cni/net.d: a <c>.conflist</c>, or a single <c>.conf</c> or <c>.json</c> taken as a list of one.</summary>
public sealed class NetworkConfigList
{
    private NetworkConfigList(string name, CniVersion version, IReadOnlyList<PluginConfig> plugins, ReadOnlyMemory<byte> json, string? path)
    {
        Name = name;
        Version = version;
        Plugins = plugins;
        Json = json;
        Path = path;
    }

    /// <summary>The network's name.</summary>
    public string Name { get; }

    /// <summary>The version that plugins are called with: the best of <c>cniVersions</c> that is spoken here, else <c>cniVersion</c>.</summary>
    public CniVersion Version { get; }

    /// <summary>The plugins, in the order of ADD.</summary>
    public IReadOnlyList<PluginConfig> Plugins { get; }

    /// <summary>True if CHECK is not to be called.</summary>
    public bool DisableCheck { get; private set; }

    /// <summary>True if GC is not to be called.</summary>
    public bool DisableGc { get; private set; }

    /// <summary>The text as it came.</summary>
    public ReadOnlyMemory<byte> Json { get; }

    /// <summary>The file it came from, if any.</summary>
    public string? Path { get; }

    /// <summary>
    /// The network that a runtime uses: of the files in the directory, in the order of their names, the first that is usable. Null if the
    /// directory has none; <paramref name="refused"/> is told of each file that was passed over, and why.
    /// </summary>
    public static NetworkConfigList? LoadFirst(string directory, Action<string, CniException>? refused = null)
    {
        foreach (var path in Files(directory))
        {
            try
            {
                return Load(path);
            }
            catch (CniException e)
            {
                refused?.Invoke(path, e);
            }
        }

        return null;
    }

    /// <summary>The files of a directory that may hold a network, in the order of their names; empty if there is no such directory.</summary>
    public static IReadOnlyList<string> Files(string directory)
    {
        if (!Directory.Exists(directory))
        {
            return [];
        }

        return [.. Directory.EnumerateFiles(directory)
            .Where(f => System.IO.Path.GetExtension(f) is ".conflist" or ".conf" or ".json")
            .Order(StringComparer.Ordinal)];
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="CniException">Code 5: it cannot be read; otherwise as <see cref="Parse"/>.</exception>
    public static NetworkConfigList Load(string path)
    {
        byte[] json;
        try
        {
            json = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CniException(CniErrorCode.IoFailure, $"cannot read {path}", e.Message, e);
        }

        return Parse(json, path);
    }

    /// <summary>
    /// Reads a list or a single configuration. With a path, plugins of the folder named after the network beside it are appended unless
    /// <c>loadOnlyInlinedPlugins</c> says otherwise (specification 1.1.0).
    /// </summary>
    /// <exception cref="CniException">Code 6, 7, or 1 if no version it names is spoken here.</exception>
    public static NetworkConfigList Parse(ReadOnlyMemory<byte> json, string? path = null)
    {
        string? name = null, version = null, type = null;
        IReadOnlyList<string> versions = [];
        List<PluginConfig>? plugins = null;
        bool disableCheck = false, disableGc = false, onlyInlined = false;
        var reader = new JsonObjectReader(json, "the network configuration list");
        while (reader.Next())
        {
            if (reader.Is("name"u8))
            {
                name = reader.String();
            }
            else if (reader.Is("cniVersion"u8))
            {
                version = reader.String();
            }
            else if (reader.Is("cniVersions"u8))
            {
                versions = reader.Strings();
            }
            else if (reader.Is("type"u8))
            {
                type = reader.String();
            }
            else if (reader.Is("plugins"u8))
            {
                plugins = [.. reader.Elements().Select(e => ReadPlugin(e))];
            }
            else if (reader.Is("disableCheck"u8))
            {
                disableCheck = Switch(ref reader);
            }
            else if (reader.Is("disableGC"u8))
            {
                disableGc = Switch(ref reader);
            }
            else if (reader.Is("loadOnlyInlinedPlugins"u8))
            {
                onlyInlined = Switch(ref reader);
            }
        }

        CniNames.CheckNetworkName(name);
        plugins ??= string.IsNullOrEmpty(type) ? [] : [ReadPlugin(json)];
        if (path is not null && !onlyInlined)
        {
            var beside = System.IO.Path.Join(System.IO.Path.GetDirectoryName(path), name);
            plugins.AddRange(Files(beside).Select(f => ReadPlugin(File.ReadAllBytes(f))));
        }

        if (plugins.Count == 0)
        {
            throw new CniException(CniErrorCode.InvalidNetworkConfig, $"network {name} has no plugins");
        }

        return new NetworkConfigList(name!, Negotiate(version, versions), plugins, json, path) { DisableCheck = disableCheck, DisableGc = disableGc };
    }

    private static PluginConfig ReadPlugin(ReadOnlyMemory<byte> json)
    {
        var type = string.Empty;
        var capabilities = new HashSet<string>(StringComparer.Ordinal);
        var reader = new JsonObjectReader(json, "a plugin's configuration");
        while (reader.Next())
        {
            if (reader.Is("type"u8))
            {
                type = reader.String() ?? string.Empty;
            }
            else if (reader.Is("capabilities"u8))
            {
                var text = reader.Object();
                if (text.IsEmpty)
                {
                    continue;
                }

                var declared = new JsonObjectReader(text, "capabilities");
                while (declared.Next())
                {
                    var key = declared.Key;
                    if (declared.Boolean())
                    {
                        capabilities.Add(key);
                    }
                }
            }
        }

        return type.Length > 0
            ? new PluginConfig(type, capabilities, json)
            : throw new CniException(CniErrorCode.InvalidNetworkConfig, "a plugin has no type");
    }

    /// <summary>The reference takes these switches as booleans or as the texts "true" and "false".</summary>
    private static bool Switch(ref JsonObjectReader reader)
    {
        var raw = reader.Raw().Span;
        return raw.SequenceEqual("true"u8) || raw.SequenceEqual("\"true\""u8)
            || (raw.IsEmpty || raw.SequenceEqual("false"u8) || raw.SequenceEqual("\"false\""u8) ? false : throw reader.WrongType("true or false"));
    }

    private static CniVersion Negotiate(string? version, IReadOnlyList<string> versions)
    {
        CniVersion? best = null;
        foreach (var text in versions)
        {
            if (CniVersion.TryParse(text, out var candidate) && candidate.IsSupported && (best is null || candidate > best))
            {
                best = candidate;
            }
        }

        if (CniVersion.TryParse(version, out var single) && single.IsSupported && (best is null || (!string.IsNullOrEmpty(version) && single > best)))
        {
            best = single;
        }

        return best ?? throw new CniException(CniErrorCode.IncompatibleVersion, $"cniVersion {version} is not spoken here", $"supported: {string.Join(", ", CniVersion.Supported)}");
    }
}
