using System.Globalization;

namespace Podwire.Netlink.Route;

/// <summary>The number of a queueing discipline, or the place it hangs at (tc(8), MAJOR:MINOR).</summary>
/// <param name="Value">The major number in the upper 16 bits, the minor in the lower.</param>
public readonly record struct TrafficHandle(uint Value)
{
    /// <summary>None: the kernel chooses, or the kernel's own default.</summary>
    public static TrafficHandle None { get; }

    /// <summary>TC_H_ROOT: where an interface's packets leave by.</summary>
    public static TrafficHandle Root { get; } = new(0xffff_ffff);

    /// <summary>TC_H_INGRESS: where they come in.</summary>
    public static TrafficHandle IngressRoot { get; } = new(0xffff_fff1);

    /// <summary>ffff:, the number that the ingress discipline always has.</summary>
    public static TrafficHandle Ingress { get; } = Of(0xffff, 0);

    /// <summary>MAJOR:MINOR.</summary>
    public static TrafficHandle Of(ushort major, ushort minor) => new(((uint)major << 16) | minor);

    /// <summary>As tc(8) writes it: hexadecimal.</summary>
    public override string ToString() => this == Root ? "root" : string.Create(CultureInfo.InvariantCulture, $"{Value >> 16:x}:{Value & 0xffff:x}");
}
