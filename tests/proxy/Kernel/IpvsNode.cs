using Podwire.Proxy.Config;

namespace Podwire.Proxy.Tests.Kernel;

/// <summary>The same node with a proxy in mode ipvs, in the guest that has IPVS; outside nothing is made.</summary>
public sealed class IpvsNode : TestNode
{
    internal override ProxyMode Mode => ProxyMode.Ipvs;

    public override ValueTask InitializeAsync() => UmlGuest.IsInside ? base.InitializeAsync() : ValueTask.CompletedTask;

    // IPVS announces nothing, so what others did is found once per period.
    internal override ProxyOptions Configure(ProxyOptions options) => options with { SyncPeriod = TimeSpan.FromSeconds(2) };
}
