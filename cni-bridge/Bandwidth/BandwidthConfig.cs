using Podwire.Cni;
using Podwire.Netlink.Route;

namespace Podwire.CniBridge.Bandwidth;

/// <summary>The members of a configuration that are bandwidth's own, checked. Rates are given in bits per second, bursts in bits.</summary>
internal sealed record BandwidthConfig
{
    private const long BitsPerByte = 8;

    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(25);

    /// <summary>What goes to the container; null for no limit.</summary>
    internal TokenBucket? Ingress { get; private init; }

    /// <summary>What the container sends; null for no limit.</summary>
    internal TokenBucket? Egress { get; private init; }

    /// <summary>True if nothing is limited.</summary>
    internal bool IsEmpty => Ingress is null && Egress is null;

    /// <summary>Reads and checks. Members of the configuration itself win over <c>runtimeConfig.bandwidth</c>, as with the reference.</summary>
    /// <exception cref="CniException">Code 6: a wrong type; 7: a rate without a burst or the reverse, or out of range; 2: a key that is not served.</exception>
    internal static BandwidthConfig Parse(NetworkConfig config)
    {
        var own = Read(config.Json, "the network configuration");
        var read = own.Any ? own : Read(Runtime(config.RuntimeConfig), "runtimeConfig.bandwidth");
        return new BandwidthConfig
        {
            Ingress = Bucket("ingress", read.IngressRate, read.IngressBurst),
            Egress = Bucket("egress", read.EgressRate, read.EgressBurst),
        };
    }

    private static ReadOnlyMemory<byte> Runtime(ReadOnlyMemory<byte> json)
    {
        ReadOnlyMemory<byte> bandwidth = default;
        if (!json.IsEmpty)
        {
            var reader = new JsonObjectReader(json, "runtimeConfig");
            while (reader.Next())
            {
                if (reader.Is("bandwidth"u8))
                {
                    bandwidth = reader.Object();
                }
            }
        }

        return bandwidth;
    }

    private static (bool Any, long IngressRate, long IngressBurst, long EgressRate, long EgressBurst) Read(ReadOnlyMemory<byte> json, string what)
    {
        var read = (Any: false, IngressRate: 0L, IngressBurst: 0L, EgressRate: 0L, EgressBurst: 0L);
        if (json.IsEmpty)
        {
            return read;
        }

        var reader = new JsonObjectReader(json, what);
        while (reader.Next())
        {
            if (reader.Is("ingressRate"u8))
            {
                read = read with { Any = true, IngressRate = Bits(ref reader) };
            }
            else if (reader.Is("ingressBurst"u8))
            {
                read = read with { Any = true, IngressBurst = Bits(ref reader) };
            }
            else if (reader.Is("egressRate"u8))
            {
                read = read with { Any = true, EgressRate = Bits(ref reader) };
            }
            else if (reader.Is("egressBurst"u8))
            {
                read = read with { Any = true, EgressBurst = Bits(ref reader) };
            }
            else if ((reader.Is("shapedSubnets"u8) || reader.Is("unshapedSubnets"u8)) && reader.Strings().Count > 0)
            {
                throw new CniException(CniErrorCode.UnsupportedField, $"\"{reader.Key}\" is not supported by this plugin: it limits all of an interface's traffic");
            }
        }

        return read;
    }

    private static long Bits(ref JsonObjectReader reader)
    {
        var bits = reader.Int64();
        return bits >= 0 ? bits : throw reader.WrongType("a number of bits, not below 0");
    }

    private static TokenBucket? Bucket(string direction, long rate, long burst)
    {
        if (rate == 0 && burst == 0)
        {
            return null;
        }

        if (rate == 0 || burst == 0)
        {
            throw Invalid($"\"{direction}Rate\" and \"{direction}Burst\" go together: {rate} and {burst}");
        }

        if (rate < BitsPerByte || burst < BitsPerByte)
        {
            throw Invalid($"\"{direction}Rate\" and \"{direction}Burst\" are at least 8 bits: {rate} and {burst}");
        }

        return burst / BitsPerByte < uint.MaxValue
            ? TokenBucket.Of((ulong)(rate / BitsPerByte), (uint)(burst / BitsPerByte), Latency)
            : throw Invalid($"\"{direction}Burst\" is 4 GB or more: {burst} bits");
    }

    private static CniException Invalid(string message) => new(CniErrorCode.InvalidNetworkConfig, message);
}
