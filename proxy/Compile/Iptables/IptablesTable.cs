namespace Podwire.Proxy.Compile.Iptables;

/// <summary>The tables that the proxy has chains in (iptables(8)).</summary>
internal enum IptablesTable
{
    /// <summary><c>filter</c>.</summary>
    Filter,

    /// <summary><c>nat</c>.</summary>
    Nat,

    /// <summary><c>mangle</c>: the canary chain alone.</summary>
    Mangle,
}
