using Podwire.Proxy.State;

namespace Podwire.Proxy.Compile;

/// <summary>
/// Who has which frontend. Two Services may ask for the same external address and port (the API server keeps only cluster
/// IPs and node ports apart): the older one has it, whatever order they were heard of in, and the other gets it when that one goes.
/// </summary>
internal sealed class FrontendClaims
{
    private readonly Dictionary<FrontendKey, ServiceKey> owners = [];
    private readonly Dictionary<FrontendKey, SortedSet<Claim>> contended = [];
    private readonly Dictionary<ServiceKey, DateTimeOffset> ages = [];

    /// <summary>Makes room for so many Services that are new.</summary>
    public void EnsureCapacity(int services)
    {
        owners.EnsureCapacity(owners.Count + services);
        ages.EnsureCapacity(ages.Count + services);
    }

    /// <summary>True if the Service has the frontend.</summary>
    public bool Owns(ServiceKey service, FrontendKey frontend) => owners.TryGetValue(frontend, out var owner) && owner == service;

    /// <summary>The Service that has the frontend, if any.</summary>
    public ServiceKey? OwnerOf(FrontendKey frontend) => owners.TryGetValue(frontend, out var owner) ? owner : null;

    /// <summary>Replaces the claims of one Service and adds to <paramref name="affected"/> every other Service that won or lost a frontend by it.</summary>
    public void Replace(ServiceKey service, DateTimeOffset created, IReadOnlyCollection<FrontendKey> before, IReadOnlyCollection<FrontendKey> after, ISet<ServiceKey> affected)
    {
        // A Service that was deleted and made anew in one step has another age.
        var sameAge = ages.TryGetValue(service, out var age) && age == created;
        foreach (var key in before)
        {
            if (!sameAge || !after.Contains(key))
            {
                Release(service, age, key, affected);
            }
        }

        if (after.Count == 0)
        {
            ages.Remove(service);
            return;
        }

        ages[service] = created;
        foreach (var key in after)
        {
            Take(service, created, key, affected);
        }
    }

    private void Take(ServiceKey service, DateTimeOffset created, FrontendKey key, ISet<ServiceKey> affected)
    {
        if (owners.TryAdd(key, service) || owners[key] == service)
        {
            return;
        }

        var owner = owners[key];
        if (!contended.TryGetValue(key, out var claims))
        {
            contended[key] = claims = [new(ages[owner], owner)];
        }

        claims.Add(new(created, service));
        Settle(key, claims, owner, service, affected);
    }

    private void Release(ServiceKey service, DateTimeOffset created, FrontendKey key, ISet<ServiceKey> affected)
    {
        if (!contended.TryGetValue(key, out var claims))
        {
            owners.Remove(key);
            return;
        }

        claims.Remove(new(created, service));
        Settle(key, claims, owners[key], service, affected);
        if (claims.Count < 2)
        {
            contended.Remove(key);
        }
    }

    private void Settle(FrontendKey key, SortedSet<Claim> claims, ServiceKey owner, ServiceKey changing, ISet<ServiceKey> affected)
    {
        var winner = claims.Min.Service;
        if (winner == owner)
        {
            return;
        }

        owners[key] = winner;
        if (owner != changing)
        {
            affected.Add(owner);
        }

        if (winner != changing)
        {
            affected.Add(winner);
        }
    }

    private readonly record struct Claim(DateTimeOffset Created, ServiceKey Service) : IComparable<Claim>
    {
        public int CompareTo(Claim other)
        {
            var byAge = Created.CompareTo(other.Created);
            return byAge != 0 ? byAge : Service.CompareTo(other.Service);
        }
    }
}
