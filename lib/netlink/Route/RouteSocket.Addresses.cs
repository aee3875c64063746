using System.Diagnostics.CodeAnalysis;
using Podwire.Netlink.Interop;
using Podwire.Primitives;

namespace Podwire.Netlink.Route;

/// <summary>Addresses of interfaces.</summary>
public sealed partial class RouteSocket
{
    /// <summary>The addresses of an interface, or of all where the index is 0.</summary>
    public List<AddressEntry> ListAddresses(int interfaceIndex = 0, IpFamily? family = null)
    {
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            AddressEntry.EncodeDump(ref writer, family, interfaceIndex);
            return Socket.Dump(writer.Written, "list addresses", (in NetlinkMessage message, [MaybeNullWhen(false)] out AddressEntry entry) =>
                AddressEntry.TryDecode(message, out entry) && (interfaceIndex == 0 || entry.InterfaceIndex == interfaceIndex));
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>Adds an address.</summary>
    /// <exception cref="NetlinkException">EEXIST if the interface has it.</exception>
    public void AddAddress(AddressEntry address) => Change(address, NetlinkFlags.Create | NetlinkFlags.Exclusive, "add address");

    /// <summary>Adds an address or changes the one there is.</summary>
    public void EnsureAddress(AddressEntry address) => Change(address, NetlinkFlags.Create | NetlinkFlags.Replace, "set address");

    /// <summary>Deletes an address; false if the interface does not have it.</summary>
    public bool DeleteAddress(AddressEntry address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            address.Encode(ref writer, RtNetlink.RTM_DELADDR, NetlinkFlags.None);
            return Delete(writer.Written, "delete address", address);
        }
        finally
        {
            writer.Dispose();
        }
    }

    private void Change(AddressEntry address, NetlinkFlags flags, string operation)
    {
        ArgumentNullException.ThrowIfNull(address);
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            address.Encode(ref writer, RtNetlink.RTM_NEWADDR, flags);
            Socket.Execute(writer.Written, operation, address);
        }
        finally
        {
            writer.Dispose();
        }
    }
}
