using Podwire.Proxy.State;

namespace Podwire.Proxy.Compile;

/// <summary>
/// Slots are what makes one endpoint change one element: a frontend with n endpoints has the slots 0 to n-1, each a map
/// element, and a connection draws one of them. The order carries no meaning, so it is chosen to change as little as possible.
/// </summary>
internal static class SlotAssignment
{
    /// <summary>
    /// Puts <paramref name="wanted"/> (distinct) into slots: whatever stood in a slot stays there, new endpoints take the
    /// slots of those that left, and what then is missing at the front comes from the end. At most max(added, removed)
    /// slots below the new length differ from before. Without a previous order the result is sorted.
    /// </summary>
    public static EndpointAddress[] Assign(EndpointAddress[] previous, EndpointAddress[] wanted)
    {
        if (previous.Length == 0)
        {
            var sorted = (EndpointAddress[])wanted.Clone();
            Array.Sort(sorted);
            return sorted;
        }

        var missing = new HashSet<EndpointAddress>(wanted);
        var slots = new EndpointAddress[Math.Max(previous.Length, wanted.Length)];
        var taken = new bool[slots.Length];
        for (var i = 0; i < previous.Length; i++)
        {
            if (missing.Remove(previous[i]))
            {
                (slots[i], taken[i]) = (previous[i], true);
            }
        }

        var added = missing.ToArray();
        Array.Sort(added);
        var free = 0;
        foreach (var endpoint in added)
        {
            free = Array.IndexOf(taken, false, free);
            (slots[free], taken[free]) = (endpoint, true);
        }

        var last = slots.Length - 1;
        for (var i = 0; i < wanted.Length; i++)
        {
            if (taken[i])
            {
                continue;
            }

            while (!taken[last])
            {
                last--;
            }

            (slots[i], taken[i], taken[last]) = (slots[last], true, false);
        }

        return slots[..wanted.Length];
    }
}
