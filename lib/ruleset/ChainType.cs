namespace Podwire.Ruleset;

/// <summary>What a base chain may do.</summary>
public enum ChainType
{
    /// <summary>Judge packets.</summary>
    Filter,

    /// <summary>See the first packet of a connection and translate its addresses.</summary>
    Nat,

    /// <summary>Re-route locally made packets whose header or mark changed.</summary>
    Route,
}
