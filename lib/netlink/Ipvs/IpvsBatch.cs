using Podwire.Netlink.Interop;
using Podwire.Ruleset.Ipvs;

namespace Podwire.Netlink.Ipvs;

/// <summary>Changes that are sent together. No transaction: those behind a refused one are carried out.</summary>
public sealed class IpvsBatch
{
    private readonly ushort family;

    internal IpvsBatch(ushort family) => this.family = family;

    /// <summary>How many changes it holds.</summary>
    public int Count => Requests.Count;

    internal NetlinkBatch Requests { get; } = new();

    /// <summary>Adds a service without its destinations; one that is there is a refusal (EEXIST).</summary>
    public void AddService(IpvsService service) => Service(service, IpVs.IPVS_CMD_NEW_SERVICE, "add IPVS service");

    /// <summary>Changes scheduler, flags and persistence of a service; its connections stay.</summary>
    public void SetService(IpvsService service) => Service(service, IpVs.IPVS_CMD_SET_SERVICE, "change IPVS service");

    /// <summary>Deletes a service with its destinations; one that is not there is a refusal (ESRCH).</summary>
    public void DeleteService(IpvsServiceKey key)
    {
        var writer = new NetlinkWriter(stackalloc byte[256]);
        try
        {
            IpvsServiceMessage.EncodeDelete(ref writer, family, key);
            Requests.Add(writer.Written, "delete IPVS service", key);
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>Adds a destination; one that is there is a refusal (EEXIST).</summary>
    public void AddDestination(IpvsServiceKey service, IpvsDestination destination) => Destination(service, destination, IpVs.IPVS_CMD_NEW_DEST, "add destination");

    /// <summary>Changes the weight of a destination; its connections stay.</summary>
    public void SetDestination(IpvsServiceKey service, IpvsDestination destination) => Destination(service, destination, IpVs.IPVS_CMD_SET_DEST, "change destination");

    /// <summary>Deletes a destination; one that is not there is a refusal (ENOENT).</summary>
    public void DeleteDestination(IpvsServiceKey service, IpvsDestination destination) => Destination(service, destination, IpVs.IPVS_CMD_DEL_DEST, "delete destination");

    private void Service(IpvsService service, byte command, string operation)
    {
        ArgumentNullException.ThrowIfNull(service);
        var writer = new NetlinkWriter(stackalloc byte[256]);
        try
        {
            IpvsServiceMessage.Encode(ref writer, family, command, service);
            Requests.Add(writer.Written, operation, service);
        }
        finally
        {
            writer.Dispose();
        }
    }

    private void Destination(IpvsServiceKey service, IpvsDestination destination, byte command, string operation)
    {
        var writer = new NetlinkWriter(stackalloc byte[256]);
        try
        {
            IpvsDestinationMessage.Encode(ref writer, family, command, service, destination);
            Requests.Add(writer.Written, $"{operation} {destination} of IPVS service", service);
        }
        finally
        {
            writer.Dispose();
        }
    }
}
