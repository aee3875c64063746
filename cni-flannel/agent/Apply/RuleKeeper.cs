using Microsoft.Extensions.Logging;
using Podwire.CniFlannel.Agent.Compile;
using Podwire.CniFlannel.Agent.State;
using Podwire.Iptables;
using Podwire.Netlink;
using Podwire.Netlink.Nftables;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.CniFlannel.Agent.Apply;

/// <summary>
/// Keeps the masquerading and forwarding rules, in nftables or by iptables as net-conf.json says (EnableNFTables); what the other way left is
/// removed at the first run.
/// </summary>
internal sealed class RuleKeeper
{
    private readonly NodeKernel kernel;
    private readonly FlannelOptions options;
    private readonly ILogger logger;
    private readonly IptablesChains iptables;
    private readonly bool installed;
    private bool cleaned;

    /// <summary>Chooses; says so if iptables is meant by default and not installed.</summary>
    /// <exception cref="OverlayException">net-conf.json asks for iptables, and it is not installed.</exception>
    public RuleKeeper(NodeKernel kernel, FlannelOptions options, bool? enableNftables, ILogger logger)
    {
        this.kernel = kernel;
        this.options = options;
        this.logger = logger;
        var programs = new IptablesPrograms(kernel.Target);
        iptables = new IptablesChains(programs);
        installed = programs.Exist;
        ByIptables = enableNftables switch
        {
            true => false,
            false when !installed => throw new OverlayException("EnableNFTables is false in net-conf.json, and iptables is not installed: install it or set EnableNFTables to true"),
            _ => installed,
        };
        if (enableNftables is null && !installed)
        {
            FlannelLog.NoIptables(logger);
        }
    }

    /// <summary>True if the rules are made by iptables.</summary>
    public bool ByIptables { get; }

    /// <summary>True if a change of these tables, by whomever, may have touched the rules.</summary>
    public bool Concerns(NftChange change)
    {
        foreach (var table in change.Tables)
        {
            if (ByIptables
                ? table.Family is TableFamily.Ip or TableFamily.Ip6 && table.Name is "nat" or "filter"
                : table.Name is "flannel-ipv4" or "flannel-ipv6")
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Brings the rules to what they shall be; returns how many changes that took.</summary>
    /// <exception cref="OverlayException">iptables refused them.</exception>
    public int Ensure(FlannelSnapshot snapshot)
    {
        var changed = 0;
        foreach (var family in snapshot.NetConf.Families)
        {
            changed += ByIptables ? EnsureIptables(snapshot, family) : EnsureNftables(snapshot, family);
        }

        cleaned = true;
        return changed;
    }

    private int EnsureIptables(FlannelSnapshot snapshot, IpFamily family)
    {
        var changed = iptables.Ensure(family, IptablesCompiler.Compile(snapshot, family, options.IpMasq, options.RandomFully, options.ForwardRules));
        if (changed)
        {
            FlannelLog.RulesWritten(logger, family == IpFamily.V4 ? "chains FLANNEL-POSTRTG and FLANNEL-FWD of iptables" : "chains FLANNEL-POSTRTG and FLANNEL-FWD of ip6tables");
        }

        if (!cleaned)
        {
            var id = MasqueradeCompiler.TableOf(family);
            if (TryRead(id) is not null)
            {
                kernel.Nftables.Apply(RulesetDiff.Removing(id));
            }
        }

        return changed ? 1 : 0;
    }

    private int EnsureNftables(FlannelSnapshot snapshot, IpFamily family)
    {
        var id = MasqueradeCompiler.TableOf(family);
        var actual = TryRead(id);
        var desired = MasqueradeCompiler.Compile(snapshot, family, options.IpMasq, options.RandomFully, options.ForwardRules);
        var batch = desired is not null ? RulesetDiff.Between(actual, desired)
            : actual is not null ? RulesetDiff.Removing(id)
            : new NftBatch();
        if (!batch.IsEmpty)
        {
            kernel.Nftables.Apply(batch);
            FlannelLog.RulesWritten(logger, $"table {id}");
        }

        if (!cleaned && installed)
        {
            Forget(family);
        }

        return batch.Operations.Count;
    }

    private void Forget(IpFamily family)
    {
        try
        {
            iptables.Ensure(family, [IptablesCompiler.Masquerading, IptablesCompiler.Forwarding]);
        }
        catch (OverlayException e)
        {
            // They were not ours to need; a machine may have the programs and not the tables.
            FlannelLog.IptablesNotCleaned(logger, e.Message);
        }
    }

    /// <summary>A kernel without nftables' IPv4 or IPv6 family has no table of ours either.</summary>
    private Table? TryRead(TableId id)
    {
        try
        {
            return kernel.Nftables.ReadTable(id);
        }
        catch (NetlinkException e) when (e.Errno is Errno.EOPNOTSUPP or Errno.EAFNOSUPPORT)
        {
            return null;
        }
        catch (NftException e) when (e.Errno is Errno.EOPNOTSUPP or Errno.EAFNOSUPPORT)
        {
            return null;
        }
    }
}
