using Podwire.Kube.Objects;

namespace Podwire.Controllers.EndpointSlices;

/// <summary>One slice while endpoints are being laid out: what it holds now and whether that is a change.</summary>
internal sealed class SliceLayout
{
    private readonly List<Endpoint> endpoints = [];

    /// <summary>A layout for a slice that exists; one with wrong labels or owner is changed from the start.</summary>
    public SliceLayout(EndpointSlice slice, Dictionary<string, string> labels, Service service)
    {
        Slice = slice;
        IsChanged = !SliceLabels.AreRight(slice, service, labels);
    }

    /// <summary>The slice as it was seen.</summary>
    public EndpointSlice Slice { get; }

    /// <summary>What it is to hold.</summary>
    public IReadOnlyList<Endpoint> Endpoints => endpoints;

    /// <summary>True if it has to be written.</summary>
    public bool IsChanged { get; private set; }

    /// <summary>Keeps of the slice's endpoints those that are wanted, as they are to be now, and takes them out of <paramref name="wanted"/>.</summary>
    public void Keep(SortedDictionary<string, Endpoint> wanted, int most)
    {
        foreach (var present in Slice.Endpoints)
        {
            var uid = present.TargetRef?.Uid;
            if (uid is not null && endpoints.Count < most && wanted.Remove(uid, out var now))
            {
                endpoints.Add(now);
                IsChanged |= !AreEqual(present, now);
            }
            else
            {
                IsChanged = true;
            }
        }
    }

    /// <summary>Takes endpoints from the queue until the slice is full.</summary>
    public void Fill(Queue<Endpoint> queue, int most)
    {
        while (endpoints.Count < most && queue.TryDequeue(out var endpoint))
        {
            endpoints.Add(endpoint);
            IsChanged = true;
        }
    }

    /// <summary>True if two endpoints say the same.</summary>
    public static bool AreEqual(Endpoint left, Endpoint right) =>
        left.Addresses.SequenceEqual(right.Addresses)
        && (left.Conditions?.Ready ?? true) == (right.Conditions?.Ready ?? true)
        && left.Conditions?.Serving == right.Conditions?.Serving
        && left.Conditions?.Terminating == right.Conditions?.Terminating
        && left.Hostname == right.Hostname
        && left.NodeName == right.NodeName
        && left.Zone == right.Zone
        && left.TargetRef?.Uid == right.TargetRef?.Uid
        && left.TargetRef?.Name == right.TargetRef?.Name
        && (left.Hints?.ForZones ?? []).Select(zone => zone.Name).SequenceEqual((right.Hints?.ForZones ?? []).Select(zone => zone.Name));
}
