using Podwire.Primitives;

namespace Podwire.Cni.Ipam;

/// <summary>Addresses of one subnet that host-local may give out, from <see cref="Start"/> to <see cref="End"/>, never the gateway.</summary>
public sealed record IpRange
{
    private IpRange(IpPrefix subnet, IpAddress start, IpAddress end, IpAddress gateway)
    {
        Subnet = subnet;
        Start = start;
        End = end;
        Gateway = gateway;
    }

    /// <summary>The subnet; its length is that of the addresses given out.</summary>
    public IpPrefix Subnet { get; }

    /// <summary>The first address.</summary>
    public IpAddress Start { get; }

    /// <summary>The last address.</summary>
    public IpAddress End { get; }

    /// <summary>The gateway, by default the subnet's first address.</summary>
    public IpAddress Gateway { get; }

    /// <summary>How many addresses lie in the range, the gateway included if it does.</summary>
    public UInt128 Count => End.Value - Start.Value + 1;

    /// <summary>Checks and completes a range as the reference does: at least four addresses, IPv4's network and broadcast address left out.</summary>
    /// <exception cref="CniException">Code 7.</exception>
    public static IpRange Create(IpPrefix subnet, IpAddress start = default, IpAddress end = default, IpAddress gateway = default)
    {
        if (subnet.Length > subnet.Address.Bits - 2)
        {
            throw Wrong($"subnet {subnet} is too small to allocate from");
        }

        if (subnet.Masked != subnet)
        {
            throw Wrong($"subnet {subnet} has host bits set; the network is {subnet.Masked}");
        }

        // The reference takes a gateway outside the subnet, for setups whose gateway is on a /32 of its own.
        if (!gateway.IsNone && gateway.Family != subnet.Family)
        {
            throw Wrong($"gateway {gateway} is not of the family of {subnet}");
        }

        gateway = gateway.IsNone ? subnet.First.Add(1) : gateway;
        start = Within(subnet, start, subnet.First.Add(1), "rangeStart");
        end = Within(subnet, end, subnet.Family == IpFamily.V4 ? subnet.Last.Add(-1) : subnet.Last, "rangeEnd");
        return start <= end ? new(subnet, start, end, gateway) : throw Wrong($"rangeStart {start} is behind rangeEnd {end}");
    }

    /// <summary>True if the address lies between start and end.</summary>
    public bool Contains(IpAddress address) => address.Family == Subnet.Family && address >= Start && address <= End;

    /// <summary>True if the two ranges share an address.</summary>
    public bool Overlaps(IpRange other) => Contains(other.Start) || Contains(other.End) || other.Contains(Start);

    /// <summary><c>start-end</c>.</summary>
    public override string ToString() => $"{Start}-{End}";

    private static IpAddress Within(IpPrefix subnet, IpAddress given, IpAddress standard, string key) =>
        given.IsNone ? standard
        : subnet.Contains(given) ? given
        : throw Wrong($"{key} {given} is not in {subnet}");

    private static CniException Wrong(string message) => new(CniErrorCode.InvalidNetworkConfig, $"ipam: {message}");
}
