using Podwire.Netlink.Interop;
using Podwire.Primitives;

namespace Podwire.Netlink.Route;

/// <summary>Policy routing rules.</summary>
public sealed partial class RouteSocket
{
    /// <summary>The rules of a family that send packets to a table.</summary>
    public List<RuleEntry> ListRules(IpFamily family)
    {
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            RuleEntry.EncodeDump(ref writer, family);
            return Socket.Dump<RuleEntry>(writer.Written, "list rules", RuleEntry.TryDecode);
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>Adds a rule.</summary>
    /// <exception cref="NetlinkException">EEXIST if the same rule is there.</exception>
    public void AddRule(RuleEntry rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            rule.Encode(ref writer, RtNetlink.RTM_NEWRULE, NetlinkFlags.Create | NetlinkFlags.Exclusive);
            Socket.Execute(writer.Written, "add rule", rule);
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>Deletes a rule; false if there is none.</summary>
    public bool DeleteRule(RuleEntry rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            rule.Encode(ref writer, RtNetlink.RTM_DELRULE, NetlinkFlags.None);
            return Delete(writer.Written, "delete rule", rule);
        }
        finally
        {
            writer.Dispose();
        }
    }
}
