using Podwire.Cni;

namespace Podwire.CniBridge;

/// <summary>Addresses from the IPAM plugin of a configuration, for plugins that make or move one interface.</summary>
internal static class Addressing
{
    /// <summary>Leases addresses for the interface with this index in the result; nothing where the configuration has no IPAM. Noted in the journal.</summary>
    /// <exception cref="CniException">Code 104: the IPAM plugin gave no address; or its own failure.</exception>
    internal static CniResult Lease(PluginCall call, int interfaceIndex, UndoJournal undo)
    {
        var config = call.Config;
        if (config.IpamType.Length == 0)
        {
            return CniResult.Empty with { Dns = config.Dns };
        }

        var leased = call.Delegates.Add(config.IpamType, call);
        undo.Push(() => call.Delegates.Invoke(CniCommand.Del, config.IpamType, call));
        if (leased.Ips.Count == 0)
        {
            throw new CniException(CniErrorCode.DelegateFailed, $"IPAM plugin {config.IpamType} gave no address");
        }

        return leased with
        {
            Interfaces = [],
            Ips = [.. leased.Ips.Select(ip => ip with { Interface = interfaceIndex })],
            Dns = config.Dns.IsEmpty ? leased.Dns : config.Dns,
        };
    }

    /// <summary>Hands a verb that has no result to the IPAM plugin, if there is one.</summary>
    internal static void Invoke(CniCommand command, PluginCall call)
    {
        if (call.Config.IpamType.Length > 0)
        {
            call.Delegates.Invoke(command, call.Config.IpamType, call);
        }
    }
}
