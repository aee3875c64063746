namespace Podwire.Ruleset;

/// <summary>How the bytes of a value are ordered in a register.</summary>
public enum NftTypeOrder
{
    /// <summary>As the processor keeps integers.</summary>
    Host,

    /// <summary>Most significant byte first.</summary>
    Network,

    /// <summary>Characters, padded with zeros.</summary>
    Text,
}
