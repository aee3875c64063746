using Podwire.Cni;
using Podwire.Primitives;

namespace Podwire.CniBridge.Portmap;

/// <summary>The members of a configuration that are portmap's own, checked.</summary>
internal sealed record PortmapConfig
{
    /// <summary>The reference's mark bit: Kubernetes uses 14 and 15.</summary>
    internal const int DefaultMarkBit = 13;

    /// <summary>True for <c>backend: iptables</c>, and where only iptables has what the other members ask for.</summary>
    internal bool UsesIptables { get; private init; }

    /// <summary><c>snat</c>: connections that the container could not answer otherwise get the node's address.</summary>
    internal bool Snat { get; private init; } = true;

    /// <summary><c>masqAll</c>: all connections do.</summary>
    internal bool MasqAll { get; private init; }

    /// <summary><c>markMasqBit</c>, of the iptables back end.</summary>
    internal int MarkMasqBit { get; private init; } = DefaultMarkBit;

    /// <summary><c>externalSetMarkChain</c>; null to use an own one.</summary>
    internal string? ExternalSetMarkChain { get; private init; }

    /// <summary><c>conditionsV4</c>: words of iptables that an IPv4 connection must meet.</summary>
    internal IReadOnlyList<string> ConditionsV4 { get; private init; } = [];

    /// <summary><c>conditionsV6</c>.</summary>
    internal IReadOnlyList<string> ConditionsV6 { get; private init; } = [];

    /// <summary><c>runtimeConfig.portMappings</c>.</summary>
    internal IReadOnlyList<PortMapping> Mappings { get; private init; } = [];

    /// <summary>Reads and checks.</summary>
    /// <exception cref="CniException">Code 6: a wrong type; 7: what cannot be; 2: what the chosen back end does not have.</exception>
    internal static PortmapConfig Parse(NetworkConfig config)
    {
        var parsed = Read(config.Json, out var backend, out var hasMarkBit) with { Mappings = ReadMappings(config.RuntimeConfig) };
        if (backend is not (null or "" or "iptables" or "nftables"))
        {
            throw Invalid($"\"backend\" is neither iptables nor nftables: {backend}");
        }

        if (hasMarkBit && parsed.ExternalSetMarkChain is not null)
        {
            throw Invalid("\"markMasqBit\" and \"externalSetMarkChain\" exclude each other");
        }

        if (parsed.MarkMasqBit is < 0 or > 31)
        {
            throw Invalid($"\"markMasqBit\" is not within 0 and 31: {parsed.MarkMasqBit}");
        }

        CheckWords(parsed);
        var needs = parsed.ExternalSetMarkChain is not null ? "externalSetMarkChain"
            : parsed.ConditionsV4.Count > 0 ? "conditionsV4"
            : parsed.ConditionsV6.Count > 0 ? "conditionsV6" : null;
        if (backend == "nftables" && needs is not null)
        {
            throw new CniException(CniErrorCode.UnsupportedField, $"\"{needs}\" is not supported with \"backend\": nftables; use iptables");
        }

        return parsed with { UsesIptables = backend == "iptables" || needs is not null };
    }

    /// <summary>The conditions of a family.</summary>
    internal IReadOnlyList<string> Conditions(IpFamily family) => family == IpFamily.V4 ? ConditionsV4 : ConditionsV6;

    private static PortmapConfig Read(ReadOnlyMemory<byte> json, out string? backend, out bool hasMarkBit)
    {
        (backend, hasMarkBit) = (null, false);
        var config = new PortmapConfig();
        var reader = new JsonObjectReader(json, "the network configuration");
        while (reader.Next())
        {
            if (reader.Is("backend"u8))
            {
                backend = reader.String();
            }
            else if (reader.Is("snat"u8))
            {
                config = config with { Snat = reader.BooleanOrNull() ?? true };
            }
            else if (reader.Is("masqAll"u8))
            {
                config = config with { MasqAll = reader.Boolean() };
            }
            else if (reader.Is("markMasqBit"u8))
            {
                var bit = reader.Int32OrNull();
                hasMarkBit = bit is not null;
                config = config with { MarkMasqBit = bit ?? DefaultMarkBit };
            }
            else if (reader.Is("externalSetMarkChain"u8))
            {
                config = config with { ExternalSetMarkChain = reader.String() };
            }
            else if (reader.Is("conditionsV4"u8))
            {
                config = config with { ConditionsV4 = reader.Strings() };
            }
            else if (reader.Is("conditionsV6"u8))
            {
                config = config with { ConditionsV6 = reader.Strings() };
            }
        }

        return config;
    }

    private static List<PortMapping> ReadMappings(ReadOnlyMemory<byte> runtimeConfig)
    {
        List<PortMapping> mappings = [];
        if (runtimeConfig.IsEmpty)
        {
            return mappings;
        }

        var reader = new JsonObjectReader(runtimeConfig, "runtimeConfig");
        while (reader.Next())
        {
            if (reader.Is("portMappings"u8))
            {
                mappings.AddRange(reader.Elements().Select(ReadMapping));
            }
        }

        for (var i = 0; i < mappings.Count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                if (mappings[i].Collides(mappings[j]) && mappings[i] != mappings[j])
                {
                    throw Invalid($"\"portMappings\" uses the host port {mappings[i]} twice");
                }
            }
        }

        return [.. mappings.Distinct()];
    }

    private static PortMapping ReadMapping(ReadOnlyMemory<byte> json)
    {
        int hostPort = 0, containerPort = 0;
        string? protocol = null, hostIp = null;
        var reader = new JsonObjectReader(json, "portMappings");
        while (reader.Next())
        {
            if (reader.Is("hostPort"u8))
            {
                hostPort = reader.Int32();
            }
            else if (reader.Is("containerPort"u8))
            {
                containerPort = reader.Int32();
            }
            else if (reader.Is("protocol"u8))
            {
                protocol = reader.String();
            }
            else if (reader.Is("hostIP"u8))
            {
                hostIp = reader.String();
            }
        }

        return new(Protocol(protocol), Port(hostPort, "hostPort"), Port(containerPort, "containerPort"), Address(hostIp));
    }

    private static IpProtocol Protocol(string? text) => text?.ToUpperInvariant() switch
    {
        // As Kubernetes' containerPort.protocol.
        null or "" or "TCP" => IpProtocol.Tcp,
        "UDP" => IpProtocol.Udp,
        "SCTP" => IpProtocol.Sctp,
        _ => throw Invalid($"\"protocol\" is none of tcp, udp and sctp: {text}"),
    };

    private static ushort Port(int port, string key) =>
        port is > 0 and <= ushort.MaxValue ? (ushort)port : throw Invalid($"\"{key}\" is not within 1 and 65535: {port}");

    private static IpAddress? Address(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        return IpAddress.TryParse(text, out var address) && !address.IsMulticast ? address : throw Invalid($"\"hostIP\" is not an address: {text}");
    }

    /// <summary>They become words of an iptables-restore line: what could end a word or a line has no business there.</summary>
    private static void CheckWords(PortmapConfig config)
    {
        foreach (var word in config.ConditionsV4.Concat(config.ConditionsV6).Append(config.ExternalSetMarkChain ?? "x"))
        {
            if (word.Length == 0 || word.AsSpan().ContainsAnyInRange('\0', '\u001f'))
            {
                throw Invalid($"\"conditionsV4\", \"conditionsV6\" and \"externalSetMarkChain\" take words of iptables: {word}");
            }
        }

        if (config.ExternalSetMarkChain is { } chain && (chain.Length > 28 || chain[0] is '-' or '!' || chain.Contains(' ', StringComparison.Ordinal)))
        {
            throw Invalid($"\"externalSetMarkChain\" is not a chain's name: {chain}");
        }
    }

    private static CniException Invalid(string message) => new(CniErrorCode.InvalidNetworkConfig, message);
}
