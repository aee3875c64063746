namespace Podwire.Ruleset;

/// <summary>A direction of a connection; the values are <c>IP_CT_DIR_*</c>.</summary>
public enum CtDirection : byte
{
    /// <summary>As the connection was opened, before any translation.</summary>
    Original = 0,

    /// <summary>As answers come, so with the translated addresses as the source.</summary>
    Reply = 1,
}
