namespace Podwire.Netlink.Nftables;

/// <summary>How a rule names a set: by its name, and by the number it has within the batch when it is one that the kernel still has to name.</summary>
internal readonly record struct SetHandle(string Name, uint Id = 0);
