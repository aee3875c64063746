using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.CniBridge.Nftables;

/// <summary>An element and where it is.</summary>
internal sealed record OwnedElement(IpFamily Family, string Set, SetElement Element);
