using Podwire.Proxy.State;
using static Podwire.Proxy.Tests.Model.TestData;

namespace Podwire.Proxy.Tests.State;

public sealed class ProxyStateTests
{
    private readonly ProxyState state = new(Node);

    [Fact]
    public void Take_NamesOnlyWhatChanged()
    {
        var (web, dns) = (Service("web"), Service("dns", "10.96.0.11"));
        state.SetService(web);
        state.SetService(dns);
        Assert.Equal(2, state.Take()!.Services.Count);

        state.SetSlice(Slice(dns, Endpoint("10.244.0.2")));

        var (key, changed) = Assert.Single(state.Take()!.Services);
        Assert.Equal(dns.Key, key);
        Assert.Equal("10.244.0.2", Assert.Single(changed!.Slices[0].Endpoints).Address.ToString());
        Assert.Null(state.Take());
    }

    [Fact]
    public void SetService_SameVersionAgain_ChangesNothing()
    {
        state.SetService(Service() with { Version = "5" });
        state.Take();

        state.SetService(Service() with { Version = "5" });

        Assert.Null(state.Take());
    }

    [Fact]
    public void SetSlice_ThatMovesToAnotherService_ChangesBoth()
    {
        var (web, dns) = (Service("web"), Service("dns", "10.96.0.11"));
        state.SetService(web);
        state.SetService(dns);
        var slice = Slice(web, Endpoint("10.244.0.2"));
        state.SetSlice(slice);
        state.Take();

        state.SetSlice(slice with { Service = dns.Key });

        var changed = state.Take()!.Services;
        Assert.Empty(changed[web.Key]!.Slices);
        Assert.Single(changed[dns.Key]!.Slices);
    }

    [Fact]
    public void RemoveService_LeavesItsSlicesForANewOneOfThatName()
    {
        state.SetService(Service());
        state.SetSlice(Slice(Service(), Endpoint("10.244.0.2")));
        state.RemoveService(Service().Key);
        Assert.Null(state.Take()!.Services[Service().Key]);

        state.SetService(Service());

        Assert.Single(state.Take()!.Services[Service().Key]!.Slices);
    }

    [Fact]
    public void SetNode_WithAnotherZone_NamesEveryService()
    {
        state.SetService(Service());
        state.Take();

        state.SetNode(Node with { Addresses = [.. Node.Addresses] });
        Assert.Null(state.Take());
        state.SetNode(Node with { Zone = "b" });

        Assert.Equal("b", state.Take() is { Services.Count: 1 } snapshot ? snapshot.Node.Zone : null);
    }
}
