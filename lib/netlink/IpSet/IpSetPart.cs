using Podwire.Ruleset.IpSets;

namespace Podwire.Netlink.IpSet;

/// <summary>One message of a dump: large sets come in several.</summary>
/// <param name="Name">The set.</param>
/// <param name="Spec">Its description, in its first message; null in later ones, and for types that are not served.</param>
/// <param name="References">Its users, in its first message.</param>
/// <param name="Entries">Some of its entries.</param>
internal sealed record IpSetPart(string Name, IpSetSpec? Spec, uint References, IReadOnlyList<IpSetEntry> Entries);
