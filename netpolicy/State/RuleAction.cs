namespace Podwire.NetPolicy.State;

/// <summary>What a rule does with what it matches.</summary>
internal enum RuleAction : byte
{
    /// <summary>Accepted; nothing else is asked.</summary>
    Accept,

    /// <summary>Dropped; nothing else is asked.</summary>
    Deny,

    /// <summary>The next tier decides.</summary>
    Pass,
}
