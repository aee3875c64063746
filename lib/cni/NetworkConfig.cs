namespace Podwire.Cni;

/// <summary>
/// A network configuration as one plugin gets it on stdin: the members that every plugin has, read; the whole text beside them, for the
/// plugin's own members and for delegates. Reading checks the version and the name, nothing of the plugin's own.
/// </summary>
public sealed class NetworkConfig
{
    private CniResult? prevResult;

    private NetworkConfig(ReadOnlyMemory<byte> json) => Json = json;

    /// <summary>The text as it came.</summary>
    public ReadOnlyMemory<byte> Json { get; }

    /// <summary><c>cniVersion</c>; 0.1.0 if it is missing.</summary>
    public CniVersion Version { get; private set; } = CniVersion.V0_1_0;

    /// <summary><c>name</c> of the network.</summary>
    public string Name { get; private set; } = string.Empty;

    /// <summary><c>type</c>: the plugin's file name.</summary>
    public string Type { get; private set; } = string.Empty;

    /// <summary>The text of <c>ipam</c>; empty if there is none.</summary>
    public ReadOnlyMemory<byte> Ipam { get; private set; }

    /// <summary><c>ipam.type</c>; empty if the plugin is to give no addresses.</summary>
    public string IpamType { get; private set; } = string.Empty;

    /// <summary><c>dns</c>.</summary>
    public CniDns Dns { get; private set; } = CniDns.None;

    /// <summary>The text of <c>runtimeConfig</c>: the capability arguments; empty if there is none.</summary>
    public ReadOnlyMemory<byte> RuntimeConfig { get; private set; }

    /// <summary>The text of <c>args.cni</c>; empty if there is none.</summary>
    public ReadOnlyMemory<byte> ArgsCni { get; private set; }

    /// <summary>The text of <c>prevResult</c>; empty if there is none.</summary>
    public ReadOnlyMemory<byte> PrevResultJson { get; private set; }

    /// <summary><c>cni.dev/valid-attachments</c> of a GC; null if the member is missing.</summary>
    public IReadOnlyList<AttachmentId>? ValidAttachments { get; private set; }

    /// <summary>True if there is a <c>prevResult</c>.</summary>
    public bool HasPrevResult => !PrevResultJson.IsEmpty;

    /// <summary><c>prevResult</c>, whatever version's shape it has; null if there is none.</summary>
    /// <exception cref="CniException">Code 6 or 7.</exception>
    public CniResult? PrevResult => HasPrevResult ? prevResult ??= CniResultReader.Parse(PrevResultJson, "prevResult") : null;

    /// <summary>Reads a configuration.</summary>
    /// <exception cref="CniException">Code 6: not JSON or a wrong type; 1: a version not spoken here; 7: no usable name.</exception>
    public static NetworkConfig Parse(ReadOnlyMemory<byte> json)
    {
        var config = ParseVersionOnly(json);
        CniNames.CheckNetworkName(config.Name);
        if (!config.Ipam.IsEmpty)
        {
            config.ReadIpamType();
        }

        return config;
    }

    /// <summary>Reads a configuration whose name is not needed (VERSION, and errors that want the version to answer in).</summary>
    internal static NetworkConfig ParseVersionOnly(ReadOnlyMemory<byte> json)
    {
        var config = new NetworkConfig(json);
        var version = string.Empty;
        var reader = new JsonObjectReader(json, "the network configuration");
        while (reader.Next())
        {
            if (reader.Is("cniVersion"u8))
            {
                version = reader.String();
            }
            else if (reader.Is("name"u8))
            {
                config.Name = reader.String() ?? string.Empty;
            }
            else if (reader.Is("type"u8))
            {
                config.Type = reader.String() ?? string.Empty;
            }
            else if (reader.Is("ipam"u8))
            {
                config.Ipam = reader.Object();
            }
            else if (reader.Is("dns"u8))
            {
                config.Dns = CniResultReader.ReadDns(reader.Object());
            }
            else if (reader.Is("runtimeConfig"u8))
            {
                config.RuntimeConfig = reader.Object();
            }
            else if (reader.Is("args"u8))
            {
                config.ArgsCni = ReadArgsCni(reader.Object());
            }
            else if (reader.Is("prevResult"u8))
            {
                config.PrevResultJson = reader.Object();
            }
            else if (reader.Is("cni.dev/valid-attachments"u8))
            {
                config.ValidAttachments = [.. reader.Elements().Select(e => ReadAttachment(e))];
            }
        }

        config.Version = CniVersion.TryParse(version, out var parsed) && parsed.IsSupported
            ? parsed
            : throw new CniException(CniErrorCode.IncompatibleVersion, $"cniVersion {version} is not spoken here", $"supported: {string.Join(", ", CniVersion.Supported)}");
        return config;
    }

    private static ReadOnlyMemory<byte> ReadArgsCni(ReadOnlyMemory<byte> args)
    {
        if (args.IsEmpty)
        {
            return default;
        }

        ReadOnlyMemory<byte> cni = default;
        var reader = new JsonObjectReader(args, "args");
        while (reader.Next())
        {
            if (reader.Is("cni"u8))
            {
                cni = reader.Object();
            }
        }

        return cni;
    }

    private static AttachmentId ReadAttachment(ReadOnlyMemory<byte> json)
    {
        string containerId = string.Empty, ifName = string.Empty;
        var reader = new JsonObjectReader(json, "cni.dev/valid-attachments");
        while (reader.Next())
        {
            if (reader.Is("containerID"u8))
            {
                containerId = reader.String() ?? string.Empty;
            }
            else if (reader.Is("ifname"u8))
            {
                ifName = reader.String() ?? string.Empty;
            }
        }

        return new(containerId, ifName);
    }

    private void ReadIpamType()
    {
        var reader = new JsonObjectReader(Ipam, "ipam");
        while (reader.Next())
        {
            if (reader.Is("type"u8))
            {
                IpamType = reader.String() ?? string.Empty;
            }
        }
    }
}
