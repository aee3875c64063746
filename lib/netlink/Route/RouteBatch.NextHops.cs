namespace Podwire.Netlink.Route;

/// <content>Next hops that stand by themselves.</content>
public sealed partial class RouteBatch
{
    /// <summary>Adds a next hop, or changes the one of its number with all its routes.</summary>
    public void SetNextHop(NextHopEntry hop)
    {
        ArgumentNullException.ThrowIfNull(hop);
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            hop.Encode(ref writer);
            Requests.Add(writer.Written, "set next hop", hop);
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>Deletes a next hop, and the routes that name it; one that is not there is a refusal (ENOENT).</summary>
    public void DeleteNextHop(uint id)
    {
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            NextHopEntry.EncodeDelete(ref writer, id);
            Requests.Add(writer.Written, "delete next hop", id);
        }
        finally
        {
            writer.Dispose();
        }
    }
}
