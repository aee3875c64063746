using Podwire.Proxy.Config;

namespace Podwire.Proxy.Tests.Kernel;

/// <summary>The same node with a proxy in mode iptables.</summary>
public sealed class IptablesNode : TestNode
{
    internal override ProxyMode Mode => ProxyMode.Iptables;
}
