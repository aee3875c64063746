using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.Proxy.Compile.Iptables;

/// <summary>A rule of a chain. Equal where the kernel holds the same, however it was written: <see cref="IptablesReader"/> brings both to one form.</summary>
internal sealed record IptablesRule
{
    /// <summary><c>-p</c>, or any.</summary>
    public IpProtocol? Protocol { get; init; }

    /// <summary><c>-s</c>; null for every address.</summary>
    public IpPrefix? Source { get; init; }

    /// <summary><c>! -s</c>.</summary>
    public bool SourceNegated { get; init; }

    /// <summary><c>-d</c>; null for every address.</summary>
    public IpPrefix? Destination { get; init; }

    /// <summary><c>! -d</c>.</summary>
    public bool DestinationNegated { get; init; }

    /// <summary><c>-i</c>, with a <c>+</c> behind the beginning of a name; null for every interface.</summary>
    public string? InInterface { get; init; }

    /// <summary><c>! -i</c>.</summary>
    public bool InInterfaceNegated { get; init; }

    /// <summary>The match extensions, in order: the kernel asks them in this order, and iptables-save writes them so.</summary>
    public ValueList<IptablesMatch> Matches { get; init; } = [];

    /// <summary><c>-j</c>; null for a rule that only counts.</summary>
    public IptablesTarget? Target { get; init; }

    /// <summary>The same rule as text, without a chain.</summary>
    public override string ToString() => IptablesText.Write(this);
}
