using Podwire.CniCalico.Agent.Compile;
using Podwire.CniCalico.Agent.State;
using Podwire.Netlink;
using Podwire.Netlink.Nftables;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.CniCalico.Agent.Apply;

/// <summary>Keeps the masquerading table as it shall be.</summary>
internal sealed class NatKeeper : IDisposable
{
    private readonly NftSocket nftables = NftSocket.Open();

    /// <summary>True if a change of others may have touched the tables. Any thread.</summary>
    public bool Concerns(NftChange change) => change.PortId != nftables.PortId && change.Tables.Any(static table => table == NatCompiler.TableOf(IpFamily.V4) || table == NatCompiler.TableOf(IpFamily.V6));

    /// <summary>Brings both families' tables to what they shall be; how many operations that took.</summary>
    public int Ensure(CalicoSnapshot snapshot)
    {
        var changed = 0;
        foreach (var family in (IpFamily[])[IpFamily.V4, IpFamily.V6])
        {
            var id = NatCompiler.TableOf(family);
            var actual = TryRead(id);
            var desired = NatCompiler.Compile(snapshot, family);
            var batch = desired is not null ? RulesetDiff.Between(actual, desired)
                : actual is not null ? RulesetDiff.Removing(id)
                : new NftBatch();
            if (!batch.IsEmpty)
            {
                nftables.Apply(batch);
                changed += batch.Operations.Count;
            }
        }

        return changed;
    }

    /// <inheritdoc/>
    public void Dispose() => nftables.Dispose();

    private Table? TryRead(TableId id)
    {
        try
        {
            return nftables.ReadTable(id);
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
